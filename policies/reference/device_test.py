"""Reference controller of C2: left hand unloads, sorts and shuts the lid; right hand loads and presses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.frames import quat_from_axis_angle, quat_mul, turn_planar, wrap, yaw_of
from pilotline.envs.stations.device_layout import GRIP_Y_M, INFEED_M, NEST_HEIGHT_M
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.device_plan import (
    ALIGNED_M,
    BITE_M,
    OPEN_M,
    Goal,
    Left,
    Right,
    left_goal,
    postures,
    right_goal,
)
from pilotline.policies.reference.device_poses import plan_of
from pilotline.policies.reference.feel import Wrists
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import grip_action, hand_errors, reach_twist, stay
from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

Float = NDArray[np.float64]

_LEVEL = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""Hand forward and level, fingers one above the other (tool x ahead, tool y up)."""
_X, _Z = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_TOUCH_N, _PRESS_N = 4.0, 3.0
"""Change of wrist force at which lowering stops (the device is let go), and at which pressing stops."""
_LETTING_GO_M_PER_S = 0.03
"""Fingers part so slowly that they set a device down and don't drop it."""
_CLOSING_M_PER_S = 0.04
_CLOSING_S = 0.45
"""After so long closing fingers meet a device."""
_YIELD_M_PER_N = 6e-6
"""How far a hand that has pinched gives way in a step to a pocket's wall."""
_LID_RAD_PER_S = 1.2
_TOLD = ("new_device", "old_device", "nest", "verdict", "lid", "belt_stopped")
"""What the cell tells."""


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if reason := no_grippers(robot):
        return reason
    missed = {side: pose for side, pose in plan_of(robot).misses.items() if pose is not None}
    away = bench_ahead_m(robot)
    return next(
        (f"with the nest {away:.2f} m ahead its {side} hand misses {pose}" for side, pose in missed.items()), None
    )


