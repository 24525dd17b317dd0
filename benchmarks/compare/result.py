"""All arms against the control, and against each other: verdicts, costs, places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.compare import judge
from pilotline.benchmarks.compare.arms import Arm, Pairing, pairings, remarks
from pilotline.benchmarks.compare.figures import DECIDING, Figure, figures_of
from pilotline.benchmarks.compare.judge import LEVEL, Difference
from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.statistics.multiple import holm
from pilotline.benchmarks.statistics.ranking import rank_intervals
from pilotline.benchmarks.statistics.resampling import Float, mean_of_means, pooled_iqm, stratified_bootstrap

_BOOTSTRAP = (0xC057, 8)


@dataclass(frozen=True)
class Judged:
    """A difference, with what the number of questions makes of its p-values."""

    figure: Figure
    found: Difference
    deciding: bool
    """Whether it is among the questions that decide; those are corrected together, others per figure."""
    p_holm: float
    p_anytime_holm: float
    peeked: bool
    """Whether an arm is still running, so that only what is valid at every look counts."""
    more_cycles: int | None
    """Of each arm, to settle a difference as large as measured; 0 where it is settled, None where no number would."""

    @property
    def shown(self) -> bool:
        """Whether the arms are told apart: for a number of cycles fixed beforehand, where both are finished."""
        return self.shown_anytime if self.peeked else self.p_holm <= LEVEL

    @property
    def shown_anytime(self) -> bool:
        """Whether they are, however often somebody looked."""
        return self.p_anytime_holm <= LEVEL


@dataclass(frozen=True)
class Verdict:
    """Whether an arm is better than the control at a station."""

    station: str
    arm: str
    better: bool | None
    """None where nothing tells them apart."""
    by: Judged | None
    """The first deciding figure that does."""
    anytime: bool
    """Whether the same figure does so with the p-value that is valid at every look."""


@dataclass(frozen=True)
class Cost:
    """What a good part takes, failed cycles included, beside the control."""

    station: str
    arm: str
    name: str
    title: str
    unit: str
    control_value: float | None
    arm_value: float | None
    low: float | None
    high: float | None
    """95 % bootstrap interval of the difference; None where an arm has too few good parts."""


@dataclass(frozen=True)
class Overall:
    """An arm beside the control over all stations, each weighing the same; stratified bootstrap."""

    arm: str
    yield_difference: float
    yield_interval: tuple[float, float] | None
    time_change: float | None
    """Interquartile mean of the relative change of cycle time over pairs good in both."""
    time_interval: tuple[float, float] | None


@dataclass(frozen=True)
class Comparison:
    """The whole comparison; the first arm is the control."""

    arms: tuple[Arm, ...]
    remarks: tuple[str, ...]
    judged: tuple[Judged, ...]
    verdicts: tuple[Verdict, ...]
    costs: tuple[Cost, ...]
    overall: tuple[Overall, ...]
    rank_low: tuple[int, ...]
    rank_high: tuple[int, ...]
    """Best and worst place left to each arm, in the order of `arms`; all together at 95 %."""


def compare(arms: Sequence[Arm]) -> Comparison:
    """Judge two or more arms that `arms.read` let through."""
    control, others = arms[0], arms[1:]
    asked = [(arm, pairing) for arm in others for pairing in pairings(control, arm)]
    judged = _judged(control, asked)
    verdicts = tuple(
        _verdict(pairing.station, arm.name, [j for j in judged if _of(j, pairing.station, arm.name)])
        for arm, pairing in asked
    )
    low, high = _ranks(arms)
    return Comparison(
        arms=tuple(arms),
        remarks=remarks(arms),
        judged=judged,
        verdicts=verdicts,
        costs=tuple(cost for arm, pairing in asked for cost in _costs(control, arm, pairing)),
        overall=tuple(filter(None, (_overall(control, arm) for arm in others))),
        rank_low=low,
        rank_high=high,
    )


def _judged(control: Arm, asked: Sequence[tuple[Arm, Pairing]]) -> tuple[Judged, ...]:
    questions = [(figure, arm, pairing) for arm, pairing in asked for figure in _figures(control, arm, pairing)]
    family = max(1, sum(figure.name in DECIDING for figure, _, _ in questions))
    found = [
        judge.difference(figure, pairing, control.name, arm.name, LEVEL / family) for figure, arm, pairing in questions
    ]
    # deciding figures are one family; any other figure is a family of its own over arms and stations
    families = ["" if figure.name in DECIDING else figure.name for figure, _, _ in questions]
    fixed = _holm_by(families, [one.p for one in found])
    anytime = _holm_by(families, [one.p_anytime for one in found])
    return tuple(
        Judged(
            figure=figure,
            found=one,
            deciding=figure.name in DECIDING,
            p_holm=float(p),
            p_anytime_holm=float(q),
            peeked=_peeked(control, arm),
            more_cycles=judge.more_cycles(one, bool((q if _peeked(control, arm) else p) <= LEVEL)),
        )
        for (figure, arm, _), one, p, q in zip(questions, found, fixed, anytime, strict=True)
    )


def _peeked(*arms: Arm) -> bool:
    return any(arm.asked is not None for arm in arms)


def _figures(one: Arm, two: Arm, pairing: Pairing) -> tuple[Figure, ...]:
    rows = (*pairing.control, *pairing.arm)
    return figures_of(pairing.station, rows, one.driven and two.driven, one.driven is two.driven)


def _holm_by(families: Sequence[str], p: Sequence[float]) -> NDArray[np.float64]:
    found, names = np.array(p), np.array(families)
    for name in set(families):
        found[names == name] = holm(found[names == name])
    return found


def _of(judged: Judged, station: str, arm: str) -> bool:
    return judged.found.station == station and judged.found.arm == arm


def _verdict(station: str, arm: str, judged: Sequence[Judged]) -> Verdict:
    deciding = {one.found.figure: one for one in judged if one.deciding}
    for name in DECIDING:
        one = deciding.get(name)
        if one is not None and one.shown and one.found.better is not None:
            return Verdict(station, arm, one.found.better, one, one.shown_anytime)
    return Verdict(station, arm, None, None, False)


def _ranks(arms: Sequence[Arm]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places left when every arm is held against every other by the deciding figures, all pairs together."""
    n = len(arms)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    found = [
        (i, j, judge.difference(figure, pairing, arms[i].name, arms[j].name))
        for i, j in pairs
        for pairing in pairings(arms[i], arms[j])
        for figure in _figures(arms[i], arms[j], pairing)
        if figure.name in DECIDING
    ]
    shown = holm([one.p_anytime if _peeked(arms[i], arms[j]) else one.p for i, j, one in found]) <= LEVEL
    better = np.zeros((n, n), dtype=bool)
    for i, j in pairs:
        votes = list(_votes([(one, bool(s)) for (a, b, one), s in zip(found, shown, strict=True) if (a, b) == (i, j)]))
        better[j, i] = bool(votes) and all(votes)
        better[i, j] = bool(votes) and not any(votes)
    low, high = rank_intervals(better)
    return tuple(low.tolist()), tuple(high.tolist())


