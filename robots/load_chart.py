"""What a robot may lift with both hands at each height: the load chart of its card."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pilotline.robots.posture import WorkingPosture, reaching_joints
from pilotline.robots.robot import Robot

Float = NDArray[np.float64]

EFFORT_SHARE = 0.8
"""Share of each joint's effort limit that a static load may use; the rest is for moving it (estimate)."""
GRIP_SPAN_M = 0.50
"""Distance between the hands (estimate, between a KLT 4315 and a 6429)."""
REACH_M = 0.55
REACH_KNEELING_M = 0.63
"""Grip ahead of the base centre, standing and where the knees need room (estimates)."""
KNEELING_BELOW_M = 0.70
_GRAVITY = 9.81
_INWARD = (0.2, -0.97, -0.12)
"""Approach direction of the left hand: inwards, a little forward and down; the right hand mirrors it."""


@dataclass(frozen=True)
class LoadChart:
    """Two-hand load by grip height.

    Attributes:
      height_m: (k,) rising.
      load_kg: (k,), gross mass shared by both hands, >= 0.
    """

    height_m: Float
    load_kg: Float

    def limit(self, *heights_m: float) -> float:
        """Smallest limit over the grip heights of a job, kg; the ends count beyond the chart, the best without heights."""
        if not heights_m:
            return float(self.load_kg.max())
        return float(np.interp(heights_m, self.height_m, self.load_kg).min())

    def text(self) -> str:
        """The chart in words, for a scorecard."""
        points = ", ".join(
            f"{kg:.1f} kg at {h:.2f} m" for h, kg in zip(self.height_m, self.load_kg, strict=True)
        )
        return f"two-hand load by grip height: {points}; static, {EFFORT_SHARE:.0%} of every effort limit, grip friction not counted (D)"


def load_chart(robot: Robot) -> LoadChart:
    """Static load chart from the card's own masses, effort limits and posture table.

    At each height of the table the torso takes its bending, the arms reach the grip by inverse kinematics, and the load is the
    largest for which no torso or arm joint needs more than `EFFORT_SHARE` of its effort limit:
    |tau_gravity + J^T f| <= share * limit, linear in the load.
    """
    model = robot.spec(shells=False).compile()
    data = mujoco.MjData(model)
    heights = np.array(robot.card.posture.grip_height_m)
    loads = [_load_at(robot, model, data, float(h)) for h in heights]
    return LoadChart(heights, np.array(loads))


def _load_at(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, height: float) -> float:
    """Load limit with the hands at one height, kg."""
    joints = reaching_joints(robot)
    qadr = np.array([int(model.joint(name).qposadr[0]) for name in joints])
    dofs = np.array([int(model.joint(name).dofadr[0]) for name in joints])
    rest = WorkingPosture(robot)(np.array([height]))[0]
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    data.qpos[qadr] = rest
    reach = REACH_KNEELING_M if height < KNEELING_BELOW_M else REACH_M
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = [i for i, name in enumerate(joints) if name in robot.groups[robot.hands[side].arm_group]]
        goal = np.array([reach, sign * GRIP_SPAN_M / 2, height])
        approach = np.array(_INWARD) * [1.0, sign, 1.0]
        _reach(robot, model, data, side, qadr[arm], rest[arm], goal, approach / np.linalg.norm(approach))
    data.qvel[:] = 0.0
    mujoco.mj_forward(model, data)
    own = data.qfrc_bias[dofs]
    per_kg = np.zeros(len(dofs))
    jacobian = np.zeros((3, model.nv))
    for hand in robot.hands.values():
        mujoco.mj_jacSite(model, data, jacobian, None, model.site(hand.tcp_site).id)
        per_kg += jacobian[2, dofs] * _GRAVITY / len(robot.hands)
    limit = EFFORT_SHARE * np.array([robot.card.limit(name) for name in joints])
    room = np.where(per_kg > 0.0, limit - own, limit + own)
    share = np.abs(per_kg)
    allowed = np.where(share > 1e-9, room / np.maximum(share, 1e-9), np.inf)
    return max(0.0, float(allowed.min()))


def _reach(
    robot: Robot,
    model: mujoco.MjModel,
    data: mujoco.MjData,
    side: str,
    qadr: NDArray[np.int64],
    rest: Float,
    goal: Float,
    approach: Float,
) -> None:
    """Bring one hand to a point and a direction, near its resting posture; writes `data.qpos`."""
    site = model.site(robot.hands[side].tcp_site).id
    names = robot.groups[robot.hands[side].arm_group]
    low, high = (np.array([robot.card.joints[name].limits[k] for name in names]) for k in (0, 1))

    def miss(q: Float) -> Float:
        data.qpos[qadr] = q
        mujoco.mj_kinematics(model, data)
        frame = data.site_xmat[site].reshape(3, 3)
        return np.concatenate(
            [
                10.0 * (data.site_xpos[site] - goal),
                3.0 * (frame[:, 0] - approach),
                3.0 * frame[2:, 1],
                0.02 * (q - rest),
            ]
        )

    best = least_squares(miss, np.clip(rest, low + 1e-3, high - 1e-3), bounds=(low, high))
    data.qpos[qadr] = best.x
