"""Data sheets: what a catalogue says of a gear, a motor, a drive, an encoder or a whole joint actuator.

A sheet is a YAML file in SI units, the unit in each field's name. Figures stand in groups; each group names the
entry of `sources` it was read from and carries an evidence mark (see `pilotline.robots.card`). What the
catalogue does not give is left out; `complete` fills it by a rule and says so.

The bounds of a field are wide enough for any joint of a robot and narrow enough that the same figure in the
units catalogues print (mNm, rpm, arcmin, 1e-4 kg m^2, 1e4 Nm/rad) falls outside. Rules across fields are in
`sheetrules`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from pilotline.robots.actuators import sheetrules
from pilotline.robots.card import Figures, Sourced

KINDS = ("gear", "motor", "drive", "encoder", "joint")
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]


Number = Annotated[float, BeforeValidator(sheetrules.plain_number)]


def within(low: float, high: float) -> Any:
    """Bounds of a figure, both allowed."""
    return Field(ge=low, le=high)


OutputTorque = Annotated[Number, within(0.01, 50_000)]  # N m; a wrist to an excavator
InputTorque = Annotated[Number, within(1e-6, 10)]  # N m; 10 is below the smallest figure in mNm
Stiffness = Annotated[Number, within(50, 5e7)]  # N m/rad; 10 Nm/rad and less are table values without their 1e4
InputSpeed = Annotated[Number, within(1, 2600)]  # rad/s, 25,000 rpm; the slowest limits in rpm are above
OutputSpeed = Annotated[Number, within(0.01, 400)]  # rad/s
Inertia = Annotated[Number, within(1e-9, 0.02)]  # kg m^2 of a rotor
InertiaOrNone = Annotated[Number, within(0, 0.02)]
Angle = Annotated[Number, within(1e-7, 0.01)]  # rad, 34 arcmin
Celsius = Annotated[Number, within(-60, 250)]
Share = Annotated[Number, within(0.01, 0.99)]
Seconds = Annotated[Number, within(0, 0.1)]


class Ratings(Sourced):
    """Torque ratings of a gear at its output; at least the rated or the repeated peak torque."""

    rated_nm: OutputTorque | None = None
    average_nm: OutputTorque | None = None
    repeated_peak_nm: OutputTorque | None = None
    momentary_nm: OutputTorque | None = None
    rated_input_rad_s: Annotated[Number, within(1, 1000)] | None = None


class Speeds(Sourced):
    """Limits of the input speed with grease."""

    max_input_rad_s: InputSpeed
    average_input_rad_s: InputSpeed | None = None


class GearInertia(Sourced):
    """Inertia of the gear seen at its input; 0 where the motor's figure holds both."""

    input_kgm2: InertiaOrNone


class Torsion(Sourced):
    """Stiffness below, between and above the knees, as far as given."""

    knee_1_nm: OutputTorque | None = None
    knee_2_nm: OutputTorque | None = None
    k1_nm_per_rad: Stiffness | None = None
    k2_nm_per_rad: Stiffness | None = None
    k3_nm_per_rad: Stiffness | None = None


class Hysteresis(Sourced):
    """Full width of the torque-torsion loop at zero torque after a cycle to the rated torque."""

    hysteresis_rad: Angle


class Accuracy(Sourced):
    """Transmission error, peak to peak over an output turn without load."""

    error_pp_rad: Angle


class Idle(Sourced):
    """Torques without load: to start from the input, to start from the output, to keep running."""

    starting_input_nm: InputTorque | None = None
    backdriving_nm: OutputTorque | None = None
    running_input_nm: InputTorque | None = None
    running_input_rad_s: InputSpeed | None = None
    grease_c: Celsius = 20.0


class Efficiency(Sourced):
    """One point of the efficiency chart, motor driving the load."""

    efficiency: Share
    torque_nm: OutputTorque
    input_rad_s: InputSpeed
    grease_c: Celsius = 20.0


class FrictionLaw(Sourced):
    """Parameters of the friction law itself, where somebody has identified them."""

    coulomb_input_nm: InputTorque | None = None
    stribeck_input_rad_s: Annotated[Number, within(0.01, 500)] | None = None
    presliding_input_rad: Annotated[Number, within(1e-6, 1)] | None = None
    drag_input_nm: Annotated[Number, within(0, 10)] | None = None
    grease_per_k: Annotated[Number, within(0, 0.2)] | None = None
    load_loss: Annotated[Number, within(0, 0.9)] | None = None


class Damping(Sourced):
    """Damping of the torsional spring against the rotor, as a share of critical."""

    damping_ratio: Annotated[Number, within(0, 2)]


class Overload(Sourced):
    """Torques that destroy: tooth skip, and buckling of the cup."""

    ratcheting_nm: OutputTorque
    buckling_nm: OutputTorque | None = None


