"""Pushes: short horizontal forces of known impulse, at random times from random sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.station import Arrays

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Pushes:
    """How a robot is pushed.

    Attributes:
      impulse: range of the impulse over the robot's mass, N s/kg.
      gap_s: range of the time from one push to the next, and from the start to the first.
      quiet_s: time before the end without pushes.
      push_s: duration of one.
      period_s: of a control step.
    """

    impulse: tuple[float, float]
    gap_s: tuple[float, float]
    quiet_s: float
    push_s: float
    period_s: float

    @property
    def steps(self) -> int:
        """Control steps of a push."""
        return round(self.push_s / self.period_s)

    def draw(self, rng: np.random.Generator, seconds: float) -> dict[str, Float]:
        """Pushes of a cycle that lasts `seconds`: `push_at` (p,) control steps, `push` (p, 2) N s/kg along x and y.

        Those that would come too late have no impulse.
        """
        count = int(np.ceil(seconds / self.gap_s[0]))
        at = np.cumsum(rng.uniform(*self.gap_s, count))
        size, angle = rng.uniform(*self.impulse, count), rng.uniform(-np.pi, np.pi, count)
        size = np.where(at < seconds - self.quiet_s, size, 0.0)
        push = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=-1)
        return {"push_at": np.round(at / self.period_s), "push": push}

    def wrench(self, xp: Any, draw: Arrays, step: Any, mass_kg: float) -> Any:
        """Force and torque (n, 6) on the pushed body during the control step that follows `step` (n,) steps."""
        since = step[:, None] - draw["push_at"]
        on = (since >= 0) & (since < self.steps)
        force = (xp.where(on[:, :, None], draw["push"], 0.0) * (mass_kg / self.push_s)).sum(axis=1)
        return xp.concatenate([force, xp.zeros((len(step), 4))], axis=-1)

    def survived(self, xp: Any, draw: Arrays, step: Any, after_s: float) -> Any:
        """Pushes (n,) whose end is `after_s` ago or more."""
        given = (draw["push"] * draw["push"]).sum(axis=-1) > 0.0
        old = step[:, None] >= draw["push_at"] + self.steps + round(after_s / self.period_s)
        return (given & old).sum(axis=-1) * 1.0

    def given(self, xp: Any, draw: Arrays, step: Any) -> Any:
        """Pushes (n,) that have begun."""
        real = (draw["push"] * draw["push"]).sum(axis=-1) > 0.0
        return (real & (step[:, None] >= draw["push_at"])).sum(axis=-1) * 1.0
