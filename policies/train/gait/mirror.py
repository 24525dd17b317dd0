"""The same, seen in a mirror: right and left change places, and what points to a side or turns about it changes sign.

Humans, walking humanoids and flat floors look the same in the mirror at y = 0. A network that treats what it sees in
the mirror as the mirror image of what it sees has half as much to learn (Abdolhosseini et al., "On Learning Symmetric
Locomotion", 2019, compare ways to get there).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.policies.file.segments import (
    ClockSegment,
    EntrySegment,
    GravitySegment,
    MemorySegment,
    PreviousSegment,
    Segment,
)
from pilotline.policies.train.learner import TrainError

_VECTOR, _AXIAL = (1.0, -1.0, 1.0), (-1.0, 1.0, -1.0)
"""Signs of x, y, z in the mirror: of what points somewhere, and of what turns about it."""
PLANAR = (1.0, -1.0, -1.0)
"""Of a velocity ahead, to the left, and turning."""


@dataclass(frozen=True, eq=False)
class Mirror:
    """A mirror image of numbers: image[i] = sign[i] * value[take[i]]; its own inverse.

    Attributes:
      take: (k,) indices.
      sign: (k,) 1 or -1.
    """

    take: NDArray[np.int64]
    sign: NDArray[np.float64]

    def __call__(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Image (n, k) of (n, k)."""
        return values[:, self.take] * self.sign

    @classmethod
    def signs(cls, *signs: float) -> Mirror:
        """Numbers that keep their places."""
        return cls(np.arange(len(signs)), np.array(signs))

    @classmethod
    def swap(cls, pairs: int = 1) -> Mirror:
        """Pairs of right and left."""
        return cls(np.arange(2 * pairs).reshape(-1, 2)[:, ::-1].ravel(), np.ones(2 * pairs))


def join(mirrors: Sequence[Mirror]) -> Mirror:
    """Of vectors one after the other."""
    starts = accumulate((len(mirror.take) for mirror in mirrors), initial=0)
    return Mirror(
        np.concatenate([mirror.take + start for mirror, start in zip(mirrors, starts, strict=False)]),
        np.concatenate([mirror.sign for mirror in mirrors]),
    )


def of_joints(model: mujoco.MjModel, joints: Sequence[str]) -> Mirror:
    """Of angles, rates or targets of hinges; both sides have joints of the same names but for `right` and `left`.

    Raises:
      TrainError: a joint without its counterpart among them, or with an axis that isn't the mirror image of its own.
    """
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    take, sign = [], []
    for joint in joints:
        other = _other(joint)
        if other not in joints:
            raise TrainError(
                f"joint {joint} has no counterpart {other}; allowed: robots that are the same on both sides"
            )
        own, image = data.xaxis[model.joint(joint).id], np.array(_AXIAL) * data.xaxis[model.joint(other).id]
        along = float(own @ image)
        if abs(along) < 0.99:
            raise TrainError(f"axes of {joint} and {other}: {along:.3g} alike in the mirror; allowed: 1 or -1")
        take.append(list(joints).index(other))
        sign.append(np.sign(along))
    return Mirror(np.array(take), np.array(sign))


def _other(name: str) -> str:
    return name.replace("right", "@").replace("left", "right").replace("@", "left")


def of_reads(model: mujoco.MjModel, reads: Sequence[Segment], action: Mirror) -> Mirror:
    """Of the input of a network.

    Args:
      action: of its output.

    Raises:
      TrainError: something that is read of which no mirror image is known.
    """
    return join([_of_segment(model, read, action) for read in reads])


def _of_wrenches(parts: Sequence[str]) -> Mirror:
    """Of force and torque of both sides, each in a frame that is the mirror image of the other side's."""
    other = [_other(part) for part in parts]
    signs = {
        f"{kind}_{axis}": sign
        for kind, row in (("force", _VECTOR), ("torque", _AXIAL))
        for axis, sign in zip("xyz", row, strict=True)
    }
    return Mirror(
        np.array([list(parts).index(part) for part in other]),
        np.array([signs[part.split("_", 1)[1]] for part in parts]),
    )


def _of_segment(model: mujoco.MjModel, read: Segment, action: Mirror) -> Mirror:
    if isinstance(read, GravitySegment):
        return Mirror.signs(*_VECTOR)
    if isinstance(read, PreviousSegment | MemorySegment):
        return action
    if isinstance(read, ClockSegment) and read.clock.phases == (0.0, 0.5):
        return Mirror.swap(len(read.clock.functions))
    if isinstance(read, EntrySegment):
        if read.entry == "command":
            return Mirror.signs(*PLANAR)
        if read.entry == "imu" and read.parts == ("rate_x", "rate_y", "rate_z"):
            return Mirror.signs(*_AXIAL)
        if read.entry in ("joint_pos", "joint_vel"):
            return of_joints(model, read.parts)
        if read.entry == "balance":
            count = len(read.parts)
            return Mirror(np.roll(np.arange(count), count // 2), np.tile(_VECTOR, count // len(_VECTOR)))
        if read.entry in ("wrist_wrench", "foot_wrench"):
            return _of_wrenches(read.parts)
    raise TrainError(f"no mirror image is known of {read}; allowed: what `pilotline.policies.train.gait.reads` gives")
