"""Grades on a scorecard: what was asked, what was shown, what is missing."""

from typing import Literal

from pydantic import Field

from pilotline.benchmarks.schema_record import Record

Mark = Literal["P0", "P1", "P2", "P3", "P4"]


class Requirements(Record):
    """One row of the table of grades; null asks for nothing."""

    grade: Mark
    title: str
    anchor: str
    """What the row was set by."""
    first_pass_lower: float = Field(ge=0.0, le=1.0)
    """Least one-sided 95 % Clopper-Pearson lower bound of the first-pass yield."""
    parity_lower: float | None = None
    """Least lower bound of the human-parity index; of a line, of its share of one person's work."""
    cycles: int | None = None
    """Least cycles at each station."""
    hours: float | None = None
    """Least time of the evidence run, h."""
    mtbf_lower_h: float | None = None
    """Least lower bound of the mean time between failures, h."""
    takt_lower: float | None = None
    """Least lower bound of the share of cycles that are good and within the line takt; of stations."""
    assists_per_shift: float | None = None
    """Most assists by a person in 8 h."""
    shifts_without_assist: float | None = None
    """Least share of whole shifts in which nobody had to help; of the line."""
    falls_per_100: float | None = None
    """Most falls in 100 cycles."""
    critical_events: int | None = None
    """Most critical events."""
    cpk_lower: float | None = None
    """Least lower bound of the process capability of every key characteristic; of stations that have any."""


class Shown(Record):
    """What a station, or the line, has shown; null where it was not measured or does not apply."""

    subject: str
    """Station name, or `line`."""
    first_pass_lower: float | None
    parity_lower: float | None
    cycles: int | None
    hours: float
    mtbf_lower_h: float | None
    takt_lower: float | None
    assists_per_shift: float | None
    shifts_without_assist: float | None
    falls_per_100: float | None
    critical_events: int
    cpk_lower: float | None
    grade: Mark | None
    """Highest grade of which this row and every one below is cleared."""
    short: tuple[str, ...]
    """What the next grade asks for and this has not shown, a line each; empty at the highest."""


class Level(Record):
    """What a station's figures rest on and what it could do to a person."""

    station: str
    fidelity: str
    """K1 to K4, of the station's card."""
    validation: Literal["V0", "V1", "V2", "V3"]
    """V0 none, V1 literature, V2 reproduces a published deployment figure, V3 data of a rig of its own."""
    validation_basis: str
    risk: Literal["a", "b", "c", "d", "e"] | None
    """Required performance level by the risk graph of ISO 13849-1, from our own estimates (E); null without any."""
    risk_basis: str


class Grade(Record):
    """Grade of a scorecard: its weakest station and its line run both clear it."""

    grade: Mark | None
    """Null where a station or the line clears no row, or no line was run from end to end."""
    why: str
    """What decides it, in words."""
    stations: Mark | None
    """Of the weakest station."""
    line: Mark | None
    """Of the run from end to end; null without one."""
    autonomy: Literal["autonomous", "undeclared"]
    """autonomous: the policy is code or a network that ran here. undeclared: it was served from elsewhere, so that
    only its owner knows whether a person was behind it."""
    entry_class: str
    """biped, wheeled or fixed."""
    fidelity: str
    """The least of the stations."""
    validation: Literal["V0", "V1", "V2", "V3"]
    """The least of the stations."""
    table: tuple[Requirements, ...]
    shown: tuple[Shown, ...]
    """Of each station in the order of the line, and of the line run last where there is one."""
    levels: tuple[Level, ...]
