"""Both arms of a robot under joint control: kinematics from encoders, joint targets from wanted hand motion."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.envs.ik import solve_hands
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots import Robot
from pilotline.robots.bench import bench_stance
from pilotline.robots.posture import reaching_joints

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_DAMPING_M2 = 2e-5
_LEVER_M = 0.3
_LEASH_RAD = 0.15
"""A commanded joint never runs further ahead of the measured one than this."""
_SPEED_RAD_PER_S = 2.4
_TAUGHT_RAD_PER_S = 2.0
_ACCELERATION_RAD_PER_S2 = 6.0
_HAND_ACCELERATION = (2.5, 12.0)
"""m/s^2 and rad/s^2 per axis."""
_TORSO_RAD_PER_S = 0.35


@njit(cache=True)
def _rotated(q: Float, v: Float) -> Float:
    tx = 2.0 * (q[2] * v[2] - q[3] * v[1])
    ty = 2.0 * (q[3] * v[0] - q[1] * v[2])
    tz = 2.0 * (q[1] * v[1] - q[2] * v[0])
    return np.array(
        [
            v[0] + q[0] * tx + q[2] * tz - q[3] * ty,
            v[1] + q[0] * ty + q[3] * tx - q[1] * tz,
            v[2] + q[0] * tz + q[1] * ty - q[2] * tx,
        ]
    )


@njit(cache=True)
def _product(a: Float, b: Float) -> Float:
    return np.array(
        [
            a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
            a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
            a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
            a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
        ]
    )


@njit(cache=True)
def _frames(
    q: Float, parent: Int, pos: Float, quat: Float, joint: Int, axis: Float, tip: Int, tip_pos: Float
) -> tuple[Float, Float, Float]:
    """Hinge anchors and axes (n, k, 3) and tool points (n, h, 3) in the base frame.

    Links (m, ...) come parents first; `joint` is the column of q that turns a link about `axis`, -1 for none.
    """
    n, k, m = q.shape[0], q.shape[1], len(parent)
    anchor, axes, tcp = np.zeros((n, k, 3)), np.zeros((n, k, 3)), np.zeros((n, len(tip), 3))
    at, turn = np.zeros((m, 3)), np.zeros((m, 4))
    for i in range(n):
        for b in range(m):
            if parent[b] < 0:
                at[b], turn[b] = pos[b], quat[b]
            else:
                at[b] = at[parent[b]] + _rotated(turn[parent[b]], pos[b])
                turn[b] = _product(turn[parent[b]], quat[b])
            j = joint[b]
            if j >= 0:
                anchor[i, j] = at[b]
                axes[i, j] = _rotated(turn[b], axis[b])
                s = np.sin(0.5 * q[i, j])
                half = np.array([np.cos(0.5 * q[i, j]), s * axis[b, 0], s * axis[b, 1], s * axis[b, 2]])
                turn[b] = _product(turn[b], half)
        for a in range(len(tip)):
            tcp[i, a] = at[tip[a]] + _rotated(turn[tip[a]], tip_pos[a])
    return anchor, axes, tcp


class Arms:
    """Turns hand motion of n robots into joint targets; the torso goes to a stance and stays there.

    Args:
      robot: whose kinematics are used: two arms of as many joints, hinges at their link's origin.
      nsim: robots served.
      stance: angles (rad) that the torso goes to, by default those of a bench.
    """

    def __init__(self, robot: Robot, nsim: int, stance: Mapping[str, float] | None = None) -> None:
        model = robot.spec(shells=False).compile()
        self._names = list(reaching_joints(robot))
        self._torso, self._arm = len(robot.groups["torso"]), len(robot.groups["right_arm"])
        first = robot.driven.index(self._names[0])
        self.columns = slice(first, first + len(self._names))
        self._links(model, robot)
        ranges = np.array([model.joint(name).range for name in self._names])
        self._low, self._high = ranges[:, 0].copy(), ranges[:, 1].copy()
        self._head = np.array([home_action(robot, name) for name in robot.groups["head"]])
        stance = stance or bench_stance(robot)
        self._stance = np.array([stance[name] for name in robot.groups["torso"]])
        self._moves = np.array([[name in robot.groups[f"{side}_arm"] for name in self._names] for side in robot.hands])
        self._target = np.full((nsim, len(self._names)), np.nan)
        self._last = np.zeros((nsim, len(self._names)))
        self._twist = np.zeros((nsim, 2, 6))

    def _links(self, model: mujoco.MjModel, robot: Robot) -> None:
        sites = [model.site(hand.tcp_site) for hand in robot.hands.values()]
        wanted: set[int] = set()
        for site in sites:
            body = int(site.bodyid[0])
            while body != model.body(robot.root).id:
                wanted.add(body)
                body = int(model.body_parentid[body])
        bodies = sorted(wanted)
        row = {body: i for i, body in enumerate(bodies)}
        column = {int(model.joint(name).bodyid[0]): i for i, name in enumerate(self._names)}
        self._parent = np.array([row.get(int(model.body_parentid[b]), -1) for b in bodies])
        self._pos, self._quat = model.body_pos[bodies].copy(), model.body_quat[bodies].copy()
        self._joint = np.array([column.get(b, -1) for b in bodies])
        self._axis = np.array([model.jnt_axis[model.body_jntadr[b]] if b in column else np.zeros(3) for b in bodies])
        self._tip = np.array([row[int(site.bodyid[0])] for site in sites])
        self._tip_pos = np.array([site.pos for site in sites])

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Forget what robots `ids` were told."""
        self._target[ids] = np.nan
        self._last[ids] = 0.0
        self._twist[ids] = 0.0

    def frames(self, q: Float) -> tuple[Float, Float, Float]:
        """Hinge anchors and axes (n, joints, 3) and tool points (n, hands, 3) in the base frame at q (n, joints)."""
        return _frames(q, self._parent, self._pos, self._quat, self._joint, self._axis, self._tip, self._tip_pos)

    def act(self, measured: Float, twist: Float, posture: Float, taught: NDArray[np.bool_]) -> Float:
        """Action entries of torso, arms and head, in this order.

        Args:
          measured: (n, joints) rad, encoders of torso, right arm, left arm: `columns` of the observation `joint_pos`.
          twist: (n, 2, 6) m/s, rad/s, wanted hand velocity, right then left, base frame.
          posture: (n, 2 k) rad, arm joints to prefer where the hands leave room.
          taught: (n, 2), where a hand goes to its posture in joint space instead of following its twist.
        """
        torso, arm = self._torso, self._arm
        q = np.ascontiguousarray(measured)
        target = np.where(np.isnan(self._target), q, self._target)
        anchor, axes, tcp = self.frames(q)
        goal = np.concatenate([np.broadcast_to(self._stance, (len(q), torso)), posture], axis=-1)
        go = np.repeat(taught, arm, axis=1)
        gain = np.repeat((2.0, 1.0), (torso, 2 * arm))
        pace = np.repeat((_TORSO_RAD_PER_S, 0.8), (torso, 2 * arm))
        to_posture = np.minimum(np.maximum(gain * (goal - target), -pace), pace) * CONTROL_PERIOD_S
        way = _straight(goal[:, torso:] - target[:, torso:], arm)
        to_posture[:, torso:] = np.where(go, way, to_posture[:, torso:])
        change = np.repeat(_HAND_ACCELERATION, 3) * CONTROL_PERIOD_S
        smooth = np.minimum(np.maximum(twist, self._twist - change), self._twist + change)
        self._twist = np.where(taught[:, :, None], 0.0, smooth)
        free = solve_hands(
            anchor,
            axes,
            tcp,
            self._moves,
            smooth * CONTROL_PERIOD_S,
            to_posture,
            np.ones(len(self._names)),
            _DAMPING_M2,
            _LEVER_M,
            target,
            self._low,
            self._high,
        )
        change_j = _ACCELERATION_RAD_PER_S2 * CONTROL_PERIOD_S**2
        soft = np.minimum(np.maximum(to_posture, self._last - change_j), self._last + change_j)
        step = np.concatenate([soft[:, :torso], np.where(go, soft[:, torso:], free[:, torso:])], axis=-1)
        # an arm too fast for one joint slows down as a whole, so that the hand stays on its path
        both = step[:, torso:].reshape(-1, 2, arm)
        fastest = np.abs(both).max(axis=-1, keepdims=True)
        both = both * np.minimum(1.0, _SPEED_RAD_PER_S * CONTROL_PERIOD_S / np.maximum(fastest, 1e-12))
        step = np.concatenate([step[:, :torso], both.reshape(-1, 2 * arm)], axis=-1)
        self._last = step
        target = np.minimum(np.maximum(target + step, q - _LEASH_RAD), q + _LEASH_RAD)
        self._target = np.minimum(np.maximum(target, self._low), self._high)
        scaled = (2.0 * self._target - self._low - self._high) / (self._high - self._low)
        return np.concatenate([scaled, np.broadcast_to(self._head, (len(q), len(self._head)))], axis=-1)


def home_action(robot: Robot, joint: str) -> float:
    """Action entry that holds a joint at home."""
    figures = robot.joints[joint]
    return (2.0 * robot.home[joint] - figures.low - figures.high) / (figures.high - figures.low)


def _straight(way: Float, joints: int) -> Float:
    """Steps (n, 2 joints) along straight lines in joint space, each arm at its own pace, braking evenly."""
    arm = way.reshape(-1, 2, joints)
    far = np.abs(arm).max(axis=-1, keepdims=True)
    speed = np.minimum(np.minimum(_TAUGHT_RAD_PER_S, 6.0 * far), np.sqrt(2.0 * 4.0 * far))
    return (arm * (speed * CONTROL_PERIOD_S / np.maximum(far, 1e-9))).reshape(-1, 2 * joints)
