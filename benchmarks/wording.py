"""Figures as people read them; shared by the console table and the report."""

import math

from pilotline.benchmarks.schema import DriveGroup, Drives, Rate, StationResult

NOTHING = "–"
SPACE = "\N{NO-BREAK SPACE}"
_UNITS = {"mm": "mm", "deg": "°", "n": "N", "s": "s", "nm": f"N{SPACE}m"}
"""What a metric's name ends in, and the unit."""


def number(value: float | None, digits: int = 1) -> str:
    """A figure with a fixed number of decimals and thin groups of three."""
    if value is None:
        return NOTHING
    return f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in percent."""
    return NOTHING if share is None else f"{100.0 * share:.{digits}f}{SPACE}%"


def at_least(bound: float | None, digits: int = 1) -> str:
    """A lower bound in percent, never rounded up."""
    if bound is None:
        return NOTHING
    step = 10.0**digits
    # the bound has 12 significant digits; the small addend keeps 93.6 from becoming 93.5
    return f"{math.floor(100.0 * bound * step + 1e-9) / step:.{digits}f}{SPACE}%"


def interval(rate: Rate) -> str:
    """Wilson interval in percent."""
    return f"{100.0 * rate.wilson_low:.1f}–{100.0 * rate.wilson_high:.1f}{SPACE}%"


def seconds(value: float | None) -> str:
    """A time of a cycle."""
    return NOTHING if value is None else f"{value:.1f}{SPACE}s"


def capability(bound: float) -> str:
    """A lower bound of Cpk; of a few cycles it may be thousands below 0, of which the figure says nothing more."""
    return "below 0" if bound < 0.0 else "above 100" if bound >= 100.0 else number(bound, 2)


def hours(value_s: float | None) -> str:
    """A long time in h, in min below one hour, in s below one minute."""
    if value_s is None:
        return NOTHING
    if value_s < 60.0:
        return f"{value_s:.0f}{SPACE}s"
    if value_s < 3600.0:
        return f"{value_s / 60.0:.0f}{SPACE}min"
    return f"{value_s / 3600.0:.1f}{SPACE}h"


def joules(value: float | None) -> str:
    """An energy, in J or kJ."""
    if value is None:
        return NOTHING
    if abs(value) >= 10_000.0:
        return f"{value / 1000.0:.1f}{SPACE}kJ"
    return f"{value:.0f}{SPACE}J"


def celsius(value: float | None) -> str:
    """A temperature."""
    return NOTHING if value is None else f"{value:.0f}{SPACE}°C"


def figure(value: float | None) -> str:
    """A figure of a data sheet at three digits; without a value it has no limit."""
    return "no limit" if value is None else f"{value:.3g}"


def count(value: int | None) -> str:
    """A counted event, or that nobody counted."""
    return "not measured" if value is None else str(value)


def plain(name: str) -> str:
    """A name from the code as words."""
    return name.replace("_", " ")


def measured(metric: str) -> tuple[str, str]:
    """A metric's name in words, and its unit; empty where the name ends in none."""
    words, _, unit = metric.rpartition("_")
    return (plain(words), _UNITS[unit]) if unit in _UNITS else (plain(metric), "")


def peak_load(station: StationResult) -> float | None:
    """Largest torque / rating of any joint group in the graded cycles."""
    return max((peak.max for peak in station.graded.peak_torque), default=None)


def hottest(drives: Drives) -> DriveGroup:
    """The joint group whose drives an endless shift loads most."""
    return max(drives.groups, key=lambda group: group.heat_load)


FILTERS = (
    number,
    percent,
    at_least,
    interval,
    seconds,
    hours,
    joules,
    celsius,
    figure,
    count,
    plain,
    capability,
)
"""Of templates, see `page.template`."""
