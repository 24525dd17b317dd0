"""Reference controller of A1: hook both grip holes, lift, turn round, set down on the mark."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.control import BASE_SPEED
from pilotline.envs.frames import quat_from_axis_angle, quat_mul, rotate, wrap
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.feel import Wrists
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import (
    base_action,
    grip_action,
    hand_errors,
    hand_twist,
    limited,
    slew,
)
from pilotline.robots import Robot

Float = NDArray[np.float64]

_STAND_OFF_M = 0.38
_STAND_OFF_KNEELING_M = 0.44
_KNEEL_BELOW_M = 0.70
"""Base centre to the near face of the tote: the base's front plus a hand's breadth."""
_ASIDE_M = 0.10
"""Fingertips wait this far outside the tote."""
_AWAY_M = 0.16
"""How far hands draw back from a tote that stands on the belt."""
_DEPTH_M = 0.015
"""How far the tool point goes into a grip hole."""
_CLEARANCE_M = 0.10
"""Lift above stack and belt."""
_BELOW_BELT_M = 0.004
"""A tote is lowered towards a point this far below the belt, until the belt carries it."""
_CARRIED_SHARE = 0.8
"""Of what a tote weighs in a hand: once its wrist feels so much less, the belt carries that end of it."""
_BACK_OFF_M = 0.5
_BASE_SPEED, _BASE_TURN = 0.4, 0.9
_BASE_ACCELERATION = (0.4, 0.4, 1.2)
"""m/s, rad/s, m/s^2, rad/s^2: a bent robot with a tote keeps its centre of pressure between the wheels."""
_CARRY_AHEAD_M = 0.62
"""A tote is carried at least this far ahead of the base centre: knees must not meet the conveyor."""
_INCLINE_RAD = 0.12
"""Hands point this far below the horizontal, so that wrists stay clear of belt and deck."""
_FORWARD_RAD = 0.21
"""Hands come from a little behind: more would bring the palm's edge against the tote before the fingers are in."""
_LOW_M = 0.015
"""Before the pose source sees the tote so near the belt, a change of force means nothing."""
_BELOW_LINTEL_M = 0.004
"""Fingers that have let go of a tote go down by this, clear of the hole's upper edge."""
_YIELD = 0.2
"""Share of its error by which the distance between hands that hold a tote is corrected in a step."""
_OTHER_HEIGHTS_M = (0.0, -0.005, 0.005, -0.01, 0.01)
"""Fingers that meet the wall beside a grip hole come back at another height."""
_BLOCKED_N, _OUTSIDE_M = 20.0, 0.012
"""They have met it when a wrist feels so much across, so far from the goal."""
_BRACE_M = 0.10
"""Fingers open against both cheeks of a grip hole: a tote with its weight off the middle cannot pitch."""

_HEIGHTS_M = tuple(0.3 + 0.1 * k for k in range(12))
"""Marks by which it says how high a tote was when it was gripped: layers of a stack are further apart than these."""


class Phase(IntEnum):
    """Steps of the job, in order."""

    SHAPE = 0
    DOCK = 1
    INSERT = 2
    BRACE = 3
    LIFT = 4
    BACK = 5
    RAISE = 6
    TURN = 7
    ADVANCE = 8
    LOWER = 9
    CLOSE = 10
    RETRACT = 11
    REST = 12


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if robot.base.kind == "fixed":
        return "its base is fixed, and the conveyor stands behind it, across the aisle"
    if robot.base.kind == "floating":
        return "it would have to walk across the aisle with the tote, and no walking controller is here"
    return no_grippers(robot)


