"""What a scorecard needs to know of a station, a line and a robot, taken from their cards."""

from dataclasses import field

from pydantic import ConfigDict, model_validator
from pydantic.dataclasses import dataclass

from pilotline.benchmarks.rows import CycleRow
from pilotline.configs.lines import Line

_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


@dataclass(frozen=True, config=_CONFIG)
class StationFacts:
    """The figures of a station card that scoring uses."""

    name: str
    """Station name as in the rows."""
    title: str
    """Name for people."""
    version: str
    """Version of the station card."""
    tau_h_s: float
    """Human standard time of one cycle, s."""
    tau_l_s: float
    """Line takt, s: a good cycle in time takes no longer."""
    fidelity: str
    """Fidelity class K1 rigid contact, K2 calibrated force-displacement, K3 reduced-order, K4 emulated."""
    tau_s_s: float | None = None
    """Stretch takt, s, where there is one."""
    tau_machine_s: float | None = None
    """Cycle of the machine that the station serves, s, where it sets the pace."""
    limits: tuple[str, ...] = ()
    """Acceptance and force limits, a line each, in words with figures and units."""
    mass_bins_kg: tuple[float, ...] = ()
    """Ascending edges of the mass bins reported apart; the last bin includes its upper edge. Empty: none."""
    sources: tuple[str, ...] = ()
    """Where the figures come from, a line each with its evidence mark."""
    assumptions: tuple[str, ...] = ()
    """What is assumed or estimated at this station, a line each with its evidence mark."""

    @model_validator(mode="after")
    def _sane(self) -> "StationFacts":
        for name in ("tau_h_s", "tau_l_s", "tau_s_s", "tau_machine_s"):
            value = getattr(self, name)
            if value is not None and value <= 0.0:
                raise ValueError(f"station {self.name}: {name} is {value}; allowed: more than 0")
        edges = self.mass_bins_kg
        if len(edges) == 1 or list(edges) != sorted(set(edges)):
            raise ValueError(f"station {self.name}: mass_bins_kg is {edges}; allowed: two or more, ascending")
        return self

    @property
    def tau_ref_s(self) -> float:
        """Reference time of the human-parity index: the human, or the machine where that is slower."""
        return max(self.tau_h_s, self.tau_machine_s or 0.0)

    def occupied_s(self, row: CycleRow) -> float:
        """Time the station is busy with a cycle.

        A failed cycle counts at least the line takt, however early it failed: the cell must be cleared and
        made ready before the next part (E). So failing fast never pays.
        """
        return row.time_s if row.success else max(row.time_s, self.tau_l_s)


@dataclass(frozen=True, config=_CONFIG)
class LineFacts:
    """Stations in series."""

    name: str
    """Line name."""
    title: str
    """Name for people."""
    version: str
    """Version of the line card."""
    stations: tuple[StationFacts, ...]
    """In the order of the flow."""
    takt_s: float
    """Takt of the whole line, s."""
    buffers: tuple[int, ...] = ()
    """Places between one station and the next; one fewer than stations."""
    sources: tuple[str, ...] = ()
    """Where the figures come from, a line each with its evidence mark."""
    assumptions: tuple[str, ...] = ()
    """What is assumed or estimated on this line, a line each with its evidence mark."""
    card: Line | None = None
    """The released line; null for stations in series that are none."""

    @model_validator(mode="after")
    def _sane(self) -> "LineFacts":
        names = [station.name for station in self.stations]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"line {self.name}: stations are {names}; allowed: one or more, each once")
        if len(self.buffers) != len(names) - 1 or any(places < 0 for places in self.buffers):
            raise ValueError(
                f"line {self.name}: buffers is {self.buffers}; allowed: {len(names) - 1} numbers, 0 or more"
            )
        if self.takt_s <= 0.0:
            raise ValueError(f"line {self.name}: takt_s is {self.takt_s}; allowed: more than 0")
        return self


@dataclass(frozen=True, config=_CONFIG)
class SheetFacts:
    """A data sheet that a run used."""

    name: str
    """Name on the sheet."""
    sha256: str
    """Of the file that holds it."""
    sources: tuple[str, ...] = ()
    """Where its figures come from."""


@dataclass(frozen=True, config=_CONFIG)
class FallbackFacts:
    """A figure that no data sheet gives."""

    figure: str
    """Part and figure, such as gear.load_loss."""
    value: float | None
    """What was taken instead, in the unit of the figure's name; null for no limit."""
    rule: str
    """Why, with its evidence mark."""


@dataclass(frozen=True, config=_CONFIG)
class DriveFacts:
    """An actuator, and the joints that it drives."""

    name: str
    """As it was chosen: a sheet's name or path, parts joined with +, or the path of a network."""
    tier: str
    """servo, harmonic or twin; learned where a network takes the place of drive, motor and gear."""
    joints: tuple[str, ...]
    """What it drives."""
    controller: str | None
    """Name and version of the control law in the drive; null for a network, which tells no heat either."""
    rated_nm: float
    """Continuous torque at the output."""
    derate_from_c: float | None
    """Winding temperature from which the drive lowers its current limit."""
    trip_c: float | None
    """Winding temperature at which the drive switches off."""
    sheets: tuple[SheetFacts, ...]
    """Data sheets of its parts, and the network, by name."""
    fallbacks: tuple[FallbackFacts, ...] = ()
    """Every figure that none of them gives."""


@dataclass(frozen=True, config=_CONFIG)
class FileFacts:
    """A file that a robot was made of, or that holds a policy."""

    name: str
    """File name."""
    sha256: str
    """Of its bytes."""


@dataclass(frozen=True, config=_CONFIG)
class RobotFacts:
    """The figures of a robot card and of its drives' data sheets that scoring states."""

    name: str
    """Robot name."""
    title: str
    """Name for people."""
    version: str
    """Version of the robot card."""
    entry_class: str
    """biped, wheeled or fixed; classes are reported apart."""
    payload_kg: float | None
    """What the robot's own card says it can carry, kg; cycles beyond it are reported apart."""
    payload_basis: str
    """How that limit is derived, in words, with its evidence mark."""
    sources: tuple[str, ...] = field(default=())
    """Where the figures come from, a line each with its evidence mark."""
    drives: tuple[DriveFacts, ...] = ()
    """Actuators with a data sheet; empty where every joint is ideal."""
    files: tuple[FileFacts, ...] = ()
    """Cards and model files that the robot was made of."""


@dataclass(frozen=True, config=_CONFIG)
class PolicyFacts:
    """A policy that is a file, or a folder whose program runs in a cage."""

    title: str
    """As its file says."""
    robot: str
    """Robot that it was trained on; empty where that is not known."""
    actuators: str
    """Drives that it was trained with, a selection; empty where that is not known."""
    files: tuple[FileFacts, ...]
    """The file named; of the card of somebody else's network, that network too; of a folder, all in it."""
    notes: tuple[str, ...] = ()
    """What is not here as it was in training, and how the policy was adapted; of a folder, the limits it ran under."""
