"""Recorded work: what hands and chest did in real cycles of stations, independent of who did it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

PERIOD_S = 0.08
"""Time between two frames: reference motion has nothing above 3 Hz."""
_STEP = 2e-4
"""Resolution of what is stored as 16-bit numbers: arm lengths, rad, parts of a quaternion."""
FILE = "work.npz"


@dataclass(frozen=True)
class Clip:
    """One recorded cycle of f frames.

    Attributes:
      name: station and cycle.
      chest: (f, 3) roll, pitch, yaw of the chest against the base, rad.
      place: (f, 2, 3) from the shoulder to the tool point, right and left, in the chest's frame, in arm lengths.
      turn: (f, 2, 4) quaternion w x y z of the tool in the chest's frame.
    """

    name: str
    chest: Float
    place: Float
    turn: Float

    @property
    def seconds(self) -> float:
        """Duration."""
        return (len(self.chest) - 1) * PERIOD_S


def pack(clips: list[Clip]) -> bytes:
    """Content of a recording file."""
    out = io.BytesIO()
    arrays = {
        f"{clip.name}/{part}": np.round(getattr(clip, part) / _STEP).astype(np.int16)
        for clip in clips
        for part in ("chest", "place", "turn")
    }
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def unpack(content: bytes) -> tuple[Clip, ...]:
    """Clips of a recording file, by name."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] * _STEP for name in file.files}
    names = sorted({name.rpartition("/")[0] for name in arrays})
    clips = []
    for name in names:
        turn = arrays[f"{name}/turn"]
        turn = turn / np.sqrt((turn * turn).sum(axis=-1, keepdims=True))
        clips.append(Clip(name, arrays[f"{name}/chest"], arrays[f"{name}/place"], turn))
    return tuple(clips)


@cache
def clips() -> tuple[Clip, ...]:
    """The clips of this package; `python -m pilotline.benchmarks.record_work` made them."""
    return unpack((resources.files("pilotline.envs") / "work" / FILE).read_bytes())
