"""From observations to the vectors that a network takes; used alike in training and where the policy works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Entry
from pilotline.policies.file.segments import ClockSegment, ConstantSegment, EntrySegment, GravitySegment, Segment

Float = NDArray[np.float64]
_Piece = Callable[[Mapping[str, Any], Any, Any], Any]


class Vector:
    """Vectors (n, width) float32 of observations, as a pure function in an array namespace.

    Args:
      xp: `numpy` or `jax.numpy`.
      reads: the segments, in order.
      observation: the entries as they are here; parts are found by name.
      period_s: of the control step.

    Raises:
      KeyError: an entry that is not there.
      ValueError: a part that is not there.
    """

    def __init__(self, xp: Any, reads: Sequence[Segment], observation: Sequence[Entry], period_s: float) -> None:
        parts = {entry.name: entry.parts for entry in observation}
        self._xp, self._period_s = xp, period_s
        self._pieces = [_scaled(read, self._piece(read, parts)) for read in reads]
        self.width = sum(read.width for read in reads)

    def __call__(self, obs: Mapping[str, Any], previous: Any, steps: Any) -> Any:
        """Vectors for observations (n, ...), the network's last outputs (n, m) and control steps (n,) of the cycles."""
        pieces = [piece(obs, previous, steps) for piece in self._pieces]
        return self._xp.concatenate(pieces, axis=1).astype(np.float32)

    def _piece(self, read: Segment, parts: Mapping[str, tuple[str, ...]]) -> _Piece:
        if isinstance(read, EntrySegment):
            name, own = read.entry, parts[read.entry]
            columns = np.array([own.index(part) for part in read.parts])
            return lambda obs, previous, steps: obs[name][:, columns]
        if isinstance(read, GravitySegment):
            quat = read.gravity
            return lambda obs, previous, steps: gravity(obs[quat], self._xp)
        if isinstance(read, ClockSegment):
            return lambda obs, previous, steps: self._clock(read, steps)
        if isinstance(read, ConstantSegment):
            row = np.array(read.constant)
            return lambda obs, previous, steps: self._xp.tile(row, (len(steps), 1))
        return lambda obs, previous, steps: previous

    def _clock(self, read: ClockSegment, steps: Any) -> Any:
        clock, xp = read.clock, self._xp
        turn = 2.0 * np.pi * (steps * self._period_s / clock.period_s)[:, None]
        phase = turn + 2.0 * np.pi * np.array(clock.phases)
        known = {"sin": xp.sin(phase), "cos": xp.cos(phase), "swing": xp.maximum(xp.sin(phase), 0.0)}
        return xp.concatenate([known[name] for name in clock.functions], axis=1)


class Inputs:
    """Vectors of n simulations; remembers of each its last output and the time since its cycle began.

    Call it with an observation, then tell it with `took` what the network gave for that.

    Args:
      reads, observation, period_s: see `Vector`, whose errors it raises.
      outputs: numbers that the network gives.
      nsim: simulations.
    """

    def __init__(
        self, reads: Sequence[Segment], observation: Sequence[Entry], outputs: int, nsim: int, period_s: float
    ) -> None:
        self._vector = Vector(np, reads, observation, period_s)
        self._previous = np.zeros((nsim, outputs))
        self._steps = np.zeros(nsim, np.int64)
        self.width = self._vector.width

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`."""
        self._previous[ids] = 0.0
        self._steps[ids] = 0

    def __call__(self, obs: Mapping[str, Float]) -> NDArray[np.float32]:
        """Vectors (n, width) for observations (n, ...)."""
        vectors: NDArray[np.float32] = self._vector(obs, self._previous, self._steps)
        return vectors

    def took(self, output: NDArray[np.floating]) -> None:
        """A control step goes by, in which the network gave `output` (n, outputs)."""
        self._previous[:] = output
        self._steps += 1


def gravity(quat: Any, xp: Any = np) -> Any:
    """Direction of gravity (n, 3) in a frame of attitude (n, 4), w x y z."""
    w, x, y, z = quat.T
    return -xp.stack([2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=-1)


def _scaled(read: Segment, piece: _Piece) -> _Piece:
    if read.scale == 1.0 and read.offset == 0.0:
        return piece
    scale, offset = np.array(read.scale), np.array(read.offset)
    return lambda obs, previous, steps: piece(obs, previous, steps) * scale + offset