def _votes(found: Sequence[tuple[Difference, bool]]) -> Iterator[bool]:
    """Of each station that tells two arms apart, whether the second is better."""
    for station in dict.fromkeys(one.station for one, _ in found):
        own = {one.figure: one for one, shown in found if shown and one.station == station}
        for name in DECIDING:
            if name in own and (verdict := own[name].better) is not None:
                yield verdict
                break


def _costs(control: Arm, arm: Arm, pairing: Pairing) -> Iterator[Cost]:
    facts = next(facts for facts in control.body.line.stations if facts.name == pairing.station)
    for name, title, unit, value in _cost_figures(facts, control, arm):
        own, other = (_table(rows, value) for rows in (pairing.control, pairing.arm))
        if pairing.paired:
            # the control's columns and the arm's stay side by side, so that pairs are drawn whole
            strata = [np.hstack([_table([pair[side] for pair in pairing.matched], value) for side in (0, 1)])]
        else:
            strata = [own, other]
        interval = stratified_bootstrap(strata, _ratio_gap, _BOOTSTRAP)
        yield Cost(
            station=pairing.station,
            arm=arm.name,
            name=name,
            title=title,
            unit=unit,
            control_value=_ratio(own),
            arm_value=_ratio(other),
            low=interval[0] if interval else None,
            high=interval[1] if interval else None,
        )


def _cost_figures(
    facts: StationFacts, control: Arm, arm: Arm
) -> Iterator[tuple[str, str, str, Callable[[CycleRow], float]]]:
    yield "time_per_good_s", "time per good part", "s", facts.occupied_s
    if control.driven is arm.driven:
        yield "energy_per_good_j", "energy per good part", "J", lambda row: row.energy_j
    if control.driven and arm.driven:
        yield "heat_per_good_j", "heat per good part", "J", lambda row: math.fsum(g.heat_j for g in row.drives.values())


def _table(rows: Sequence[CycleRow], value: Callable[[CycleRow], float]) -> Float:
    return np.array([(value(row), float(row.success)) for row in rows]).reshape(len(rows), 2)


def _ratio(table: Float) -> float | None:
    spent, good = table.sum(axis=0)
    return float(spent / good) if good else None


def _ratio_gap(strata: Sequence[Float]) -> Float:
    """Spent per good part of the arm less that of the control; strata are one with four columns or two with two."""
    sums = np.concatenate([stratum.sum(axis=-2) for stratum in strata], axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 2] / sums[..., 3] - sums[..., 0] / sums[..., 1])


def _overall(control: Arm, arm: Arm) -> Overall | None:
    found = pairings(control, arm)
    if any(not pairing.matched for pairing in found):
        return None
    gaps = [np.array([[float(b.success) - float(a.success)] for a, b in pairing.matched]) for pairing in found]
    both = [[(a, b) for a, b in pairing.matched if a.success and b.success] for pairing in found]
    changes = [np.array([[b.time_s / a.time_s - 1.0] for a, b in pairs]) for pairs in both if pairs]
    return Overall(
        arm=arm.name,
        yield_difference=float(mean_of_means(gaps)),
        yield_interval=stratified_bootstrap(gaps, mean_of_means, _BOOTSTRAP),
        time_change=float(pooled_iqm(changes)) if changes else None,
        time_interval=stratified_bootstrap(changes, pooled_iqm, _BOOTSTRAP) if changes else None,
    )
