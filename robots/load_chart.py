"""What a robot may lift with both hands at each height: the load chart of its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pilotline.robots.payload import payload_per_hand_kg
from pilotline.robots.posture import WorkingPosture, reaching_joints
from pilotline.robots.robot import Robot

Float = NDArray[np.float64]

EFFORT_SHARE = 0.8
"""Share of each joint's effort limit that a static load may use; the rest is for moving it (estimate)."""
GRIP_SPAN_M = 0.50
"""Distance between the hands (estimate, between the grip holes of a KLT 4315 and of a 6429)."""
REACH_M = 0.55
REACH_KNEELING_M = 0.63
"""Grip ahead of the base centre, standing and where the knees need room (estimates)."""
KNEELING_BELOW_M = 0.70
HEIGHTS_M = (0.24, 0.37, 0.50, 0.63, 0.77, 0.90, 1.14, 1.41)
"""Grip heights of a robot whose card has no posture table: layers of totes on a pallet (derived, tote sizes)."""
REACHED_M = 0.03
"""A hand further off its grip does not reach it (estimate, a grip hole is 26 mm high)."""
_SIGN = {"left": 1.0, "right": -1.0}
_INWARD = np.array([0.21, -0.97, -0.12]) / np.linalg.norm([0.21, -0.97, -0.12])
"""Approach direction of the left hand: inwards, a little forward and down; the right hand mirrors it."""
_NEAR_POSTURE = 0.02
"""Weight of a rad off the working posture against 0.1 m off the grip."""


@dataclass(frozen=True)
class LoadChart:
    """Two-hand load by grip height.

    Attributes:
      height_m: (k,) rising.
      load_kg: (k,), gross mass shared by both hands, >= 0.
    """

    height_m: Float
    load_kg: Float

    def limit(self, *heights_m: float | Float) -> np.float64 | Float:
        """Smallest limit over the grip heights of a job, kg; for heights that are arrays, element by element.

        Beyond the chart its ends hold; without heights it is the best of the chart.
        """
        loads = [np.interp(each, self.height_m, self.load_kg) for each in heights_m] or [self.load_kg.max()]
        smallest: np.float64 | Float = np.min(loads, axis=0)
        return smallest

    def allows(self, figures: Mapping[str, float]) -> bool:
        """Whether the load of a cycle with these metrics is within the chart.

        Args:
          figures: `mass_kg`, nothing where absent, and grip heights `grip_from_m` and `grip_to_m` where they matter.
        """
        return bool(self._within(figures))

    def allows_each(self, figures: Mapping[str, Float], count: int) -> NDArray[np.bool_]:
        """`allows` (count,) for metrics, (count,) each, of so many cycles, such as those of a batch."""
        return np.broadcast_to(self._within(figures), count)

    def _within(self, figures: Mapping[str, Any]) -> NDArray[np.bool_]:
        heights = [figures[name] for name in ("grip_from_m", "grip_to_m") if name in figures]
        return np.asarray(figures.get("mass_kg", 0.0) <= self.limit(*heights))

    def text(self) -> str:
        """The chart in words, for a scorecard."""
        points = zip(self.height_m, self.load_kg, strict=True)
        loads = ", ".join(f"{kg:.1f} kg at {height:.2f} m" for height, kg in points)
        share = f"{EFFORT_SHARE:.0%} of every effort limit"
        return f"two-hand load by grip height: {loads}; static, {share}, grip friction not counted (D)"


def load_chart(robot: Robot) -> LoadChart:
    """Static load chart from the card's own masses, effort limits and posture table.

    At each height of the table the robot takes its gripping posture; the load is the largest for which no
    joint of torso and arms needs more than `EFFORT_SHARE` of its effort limit, 0 where the hands do not reach the
    grip or the robot has not two. Another posture may hold more.
    """
    heights = HEIGHTS_M if robot.posture is None else robot.posture.grip_height_m
    return LoadChart(np.array(heights), np.array([_load(robot, height) for height in heights]))


def _load(robot: Robot, height_m: float) -> float:
    if len(robot.hands) < 2:
        return 0.0
    posture, miss_m = gripping_posture(robot, height_m)
    return 0.0 if miss_m > REACHED_M else 2.0 * payload_per_hand_kg(robot, posture, EFFORT_SHARE)


def gripping_posture(robot: Robot, height_m: float) -> tuple[dict[str, float], float]:
    """Joint angles (rad) of torso and arms with both hands at a grip height, and how far the worse hand is off, m.

    Hands `GRIP_SPAN_M` apart, `REACH_M` ahead of the base centre (`REACH_KNEELING_M` when low), approaching
    inwards, opening level. Of the remaining freedom the angles nearest to the card's working posture.
    """
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    rest = dict(zip(reaching_joints(robot), WorkingPosture(robot)(np.array([height_m]))[0].tolist(), strict=True))
    bending = {} if robot.posture is None else robot.posture.bending
    free = [name for name in rest if name in bending or name not in robot.groups["torso"]]
    qadr = np.array([int(model.joint(name).qposadr[0]) for name in free])
    near = np.array([rest[name] for name in free])
    low, high = np.array([(robot.joints[name].low, robot.joints[name].high) for name in free]).T
    reach = REACH_KNEELING_M if height_m < KNEELING_BELOW_M else REACH_M

    goals = {side: np.array([reach, sign * GRIP_SPAN_M / 2, height_m]) for side, sign in _SIGN.items()}

    def miss(q: Float) -> Float:
        data.qpos[qadr] = q
        mujoco.mj_kinematics(model, data)
        parts = [_NEAR_POSTURE * (q - near)]
        for side, sign in _SIGN.items():
            site, goal = data.site(robot.hands[side].tcp_site), goals[side]
            frame = site.xmat.reshape(3, 3)
            approach = _INWARD * [1.0, sign, 1.0]
            parts += [10.0 * (site.xpos - goal), 3.0 * (frame[:, 0] - approach), 3.0 * frame[2:, 1]]
        return np.concatenate(parts)

    best = least_squares(miss, np.clip(near, low + 1e-3, high - 1e-3), bounds=(low, high)).x
    miss(best)
    off = [float(np.linalg.norm(data.site(robot.hands[side].tcp_site).xpos - goals[side])) for side in _SIGN]
    return {**rest, **dict(zip(free, best.tolist(), strict=True))}, max(off)
