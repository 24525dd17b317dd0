"""A comparison in sentences: which is better, by how much, how certain, at what cost, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterator

from pilotline.benchmarks import wording
from pilotline.benchmarks.compare.arms import Arm
from pilotline.benchmarks.compare.result import Comparison, Cost, Judged, Overall, Verdict

SPACE = wording.SPACE
MANY = 10_000_000
LEGEND = (
    "In brackets and under 95 %: for a number of cycles fixed beforehand. p is Holm-corrected (over stations, arms and "
    "the deciding figures yield, cycle time, energy; any other figure by itself); «when peeking» is valid however "
    "often you look. Yield counts all graded cycles, other figures those that were good in both. «More cycles» is of "
    "each arm, at a power of 80 %, if the difference is as large as it looks. Forces are indicators."
)


def sentences(found: Comparison) -> Iterator[str]:
    """One per arm and station, what goes with it after it; then stations together and lines from end to end."""
    control = found.arms[0].name
    for verdict in found.verdicts:
        own = [j for j in found.judged if (j.found.station, j.found.arm) == (verdict.station, verdict.arm)]
        costs = [c for c in found.costs if (c.station, c.arm) == (verdict.station, verdict.arm)]
        yield f"{verdict.arm} at {wording.plain(verdict.station)}: {_verdict(control, verdict, own)}"
        if beside := [j for j in own if j.shown and j.found.better is not None and j is not verdict.by]:
            yield "  told apart too: " + "; ".join(f"{j.figure.title} {_gap(j)}" for j in beside)
        if failed := [_failures(arm, verdict.station) for arm in found.arms if arm.name in (verdict.arm, control)]:
            yield "  failures: " + "; ".join(failed)
        if costs:
            yield "  a good part costs " + "; ".join(_cost(cost) for cost in costs)
    if len(found.arms[0].body.line.stations) > 1:
        yield from (_overall(one) for one in found.overall)
    if all(arm.body.run for arm in found.arms):
        yield "from end to end: " + "; ".join(_line(arm) for arm in found.arms)


def place(low: int, high: int) -> str:
    """A rank interval."""
    return f"{low}" if low == high else f"{low}–{high}"


def amount(value: float | None, unit: str, digits: int, sign: bool = False) -> str:
    """A figure with its unit."""
    if value is None:
        return wording.NOTHING
    text = wording.number(abs(value), digits)
    if sign or value < 0.0:
        text = ("+" if value > 0.0 else "−" if value < 0.0 else "±") + text
    return f"{text}{SPACE}{unit}"


def between(low: float | None, high: float | None, digits: int) -> str:
    """An interval without its unit."""
    if low is None or high is None:
        return wording.NOTHING
    return f"{amount(low, '', digits, True).strip()} to {amount(high, '', digits, True).strip()}"


def chance(p: float) -> str:
    """A p-value."""
    return "<0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def more(judged: Judged) -> str:
    """How many more cycles."""
    if judged.more_cycles == 0:
        return "settled"
    if judged.more_cycles is None:
        return "equal" if judged.found.difference == 0.0 else wording.NOTHING
    return ">10 M" if judged.more_cycles > MANY else wording.number(judged.more_cycles, 0)


def _verdict(control: str, verdict: Verdict, judged: list[Judged]) -> str:
    if verdict.by is None:
        return f"not told apart from {control}; {_open(judged)}"
    by, one = verdict.by.figure, verdict.by.found
    word = "better" if verdict.better else "worse"
    text = (
        f"{word} than {control} by {by.title}: {amount(one.difference, by.gap_unit, by.digits, True)} "
        f"({between(one.low, one.high, by.digits)}), {amount(one.arm_value, by.unit, by.digits)} against "
        f"{amount(one.control_value, by.unit, by.digits)}, "
    )
    if verdict.by.peeked:
        return text + f"valid at every look: p {chance(verdict.by.p_anytime_holm)}"
    text += f"p {chance(verdict.by.p_holm)}; "
    if verdict.anytime:
        return text + f"also if you looked before: p {chance(verdict.by.p_anytime_holm)}"
    return text + f"if you looked before: not yet, p {chance(verdict.by.p_anytime_holm)}"


def _open(judged: list[Judged]) -> str:
    """What would settle the deciding figures."""
    told = []
    for one in judged:
        if not one.deciding:
            continue
        gap = _gap(one)
        if one.found.difference is None:
            told.append(f"{one.figure.title} not known from the cycles there are")
        elif one.found.difference == 0.0:
            told.append(f"{one.figure.title} the same in the cycles there are")
        elif one.more_cycles is None:
            told.append(f"{one.figure.title} {gap}, from too few cycles to say how many more would settle it")
        else:
            cycles = "cycle" if one.more_cycles == 1 else "cycles"
            told.append(f"{one.figure.title} {gap}, settled by about {more(one)} more {cycles} if that is so")
    return "; ".join(told)


def _line(arm: Arm) -> str:
    """What a run of a line gave, and the range in which its twin's runs of the same time are."""
    run = arm.body.run
    assert run is not None
    text = f"{arm.name} {amount(run.good_per_hour, 'good/h', 1)}"
    if run.twin is None:
        return text
    of = run.twin.same_time.good_per_hour
    return f"{text} ({wording.number(of.low, 1)} to {wording.number(of.high, 1)} in nine of ten runs of its twin)"


def _failures(arm: Arm, station: str) -> str:
    graded = next(found.graded for found in arm.body.stations if found.name == station)
    causes = ", ".join(f"{wording.plain(fault.fault)} {fault.cycles}" for fault in graded.faults)
    return f"{arm.name} {causes or 'none'} of {graded.first_pass.n}"


def _gap(one: Judged) -> str:
    return amount(one.found.difference, one.figure.gap_unit, one.figure.digits, True)


def _cost(cost: Cost) -> str:
    gap = None if cost.arm_value is None or cost.control_value is None else cost.arm_value - cost.control_value
    digits = 1 if cost.unit == "s" else 0
    noun = {"time_per_good_s": "", "energy_per_good_j": "energy ", "heat_per_good_j": "heat "}[cost.name]
    return (
        f"{noun}{amount(cost.arm_value, cost.unit, digits)}, {amount(gap, cost.unit, digits, True)} "
        f"({between(cost.low, cost.high, digits)})"
    )


def _overall(one: Overall) -> str:
    low, high = one.yield_interval or (None, None)
    text = (
        f"{one.arm} over all stations: yield {amount(100.0 * one.yield_difference, 'points', 1, True)} "
        f"({between(_percent(low), _percent(high), 1)})"
    )
    if one.time_change is None:
        return text
    low, high = one.time_interval or (None, None)
    return text + (
        f", cycle time {amount(100.0 * one.time_change, '%', 1, True)} "
        f"({between(_percent(low), _percent(high), 1)}, interquartile mean)"
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else 100.0 * value