class DeviceTestPolicy:
    """Acts on observations alone: camera poses, cell signals, encoders, odometry, wrist sensors.

    Heights and the places of belts, rack and handle relative to the nest come from the cell's drawing.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        card = load_card("device_test")
        self._half = np.array(card.figures["device_mm"].value) / 2000.0
        self._open_rad = float(np.deg2rad(card.figure("lid_open_deg")))
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._arms = Arms(robot, nsim)
        self._wrists = Wrists(robot)
        self._plan = plan_of(robot)
        # nobody pushes here, and a leg that holds its pose is steadier than one that balances
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._drives = robot.base.kind == "planar"
        self._left, self._right = np.zeros(nsim, np.int64), np.zeros(nsim, np.int64)
        self._left_s, self._right_s, self._steady_s = np.zeros(nsim), np.zeros(nsim), np.zeros(nsim)
        self._told: dict[str, Float] = {}
        self._lid = np.zeros(nsim)
        self._opening = np.zeros((nsim, 2))
        self._aim, self._held, self._calm = np.zeros((nsim, 3)), np.zeros((nsim, 3)), np.zeros((nsim, 3))
        self._taken = np.zeros((nsim, 2, 3))
        self._pocket = np.full((nsim, 3), np.nan)
        self._post, self._nest = np.zeros((nsim, 3)), np.zeros((nsim, 3))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        for array in (
            self._left,
            self._right,
            self._left_s,
            self._right_s,
            self._steady_s,
            self._aim,
            self._calm,
        ):
            array[ids] = 0
        self._lid[ids] = self._open_rad
        self._opening[ids] = OPEN_M
        self._held[ids] = (self._half[0] - BITE_M, GRIP_Y_M, 0.0)
        self._taken[ids] = 0.0
        self._pocket[ids] = np.nan

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the joint layout."""
        still = np.zeros((len(obs["nest"]), 3))
        place, speed = obs.get("base_pose", still), obs.get("base_velocity", still)
        joints = obs["joint_pos"][:, self._arms.columns]
        obs = self._recall(obs)
        heard = obs["signal"][:, 0] > 0.5
        self._locate(place, obs["nest"], heard)
        right, left = self._in_nest(obs["right_hand"]), self._in_nest(obs["left_hand"])
        device = self._device(obs["new_device"])
        self._track(right, yaw_of(np, obs["right_hand"][:, 3:]) - self._nest[:, 2], device, heard)
        beside = np.sqrt((device[:, :2] ** 2).sum(axis=-1)) + 0.12 * np.abs(device[:, 2])
        self._steady_s = np.where((beside < ALIGNED_M) & heard, self._steady_s + CONTROL_PERIOD_S, 0.0)

        bad = obs["verdict"][:, 0] < 0.5
        goal_l = left_goal(self._left, left, self._taken[:, 1], self._lid, bad, self._half, self._plan.fist_rad)
        goal_r = right_goal(self._right, right, self._taken[:, 0], self._aim, self._held, beside, self._half)
        twist_r, miss_r = self._reach(obs["right_hand"], goal_r, 0)
        twist_l, miss_l = self._reach(obs["left_hand"], goal_l, 1)
        posture, taught = postures(self._plan.poses, self._right, self._left, right[:, 1], left[:, 1])
        arms = self._arms.act(joints, np.stack([twist_r, twist_l], axis=1), posture, taught)
        wanted = np.stack([goal_r.opening, goal_l.opening], axis=-1)
        step = np.array([-_CLOSING_M_PER_S, _LETTING_GO_M_PER_S]) * CONTROL_PERIOD_S
        self._opening = self._opening + np.minimum(np.maximum(wanted - self._opening, step[0]), step[1])
        grip = grip_action(self._opening, self._grip_max)
        base = stay(self._post, place, speed) if self._drives else still[:, :0]
        legs = np.broadcast_to(self._legs, (len(still), len(self._legs)))

        # where the fingers meet a device the hand stays: what it holds may sit in the pocket
        loose = np.stack(
            [
                (self._right < Right.PINCH) | ((self._right == Right.PINCH) & (self._right_s < _CLOSING_S)),
                (self._left < Left.PINCH) | ((self._left == Left.PINCH) & (self._left_s < _CLOSING_S)),
            ],
            axis=-1,
        )
        self._taken = np.where(loose[:, :, None], np.stack([right, left], axis=1), self._taken)
        push = turn_planar(np, -self._nest[:, 2:3], self._wrists.forces(obs))
        self._taken[:, :, :2] -= np.where(loose[:, :, None], 0.0, _YIELD_M_PER_N * push[:, :, :2])
        off = np.abs(posture - joints[:, -posture.shape[1] :]).reshape(len(still), 2, -1).max(axis=-1)
        # two steps of the right hand need the camera, all others are done by feel and from memory
        blind = ~heard & ((self._right == Right.READY) | (self._right == Right.HOVER))
        step_l = self._left_done(obs, miss_l, off[:, 1])
        step_r = self._right_done(obs, left, miss_r, off[:, 0]) & ~blind
        self._remember(obs, device)
        self._left, self._right = self._left + step_l, self._right + step_r
        self._left_s = np.where(step_l, 0.0, self._left_s + CONTROL_PERIOD_S)
        self._right_s = np.where(step_r, 0.0, self._right_s + CONTROL_PERIOD_S * ~blind)
        return np.concatenate([legs, arms, grip, base], axis=-1)

    def _recall(self, obs: Mapping[str, Float]) -> dict[str, Float]:
        """Observations in which a cell that is silent still says what it said last."""
        heard = obs["signal"] > 0.5
        for name in _TOLD:
            self._told[name] = np.where(heard, obs[name], self._told.get(name, obs[name]))
        return {**obs, **self._told}

    def _locate(self, base: Float, seen: Float, heard: NDArray[np.bool_]) -> None:
        """Pocket x, y, yaw in the base frame; it stands still on the floor, so it is averaged there."""
        first = np.isnan(self._pocket)
        spot = turn_planar(np, base[:, 2], seen) + base
        blend = 0.05 * heard[:, None]
        self._pocket = np.where(first, spot, self._pocket + blend * (spot - self._pocket))
        self._post = np.where(first, base, self._post)
        self._nest = turn_planar(np, -base[:, 2], self._pocket - base)

    def _origin(self) -> Float:
        """Origin of the nest frame (n, 3) in the base frame."""
        return np.concatenate([self._nest[:, :2], np.full((len(self._nest), 1), NEST_HEIGHT_M)], axis=-1)

    def _in_nest(self, pose: Float) -> Float:
        """Points (n, 3) of poses given in the base frame, in the nest frame."""
        return turn_planar(np, -self._nest[:, 2], pose[:, :3] - self._origin())

    def _device(self, seen: Float) -> Float:
        """New device's x, y, yaw (n, 3) in the nest frame, as the camera sees it."""
        turn = wrap(np, seen[:, 2] - self._nest[:, 2])
        return np.concatenate([self._in_nest(seen)[:, :2], turn[:, None]], axis=-1)

    def _track(self, hand: Float, hand_yaw: Float, device: Float, heard: NDArray[np.bool_]) -> None:
        """Where the held device's middle is in the right hand: x, y, yaw, averaged over 0.2 s of frames."""
        carried = (self._right >= Right.LIFT) & (self._right <= Right.LOWER) & heard
        seen = turn_planar(np, -hand_yaw, device - hand)
        seen[:, 2] = wrap(np, device[:, 2] - hand_yaw)
        self._held = np.where(carried[:, None], self._held + 0.1 * (seen - self._held), self._held)

    def _reach(self, hand: Float, goal: Goal, side: int) -> tuple[Float, Float]:
        """Twist (n, 6) towards a goal, and what is still to go (n,) m, 1 rad counting as 0.3 m; side 0 is right."""
        quat = quat_mul(np, quat_from_axis_angle(np, _Z, self._nest[:, 2] + goal.yaw), np.array([_LEVEL]))
        # in the tool frame: pitch down turns about -z, a tool held upside down about x
        quat = quat_mul(np, quat, quat_from_axis_angle(np, _Z, -goal.pitch))
        quat = quat_mul(np, quat, quat_from_axis_angle(np, _X, np.pi * self._plan.flip[side]))
        place = turn_planar(np, self._nest[:, 2], goal.position) + self._origin()
        move, spin = hand_errors(hand, place, quat)
        miss = np.sqrt((move * move).sum(axis=-1)) + 0.3 * np.sqrt((spin * spin).sum(axis=-1))
        return reach_twist(move, spin, goal.speed), miss

    def _left_done(self, obs: Mapping[str, Float], miss: Float, off: Float) -> NDArray[np.bool_]:
        """(n,), the left hand's step has reached its goal."""
        spent, right = self._left_s, self._right
        # the arm swings to the lid only when that can't shake the right hand at the nest
        free = (right <= Right.ALIGN) | (right == Right.RETRACT)
        loaded = (right == Right.RETRACT) & (self._right_s > 0.2)
        return _done(
            self._left,
            {
                Left.START: off < 0.15,
                Left.READY: miss < 0.010,
                Left.INSERT: (miss < 0.0015) | (spent > 1.5),
                Left.PINCH: spent > 0.6,
                Left.LIFT: miss < 0.006,
                Left.CLEAR: miss < 0.02,
                Left.CARRY: miss < 0.015,
                Left.LOWER: (miss < 0.0008) | (spent > 2.0),
                Left.OPEN: spent > 0.4,
                Left.RETRACT: (miss < 0.03) & free,
                Left.FOLD: off < 0.35,
                Left.RISE: off < 0.12,
                Left.POISE: (miss < 0.010) & loaded,
                Left.SHUT: (obs["lid"][:, 1] > 0.5) | (spent > 4.0),
            },
        )

    def _right_done(self, obs: Mapping[str, Float], left: Float, miss: Float, off: Float) -> NDArray[np.bool_]:
        """(n,), the right hand's step has reached its goal."""
        spent = self._right_s
        change = obs["wrist_wrench"][:, :3] - self._calm
        load = np.sqrt((change * change).sum(axis=-1))
        leaving = (self._left == Left.CARRY) & (left[:, 1] > GRIP_Y_M + 0.12)
        return _done(
            self._right,
            {
                Right.START: off < 0.15,
                Right.READY: (obs["belt_stopped"][:, 0] > 0.5) & (spent > 0.3),
                Right.ALIGN: miss < 0.010,
                Right.INSERT: (miss < 0.002) | (spent > 1.5),
                Right.PINCH: spent > 0.6,
                Right.LIFT: (miss < 0.006) & (leaving | (self._left > Left.CARRY)),
                Right.CARRY: miss < 0.02,
                Right.HOVER: ((miss < 0.003) & (self._steady_s > 0.1)) | (spent > 3.0),
                Right.LOWER: (miss < 0.001) | (load > _TOUCH_N) | (spent > 1.5),
                Right.OPEN: spent > 0.4,
                Right.PRESS: (load > _PRESS_N) | (miss < 0.002) | (spent > 2.0),
                Right.FREE: miss < 0.004,
            },
        )

    def _remember(self, obs: Mapping[str, Float], device: Float) -> None:
        """Where the belt left the device, the wrist force before touching, and the lid angle to follow."""
        waiting = self._right <= Right.READY
        running = obs["belt_stopped"][:, 0] < 0.5
        nominal = np.array([INFEED_M[0], INFEED_M[1], 0.0])
        blend = np.where(running | (self._right_s < 0.03), 1.0, 0.2)[:, None]
        aim = self._aim + blend * (np.where(running[:, None], nominal, device) - self._aim)
        self._aim = np.where(waiting[:, None], aim, self._aim)
        self._right_s = np.where((self._right == Right.READY) & running, -CONTROL_PERIOD_S, self._right_s)
        touching = (self._right == Right.LOWER) | (self._right == Right.PRESS)
        self._calm = np.where(touching[:, None], self._calm, obs["wrist_wrench"][:, :3])
        # meet the handle gently, and be slow again when the magnet pulls the lid away from the hand
        pace = 0.2 + 4.0 * np.minimum(self._left_s, np.maximum(self._lid, 0.0))
        lower = np.maximum(self._lid - np.minimum(pace, _LID_RAD_PER_S) * CONTROL_PERIOD_S, -0.03)
        self._lid = np.where(self._left == Left.SHUT, lower, self._lid)


def _done(
    phase: NDArray[np.int64], tests: Mapping[Left, NDArray[np.bool_]] | Mapping[Right, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """The test (n,) of each step; the last step, which has none, stays."""
    done: NDArray[np.bool_] = np.select([phase == step for step in tests], list(tests.values()), False)
    return done
