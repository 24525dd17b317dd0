"""The documented form of `scorecard.json`, schema `pilotline/scorecard/4`.

`body` holds everything that depends only on the job; `body_sha256` covers it. `header` says where and when it
was computed and is not covered. Derived figures are rounded to 12 significant digits; rows are exact.
"""

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema_grade import Grade
from pilotline.benchmarks.schema_record import Buffer, Rate, Record
from pilotline.benchmarks.schema_safety import Safety

SCHEMA: Literal["pilotline/scorecard/4"] = "pilotline/scorecard/4"


class Distribution(Record):
    """Summary of a figure over cycles; all null when n is 0."""

    n: int
    min: float | None
    median: float | None
    p95: float | None
    """95th percentile, linear interpolation."""
    max: float | None
    mean: float | None


class Histogram(Record):
    """Counts of cycle times. A bin includes its lower edge; the last one also its upper edge."""

    edges_s: tuple[float, ...]
    """Ascending, one more than bins."""
    good: tuple[int, ...]
    """Good cycles per bin."""
    failed: tuple[int, ...]
    """Failed cycles per bin, at the time of their verdict."""


class Parity(Record):
    """Human-parity index: tau_ref * good / planned time, failures and idle time included."""

    tau_ref_s: float
    """max(human standard time, machine cycle)."""
    planned_s: float
    """Time the graded cycles had: what they occupied plus the unused tail of a shift."""
    point: float
    lower: float | None
    """One-sided 95 % bootstrap lower bound over cycles; null below two cycles."""


class Events(Record):
    """Counted events; null means that the station does not measure it, which scores as none."""

    drops: int | None
    force_exceedances: int | None
    """Contact force above the station's limit. Forces of a rigid-body engine are indicators."""
    falls: int | None
    near_falls: int | None
    critical: int
    """Falls and critical events (a person hit above a limit, a fast breach of a keep-out zone, an unsafe restart)
    together; any of them makes the station score 0."""


class PeakTorque(Record):
    """Per joint group, over cycles: largest |torque| of the group / rated torque."""

    group: str
    max: float
    p95: float
    cycle: int
    """First cycle that reached the maximum."""


class DriveGroup(Record):
    """Drives with a data sheet of one joint group, over cycles that each begin with them at ambient temperature."""

    group: str
    drawn_per_good_j: float | None
    """Electrical energy taken from the bus in all cycles, failed ones included, per good cycle, J."""
    returned_per_good_j: float | None
    """Given back to it, per good cycle, J."""
    heat_per_good_j: float | None
    """Lost in copper, drive electronics and gears, per good cycle, J."""
    winding_c: float
    """Hottest winding of any cycle, C."""
    housing_c: float
    """Hottest housing of any cycle, C."""
    endless_winding_c: float
    """Hottest winding in an endless shift of such cycles without a pause, C: the cycles' estimates, by their times."""
    endless_housing_c: float
    """Hottest housing then, C."""
    heat_load: float
    """Largest rise of a winding in that shift / rise that its insulation allows: above 1 it cannot last."""
    heat_load_max: float
    """The same in an endless shift of the hardest cycle."""
    derated_cycles: int
    """Cycles in which a drive got hot enough to lower its current limit."""
    tripped_cycles: int
    """Cycles in which a drive switched off."""


class Drives(Record):
    """All drives with a data sheet together."""

    drawn_per_good_j: float | None
    returned_per_good_j: float | None
    heat_per_good_j: float | None
    derated_cycles: int
    tripped_cycles: int
    groups: tuple[DriveGroup, ...]
    """By name."""


class FaultCount(Record):
    """How many cycles had a fault; a cycle may have several."""

    fault: str
    cycles: int
    share: float
    """cycles / all cycles of the stratum."""


class Stratum(Record):
    """Cycles of one station that belong together."""

    first_pass: Rate
    """First-pass yield: good at the first try, in tolerance, no fault."""
    in_takt: Rate
    """Takt adherence: good and no longer than the line takt."""
    cycle_time_s: Distribution
    """Of good cycles, s."""
    histogram: Histogram
    events: Events
    safety: Safety
    energy_per_good_j: float | None
    """Energy of all cycles, failed ones included, per good cycle, J; null without a good cycle. Net electrical energy
    of drives with a data sheet, and positive mechanical work of the other joints."""
    peak_force_n: Distribution
    """Largest contact force of each cycle, N: an indicator, not a measurement."""
    peak_torque: tuple[PeakTorque, ...]
    drives: Drives | None
    """null where no joint has a data sheet, or without cycles."""
    faults: tuple[FaultCount, ...]
    """Most frequent first."""


