"""Feeling a panel onto its pins: hands yield sideways to what pins push, press no harder than told, and try elsewhere.

A camera that is a few millimetres off brings a hole over the flank or the tip of its pin. On a flank the pin pushes the
panel into place, if hands give way; on a tip it goes no further, and the next try is a little aside.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import rotate
from pilotline.envs.world import CONTROL_PERIOD_S

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_SHARE = 0.1
"""Of a new measurement in the weight that hands remember."""
_YIELD_NS_PER_M = 800.0
_YIELD_M_PER_S = 0.04
_SINK_M_PER_S = 0.03
_PRESS_N = 50.0
"""Both hands together stop sinking when as much pushes back, a panel's own weight among it."""
_BLOCKED_N, _BLOCKED_S = 32.0, 0.4
_STEP_M = 0.004
_HINT_N = 5.0
"""A pin that pushes sideways harder than this tells where its hole is; else places round the first are tried."""
_ROUND = np.array([(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])


class Feel:
    """What the wrists of n robots feel of the panel between them.

    Attributes:
      push: (n, 2, 3) N on the right and left hand, base frame, beyond what the held panel weighs.
      rising: (n,) whether hands go up for another try.
    """

    def __init__(self, nsim: int) -> None:
        self._weight = np.zeros((nsim, 2, 3))
        self._blocked_s = np.zeros(nsim)
        self._tries = np.zeros(nsim, np.int64)
        self._sideways = np.zeros((nsim, 2))
        self._aside = np.zeros((nsim, 2))
        self.push = np.zeros((nsim, 2, 3))
        self.rising = np.zeros(nsim, np.bool_)

    def begin(self, ids: NDArray[np.int64] | Bool) -> None:
        """A new panel is taken up in `ids`."""
        self._blocked_s[ids] = 0.0
        self._tries[ids] = 0
        self._aside[ids] = 0.0
        self.rising[ids] = False

    def listen(self, obs: Mapping[str, Float], carrying: Bool) -> None:
        """Read the wrists; what they feel while `carrying` (n,) is the panel's weight."""
        force = np.stack([_force(obs, side, i) for i, side in enumerate(("right", "left"))], axis=1)
        share = np.where(carrying, _SHARE, 0.0)[:, None, None]
        self._weight = self._weight + share * (force - self._weight)
        self.push = force - self._weight
        self._sideways = self._sideways + _SHARE * (self.push[:, :, :2].sum(axis=1) - self._sideways)

    def blocked(self, sinking: Bool) -> Bool:
        """Whether something has held up hands that are `sinking` (n,) for a while."""
        up = self.push[:, :, 2].sum(axis=-1)
        self._blocked_s = np.where(sinking & (up > _BLOCKED_N), self._blocked_s + CONTROL_PERIOD_S, 0.0)
        return np.asarray(self._blocked_s > _BLOCKED_S)

    def retry(self, again: Bool, arrived: Bool) -> None:
        """Rise where `again` (n,), for a try where the pin pushed, or round about; sink once `arrived` (n,)."""
        size = np.sqrt((self._sideways * self._sideways).sum(axis=-1, keepdims=True))
        hinted = self._aside + _STEP_M * self._sideways / np.maximum(size, 1e-9)
        step = np.where(size > _HINT_N, hinted, _STEP_M * _ROUND[self._tries % len(_ROUND)])
        self._aside = np.where(again[:, None], step, self._aside)
        self._tries = self._tries + again
        self._blocked_s = np.where(again, 0.0, self._blocked_s)
        self.rising = (self.rising | again) & ~arrived

    def aside(self) -> Float:
        """Where to look for the pins this time, (n, 4) from the nest; the robot faces it squarely."""
        return np.concatenate([self._aside, np.zeros_like(self._aside)], axis=-1)

    def sinking_velocity(self, hand: int) -> Float:
        """Velocity (n, 3) m/s of a hand that lowers the panel, base frame."""
        sideways = self.push[:, hand, :2] / _YIELD_NS_PER_M
        sideways = np.minimum(np.maximum(sideways, -_YIELD_M_PER_S), _YIELD_M_PER_S)
        up = self.push[:, :, 2].sum(axis=-1)
        sink = -_SINK_M_PER_S * np.minimum(np.maximum(1.0 - up / _PRESS_N, -1.0), 1.0)
        return np.concatenate([sideways, sink[:, None]], axis=-1)


def _force(obs: Mapping[str, Float], side: str, hand: int) -> Float:
    """Force (n, 3) on a hand in the base frame; sensors tell what the arm does to it, with z back along the fingers."""
    f = obs["wrist_wrench"][:, 6 * hand : 6 * hand + 3]
    in_tool = np.stack([f[:, 2], -f[:, 0], f[:, 1]], axis=-1)
    return rotate(np, obs[f"{side}_hand"][:, 3:], in_tool)
