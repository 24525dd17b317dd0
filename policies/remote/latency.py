"""How long the answers of a served policy took."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Latency:
    """Wall-clock time from a request to its answer, s; 0 where there was none."""

    count: int
    median_s: float
    p95_s: float
    max_s: float

    def __str__(self) -> str:
        if not self.count:
            return "no answers"
        ms = tuple(1000.0 * each for each in (self.median_s, self.p95_s, self.max_s))
        return f"{self.count} answers, median {ms[0]:.2f} ms, 95 % within {ms[1]:.2f} ms, longest {ms[2]:.2f} ms"


class Stopwatch:
    """Notes how long each answer took."""

    def __init__(self) -> None:
        self._seconds = array("d")

    def note(self, seconds: float) -> None:
        """An answer came after so long."""
        self._seconds.append(seconds)

    def latency(self) -> Latency:
        """Summary of all answers so far."""
        if not self._seconds:
            return Latency(0, 0.0, 0.0, 0.0)
        seconds = np.array(self._seconds)
        median, p95 = np.quantile(seconds, (0.5, 0.95)).tolist()
        return Latency(len(seconds), median, p95, float(seconds.max()))