class MassBin(Record):
    """Cycles whose load falls into [low, high); the last bin includes high."""

    low_kg: float
    high_kg: float
    within: Rate
    """Loads the robot's own card allows; graded."""
    beyond: Rate
    """Loads beyond it; not graded."""


class StationResult(Record):
    """One station of the campaign."""

    name: str
    cycles: int
    """Finished cycles."""
    graded: Stratum
    """Cycles within the robot's own load chart. Only these count for the score."""
    beyond: Stratum | None
    """Cycles beyond it, reported apart; null when there are none."""
    parity: Parity
    mtbf_lower_s: float
    """One-sided 95 % lower bound of the mean time between failed graded cycles, s."""
    sigma: float
    """Safety quality exp(-(0.5 drops + 1.0 force exceedances + 2.0 near-falls) per 100 graded cycles)."""
    generalisation: float | None
    """HPI on held-out parts / on public parts. Not measured yet: null, and left out of the score."""
    score: float | None
    """100 * HPI lower bound * sigma * sqrt(generalisation), at most 100, 0 after a critical event."""
    mass_bins: tuple[MassBin, ...]
    """Empty when the station's loads do not vary."""


class StationTime(Record):
    """How a station spent the run of the line; the three add up to the horizon."""

    name: str
    busy_s: float
    blocked_s: float
    """Finished but the buffer behind was full."""
    starved_s: float
    """Waiting for a part, filling and emptying of the line included."""


class FlowResult(Record):
    """Stations in series, computed from their cycles, those beyond the load chart included."""

    horizon_s: float
    """The planned shift, or the time the last part left."""
    entered: int
    """Parts that entered = good + scrap + in_process."""
    good: int
    scrap: int
    in_process: int
    good_per_hour: float
    takt_share: float
    """Line takt * good / horizon: 1 is a line that makes a good part every takt."""
    rolled_yield: float | None
    """Product of the stations' first-pass yields over all their cycles."""
    measured_yield: float | None
    """good / (good + scrap) at the end of the line; far from rolled_yield, the stations interact."""
    stations: tuple[StationTime, ...]
    buffers: tuple[Buffer, ...]


class Body(Record):
    """Everything that depends only on the job, whatever the batch size, threads or machine load."""

    job: dict[str, Any]
    """What was asked: the fields of `Job` without nsim and nthread."""
    robot: RobotFacts
    line: LineFacts
    policy: PolicyFacts | None = None
    """Of a policy that is a file; left out for any other."""
    stations: tuple[StationResult, ...]
    """In the order of the line."""
    flow: FlowResult | None
    """Of a campaign, whose stations are simulated one by one; null for a run from end to end."""
    run: RunResult | None
    """Of a line for hours, simulated from end to end; null for a campaign."""
    grade: Grade
    assumptions: tuple[str, ...]
    """What the figures rest on; (E) marks an estimate."""
    rows: tuple[CycleRow, ...]
    """Every cycle, by station and cycle. In a shift of one station the last row is the cycle that the end of the
    shift cut off; it counts nowhere."""

    @field_validator("job")
    @classmethod
    def _a_job(cls, value: dict[str, Any]) -> dict[str, Any]:
        return Job.of(value).body()

    @model_serializer(mode="wrap")
    def _without_nothing(self, usual: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = usual(self)
        if written["policy"] is None:
            del written["policy"]
        return written


class Header(Record):
    """Where and when the card was computed. Not covered by the hash."""

    date: str
    """ISO 8601, UTC."""
    hardware: dict[str, str]
    versions: dict[str, str]
    wall_s: float
    nsim: int
    nthread: int


class Scorecard(Record):
    """The whole file."""

    schema_: Literal["pilotline/scorecard/4"] = Field(SCHEMA, alias="schema")
    body: Body
    body_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the body as canonical JSON: sorted keys, no spaces, shortest exact floats, UTF-8."""
    header: Header


def json_schema() -> dict[str, Any]:
    """JSON Schema of `scorecard.json`."""
    return Scorecard.model_json_schema(by_alias=True)
