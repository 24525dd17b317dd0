"""Pushes in training, which no station knows of: who seldom falls by himself learns little from falling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.work.push import Pushes

_GAP_S, _PUSH_S = (1.0, 3.0), 0.1
_STREAM = 1
"""Of the seed, of which cycles are drawn too."""


class TrainingPushes:
    """Horizontal pushes at the robots' pelvis, every 1 to 3 s from any side.

    Args:
      largest_ns_per_kg: impulse over the robot's mass; they are as likely of any size up to it.
      seconds: for which a cycle is drawn, its longest time.
      period_s: of a control step.
      mass_kg: of the robot.
      nsim: simulations.
    """

    def __init__(self, largest_ns_per_kg: float, seconds: float, period_s: float, mass_kg: float, nsim: int) -> None:
        self._pushes = Pushes((0.0, largest_ns_per_kg), _GAP_S, 0.0, _PUSH_S, period_s)
        self._seconds, self._mass_kg = seconds, mass_kg
        self.seed(0)
        self._draw = {name: np.stack([value] * nsim) for name, value in self._drawn().items()}

    def seed(self, seed: int | None) -> None:
        """Draw anew from here on."""
        self._rng = np.random.default_rng(None if seed is None else np.random.SeedSequence([seed, _STREAM]))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """New cycles start in the simulations `ids`."""
        for slot in ids.tolist():
            for name, value in self._drawn().items():
                self._draw[name][slot] = value

    def wrench(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Force and torque (n, 6), N and N m, in the control step that follows `steps` (n,) of the cycles."""
        return np.asarray(self._pushes.wrench(np, self._draw, steps, self._mass_kg))

    def _drawn(self) -> dict[str, NDArray[np.float64]]:
        return self._pushes.draw(self._rng, self._seconds)
