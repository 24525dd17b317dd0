"""Speeds that are compared: the ways of doing a thing take short turns, so that all meet the machine's moods alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Way:
    """A way of stepping.

    Attributes:
      name: for people.
      steps: steps that one call makes, over all its simulations.
      step: the call.
      reset: brings its simulations back to the start; never timed.
    """

    name: str
    steps: int
    step: Callable[[], Any]
    reset: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Spread:
    """A figure that was measured once a turn: median, the middle half of the turns, all of them."""

    median: float
    quarter: float
    three_quarters: float
    lowest: float
    highest: float
    turns: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one figure a turn."""
        lowest, quarter, median, three_quarters, highest = np.percentile(values, (0.0, 25.0, 50.0, 75.0, 100.0))
        return cls(
            float(median), float(quarter), float(three_quarters), float(lowest), float(highest), turns=len(values)
        )

    @classmethod
    def of_ratio(cls, ours: Sequence[float], other: Sequence[float]) -> Spread:
        """Of the ratios within each turn, which a change of the machine's mood between turns leaves alone."""
        return cls.of([a / b for a, b in zip(ours, other, strict=True)])

    def plain(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


def rates(ways: Sequence[Way], seconds: float, turn_s: float, fewest: int, fresh: int = 1) -> dict[str, list[float]]:
    """Steps per second of each way, one figure a turn, after a warm-up of three calls.

    Args:
      ways: in the order in which they follow each other, forth and back by turns (A B B A A B …), so that each meets
        what the other has left behind.
      seconds: measured time of each way.
      turn_s: time of a turn, at least one call.
      fewest: number of turns at the least.
      fresh: turns from one reset to the next.
    """
    found: dict[str, list[float]] = {way.name: [] for way in ways}
    for way in ways:
        for _ in range(3):
            way.step()
    turns = max(round(seconds / turn_s), fewest)
    for turn in range(turns):
        for way in ways if turn % 2 == 0 else reversed(ways):
            if way.reset is not None and turn % fresh == 0:
                way.reset()
            count, begun = 0, time.perf_counter()
            while (spent := time.perf_counter() - begun) < seconds / turns or count == 0:
                way.step()
                count += 1
            found[way.name].append(way.steps * count / spent)
    return found
