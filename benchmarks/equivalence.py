"""Whether cycles run on two platforms are equivalent: two one-sided tests (TOST) on the same cycles, margins stated.

On another processor or with another version of a library the last bits of a simulation differ, and contact makes that
grow: single cycles may end otherwise. What must not differ is what a score is made of. Per station, each at 5 %:

* good cycles: the shares differ by less than `SHARE_MARGIN`. Of n pairs, b are good only in the card and c only here;
  both one-sided bounds of (b - c) / n are exact and conservative: Clopper-Pearson on b and on c, half of the 5 % each.
* time and energy of cycles good in both: the means differ by less than `MEAN_MARGIN` of the card's mean, paired t.

A station holds when all three tests show equivalence (an intersection-union test, so that each may have its 5 %;
Berger & Hsu 1996). What is not shown is not refuted: more cycles may show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, sem, t

from pilotline.benchmarks.rows import CycleRow

SHARE_MARGIN = 0.05
"""Of the share of good cycles."""
MEAN_MARGIN = 0.05
"""Of the mean time and of the mean energy of good cycles, relative."""
LEVEL = 0.05


@dataclass(frozen=True)
class Finding:
    """One test at one station."""

    station: str
    what: str
    pairs: int
    low: float
    """Lower end of the interval of the difference, here less card; a share, or relative to the card's mean."""
    high: float
    margin: float

    @property
    def shown(self) -> bool:
        """Whether the whole interval lies within the margin."""
        return -self.margin < self.low and self.high < self.margin

    def __str__(self) -> str:
        told = f"{self.station}: {self.what} differ by {100 * self.low:+.2f} to {100 * self.high:+.2f} %"
        return f"{told} over {self.pairs} cycles, margin {100 * self.margin:g} %"


def findings(stored: Sequence[CycleRow], here: Sequence[CycleRow]) -> list[Finding]:
    """All tests of all stations, on the cycles that are in both; stations in the order of `stored`."""
    own = {(row.station, row.cycle): row for row in here}
    pairs = [(row, own[row.station, row.cycle]) for row in stored if (row.station, row.cycle) in own]
    found: list[Finding] = []
    for station in dict.fromkeys(row.station for row in stored):
        both = [(card, again) for card, again in pairs if card.station == station]
        only_card = sum(card.success and not again.success for card, again in both)
        only_here = sum(again.success and not card.success for card, again in both)
        found.append(
            Finding(station, "shares of good cycles", len(both), *shares(only_card, only_here, len(both)), SHARE_MARGIN)
        )
        good = [(card, again) for card, again in both if card.success and again.success]
        for what, name in (("times of good cycles", "time_s"), ("energies of good cycles", "energy_j")):
            one = np.array([getattr(card, name) for card, _ in good])
            other = np.array([getattr(again, name) for _, again in good])
            found.append(Finding(station, what, len(good), *means(one, other), MEAN_MARGIN))
    return found


def shares(only_first: int, only_second: int, n: int) -> tuple[float, float]:
    """Interval of the second share less the first, of n pairs of which so many are good in one alone.

    Each end has at least 95 % confidence.
    """
    if n == 0:
        return -1.0, 1.0
    up, down = (_exact(count, n) for count in (only_second, only_first))
    return up[0] - down[1], up[1] - down[0]


def means(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float]:
    """Interval of the mean of second - first, in units of the mean of first; shapes (n,).

    Each end has 95 % confidence (paired t). Below two pairs, or where the mean of first is 0 and second is not the
    same, nothing can be said.
    """
    nothing = (-float("inf"), float("inf"))
    if len(first) < 2:
        return nothing
    difference, scale = second - first, abs(float(first.mean()))
    if not difference.any():
        return 0.0, 0.0
    if scale == 0.0:
        return nothing
    middle = float(difference.mean()) / scale
    half = float(t.ppf(1.0 - LEVEL, len(first) - 1) * sem(difference)) / scale
    return middle - half, middle + half


def _exact(count: int, n: int) -> tuple[float, float]:
    """Clopper-Pearson bounds, each with half of the level."""
    each = LEVEL / 2.0
    low = 0.0 if count == 0 else float(beta.ppf(each, count, n - count + 1))
    high = 1.0 if count == n else float(beta.ppf(1.0 - each, count + 1, n - count))
    return low, high
