"""The part of `scorecard.json` that an end-to-end run of a line fills: `body.run`, with its twin."""

from pilotline.benchmarks.schema_record import Buffer, Rate, Record

EventRow = tuple[float, str, str, int]
"""Time in s, kind, station, part (-1: none)."""


class VisitTimes(Record):
    """One cycle of the robot in the run; times in s from its beginning. The cycle itself is in `body.rows`."""

    station: str
    cycle: int
    """Which cycle of that station; parts left out count too."""
    part: int
    left_s: float
    """The robot set out for it."""
    begun_s: float
    ended_s: float


class StationRun(Record):
    """A station in the run; the six times add up to the horizon."""

    name: str
    first_try: Rate
    """Parts that were good there at the first try."""
    left_out: int
    """Parts beyond the robot's own load chart, left to a person; they never enter the line."""
    working_s: float
    """The robot was in a cycle there."""
    machine_s: float
    """Its machine worked on a part."""
    blocked_s: float
    """Done, but the buffer behind was full."""
    clearing_s: float
    """A person cleared it after a failure."""
    starved_s: float
    """Free, and no part waited."""
    waiting_s: float
    """Free, a part waited, the robot was elsewhere."""


class RobotRun(Record):
    """The robot in the run; the four times add up to the horizon."""

    working_s: float
    driving_s: float
    waiting_s: float
    """There was nothing to do."""
    down_s: float
    """It had fallen, switched off or lost control, and a person put it right."""


class Range(Record):
    """A figure over replicas of the twin."""

    mean: float
    low: float
    """5 % of the replicas are below."""
    high: float
    """5 % are above."""


class Outlook(Record):
    """What a planned time would give."""

    hours: float
    good: Range
    """Good parts."""
    good_per_hour: Range


class Effectiveness(Record):
    """Overall equipment effectiveness of the line over a shift: takt * good / planned time."""

    oee: Range
    availability: float
    """Share of planned time in which the line did not stand because of a failure: it stands while the robot is down,
    and while the robot waits and a station is being cleared."""
    performance: float
    """Takt * finished parts / available time; above 1 the line is faster than its takt."""
    quality: float | None
    """Good / finished parts, reworked ones included; null where nothing is finished."""


class TwinStation(Record):
    """A station in the twin over a shift; shares of time add up to 1."""

    name: str
    seen: int
    """Cycles of the run that the twin draws from."""
    seen_good: int
    work_s: float | None
    """Work content of a part: mean good cycle and machine time; null without a good cycle."""
    first_pass: float | None
    """Parts that were good there at the first try / parts tried."""
    working: float
    machine: float
    blocked: float
    clearing: float
    starved: float
    waiting: float


class Twin(Record):
    """Discrete-event twin of the line, fed with the cycles and trips of the run."""

    replicas: int
    """Runs of the length of the measured one, on the cycles as measured."""
    same_time: Outlook
    """What they gave."""
    ratio: float | None
    """Mean good parts of the twin / good parts of the run; null if the run made none."""
    shifts: int
    """Simulated shifts: two for each redrawn set of cycles and trips."""
    shift: Outlook
    month: Outlook
    month_shifts: int
    effectiveness: Effectiveness
    stations: tuple[TwinStation, ...]
    robot_working: float
    """Shares of time over a shift."""
    robot_driving: float
    robot_waiting: float
    robot_down: float
    bottleneck: str
    """`robot`, or the station, that works for the largest share of time; driving is work of the robot, a machine's
    time is work of its station."""
    bottleneck_share: float
    balance: float | None
    """Work content of all stations / (stations * largest); null for one station, or where one has no good cycle."""
    first_pass_yield: float | None
    """Good parts that never failed / finished parts."""
    rolled_yield: float | None
    """Product of the stations' `first_pass`."""
    rework_rate: float
    """Failed cycles after which the part was done again / cycles."""
    scrap_rate: float | None
    """Scrap / finished parts."""
    interventions: float
    """Times per shift that a person clears a station, or puts the robot right as well."""
    notes: tuple[str, ...]
    """What a run this short cannot tell."""


class RunResult(Record):
    """A line from end to end: one robot serves all stations, parts flow through buffers."""

    horizon_s: float
    entered: int
    """Parts that entered = good + scrap + in_process; every one checked against the log of events."""
    good: int
    first_pass: int
    """Good parts that never failed."""
    scrap: int
    in_process: int
    reworked: int
    """Times that a part had to be done again."""
    interventions: int
    """Times that a person cleared a station after a failed cycle or picked up a robot that fell on the way."""
    good_per_hour: float
    takt_share: float
    """TP: line takt * good / horizon. 1 is a line that makes a good part every takt."""
    takt_share_lower: float | None
    """One-sided 95 % lower bound: TP times the 5 % quantile of the twin's runs of the same time over their mean; null
    without a twin."""
    sigma: float
    """Safety quality exp(-(0.5 drops + 1.0 force exceedances + 2.0 near-falls) per 100 cycles), all stations."""
    falls_driving: int
    """Times that the robot fell on the way between stations."""
    critical: int
    """Falls and critical events, at stations and on the way; any of them makes the line score 0."""
    score: float | None
    """100 * takt_share_lower * sigma, at most 100, 0 after a critical event; null without a bound."""
    first_pass_yield: float | None
    """first_pass / (good + scrap)."""
    rolled_yield: float | None
    """Product of the stations' yields at the first try."""
    yield_ratio: float | None
    """first_pass_yield / rolled_yield: beyond 1.15 or below 1/1.15 the stations interact."""
    human_share: float
    """Human standard time of all good cycles / horizon: 1 is the work of one person without a pause."""
    stations: tuple[StationRun, ...]
    """In the order of the line."""
    robot: RobotRun
    buffers: tuple[Buffer, ...]
    visits: tuple[VisitTimes, ...]
    """In the order of time; the cycle that the horizon cut off is not among them."""
    events: tuple[EventRow, ...]
    """What happened to parts and stations."""
    twin: Twin | None
    without_twin: str | None
    """Why there is no twin; null when there is one."""
