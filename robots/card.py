"""The robot card: every figure of a robot that its physics depends on, as validated data.

A card is a YAML file. Each group of figures (a link, a joint, a drive, ...) names the entry of `sources` it
was read from and carries an evidence mark: V read in the source, D derived here from read figures,
M measured by us, K general engineering knowledge, E estimate.
Reading and the wording of errors are in `pilotline.robots.yamlfile`; rules across groups in `cardrules`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from pilotline.robots import cardrules
from pilotline.robots.mirror import add_left

Mark = Literal["V", "D", "M", "K", "E"]
Vec3 = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Interval = Annotated[tuple[float, float], AfterValidator(cardrules.ordered)]
UnitAxis = Annotated[Vec3, AfterValidator(cardrules.unit_axis)]
Inertia = Annotated[tuple[Positive, Positive, Positive], AfterValidator(cardrules.physical_inertia)]


class Figures(BaseModel):
    """Base of all groups: immutable, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Sourced(Figures):
    """A group of figures with one origin."""

    source: str
    mark: Mark


class Link(Sourced):
    """A rigid body. The inertia is the diagonal at the centre of mass along the link frame's axes."""

    parent: str | None
    offset_m: Vec3 = (0.0, 0.0, 0.0)
    rpy_rad: Vec3 = (0.0, 0.0, 0.0)
    mass_kg: Positive
    com_m: Vec3
    inertia_kgm2: Inertia


class Hinge(Sourced):
    """A turning joint that moves `link` against its parent, at the link frame's origin."""

    kind: Literal["hinge"]
    link: str
    drive: str
    axis: UnitAxis
    range_rad: Interval
    effort_nm: Positive
    speed_rad_s: Positive

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper joint value, rad."""
        return self.range_rad

    @property
    def effort(self) -> float:
        """Largest torque, N m."""
        return self.effort_nm

    @property
    def speed(self) -> float:
        """Largest speed, rad/s."""
        return self.speed_rad_s


class Slide(Sourced):
    """A sliding joint that moves `link` against its parent."""

    kind: Literal["slide"]
    link: str
    drive: str
    axis: UnitAxis
    range_m: Interval
    effort_n: Positive
    speed_m_s: Positive

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper joint value, m."""
        return self.range_m

    @property
    def effort(self) -> float:
        """Largest force, N."""
        return self.effort_n

    @property
    def speed(self) -> float:
        """Largest speed, m/s."""
        return self.speed_m_s


Joint = Annotated[Hinge | Slide, Field(discriminator="kind")]


class GearDrive(Sourced):
    """A rotary joint drive: motor and reduction gear, figures at the output.

    `sheet` names the joint actuator's data sheet, for the tiers above `ideal`.
    """

    kind: Literal["gear"]
    sheet: str | None = None
    gear: str
    ratio: Positive
    rated_nm: Positive
    repeated_peak_nm: Positive
    momentary_nm: Positive
    speed_rad_s: Positive
    generator_inertia_kgm2: NonNegative
    rotor_inertia_kgm2: NonNegative
    rotor_mark: Mark

    @property
    def armature(self) -> float:
        """Inertia reflected to the output, kg m^2: ratio^2 times the fast side's inertia."""
        return self.ratio**2 * (self.generator_inertia_kgm2 + self.rotor_inertia_kgm2)

    @property
    def rated(self) -> float:
        """Continuous torque, N m."""
        return self.rated_nm

    @property
    def damping(self) -> float:
        """Viscous loss, N m s/rad: none on the card, gear friction belongs to an actuator law."""
        return 0.0

    @model_validator(mode="after")
    def _peaks(self) -> GearDrive:
        cardrules.rising(
            "rated_nm, repeated_peak_nm, momentary_nm",
            self.rated_nm,
            self.repeated_peak_nm,
            self.momentary_nm,
        )
        return self


class LinearDrive(Sourced):
    """A finger drive: force, moving mass reflected to the finger, and the slope of its speed-force line."""

    kind: Literal["linear"]
    rated_n: Positive
    reflected_mass_kg: NonNegative
    damping_ns_m: NonNegative

    @property
    def armature(self) -> float:
        """Mass reflected to the finger, kg."""
        return self.reflected_mass_kg

    @property
    def rated(self) -> float:
        """Continuous force, N."""
        return self.rated_n

    @property
    def damping(self) -> float:
        """Viscous loss, N s/m."""
        return self.damping_ns_m


Drive = Annotated[GearDrive | LinearDrive, Field(discriminator="kind")]