class Life(Sourced):
    """Hours that 90 % of the units reach at rated torque and speed."""

    l10_h: Annotated[Number, within(10, 1e6)]


class Mass(Sourced):
    """Mass of the part."""

    mass_kg: Annotated[Number, within(0.001, 500)]


class Sheet(Figures):
    """What every sheet has."""

    KIND: ClassVar[str]

    name: Name
    title: str = ""
    notes: tuple[str, ...] = ()
    sources: dict[Key, str]

    @model_validator(mode="after")
    def _consistent(self) -> Sheet:
        sheetrules.sources(self)
        self._rules()
        return self

    def _rules(self) -> None:
        """Rules across the fields of this kind of sheet."""


class Gear(Sheet):
    """A reduction gear."""

    KIND = "gear"

    schema_: Literal["pilotline/gear/1"] = Field(alias="schema")
    kind: Literal["harmonic", "planetary", "direct"]
    ratio: Annotated[Number, within(1, 1000)]
    size: Annotated[Number, within(3, 200)] | None = None
    ratings: Ratings
    speed: Speeds | None = None
    inertia: GearInertia | None = None
    stiffness: Torsion | None = None
    hysteresis: Hysteresis | None = None
    accuracy: Accuracy | None = None
    idle: Idle | None = None
    efficiency: Annotated[tuple[Efficiency, ...], BeforeValidator(sheetrules.one_or_more)] = ()
    friction_law: FrictionLaw | None = None
    damping: Damping | None = None
    overload: Overload | None = None
    life: Life | None = None
    mass: Mass | None = None

    def _rules(self) -> None:
        sheetrules.gear(self)


class TorqueConstant(Sourced):
    """Torque per ampere at 20 C, in the same amperes as the currents of the sheet."""

    kt_nm_per_a: Annotated[Number, within(1e-4, 20)]


class Resistance(Sourced):
    """Of the one equivalent circuit at 20 C: copper loss is resistance times current squared."""

    resistance_ohm: Annotated[Number, within(1e-4, 200)]


class MotorTorque(Sourced):
    """Torque the motor can give for good and for a moment."""

    continuous_nm: Annotated[Number, within(1e-4, 5000)] | None = None
    peak_nm: Annotated[Number, within(1e-4, 20_000)] | None = None


class Current(Sourced):
    """Currents that belong to the two torques."""

    continuous_a: Annotated[Number, within(1e-3, 1000)] | None = None
    peak_a: Annotated[Number, within(1e-3, 3000)] | None = None


class Rotor(Sourced):
    """The turning part."""

    inertia_kgm2: Annotated[Number, within(1e-9, 5)]


class Thermal(Sourced):
    """Two-node heat path: winding to housing to ambient."""

    winding_to_housing_k_per_w: Annotated[Number, within(0.01, 100)] | None = None
    housing_to_ambient_k_per_w: Annotated[Number, within(0.01, 100)] | None = None
    winding_j_per_k: Annotated[Number, within(0.1, 1e5)] | None = None
    housing_j_per_k: Annotated[Number, within(0.1, 1e6)] | None = None
    winding_max_c: Annotated[Number, within(50, 250)] | None = None


class Materials(Sourced):
    """How the winding's resistance grows and the magnet weakens per kelvin."""

    copper_per_k: Annotated[Number, within(0.001, 0.01)] | None = None
    magnet_per_k: Annotated[Number, within(0, 0.01)] | None = None


class Motor(Sheet):
    """A permanent-magnet motor."""

    KIND = "motor"

    schema_: Literal["pilotline/motor/1"] = Field(alias="schema")
    torque_constant: TorqueConstant | None = None
    resistance: Resistance | None = None
    torque: MotorTorque | None = None
    current: Current | None = None
    rotor: Rotor
    thermal: Thermal | None = None
    materials: Materials | None = None
    mass: Mass | None = None

    def _rules(self) -> None:
        sheetrules.motor(self)


class Supply(Sourced):
    """What the drive can put on the motor."""

    bus_v: Annotated[Number, within(3, 1500)]
    current_limit_a: Annotated[Number, within(0.01, 2000)]


class Control(Sourced):
    """The control law in the drive, its rates and its delay."""

    controller: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40} [0-9]+(\.[0-9]+)*$")]
    current_bandwidth_hz: Annotated[Number, within(10, 20_000)]
    loop_hz: Annotated[Number, within(10, 100_000)]
    delay_s: Seconds


class Losses(Sourced):
    """Power the drive takes for itself."""

    standby_w: Annotated[Number, within(0, 500)]
    loss_share: Annotated[Number, within(0, 0.5)]


