"""Speeds that are compared: the ways of doing a thing take short turns, so that all meet the machine's moods alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


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


def rates(ways: Sequence[Way], seconds: float, turn_s: float, fewest: int, fresh: int = 1) -> dict[str, list[float]]:
    """Steps per second of each way, one figure a turn, after a warm-up of three calls.

    Args:
      ways: in the order in which they follow each other.
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
        for way in ways:
            if way.reset is not None and turn % fresh == 0:
                way.reset()
            count, begun = 0, time.perf_counter()
            while (spent := time.perf_counter() - begun) < seconds / turns or count == 0:
                way.step()
                count += 1
            found[way.name].append(way.steps * count / spent)
    return found
