"""Reference controller of C2: left hand unloads and sorts, then shuts the lid; right hand loads and presses."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.frames import quat_from_axis_angle, quat_mul, turn_planar, wrap, yaw_of
from pilotline.envs.stations.device_layout import (
    GRIP_Y_M,
    HANDLE_RADIUS_M,
    INFEED_M,
    NEST_AT_M,
    OUTFEED_M,
    PITCH_M,
    REJECT_M,
    handle_at,
)
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms
from pilotline.policies.reference.motion import base_action, grip_action, hand_errors, reach_twist
from pilotline.robots import Robot

Float = NDArray[np.float64]

_OPEN_M, _PINCH_M, _FIST_M = 0.026, 0.003, 0.0
"""Opening of the fingers round an edge, commanded to hold it (about 60 N a finger on 7 mm), and as a fist."""
_BITE_M = 0.022
"""How far the tool point goes past a device's edge; the tips are 20 mm ahead of it."""
_BACK_M = 0.065
"""Hands wait this far from the edge."""
_SAG_RAD = 0.018
_LIFT_M = 0.024
_RELEASE_M = 0.001
"""Height above straps or rails at which a device is let go."""
_HOVER_M, _ALIGNED_M = 0.010, 0.0008
"""Above the pocket the new device waits until camera and hand agree this well (a corner counts)."""
_SHORT_M = 0.010
"""The new device is brought in this much short of the pocket, off the open lid's foot."""
_SEAT_M = 0.004
"""Height above the pocket floor at which the new device is let go: inside the lead-in."""
_HOLD_PER_S, _BRAKE = 15.0, 2.0
"""Base: speed back per metre off its place, and per speed it has."""
_TOUCH_N, _PRESS_N = 4.0, 3.0
_FIST_Y_M, _FINGER_M, _TIP_M = 0.155, 0.0107, 0.010
_LID_RAD_PER_S = 1.2
_FIST_PITCH_RAD = 0.7
_STANCE = {"torso_1": 0.60, "torso_2": -0.70, "torso_3": 0.10}
"""Trunk upright, 0.16 m ahead of the base's centre."""
_MIRROR = np.array([1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
# Taught poses of the right arm; the left arm has their mirror images. Elbow low, wrist bent upwards, so that the wrist
# never runs through its singularity while a device is held.
_AT_BELT = np.array([0.05, -0.68, 0.38, -1.10, -0.68, -0.65, -0.05])
_AT_NEST = np.array([0.05, -0.12, 0.73, -1.25, -1.20, -0.80, 0.97])
_BEFORE_BELT = np.array([0.25, -0.70, 0.36, -1.24, -0.69, -0.72, -0.04])
_BEFORE_NEST = np.array([0.22, -0.12, 0.72, -1.39, -1.06, -0.77, 0.98])
_FOLDED = np.array([0.18, -0.62, -0.10, -2.55, -0.40, 1.35, -0.45])
_ABOVE_LID = np.array([-0.74, -0.17, 0.03, -1.94, -0.04, 1.75, -0.28])
_AT_LID = np.array([-0.29, -0.15, 0.21, -2.05, 0.10, 1.49, -0.31])
_HAND = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""Hand forward and level, fingers one above the other (tool x ahead, tool y up)."""


class Left(IntEnum):
    """Steps of the left hand, in order."""

    START = 0
    READY = 1
    INSERT = 2
    PINCH = 3
    LIFT = 4
    CLEAR = 5
    CARRY = 6
    LOWER = 7
    OPEN = 8
    RETRACT = 9
    FOLD = 10
    RISE = 11
    POISE = 12
    SHUT = 13
    AWAY = 14


class Right(IntEnum):
    """Steps of the right hand, in order."""

    START = 0
    READY = 1
    ALIGN = 2
    INSERT = 3
    PINCH = 4
    LIFT = 5
    CARRY = 6
    HOVER = 7
    LOWER = 8
    OPEN = 9
    PRESS = 10
    FREE = 11
    RETRACT = 12


class DeviceTestPolicy:
    """Acts on observations alone: camera poses, cell signals, encoders, wrist sensors, and the cell's drawing.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._arms = Arms(robot, nsim, _STANCE)
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        card = load_card("device_test")
        half = np.array(card.figures["device_mm"].value) / 2000.0
        self._edge, self._mid = float(half[0]), float(half[2])
        self._open_rad = float(np.deg2rad(card.figure("lid_open_deg")))
        self._left, self._right = np.zeros(nsim, np.int64), np.zeros(nsim, np.int64)
        self._left_s, self._right_s = np.zeros(nsim), np.zeros(nsim)
        self._lid = np.zeros(nsim)
        self._steady = np.zeros(nsim)
        self._held = np.zeros((nsim, 3))
        self._taken = np.zeros((nsim, 2, 3))
        self._aim = np.zeros((nsim, 3))
        self._calm = np.zeros((nsim, 3))
        self._pocket = np.full((nsim, 3), np.nan)
        self._post = np.zeros((nsim, 3))
        self._nest = np.zeros((nsim, 3))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        for array in (self._left, self._right, self._left_s, self._right_s, self._calm, self._steady):
            array[ids] = 0
        self._lid[ids] = self._open_rad
        self._held[ids] = (self._edge - _BITE_M, GRIP_Y_M, 0.0)
        self._aim[ids] = 0.0
        self._pocket[ids] = np.nan

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, 17)."""
        self._locate(obs["base_pose"], obs["nest"])
        yaw = self._nest[:, 2]
        turn = quat_mul(np, quat_from_axis_angle(np, (0.0, 0.0, 1.0), yaw), np.broadcast_to(_HAND, (len(yaw), 4)))
        right = self._in_nest(obs["right_hand"])
        left = self._in_nest(obs["left_hand"])
        device = self._device(obs["new_device"])
        self._track(right, yaw_of(np, obs["right_hand"][:, 3:]) - yaw, device)

        goal_l, pitch_l, speed_l, open_l = self._left_goal(obs, left)
        beside = np.sqrt((device[:, :2] ** 2).sum(axis=-1)) + 0.12 * np.abs(device[:, 2])
        self._steady = np.where(beside < _ALIGNED_M, self._steady + CONTROL_PERIOD_S, 0.0)
        goal_r, turn_r, speed_r, open_r = self._right_goal(beside)
        speed_l = np.where(self._left == Left.LIFT, _lift_speed(left[:, 2] - self._taken[:, 1, 2]), speed_l)
        speed_r = np.where(self._right == Right.LIFT, _lift_speed(right[:, 2] - self._taken[:, 0, 2]), speed_r)
        quat_r = quat_mul(np, quat_from_axis_angle(np, (0.0, 0.0, 1.0), turn_r), turn)
        quat_l = quat_mul(np, turn, quat_from_axis_angle(np, (0.0, 0.0, -1.0), pitch_l))
        # a device held beside its middle sags about the fingers: tilt the hand against it
        sag = _SAG_RAD * np.array([1.0, -1.0])
        bears_r = (self._right >= Right.LIFT) & (self._right < Right.OPEN)
        bears_l = (self._left >= Left.LIFT) & (self._left < Left.OPEN)
        quat_r = quat_mul(np, quat_r, quat_from_axis_angle(np, (1.0, 0.0, 0.0), np.where(bears_r, sag[0], 0.0)))
        quat_l = quat_mul(np, quat_l, quat_from_axis_angle(np, (1.0, 0.0, 0.0), np.where(bears_l, sag[1], 0.0)))
        # the upper finger meets the glass at this height of the tool point: slow down before it
        gap = right[:, 2] - (2.0 * self._mid - 0.5 * _OPEN_M)
        pressing = self._right == Right.PRESS
        speed_r = np.where(pressing, np.minimum(0.006 + 8.0 * np.maximum(gap - 0.0015, 0.0), 0.08), speed_r)
        twist_r, miss_r = self._reach(obs["right_hand"], goal_r, quat_r, speed_r)
        twist_l, miss_l = self._reach(obs["left_hand"], goal_l, quat_l, speed_l)
        posture, taught = self._posture(right, left)
        measured = obs["joint_pos"]
        arms = self._arms.act(measured, np.stack([twist_r, twist_l], axis=1), posture, taught)
        off = np.abs(posture - measured[:, 6:20]).reshape(-1, 2, 7).max(axis=-1)
        # from the pinch on a hand stays where it is: what it holds may sit in the pocket
        loose = np.stack([self._right <= Right.INSERT, self._left <= Left.INSERT], axis=-1)
        self._taken = np.where(loose[:, :, None], np.stack([right, left], axis=1), self._taken)
        self._advance(obs, left, device, miss_l, miss_r, off)
        grip = grip_action(np.stack([open_r, open_l], axis=-1), 1.0 * self._grip_max)
        return np.concatenate([arms, grip, self._stay(obs["base_pose"], obs["base_velocity"])], axis=-1)

    def _locate(self, base: Float, seen: Float) -> None:
        """Pocket x, y, yaw in the base frame: it stands still on the floor, so average it there over a second of frames."""
        first = np.isnan(self._pocket)
        spot = turn_planar(np, base[:, 2], np.concatenate([seen[:, :2], np.zeros((len(seen), 1))], axis=-1))
        spot[:, :2] += base[:, :2]
        spot[:, 2] = seen[:, 2] + base[:, 2]
        self._pocket = np.where(first, spot, self._pocket + 0.05 * (spot - self._pocket))
        self._post = np.where(first, base, self._post)
        at = self._pocket - base
        self._nest = turn_planar(np, -base[:, 2], at)

    def _stay(self, base: Float, speed: Float) -> Float:
        """Base action (n, 3) that holds its place against the arms' reaction."""
        back = turn_planar(np, -base[:, 2], self._post - base)
        velocity = turn_planar(np, -base[:, 2], speed)
        return base_action(_HOLD_PER_S * back - _BRAKE * velocity)

    def _posture(self, right: Float, left: Float) -> tuple[Float, NDArray[np.bool_]]:
        """Arm joints to prefer (n, 14), right then left, and (n, 2) where an arm simply goes there."""

        def between(y: Float) -> Float:
            share = np.minimum(np.maximum((y - GRIP_Y_M) / PITCH_M, 0.0), 1.0)[:, None]
            return _AT_NEST + share * (_AT_BELT - _AT_NEST)

        start = np.stack([self._right == Right.START, self._left == Left.START], axis=-1)
        fold, rise, lid = (x[:, None] for x in (self._left == Left.FOLD, self._left == Left.RISE, self._left > Left.RISE))
        r = np.where(start[:, :1], _BEFORE_BELT, between(-right[:, 1]))
        ready = np.where(start[:, 1:], _BEFORE_NEST, between(left[:, 1]))
        l_arm = np.select([fold, rise, lid], [_FOLDED, _ABOVE_LID, _AT_LID], ready) * _MIRROR
        return np.concatenate([r, l_arm], axis=-1), start | np.concatenate([np.zeros_like(rise), fold | rise], axis=-1)

    def _in_nest(self, pose: Float) -> Float:
        """Points (n, 3) of poses given in the base frame, in the nest frame."""
        at = pose[:, :3] - np.concatenate([self._nest[:, :2], np.full((len(pose), 1), NEST_AT_M[2])], axis=-1)
        return turn_planar(np, -self._nest[:, 2], at)

    def _device(self, seen: Float) -> Float:
        """New device's x, y, yaw (n, 3) in the nest frame, as the camera sees it."""
        flat = np.concatenate([seen[:, :2], np.full((len(seen), 1), NEST_AT_M[2])], axis=-1)
        return np.concatenate(
            [self._in_nest(flat)[:, :2], wrap(np, seen[:, 2] - self._nest[:, 2])[:, None]], axis=-1
        )

    def _reach(self, hand: Float, goal: Float, quat: Float, speed: Float) -> tuple[Float, Float]:
        """Twist (n, 6) towards a goal of the nest frame, and what is still to go (n,) m, 1 rad counting as 0.3 m."""
        base = turn_planar(np, self._nest[:, 2], goal)
        base = base + np.concatenate([self._nest[:, :2], np.full((len(goal), 1), NEST_AT_M[2])], axis=-1)
        move, spin = hand_errors(hand, base, quat)
        miss = np.sqrt((move * move).sum(axis=-1)) + 0.3 * np.sqrt((spin * spin).sum(axis=-1))
        return reach_twist(move, spin, speed), miss

    def _track(self, hand: Float, hand_yaw: Float, device: Float) -> None:
        """Where the held device's middle is in the right hand: x, y, yaw, low-pass over 0.2 s of frames."""
        carried = (self._right >= Right.LIFT) & (self._right <= Right.LOWER)
        offset = np.concatenate([device[:, :2] - hand[:, :2], np.zeros((len(hand), 1))], axis=-1)
        seen = turn_planar(np, -hand_yaw, offset)
        seen[:, 2] = wrap(np, device[:, 2] - hand_yaw)
        self._held = np.where(carried[:, None], self._held + 0.1 * (seen - self._held), self._held)

    def _left_goal(self, obs: Mapping[str, Float], left: Float) -> tuple[Float, Float, Float, Float]:
        """Tool point (n, 3) in the nest frame, pitch (n,) down, speed (n,), opening (n,) of the left hand."""
        phase = self._left
        bad = obs["verdict"][:, 0] < 0.5
        zero = np.zeros(len(phase))
        x_in, y = -self._edge + _BITE_M, GRIP_Y_M
        x_out = -self._edge - _BACK_M
        target = np.where(bad[:, None], REJECT_M, OUTFEED_M)
        up = np.where(bad, REJECT_M[2], 0.0) + _LIFT_M
        # the rack is reached from in front, since the open lid is in the way above the nest
        ahead_of = np.minimum(np.maximum(0.5 * (x_in - left[:, 0]) - 0.002, 0.0), _LIFT_M)
        aside = np.where(bad, -0.12, 0.0)
        # the fist's lower side rests on the bar, finger tips a little beyond it
        handle = handle_at(self._lid)
        handle[:, 1] = _FIST_Y_M
        c, s = np.cos(_FIST_PITCH_RAD), np.sin(_FIST_PITCH_RAD)
        ahead, up_tool = np.array([c, 0.0, -s]), np.array([s, 0.0, c])
        on_bar = handle + (HANDLE_RADIUS_M + _FINGER_M) * up_tool - _TIP_M * ahead

        def at(x: Float | float, y: Float | float, z: Float | float) -> Float:
            return np.stack([x + zero, y + zero, z + zero], axis=-1)

        goal = np.select(
            [(phase == p)[:, None] for p in Left],
            [
                at(x_out, y, self._mid),
                at(x_out, y, self._mid),
                at(x_in, y, self._mid),
                self._taken[:, 1],
                self._taken[:, 1] + at(0.0, 0.0, _LIFT_M),
                at(x_in + aside, y + np.where(bad, 0.15, 0.0), self._mid + up),
                at(x_in + aside, y + target[:, 1], self._mid + up),
                at(x_in, y + target[:, 1], self._mid + target[:, 2] + _RELEASE_M + ahead_of),
                at(x_in, y + target[:, 1], self._mid + target[:, 2] + _RELEASE_M),
                at(x_out - 0.04, y + target[:, 1], self._mid + target[:, 2]),
                on_bar,
                on_bar,
                on_bar + 0.012 * up_tool,
                on_bar,
                on_bar + 0.10 * up_tool - 0.05 * ahead,
            ],
        )
        speed = np.select([phase == Left.INSERT, phase == Left.LIFT, phase == Left.LOWER], [0.2, 0.12, 0.10], 0.45)
        opening = np.select([(phase >= Left.PINCH) & (phase < Left.OPEN), phase >= Left.FOLD], [_PINCH_M, _FIST_M], _OPEN_M)
        return goal, np.where(phase >= Left.FOLD, _FIST_PITCH_RAD, 0.0), speed, opening

    def _right_goal(self, beside: Float) -> tuple[Float, Float, Float, Float]:
        """Tool point (n, 3) in the nest frame, yaw (n,), speed (n,), opening (n,) of the right hand."""
        phase, aim, held = self._right, self._aim, self._held
        loose = phase < Right.LIFT
        # where the device's middle shall be, and the hand's place relative to it
        short = np.array([-_SHORT_M, 0.0, 0.0]) + np.zeros_like(aim)
        middle = np.select([(phase <= Right.LIFT)[:, None], (phase == Right.CARRY)[:, None]], [aim, short], 0.0)
        grip = np.where(loose[:, None], np.array([self._edge - _BITE_M, GRIP_Y_M, 0.0]), held)
        turn = wrap(np, middle[:, 2] - grip[:, 2])
        waits = (phase <= Right.ALIGN) | (phase == Right.RETRACT)
        back = np.where(waits, _BACK_M + _BITE_M, 0.0)
        reach = np.stack([-grip[:, 0] - back, -grip[:, 1], np.zeros(len(turn))], axis=-1)
        height = np.select(
            [phase == Right.LIFT, phase == Right.CARRY, phase == Right.HOVER, phase == Right.LOWER,
             phase == Right.OPEN, phase == Right.PRESS],
            [_LIFT_M, _LIFT_M, _HOVER_M, np.where(beside < 2.0 * _ALIGNED_M, _SEAT_M, _HOVER_M), _SEAT_M, -0.020],
            0.0,
        )
        goal = turn_planar(np, turn, reach)
        goal[:, :2] += middle[:, :2]
        goal[:, 2] = self._mid + height
        taking = (phase == Right.PINCH) | (phase == Right.LIFT)
        lifted = self._taken[:, 0] + np.stack([0.0 * turn, 0.0 * turn, np.where(phase == Right.LIFT, _LIFT_M, 0.0)], axis=-1)
        goal = np.where(taking[:, None], lifted, goal)
        speed = np.select(
            [phase == Right.INSERT, phase == Right.LIFT, phase == Right.HOVER, phase == Right.LOWER],
            [0.2, 0.12, 0.12, 0.05],
            0.45,
        )
        opening = np.where((phase >= Right.PINCH) & (phase < Right.OPEN), _PINCH_M, _OPEN_M)
        return goal, turn, speed, opening

    def _advance(
        self, obs: Mapping[str, Float], left: Float, device: Float, miss_l: Float, miss_r: Float, off: Float
    ) -> None:
        """Move on where a step has reached its goal."""
        force = obs["wrist_wrench"][:, :3]
        load = force - self._calm
        load = np.sqrt((load * load).sum(axis=-1))
        right, left_phase = self._right, self._left
        # the left arm swings to the lid only when that can't shake the right hand at the nest
        calm = (right <= Right.ALIGN) | (right >= Right.RETRACT)
        gone = (left_phase > Left.CARRY) | ((left_phase == Left.CARRY) & (left[:, 1] > GRIP_Y_M + 0.12))
        loaded = right == Right.RETRACT
        shut = obs["lid"][:, 1] > 0.5
        ls, rs = self._left_s, self._right_s
        step_l = np.select(
            [left_phase == p for p in Left],
            [
                off[:, 1] < 0.15,
                miss_l < 0.010,
                (miss_l < 0.0015) | (ls > 1.5),
                ls > 0.25,
                miss_l < 0.006,
                miss_l < 0.02,
                miss_l < 0.015,
                (miss_l < 0.002) | (ls > 2.0),
                ls > 0.2,
                (miss_l < 0.03) & calm,
                off[:, 1] < 0.35,
                off[:, 1] < 0.12,
                (miss_l < 0.01) & loaded & (rs > 0.2),
                shut | (ls > 4.0),
                np.zeros(len(ls), np.bool_),
            ],
        ).astype(np.bool_)
        step_r = np.select(
            [right == p for p in Right],
            [
                off[:, 0] < 0.15,
                (obs["belt_stopped"][:, 0] > 0.5) & (rs > 0.3),
                miss_r < 0.010,
                (miss_r < 0.002) | (rs > 1.5),
                rs > 0.25,
                (miss_r < 0.006) & gone,
                miss_r < 0.02,
                ((miss_r < 0.003) & (self._steady > 0.1)) | (rs > 3.0),
                (miss_r < 0.001) | (load > _TOUCH_N) | (rs > 1.5),
                rs > 0.25,
                (load > _PRESS_N) | (miss_r < 0.002) | (rs > 2.0),
                miss_r < 0.004,
                np.zeros(len(rs), np.bool_),
            ],
        ).astype(np.bool_)
        waiting = right <= Right.READY
        fresh = obs["belt_stopped"][:, :1] < 0.5
        seen = np.where(fresh, np.array([INFEED_M[0], INFEED_M[1], 0.0]), device)
        blend = np.where(fresh | (rs < 0.03)[:, None], 1.0, 0.2)
        self._aim = np.where(waiting[:, None], self._aim + blend * (seen - self._aim), self._aim)
        quiet = (right != Right.LOWER) & (right != Right.PRESS)
        self._calm = np.where(quiet[:, None], force, self._calm)
        shutting = left_phase == Left.SHUT
        self._lid = np.where(shutting, np.maximum(self._lid - _LID_RAD_PER_S * CONTROL_PERIOD_S, -0.03), self._lid)
        rs = np.where((right == Right.READY) & fresh[:, 0], -CONTROL_PERIOD_S, rs)
        self._left, self._right = left_phase + step_l, right + step_r
        self._left_s = np.where(step_l, 0.0, ls + CONTROL_PERIOD_S)
        self._right_s = np.where(step_r, 0.0, rs + CONTROL_PERIOD_S)


def _lift_speed(height: Float) -> Float:
    """Out of a pocket slowly, then faster: speed (n,) m/s at heights (n,) m."""
    return np.minimum(0.02 + 5.0 * np.maximum(height, 0.0), 0.15)