class ToteDestackPolicy:
    """Acts on observations alone: pose source, encoders, order data.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "ee"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._wrists = Wrists(robot)
        self._axes = {"right": _hand_axes(-1.0), "left": _hand_axes(1.0)}
        self._phase = np.zeros(nsim, np.int64)
        self._since = np.zeros(nsim)
        self._velocity = np.zeros((nsim, 3))
        self._grip = np.zeros((nsim, 3))
        self._turn = np.zeros(nsim)
        self._spread = np.zeros(nsim)
        self._load, self._laden, self._set_z = np.zeros((nsim, 2)), np.zeros((nsim, 2)), np.zeros((nsim, 2))
        self._free = np.zeros((nsim, 2))
        self._push, self._tries = np.zeros(nsim), np.zeros(nsim, np.int64)
        self._relieved = np.zeros((nsim, 2), np.bool_)
        self._before = self._phase, self._since, self._tries

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._phase[ids] = Phase.SHAPE
        self._since[ids] = 0.0
        self._velocity[ids] = 0.0
        self._relieved[ids] = False
        self._tries[ids] = 0

    def memory(self) -> Float:
        """What no observation tells of what it remembers (n, 30), 0 or 1, for a clone that is to remember the same.

        The phase, 0 to 12 (as many of 12, so that one number changes with it); whether the belt carries the tote, of
        both wrists; how often fingers have met the wall, 0 to 4 (as many of 4); how high the tote was when it was
        gripped (as many marks of 12 as it was above). Beside these it remembers the time in the phase and the velocity
        that the base was commanded last.
        """
        phase = self._phase[:, None] >= np.array(Phase)[1:]
        tries = self._tries[:, None] > np.arange(len(_OTHER_HEIGHTS_M) - 1)
        height = (self._phase >= Phase.BRACE)[:, None] & (self._grip[:, 2:] > np.array(_HEIGHTS_M))
        return np.concatenate([phase, self._relieved, tries, height], axis=-1)

    def took(self, action: Float, memory: Float) -> None:
        """The robot was commanded this (n, 17) and remembers this (n, 30), in place of what it was to.

        The base goes on from there, and where another phase was not begun the one before goes on.
        """
        self._velocity = action[:, -3:] * np.array(BASE_SPEED)
        stays = memory[:, : len(Phase) - 1].sum(axis=-1) != self._phase
        own = self._phase, self._since, self._tries
        self._phase, self._since, self._tries = (
            np.where(stays, before, now) for before, now in zip(self._before, own, strict=True)
        )

    def describe(self, slot: int) -> str:
        """What the controller is at, for captions."""
        return Phase(self._phase[slot]).name.lower()

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, 17); while the cell is silent, the robot stops and holds still."""
        phase, heard = self._phase, obs["signal"] > 0.5
        grip, turn, spread = self._grip, self._turn, self._spread
        self._track(obs)
        right, left, miss = self._hands(obs)
        right, left = right * heard, left * heard
        wanted, off, heading = self._drive(obs)
        self._velocity = slew(self._velocity, wanted * heard, _BASE_ACCELERATION)
        braced = (phase >= Phase.BRACE) & (phase < Phase.CLOSE)
        opening = np.where(braced, _BRACE_M, 0.0)[:, None] + np.zeros(2)
        action = [right, left, grip_action(opening, self._grip_max), base_action(self._velocity)]
        self._feel(obs)
        self._advance(obs, miss, off, heading)
        self._grip, self._turn = np.where(heard, self._grip, grip), np.where(heard[:, 0], self._turn, turn)
        self._spread = np.where(heard[:, 0], self._spread, spread)
        return np.concatenate(action, axis=-1)

    def _track(self, obs: Mapping[str, Float]) -> None:
        """Where the middle between the grip holes is or shall be, how it is turned, how far the hands are apart."""
        phase, tote, size = self._phase, obs["tote_pose"], obs["tote_size"]
        ahead = self._stand_off(obs)
        waiting, inserting = phase <= Phase.DOCK, phase == Phase.INSERT
        carrying = (phase > Phase.BACK) & (phase < Phase.LOWER)
        x = np.select(
            [waiting, inserting, carrying],
            [ahead, tote[:, 0], np.maximum(self._grip[:, 0], _CARRY_AHEAD_M)],
            self._grip[:, 0],
        )
        y = np.select([inserting, phase <= Phase.LIFT], [tote[:, 1], np.where(waiting, 0.0, self._grip[:, 1])], 0.0)
        other = np.array(_OTHER_HEIGHTS_M)[self._tries]
        z = np.where(phase <= Phase.INSERT, tote[:, 2] + size[:, 3] + other, self._grip[:, 2])
        self._grip = np.stack([x, y, z], axis=-1)
        self._turn = np.select(
            [inserting, (phase == Phase.BRACE) | (phase == Phase.LIFT)], [_half_turn(tote[:, 3]), self._turn], 0.0
        )
        gap = obs["left_hand"][:, :3] - obs["right_hand"][:, :3]
        found = np.sqrt((gap * gap).sum(axis=-1)) / 2
        planned = size[:, 0] / 2 - _DEPTH_M
        # hands that hold the tote follow it: pulling at a wrong distance would only add up to a force
        self._spread = np.where(phase <= Phase.INSERT, planned, self._spread + _YIELD * (found - self._spread))

    def _stand_off(self, obs: Mapping[str, Float]) -> Float:
        """Distance (n,) from base centre to tote centre at the stack."""
        low = obs["tote_pose"][:, 2] + obs["tote_size"][:, 3] < _KNEEL_BELOW_M
        return np.where(low, _STAND_OFF_KNEELING_M, _STAND_OFF_M) + obs["tote_size"][:, 1] / 2

    def _hands(self, obs: Mapping[str, Float]) -> tuple[Float, Float, Float]:
        """Action entries of both hands (n, 6) each, and how far the worse one is from its goal (n,)."""
        phase = self._phase
        on_belt = obs["belt_pose"][:, 2] + obs["tote_size"][:, 3]
        lifted = self._grip[:, 2] + _CLEARANCE_M
        z = np.select(
            [phase <= Phase.BRACE, phase <= Phase.BACK, phase < Phase.LOWER],
            [self._grip[:, 2], lifted, on_belt + _CLEARANCE_M],
            on_belt - _BELOW_BELT_M,
        )
        centre = np.concatenate([self._grip[:, :2], z[:, None]], axis=-1)
        set_z = self._set_z - np.where(phase > Phase.LOWER, _BELOW_LINTEL_M, 0.0)[:, None]
        stays = (phase > Phase.LOWER)[:, None] | self._relieved
        aside = np.select([phase <= Phase.DOCK, phase >= Phase.RETRACT], [_ASIDE_M, _AWAY_M], 0.0)
        steps = [phase <= Phase.DOCK, phase == Phase.INSERT, phase == Phase.LIFT, phase == Phase.LOWER]
        speed = np.select(steps, [0.12, 0.08, 0.10, 0.10], 0.2)
        turn = quat_from_axis_angle(np, (0.0, 0.0, 1.0), self._turn)
        twists, misses = [], []
        for i, (side, sign) in enumerate((("right", -1.0), ("left", 1.0))):
            approach, frame = self._axes[side]
            outward = sign * self._spread[:, None] * np.array([0.0, 1.0, 0.0]) - aside[:, None] * approach
            goal = centre + rotate(np, turn, outward)
            goal[:, 2] = np.where(stays[:, i], set_z[:, i] + outward[:, 2], goal[:, 2])
            quat = quat_mul(np, turn, np.broadcast_to(frame, (len(turn), 4)))
            twists.append(hand_twist(obs[f"{side}_hand"], goal, quat, speed))
            move, spin = hand_errors(obs[f"{side}_hand"], goal, quat)
            misses.append(np.sqrt((move * move).sum(axis=-1)) + 0.1 * np.sqrt((spin * spin).sum(axis=-1)))
        return twists[0], twists[1], np.maximum(misses[0], misses[1])

    def _drive(self, obs: Mapping[str, Float]) -> tuple[Float, Float, Float]:
        """Base velocity wanted now (n, 3), distance still to go (n,) m and heading error (n,) rad."""
        phase, tote, belt = self._phase, obs["tote_pose"], obs["belt_pose"]
        docking, turning = phase == Phase.DOCK, phase == Phase.TURN
        advancing = (phase == Phase.ADVANCE) | (phase == Phase.LOWER)
        to_tote = np.stack([tote[:, 0] - self._grip[:, 0], tote[:, 1]], axis=-1)
        over_mark = belt[:, :2] - tote[:, :2]
        back = np.broadcast_to([-_BACK_OFF_M, 0.0], over_mark.shape)
        ways = [docking[:, None], (phase == Phase.BACK)[:, None], advancing[:, None]]
        gap = np.select(ways, [to_tote, back, over_mark], 0.0)
        bearing = np.arctan2(belt[:, 1], belt[:, 0])
        heading = np.select(
            [docking, turning, advancing], [_half_turn(tote[:, 3]), bearing, _half_turn(belt[:, 3])], 0.0
        )
        spin = np.minimum(np.maximum(1.2 * heading, -_BASE_TURN), _BASE_TURN)
        velocity = np.concatenate([limited(0.9 * gap, _BASE_SPEED), spin[:, None]], axis=-1)
        return velocity, np.sqrt((gap * gap).sum(axis=-1)), np.abs(heading)

    def _feel(self, obs: Mapping[str, Float]) -> None:
        """What wrists carry, smoothed, what they carried before the tote is lowered, what pushes, where hands are."""
        forces = self._wrists.forces(obs)
        load, push = forces[:, :, 2], forces[:, :, :2]
        self._push = np.sqrt((push * push).sum(axis=-1)).max(axis=-1)
        fresh, lowering = (self._phase == Phase.SHAPE)[:, None], (self._phase >= Phase.LOWER)[:, None]
        self._load = np.where(fresh, load, self._load + 0.3 * (load - self._load))
        self._free = np.where((self._phase <= Phase.DOCK)[:, None], self._load, self._free)
        laden = np.where(fresh, load, self._laden + 0.1 * (self._load - self._laden))
        self._laden = np.where(lowering, self._laden, laden)
        near = (obs["tote_pose"][:, 2] - obs["belt_pose"][:, 2] < _LOW_M) & (self._phase == Phase.LOWER)
        self._relieved = near[:, None] & (self._laden - self._load > _CARRIED_SHARE * (self._laden - self._free))
        height = np.stack([obs["right_hand"][:, 2], obs["left_hand"][:, 2]], axis=-1)
        holds = (self._phase > Phase.LOWER)[:, None] | self._relieved
        self._set_z = np.where(holds, self._set_z, height)

    def _advance(self, obs: Mapping[str, Float], miss: Float, off: Float, heading: Float) -> None:
        """Go to the next phase where this one has reached its goal, or its patience has run out."""
        since = self._since
        stopped = np.abs(obs["base_velocity"]).max(axis=-1) < 0.03
        clear = (obs["tote_pose"][:, 0] > 0.95) | (since > 2.0)
        reached = {
            Phase.SHAPE: (miss < 0.05) | (since > 8.0),
            Phase.DOCK: (off < 0.02) & (heading < 0.03) & (miss < 0.03) & stopped,
            Phase.INSERT: (miss < 0.008) | (since > 3.0),
            Phase.BRACE: since > 0.9,
            Phase.LIFT: (miss < 0.02) | (since > 3.0),
            Phase.BACK: (since > 1.6) & clear,
            Phase.RAISE: miss < 0.05,
            Phase.TURN: heading < 0.15,
            Phase.ADVANCE: (off < 0.008) & (heading < 0.02) & stopped,
            Phase.LOWER: self._relieved.all(axis=-1) | (since > 4.0),
            Phase.CLOSE: since > 1.0,
            Phase.RETRACT: miss < 0.03,
        }
        heard = obs["signal"][:, 0] > 0.5
        done = np.select([self._phase == p for p in reached], list(reached.values()), False) & heard
        blocked = (self._phase == Phase.INSERT) & heard & (self._push > _BLOCKED_N) & (miss > _OUTSIDE_M)
        back = blocked & (self._tries < len(_OTHER_HEIGHTS_M) - 1)
        self._before = self._phase, since + CONTROL_PERIOD_S * heard, self._tries
        self._tries = self._tries + back
        self._phase = np.where(back, Phase.DOCK, self._phase + done)
        done = done | back
        self._since = np.where(done, 0.0, self._before[1])


def _half_turn(yaw: Float) -> Float:
    """Heading error (n,) of something that looks the same turned half round."""
    return wrap(np, 2.0 * yaw) / 2.0


def _hand_axes(sign: float) -> tuple[Float, Float]:
    """Approach direction and orientation of a hand; sign +1 is the left one, -1 its mirror image."""
    c, s = np.cos(_INCLINE_RAD), np.sin(_INCLINE_RAD)
    cy, sy = np.cos(_FORWARD_RAD), np.sin(_FORWARD_RAD)
    approach = np.array([sy * c, -sign * cy * c, -s])
    opening = np.array([cy, sign * sy, 0.0])
    matrix = np.stack([approach, opening, np.cross(approach, opening)], axis=1)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, matrix.ravel())
    return approach, quat