class PlanarBase(Sourced):
    """A wheeled base that moves in the plane, and what its wheels can do."""

    kind: Literal["planar"]
    link: str
    joints: tuple[str, str, str]
    wheel_radius_m: Positive
    speed_max_m_s: Positive
    yaw_speed_max_rad_s: Positive
    force_max_n: Positive
    torque_max_nm: Positive
    support_centre_m: tuple[float, float]
    support_half_m: tuple[Positive, Positive]


class FixedBase(Sourced):
    """A pedestal bolted to the floor."""

    kind: Literal["fixed"]
    link: str

    @property
    def joints(self) -> tuple[str, ...]:
        """None: it does not move."""
        return ()


class FloatingBase(Sourced):
    """The root of a robot that stands on legs; `height_m` is where it is at home with its soles on the floor."""

    kind: Literal["floating"]
    link: str
    height_m: Positive

    @property
    def joints(self) -> tuple[str, ...]:
        """None that a drive moves: the free joint, `ROOT_JOINT`, is only carried along."""
        return ()


ROOT_JOINT = "root"
"""Name of the free joint of a floating base."""

Base = Annotated[PlanarBase | FixedBase | FloatingBase, Field(discriminator="kind")]


class Mount(Sourced):
    """A sensor fixed to a link."""

    link: str
    offset_m: Vec3
    rpy_rad: Vec3 = (0.0, 0.0, 0.0)


class FootFigures(Sourced):
    """A foot: its sole, a flat rectangle, and the force-torque sensor above it.

    `sole_half_m` is half its length along x and half its width along y.
    """

    link: str
    ankle_offset_m: Vec3
    sole_centre_m: Vec3
    sole_half_m: tuple[Positive, Positive]
    friction: tuple[Positive, NonNegative, NonNegative] = (0.8, 0.005, 0.0001)


class Camera(Mount):
    """A camera; with no turn it looks along the link's +x axis with +z up."""

    fovy_deg: Annotated[float, Field(gt=0, lt=180)]


class Box(Figures):
    """A collision box."""

    shape: Literal["box"]
    link: str
    centre_m: Vec3
    half_m: tuple[Positive, Positive, Positive]


class Capsule(Figures):
    """A collision capsule between two points."""

    shape: Literal["capsule"]
    link: str
    from_m: Vec3
    to_m: Vec3
    radius_m: Positive


class Sphere(Figures):
    """A collision sphere."""

    shape: Literal["sphere"]
    link: str
    centre_m: Vec3
    radius_m: Positive


Collision = Annotated[Box | Capsule | Sphere, Field(discriminator="shape")]


class Servo(Sourced):
    """Tuning of the `ideal` tier."""

    frequency_hz: dict[str, Positive]
    damping_ratio: Positive
    base_time_constant_s: Positive | None = None


class WorkPosture(Sourced):
    """How the robot holds itself when its hands work at a height.

    `bending` gives torso joint angles at each of `grip_height_m`, straight in between; `arms` the angles that
    arm joints return to where the hands leave them free; `ease` how readily torso joints serve the hands, against 1 of
    an arm's joint.
    """

    grip_height_m: tuple[Positive, ...]
    bending: dict[str, tuple[float, ...]]
    arms: dict[str, float]
    ease: dict[str, Positive] = Field(default_factory=dict)


class BenchStance(Sourced):
    """How the robot stands at a bench: torso angles (rad) other than home's, and how far ahead of its base work is."""

    torso: dict[str, float] = Field(default_factory=dict)
    ahead_m: Positive


class RobotCard(Figures):
    """Everything that makes one robot. Cross references are checked on load.

    With `mirror`, every `right_` part that has no `left_` part of its own gets its image, see `mirror.py`.
    """

    schema_: Literal["pilotline/robot/1"] = Field(alias="schema")
    name: str
    title: str
    notes: tuple[str, ...] = ()
    sources: dict[str, str]
    mirror: bool = False
    base: Base
    links: dict[str, Link]
    drives: dict[str, Drive]
    joints: dict[str, Joint]
    groups: dict[str, tuple[str, ...]]
    home: dict[str, float]
    flanges: dict[str, Mount] = Field(default_factory=dict)
    hands: dict[str, str] = Field(default_factory=dict)
    feet: dict[str, FootFigures] = Field(default_factory=dict)
    imu: Mount
    cameras: dict[str, Camera]
    collisions: tuple[Collision, ...]
    exclude: tuple[tuple[str, str], ...] = ()
    servo: Servo
    posture: WorkPosture | None = None
    bench: BenchStance | None = None
    look: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> RobotCard:
        if self.mirror:
            add_left(self)
        cardrules.check(self)
        return self

    @property
    def mass_kg(self) -> float:
        """Sum of the link masses, without hands."""
        return float(sum(link.mass_kg for link in self.links.values()))
