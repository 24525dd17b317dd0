"""The safety part of a scorecard: events, contact with people by body region, stops, and what the supervisor did.

Everything but falls and drops is null where it was not measured: people need `people=crossing`, stops and interventions
`supervisor=limits`. Forces and pressures are those of a rigid-body engine: indicators, not measurements.
"""

from pilotline.benchmarks.schema_record import Record


class EventRate(Record):
    """Events over all cycles."""

    count: int
    per_1000: float
    """Per 1,000 cycles."""


class RegionContact(Record):
    """Contact of robot or load with one region of a person's body, over all cycles."""

    region: str
    force_n: float
    """Largest, N; 0 without contact. An indicator."""
    force_limit_n: float
    """Of a blow (transient contact), N; of the head the quasi-static one."""
    pressure_n_cm2: float
    """Largest mean pressure under a flat face of 14 x 14 mm, N/cm2. An indicator."""
    pressure_limit_n_cm2: float
    exceedances: int
    """Cycles in which force or pressure was above its limit."""
    cycle: int | None
    """First cycle with the largest force; null without contact."""


class Intervention(Record):
    """One kind of limit that the supervisor held."""

    kind: str
    """position, speed, torque or separation."""
    count: int
    per_1000: float
    cycles: int
    """Cycles with at least one."""


class Stops(Record):
    """How the robot came to rest after protective stops."""

    count: int
    """Stops that came to rest within their cycle."""
    time_s: float | None
    """Longest, from the command to rest, s; null without any."""
    distance_m: float | None
    """Longest way of any part of the robot meanwhile, m."""


class Safety(Record):
    """What cycles of one station did to be safe or unsafe."""

    cycles: int
    falls: EventRate | None
    near_falls: EventRate | None
    """The capture point was outside the support for more than 0.3 s."""
    drops: EventRate | None
    exceedances_part: EventRate | None
    """Cycles that ended in too large a force on the part; indicators."""
    exceedances_fixture: EventRate | None
    """On a fixture or machine."""
    exceedances_person: EventRate | None
    """On a person: above a limit of `regions`."""
    person_contacts: EventRate | None
    """Touches of a person, whatever their force."""
    keep_out_breaches: EventRate | None
    """Entries of the robot into a keep-out zone."""
    keep_out_fast: EventRate | None
    """Those at more than 0.25 m/s, which are critical."""
    protective_stops: EventRate | None
    emergency_stops: EventRate | None
    unsafe_restarts: EventRate | None
    """Motion after a stop without its release."""
    critical: int
    """Falls, exceedances on persons, fast breaches and unsafe restarts: any makes the station score 0."""
    least_separation_m: float | None
    """Between a person and the robot, on the floor, in any cycle; below 0 they overlap."""
    regions: tuple[RegionContact, ...] | None
    interventions: tuple[Intervention, ...] | None
    stops: Stops | None
