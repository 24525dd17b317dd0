"""From observations to the vectors that a network takes; used alike in training and where the policy works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Entry
from pilotline.policies.file.segments import (
    ClockSegment,
    ConstantSegment,
    EntrySegment,
    GravitySegment,
    HeadingSegment,
    MemorySegment,
    PlaceSegment,
    PreviousSegment,
    Segment,
    memory_of,
)

Float = NDArray[np.float64]
_Piece = Callable[[Mapping[str, Any], Any, Any, Any], Any]


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
        self._pieces = [_scaled(xp, read, self._piece(read, parts)) for read in reads]
        self.width = sum(read.width for read in reads)

    def __call__(self, obs: Mapping[str, Any], previous: Any, steps: Any, kept: Any = None) -> Any:
        """Vectors of n simulations.

        Args:
          obs: observations (n, ...).
          previous: (n, m), what the network gave last for the action.
          steps: (n,), control steps since the cycles began.
          kept: (n, k), the network's memory, if it reads one, and its timer.
        """
        pieces = [piece(obs, previous, steps, kept) for piece in self._pieces]
        return self._xp.concatenate(pieces, axis=1).astype(np.float32)

    def _piece(self, read: Segment, parts: Mapping[str, tuple[str, ...]]) -> _Piece:
        if isinstance(read, EntrySegment):
            name, own = read.entry, parts[read.entry]
            columns = np.array([own.index(part) for part in read.parts])
            return lambda obs, previous, steps, kept: obs[name][:, columns]
        if isinstance(read, GravitySegment):
            quat = read.gravity
            return lambda obs, previous, steps, kept: gravity(obs[quat], self._xp)
        if isinstance(read, HeadingSegment):
            return lambda obs, previous, steps, kept: self._heading(read, obs)
        if isinstance(read, PlaceSegment):
            return lambda obs, previous, steps, kept: self._place(read, obs)
        if isinstance(read, ClockSegment):
            return lambda obs, previous, steps, kept: self._clock(read, steps)
        if isinstance(read, ConstantSegment):
            row = np.array(read.constant)
            return lambda obs, previous, steps, kept: self._xp.tile(row, (len(steps), 1))
        if isinstance(read, MemorySegment):
            return lambda obs, previous, steps, kept: kept
        assert isinstance(read, PreviousSegment)
        some = np.array(read.only or range(read.previous_action))
        return lambda obs, previous, steps, kept: previous[:, some]

    def _heading(self, read: HeadingSegment, obs: Mapping[str, Any]) -> Any:
        angle = read.fold * obs[read.heading][:, 3]
        return self._xp.stack([self._xp.sin(angle), self._xp.cos(angle)], axis=1)

    def _place(self, read: PlaceSegment, obs: Mapping[str, Any]) -> Any:
        xp, pose = self._xp, obs[read.seen_from]
        angle = read.fold * pose[:, 3]
        heading = xp.arctan2(xp.sin(angle), xp.cos(angle)) / read.fold
        c, s = xp.cos(heading), xp.sin(heading)
        x, y, z = (obs[read.place][:, :3] - pose[:, :3]).T
        return xp.stack([c * x + s * y, c * y - s * x, z], axis=1)

    def _clock(self, read: ClockSegment, steps: Any) -> Any:
        clock, xp = read.clock, self._xp
        turn = 2.0 * np.pi * (steps * self._period_s / clock.period_s)[:, None]
        phase = turn + 2.0 * np.pi * np.array(clock.phases)
        known = {"sin": xp.sin(phase), "cos": xp.cos(phase), "swing": xp.maximum(xp.sin(phase), 0.0)}
        return xp.concatenate([known[name] for name in clock.functions], axis=1)


class Inputs:
    """Vectors of n simulations; remembers of each its last output, its memory and the time since its cycle began.

    Call it with an observation, then tell it with `took` what the network gave for that.

    Args:
      reads, observation, period_s: see `Vector`, whose errors it raises.
      outputs: numbers that the network gives for the action.
      nsim: simulations.

    Attributes:
      memory: (n, k), what the network keeps for itself.
    """

    def __init__(
        self, reads: Sequence[Segment], observation: Sequence[Entry], outputs: int, nsim: int, period_s: float
    ) -> None:
        self._vector = Vector(np, reads, observation, period_s)
        self._previous = np.zeros((nsim, outputs))
        self._steps = np.zeros(nsim, np.int64)
        kept = memory_of(reads)
        self._adds, self._whole, self._timer_s = (kept.adds, kept.whole, kept.timer_s) if kept else (False, 0, 0.0)
        self._period_s, self._unchanged = period_s, np.zeros(nsim, np.int64)
        self.memory = np.zeros((nsim, kept.memory if kept else 0))
        self.width = self._vector.width

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`."""
        self._previous[ids] = 0.0
        self.memory[ids] = 0.0
        self._steps[ids] = self._unchanged[ids] = 0

    def __call__(self, obs: Mapping[str, Float]) -> NDArray[np.float32]:
        """Vectors (n, width) for observations (n, ...)."""
        kept = self.memory
        if self._timer_s:
            timer = np.minimum(self._unchanged * (self._period_s / self._timer_s), 1.0)
            kept = np.concatenate([kept, timer[:, None]], axis=1)
        vectors: NDArray[np.float32] = self._vector(obs, self._previous, self._steps, kept)
        return vectors

    def kept(self, change: NDArray[np.floating]) -> Float:
        """What the memory would be after a step in which the network gives `change` (n, k) for it."""
        if not self._adds:
            return np.asarray(change, np.float64)
        found = np.minimum(np.maximum(self.memory + change, -1.0), 1.0)
        found[:, : self._whole] = np.maximum(np.rint(found[:, : self._whole]), 0.0)
        return found

    def took(self, output: NDArray[np.floating]) -> None:
        """A control step goes by, in which the network gave `output` (n, outputs and memory)."""
        count = self._previous.shape[1]
        self._previous[:] = output[:, :count]
        found = self.kept(output[:, count:])
        changed = (found != self.memory)[:, : self._whole].any(axis=1)
        self._unchanged = np.where(changed, 0, self._unchanged + 1)
        self.memory[:] = found
        self._steps += 1


def gravity(quat: Any, xp: Any = np) -> Any:
    """Direction of gravity (n, 3) in a frame of attitude (n, 4), w x y z."""
    w, x, y, z = quat.T
    return -xp.stack([2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)], axis=-1)


def _bounded(xp: Any, piece: _Piece, within: float) -> _Piece:
    return lambda obs, previous, steps, kept: xp.clip(piece(obs, previous, steps, kept), -within, within)


def _scaled(xp: Any, read: Segment, piece: _Piece) -> _Piece:
    if read.within:
        piece = _bounded(xp, piece, read.within)
    if read.scale == 1.0 and read.offset == 0.0:
        return piece
    scale, offset = np.array(read.scale), np.array(read.offset)
    return lambda obs, previous, steps, kept: piece(obs, previous, steps, kept) * scale + offset
