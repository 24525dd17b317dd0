"""The adapter card: what a model file does not say about a robot, as validated data.

The model (MJCF or URDF) gives bodies, joints, geometry and inertia. The card says what is what: which joints make a
leg, where the hands and soles are, how the robot stands at home, what drives each joint. It is a YAML file; each group
of figures names its source and carries an evidence mark as in a robot card (V read in the source, D derived, M
measured by us, K general knowledge, E estimate). `link` is always a body of the model.

Rules inside the card are in `rules`; names that the model must have are checked against it in `match`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pilotline.robots.adapters import rules
from pilotline.robots.card import (
    BenchStance,
    Camera,
    Figures,
    Inertia,
    Mark,
    Mount,
    NonNegative,
    Positive,
    Servo,
    Sourced,
    UnitAxis,
    Vec3,
    WorkPosture,
)


class MenagerieModel(Figures):
    """A model of MuJoCo Menagerie: the folder's name there, and the file in it without `.xml`."""

    menagerie: str
    entry: str


class FileModel(Figures):
    """A model file, .xml or .urdf, relative to the card."""

    file: str


class Base(Sourced):
    """The root body and what carries it.

    `height_m` is the height of its origin: of a floating base with the home pose and the soles on the floor, of a
    fixed base where it is bolted down.
    """

    kind: Literal["floating", "fixed"]
    link: str
    height_m: NonNegative


class JointFigures(Figures):
    """Figures of the joints that a name or a pattern means; what is left out comes from the model or the sheet.

    Torques, speeds and damping are those of a hinge at the joint; of a sliding joint the same fields are N, m/s, kg,
    N s/m and N. `source` and `mark` are those of the limits.
    """

    effort_nm: Positive | None = None
    rated_nm: Positive | None = None
    speed_rad_s: Positive | None = None
    armature_kgm2: NonNegative | None = None
    damping_nms_rad: NonNegative | None = None
    friction_nm: NonNegative | None = None
    sheet: str | None = None
    source: str
    mark: Mark


class Inertial(Sourced):
    """Mass, centre of mass and diagonal inertia along the body's axes, in place of the model's."""

    mass_kg: Positive
    com_m: Vec3
    inertia_kgm2: Inertia


class Flange(Mount):
    """Where a hand of ours is bolted on: at a flange -z points out of the wrist.

    What the model has there is taken off: whole bodies, or geoms of `link` by the name of their mesh, with what then
    remains of the link's mass.
    """

    remove_links: tuple[str, ...] = ()
    remove_meshes: tuple[str, ...] = ()
    remaining: Inertial | None = None


class OwnHand(Sourced):
    """The hand that the model has: its palm, the frames in it, and the joints that drive it.

    `closed` and `opened` give every driven joint its command as a fist and wide open. A driven joint is moved by a
    position servo: of `frequency_hz` for a turning joint, of `stiffness_n_m` for a sliding one.
    """

    palm: str
    wrist_offset_m: Vec3
    tcp_offset_m: Vec3
    approach_axis: UnitAxis
    opening_axis: UnitAxis
    closed: dict[str, float]
    opened: dict[str, float]
    opening_max_m: Positive
    force_max_n: Positive
    frequency_hz: Positive | None = None
    stiffness_n_m: Positive | None = None
    damping_ratio: Positive = 1.0
    pad_links: tuple[str, ...] = ()
    pad_friction: tuple[Positive, NonNegative, NonNegative] | None = None


class Hand(Figures):
    """What is at the end of an arm: a hand of ours at the flange, or the model's own, or just a place for one.

    `attach` names a hand card. With `own` and a `flange` both, the own hand is there unless another is asked for.
    """

    flange: Flange | None = None
    attach: str | None = None
    own: OwnHand | None = None

    @model_validator(mode="after")
    def _one(self) -> Hand:
        rules.one_hand(self)
        return self


class Foot(Sourced):
    """A foot: the place of its force-torque sensor, and the rectangle of its sole.

    `rpy_rad` turns the body's frame to that of the foot: x ahead, z up with the sole on the floor; offset and centre
    are in the body's frame.
    `replace` takes the foot's collision geoms off and puts a flat sole in their place that touches at its corners.
    """

    link: str
    ankle_offset_m: Vec3 = (0.0, 0.0, 0.0)
    sole_centre_m: Vec3
    rpy_rad: Vec3 = (0.0, 0.0, 0.0)
    sole_half_m: tuple[Positive, Positive]
    friction: tuple[Positive, NonNegative, NonNegative] | None = None
    replace: bool = False

    @model_validator(mode="after")
    def _friction(self) -> Foot:
        if self.replace and self.friction is None:
            raise ValueError("replace: true needs the friction of the new sole")
        return self


class AdapterCard(Figures):
    """Everything that makes a robot of a model. `home` leaves out joints that stay at 0 (or at their nearest limit)."""

    schema_: Literal["pilotline/adapter/1"] = Field(alias="schema")
    name: str
    title: str
    notes: tuple[str, ...] = ()
    sources: dict[str, str]
    model: MenagerieModel | FileModel
    base: Base
    groups: dict[str, tuple[str, ...]]
    passive: tuple[str, ...] = ()
    home: dict[str, float] = Field(default_factory=dict)
    joints: dict[str, JointFigures] = Field(default_factory=dict)
    hands: dict[str, Hand] = Field(default_factory=dict)
    feet: dict[str, Foot] = Field(default_factory=dict)
    imu: Mount
    cameras: dict[str, Camera] = Field(default_factory=dict)
    exclude: tuple[tuple[str, str], ...] = ()
    servo: Servo
    posture: WorkPosture | None = None
    bench: BenchStance | None = None

    @model_validator(mode="after")
    def _consistent(self) -> AdapterCard:
        rules.check(self)
        return self