class Protection(Sourced):
    """Winding temperatures at which the drive begins to derate and switches off."""

    derate_from_c: Annotated[Number, within(30, 250)]
    trip_c: Annotated[Number, within(30, 250)]


class Drive(Sheet):
    """A servo drive."""

    KIND = "drive"

    schema_: Literal["pilotline/drive/1"] = Field(alias="schema")
    supply: Supply
    control: Control
    losses: Losses | None = None
    protection: Protection | None = None

    def _rules(self) -> None:
        sheetrules.drive(self)


class Resolution(Sourced):
    """Steps per turn of the shaft the encoder sits on, as a power of two."""

    bits: Annotated[int, BeforeValidator(sheetrules.plain_whole), Field(ge=4, le=32)]


class Encoder(Sheet):
    """A position sensor."""

    KIND = "encoder"

    schema_: Literal["pilotline/encoder/1"] = Field(alias="schema")
    side: Literal["motor", "link"]
    resolution: Resolution


class Limits(Sourced):
    """Limits of the whole actuator at its output."""

    rated_nm: OutputTorque | None = None
    peak_nm: OutputTorque | None = None
    speed_rad_s: OutputSpeed | None = None


Coefficient = Annotated[Number, within(0, 1000)]


class Identified(Sourced):
    """Friction of a whole servo at its output, identified from pendulum logs."""

    model: Literal["m1", "m2", "m3", "m4", "m5", "m6"]
    coulomb_nm: Coefficient = 0.0
    viscous_nms_per_rad: Coefficient = 0.0
    stribeck_nm: Coefficient = 0.0
    load: Annotated[Number, within(0, 1)] = 0.0
    load_motor: Annotated[Number, within(0, 1)] = 0.0
    load_external: Annotated[Number, within(0, 1)] = 0.0
    load_stribeck: Annotated[Number, within(0, 1)] = 0.0
    load_stribeck_motor: Annotated[Number, within(0, 1)] = 0.0
    load_stribeck_external: Annotated[Number, within(0, 1)] = 0.0
    quadratic_motor_per_nm: Annotated[Number, within(0, 1)] = 0.0
    quadratic_external_per_nm: Annotated[Number, within(0, 1)] = 0.0
    stribeck_rad_s: Annotated[Number, within(0.001, 100)] | None = None
    stribeck_exponent: Annotated[Number, within(0.1, 10)] | None = None

    @model_validator(mode="after")
    def _terms(self) -> Identified:
        sheetrules.identified(self)
        return self


Part = Annotated[Any, BeforeValidator(sheetrules.part)]


class Parts(Figures):
    """The parts of a joint: each the name or the path of a sheet, or the figures themselves."""

    gear: Part
    motor: Part
    drive: Part = None
    encoder: Part = None


class Joint(Sheet):
    """A whole joint actuator. `overrides` replaces groups of a part by those of this actuator."""

    KIND = "joint"

    schema_: Literal["pilotline/joint/1"] = Field(alias="schema")
    parts: Parts
    overrides: dict[Literal["gear", "motor", "drive", "encoder"], dict[str, Any]] = Field(default_factory=dict)
    limits: Limits | None = None
    identified: Identified | None = None

    def _rules(self) -> None:
        sheetrules.joint(self)


class Table(Figures):
    """Figures of one group of a series: columns, and a row per member or per set of members.

    A column that is a key of the series selects the members a row is for; `KEY_from` selects those whose key is at
    least the value, the largest such row winning. `all` holds figures that are the same in every row.
    """

    group: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")]
    source: Key
    mark: Literal["V", "D", "M", "K", "E"]
    all: dict[Key, Any] = Field(default_factory=dict)
    columns: tuple[Key, ...]
    rows: tuple[tuple[Any, ...], ...]

    @model_validator(mode="after")
    def _rectangle(self) -> Table:
        sheetrules.rectangle(self)
        return self


class Series(Figures):
    """A family of sheets in one file. `series.members` writes out the sheet of each member.

    `name` holds keys in braces; `keys` gives for each key the field it fills, or nothing. The tables of the first
    one's group list the members.
    """

    schema_: Literal["pilotline/series/1"] = Field(alias="schema")
    of: Literal["gear", "motor", "drive", "encoder", "joint"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9{}._-]{1,80}$")]
    title: str = ""
    notes: tuple[str, ...] = ()
    sources: dict[Key, str]
    keys: dict[Key, str | None]
    common: dict[Key, Any] = Field(default_factory=dict)
    tables: Annotated[tuple[Table, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Series:
        sheetrules.series(self)
        return self


MODELS: dict[str, type[Sheet]] = {model.KIND: model for model in (Gear, Motor, Drive, Encoder, Joint)}
SCHEMAS = tuple(f"pilotline/{kind}/1" for kind in (*KINDS, "series"))
