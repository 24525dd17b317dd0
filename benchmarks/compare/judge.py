"""Two arms at one station: every figure's difference, what is certain of it, and what would settle it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.compare.arms import Pairing
from pilotline.benchmarks.compare.figures import YIELD, Figure
from pilotline.benchmarks.statistics import sequential, testing
from pilotline.benchmarks.statistics.intervals import CONFIDENCE

LEVEL = 1.0 - CONFIDENCE
_FLIPS = 0xF11B


@dataclass(frozen=True)
class Difference:
    """A figure of an arm less that of the control, in the figure's unit.

    Yield counts all graded cycles, paired ones in pairs; every other figure counts cycles that were good, in pairs
    those that were good in both.
    """

    station: str
    figure: str
    control: str
    arm: str
    paired: bool
    n: int
    """Pairs counted; of independent arms the smaller number of cycles."""
    cycles: int
    """Cycles run for them: more than n where some were not good."""
    control_value: float | None
    arm_value: float | None
    difference: float | None
    low: float | None
    high: float | None
    """95 % interval of the difference for a number of cycles fixed beforehand."""
    p: float
    """Two-sided, for such a number; 1 where there is nothing to tell."""
    sequence_low: float | None
    sequence_high: float | None
    """95 % interval that holds at every look."""
    p_anytime: float
    """Two-sided, valid at every look."""
    needed: float
    """Cycles that a fixed-n test takes with a power of 80 % if the difference is as measured; inf where it is 0, and of
    means where one cycle says nothing of how much they vary."""
    better: bool | None
    """Whether the arm's value is the better one; None where they are equal or unknown."""


def difference(figure: Figure, pairing: Pairing, control: str, arm: str, level: float = LEVEL) -> Difference:
    """Judge one figure; `level` is what the cycles needed are for, smaller where many questions are asked at once."""
    found = _of_yield(pairing, level) if figure.name == YIELD else _of_means(figure, pairing, level)
    gap = found.gap
    better = None if gap is None or gap == 0.0 else (gap > 0.0) is figure.more_is_better
    s = figure.scale
    return Difference(
        station=pairing.station,
        figure=figure.name,
        control=control,
        arm=arm,
        paired=pairing.paired,
        n=found.n,
        cycles=found.cycles,
        control_value=_scaled(found.control, s),
        arm_value=_scaled(found.arm, s),
        difference=_scaled(gap, s),
        low=_scaled(found.interval and found.interval[0], s),
        high=_scaled(found.interval and found.interval[1], s),
        p=found.p,
        sequence_low=_scaled(found.sequence and found.sequence[0], s),
        sequence_high=_scaled(found.sequence and found.sequence[1], s),
        p_anytime=found.p_anytime,
        needed=found.needed,
        better=better,
    )


def more_cycles(found: Difference, settled: bool) -> int | None:
    """How many more cycles of each arm would settle a difference of the size measured; 0 where it is settled, None
    where no number would because the values are equal or unknown, or none is known because one cycle does not vary."""
    if settled:
        return 0
    if found.n == 0 or not math.isfinite(found.needed):
        return None
    return max(1, math.ceil(found.needed * found.cycles / found.n) - found.cycles)


@dataclass(frozen=True)
class _Found:
    n: int
    cycles: int
    control: float | None
    arm: float | None
    gap: float | None
    interval: tuple[float, float] | None
    p: float
    sequence: tuple[float, float] | None
    p_anytime: float
    needed: float


def _of_yield(pairing: Pairing, level: float) -> _Found:
    one = np.array([a.success for a, _ in pairing.matched], dtype=bool)
    two = np.array([b.success for _, b in pairing.matched], dtype=bool)
    wins, losses = two & ~one, one & ~two
    looked = float(sequential.pairs_p(wins, losses)[-1]) if len(one) else 1.0
    sequence = sequential.bounded_sequence(two.astype(float) - one.astype(float), -1.0, 1.0)
    if pairing.paired:
        n, won, lost = len(one), int(wins.sum()), int(losses.sum())
        return _Found(
            n=n,
            cycles=n,
            control=_mean(one),
            arm=_mean(two),
            gap=(won - lost) / n if n else None,
            interval=testing.pair_rate_difference(won, lost, n),
            p=testing.mcnemar(won, lost),
            sequence=sequence,
            p_anytime=looked,
            needed=testing.pairs_needed(won / n, lost / n, level) if n else math.inf,
        )
    good, n = sum(row.success for row in pairing.control), len(pairing.control)
    other, m = sum(row.success for row in pairing.arm), len(pairing.arm)
    known = n > 0 and m > 0
    p, q = (good / n, other / m) if known else (0.0, 0.0)
    return _Found(
        n=min(n, m),
        cycles=min(n, m),
        control=p if known else None,
        arm=q if known else None,
        gap=q - p if known else None,
        interval=testing.rate_difference(other, m, good, n),
        p=testing.fisher(other, m, good, n) if known else 1.0,
        sequence=sequence,
        p_anytime=looked,
        needed=testing.cycles_needed(q - p, p * (1.0 - p) + q * (1.0 - q), level) if known else math.inf,
    )


def _of_means(figure: Figure, pairing: Pairing, level: float) -> _Found:
    both = [(a, b) for a, b in pairing.matched if a.success and b.success]
    one = np.array([figure.value(a) for a, _ in both])
    two = np.array([figure.value(b) for _, b in both])
    d = _clean(two - one, one, two)
    looked = float(sequential.differences_p(d)[-1]) if len(d) else 1.0
    sequence = sequential.mean_sequence(d)
    if pairing.paired:
        gap = float(d.mean()) if len(d) else None
        return _Found(
            n=len(d),
            cycles=len(pairing.matched),
            control=_mean(one),
            arm=_mean(two),
            gap=gap,
            interval=testing.mean_difference(d),
            p=testing.sign_flip(d, _FLIPS),
            sequence=sequence,
            p_anytime=looked,
            needed=_pairs_needed(d, level),
        )
    own = np.array([figure.value(row) for row in pairing.control if row.success])
    other = np.array([figure.value(row) for row in pairing.arm if row.success])
    found = testing.welch(other, own)
    gap = float(other.mean() - own.mean()) if len(own) and len(other) else None
    varied = sum(float(np.var(x, ddof=1)) for x in (own, other)) if found else 0.0
    return _Found(
        n=min(len(own), len(other)),
        cycles=min(len(pairing.control), len(pairing.arm)),
        control=_mean(own),
        arm=_mean(other),
        gap=gap,
        interval=found and found[1:],
        p=found[0] if found else 1.0,
        sequence=sequence,
        p_anytime=looked,
        needed=testing.cycles_needed(gap, varied, level) if gap is not None and found else math.inf,
    )


def _pairs_needed(d: NDArray[np.float64], level: float) -> float:
    if len(d) < 2 or not (gap := float(d.mean())):
        return math.inf
    return max(testing.least_pairs(level), testing.cycles_needed(gap, float(np.var(d, ddof=1)), level))


def _clean(d: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences without the last bits of rounding, which would count as signs of their own."""
    size = np.maximum(np.abs(one), np.abs(two))
    return np.where(np.abs(d) <= 1e-12 * size, 0.0, d)


def _mean(values: NDArray[np.float64] | NDArray[np.bool_]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
