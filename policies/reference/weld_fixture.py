"""Reference controller of A2: fetch a panel by its near corners, turn round, lower it onto its pins; three times."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import quat_from_axis_angle, quat_mul, rotate, turn_planar
from pilotline.envs.hand_control import HAND_SPEED_M_PER_S, HAND_TURN_RAD_PER_S
from pilotline.envs.stations.weld_layout import PANELS, THICK_M
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import base_action, grip_action, hand_errors, reach_twist
from pilotline.policies.reference.weld_moves import after, between, braking, grips, hand_axes, seen_from
from pilotline.robots import Robot

Float = NDArray[np.float64]

_AHEAD_M = 0.47
"""Hands hold a panel this far ahead of the base's middle."""
_INWARD_RAD = 0.47
"""Hands point this far inward from straight ahead."""
_ASIDE_M = 0.065
"""Hands wait this far back along their fingers from where they hold."""
_AWAY_M = 0.08
_LIFT_M = 0.05
_CLEARANCE_M = 0.040
"""A panel comes to its nest this far above its seat: over the tips of the pins."""
_SLOW_M = 0.028
"""A panel so little above its seat is about to meet its pins."""
_LED_M = 0.022
"""Below this height over their seat, hands leave a panel to its pins."""
_LET_GO_M = 0.004
"""Fingers open this far above the seat: a panel rides down on the lower ones, and no arm presses on it."""
_RELEASE_M_PER_S = 0.03
_ALIGNED_M, _ALIGNED_RAD = 0.0015, 0.004
_GAP_M = 0.032
"""Between the fingers that go round a panel's edge."""
_OFF_RACK_X_M = 0.48
"""Base at which a panel has left the forks: only then it is lowered."""
_WAIT_X_M = 0.14
"""Base with the first panel while the door is shut."""
_LEAVE_X_M = 0.05
"""Base when all is done: hands and base are out of the door zone."""
_CORRIDOR_M = 0.34
"""The base turns round within so much of the middle of the lane, clear of racks and fixture."""
_BASE_SPEED, _BASE_TURN = 0.8, 1.5
_BASE_SLOWING, _TURN_SLOWING = 0.7, 1.8
_BASE_ACCELERATION = (1.0, 1.0, 2.5)
_HEARD = 0.3
"""Share of a new sight in what is believed."""


class Phase(IntEnum):
    """Steps of one panel's job, in order."""

    FETCH = 0
    INSERT = 1
    CLOSE = 2
    LIFT = 3
    CARRY = 4
    LOWER = 5
    OPEN = 6
    RETRACT = 7
    LEAVE = 8


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if robot.base.kind == "fixed":
        return "its base is fixed, and racks and fixture are 2.5 m apart"
    if robot.base.kind == "floating":
        return "it would have to walk between racks and fixture with a panel, and no walking controller is here"
    return no_grippers(robot)


class WeldFixturePolicy:
    """Acts on observations alone: cameras, encoders, odometry, the door's signal.

    What cameras tell is kept in the frame of the odometry, so that a silent cell only stops what needs its signal.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "ee"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._grips = grips()
        self._axes = {side: hand_axes(sign, _INWARD_RAD) for side, sign in (("right", -1.0), ("left", 1.0))}
        k = len(PANELS)
        self._phase = np.zeros(nsim, np.int64)
        self._part = np.zeros(nsim, np.int64)
        self._since = np.zeros(nsim)
        self._velocity = np.zeros((nsim, 3))
        self._panels = np.full((nsim, k, 4), np.nan)
        self._nests = np.full((nsim, k, 4), np.nan)
        self._held = np.zeros((nsim, 4))
        self._goal = np.zeros((nsim, 4))
        self._door = np.zeros(nsim, np.bool_)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._phase[ids] = Phase.FETCH
        self._part[ids] = 0
        self._since[ids] = 0.0
        self._velocity[ids] = 0.0
        self._panels[ids] = np.nan
        self._nests[ids] = np.nan
        self._door[ids] = False

    def describe(self, slot: int) -> str:
        """What the controller is at, for captions."""
        phase = Phase(self._phase[slot])
        name = phase.name.lower()
        return name if phase == Phase.LEAVE else f"{name} {PANELS[self._part[slot]]}"

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, 17)."""
        base = _flat(obs["base_pose"])
        self._listen(obs, base)
        hands = between(obs["right_hand"], obs["left_hand"])
        goal, retreat, spread = self._aim(base, hands)
        twists, miss = self._reach(obs, hands, goal, retreat, spread)
        off, turn = self._drive(base)
        phase = self._phase
        holding = (phase >= Phase.CLOSE) & (phase < Phase.OPEN)
        letting_go = THICK_M + _RELEASE_M_PER_S * self._since
        opening = np.select([holding, phase == Phase.OPEN], [0.0, letting_go], _GAP_M)[:, None] + np.zeros(2)
        base_velocity = np.concatenate(
            [
                turn_planar(np, -base[:, 3], np.pad(self._velocity[:, :2], ((0, 0), (0, 1))))[:, :2],
                self._velocity[:, 2:],
            ],
            axis=-1,
        )
        action = [*twists, grip_action(opening, self._grip_max), base_action(base_velocity)]
        self._advance(obs, base, hands, goal, miss, off, turn)
        return np.concatenate(action, axis=-1)

    def _listen(self, obs: Mapping[str, Float], base: Float) -> None:
        """Believe what the cell tells, in the odometry's frame."""
        heard = obs["signal"][:, :1] > 0.5
        told = obs["panel_pose"].reshape(len(base), -1, 4)
        nests = obs["nest_pose"].reshape(len(base), -1, 4)
        for i in range(told.shape[1]):
            self._panels[:, i] = _believe(self._panels[:, i], after(base, told[:, i]), heard)
            self._nests[:, i] = _believe(self._nests[:, i], after(base, nests[:, i]), heard)
        self._door = np.where(heard[:, 0], obs["door"][:, 0] > 0.5, self._door)
        held = seen_from(between(obs["right_hand"], obs["left_hand"]), self._pick(told))
        holding = (self._phase >= Phase.CLOSE) & (self._phase < Phase.OPEN)
        mixed = self._held + 0.15 * (held - self._held)
        nominal = np.stack([self._pick(self._grips.behind), *np.zeros((3, len(base)))], axis=-1)
        self._held = np.where((holding[:, None] & heard), mixed, np.where(holding[:, None], self._held, nominal))

    def _pick(self, table: Float) -> Float:
        """The entry of each simulation's part in a table (k, ...) or (n, k, ...)."""
        if table.shape[0] == len(self._part) and table.ndim == 3:
            return table[np.arange(len(self._part)), self._part]
        return table[self._part]

    def _nest(self) -> Float:
        """Where the middle of the part belongs, odometry's frame, (n, 4)."""
        pose = self._pick(self._nests)
        # the robot goes to the fixture by turning left: yaw about pi, not -pi
        yaw = np.pi + np.arctan2(-np.sin(pose[:, 3]), -np.cos(pose[:, 3]))
        return np.concatenate([pose[:, :3], yaw[:, None]], axis=-1)

    def _aim(self, base: Float, hands: Float) -> tuple[Float, Float, Float]:
        """Goal of the middle between the hands in the base frame (n, 4), retreat along the fingers, half distance."""
        phase = self._phase
        n = len(base)
        back = np.stack([-self._pick(self._grips.behind), *np.zeros((3, n))], axis=-1)
        rack = seen_from(base, after(self._pick(self._panels), back))
        ready = np.stack([np.full(n, _AHEAD_M), np.zeros(n), rack[:, 2], np.zeros(n)], axis=-1)
        nest = self._nest()
        over = seen_from(base, nest)
        # where the hands have to be for the panel that they hold to be there
        seat = after(over, seen_from(self._held, np.zeros((n, 4))))
        carry = ready.copy()
        lift = self._goal + np.array([0.0, 0.0, _LIFT_M, 0.0])
        level = seat[:, 2] + _CLEARANCE_M
        carry[:, 2] = np.where(base[:, 0] > _OFF_RACK_X_M, np.maximum(lift[:, 2], level), level)
        aside = np.sqrt(((hands - seat)[:, :2] ** 2).sum(axis=-1))
        aligned = (aside < _ALIGNED_M) & (np.abs(hands[:, 3] - seat[:, 3]) < _ALIGNED_RAD)
        up = np.stack([np.zeros(n), np.zeros(n), np.where(aligned, 0.0, _CLEARANCE_M), np.zeros(n)], axis=-1)
        # pins lead the panel once they are in its holes, and hands no longer steer it
        led = np.stack([hands[:, 0], hands[:, 1], seat[:, 2], hands[:, 3]], axis=-1)
        on_pins = hands[:, 2] < seat[:, 2] + _LED_M
        lowering = np.where(on_pins[:, None], led, seat + up)
        goals = {
            Phase.FETCH: ready,
            Phase.INSERT: rack,
            Phase.CLOSE: self._goal,
            Phase.LIFT: lift,
            Phase.CARRY: carry,
            Phase.LOWER: lowering,
            Phase.OPEN: self._goal,
            Phase.RETRACT: self._goal,
            Phase.LEAVE: self._goal,
        }
        goal = np.select([(phase == p)[:, None] for p in goals], list(goals.values()))
        retreat = np.select(
            [phase == Phase.FETCH, (phase == Phase.RETRACT) | (phase == Phase.LEAVE)], [_ASIDE_M, _AWAY_M], 0.0
        )
        return goal, retreat, self._pick(self._grips.spread)

    def _seat_z(self) -> Float:
        """Height (n,) of the hands when the panel that they hold is seated."""
        return self._nest()[:, 2] - self._held[:, 2]

    def _reach(
        self, obs: Mapping[str, Float], hands: Float, goal: Float, retreat: Float, spread: Float
    ) -> tuple[list[Float], Float]:
        """Action entries of both hands, (n, 6) each, and how far the worse one is from its goal (n,)."""
        phase = self._phase
        near_pins = (phase == Phase.LOWER) & (hands[:, 2] < self._seat_z() + _SLOW_M)
        busy = [near_pins, (phase == Phase.LOWER) | (phase == Phase.INSERT) | (phase == Phase.LIFT)]
        speed = np.select(busy, [0.03, 0.15], 0.35)
        turn = quat_from_axis_angle(np, (0.0, 0.0, 1.0), goal[:, 3])
        scale = np.repeat((HAND_SPEED_M_PER_S, HAND_TURN_RAD_PER_S), 3)
        twists, misses = [], []
        for side, sign in (("right", -1.0), ("left", 1.0)):
            approach, frame = self._axes[side]
            outward = sign * spread[:, None] * np.array([0.0, 1.0, 0.0]) - retreat[:, None] * approach
            place = goal[:, :3] + rotate(np, turn, outward)
            quat = quat_mul(np, turn, np.broadcast_to(frame, (len(turn), 4)))
            move, spin = hand_errors(obs[f"{side}_hand"], place, quat)
            twists.append(reach_twist(move, spin, speed) / scale)
            misses.append(np.sqrt((move * move).sum(axis=-1)) + 0.1 * np.sqrt((spin * spin).sum(axis=-1)))
        return twists, np.maximum(misses[0], misses[1])

    def _drive(self, base: Float) -> tuple[Float, Float]:
        """Set the base velocity in the odometry's frame; way still to go (n,) m and heading error (n,) rad."""
        phase, n = self._phase, len(base)
        reach = np.stack([np.full(n, _AHEAD_M), *np.zeros((3, n))], axis=-1)
        dock = after(
            self._pick(self._panels), -reach - np.stack([self._pick(self._grips.behind), *np.zeros((3, n))], -1)
        )
        nest = after(self._nest(), -reach - np.stack([self._pick(self._grips.behind), *np.zeros((3, n))], -1))
        wait = nest.copy()
        wait[:, 0] = np.where(self._door, nest[:, 0], np.maximum(nest[:, 0], _WAIT_X_M))
        leave = nest.copy()
        leave[:, 0] = _LEAVE_X_M
        fetching, going = phase == Phase.FETCH, (phase == Phase.CARRY) | (phase == Phase.LOWER)
        goal = np.select(
            [fetching[:, None], going[:, None], (phase == Phase.LEAVE)[:, None]], [dock, wait, leave], base
        )
        turn = goal[:, 3] - base[:, 3]
        # only in the middle of the lane is there room to turn round
        x = np.where(np.abs(turn) > 0.5, np.minimum(np.maximum(goal[:, 0], -_CORRIDOR_M), _CORRIDOR_M), goal[:, 0])
        gap = np.stack([x - base[:, 0], goal[:, 1] - base[:, 1]], axis=-1)
        room = (np.abs(base[:, 0]) < _CORRIDOR_M + 0.04) | (np.abs(turn) < 0.15)
        spin = np.where(room, braking(turn[:, None], _BASE_TURN, _TURN_SLOWING, 3.0)[:, 0], 0.0)
        wanted = np.concatenate([braking(gap, _BASE_SPEED, _BASE_SLOWING, 2.5), spin[:, None]], axis=-1)
        step = np.array(_BASE_ACCELERATION) * CONTROL_PERIOD_S
        self._velocity = self._velocity + np.minimum(np.maximum(wanted - self._velocity, -step), step)
        way = goal[:, :2] - base[:, :2]
        return np.sqrt((way * way).sum(axis=-1)), np.abs(turn)

    def _advance(
        self,
        obs: Mapping[str, Float],
        base: Float,
        hands: Float,
        goal: Float,
        miss: Float,
        off: Float,
        turn: Float,
    ) -> None:
        """Go to the next phase where this one has reached its goal, or its patience has run out."""
        phase, since = self._phase, self._since
        stopped = np.abs(obs["base_velocity"]).max(axis=-1) < 0.04
        shut = obs["gripper"].max(axis=-1) < 0.014
        opened = obs["gripper"].min(axis=-1) > 0.020
        reached = {
            Phase.FETCH: (off < 0.015) & (turn < 0.02) & (miss < 0.025) & stopped,
            Phase.INSERT: (miss < 0.007) | (since > 1.5),
            Phase.CLOSE: (since > 0.5) & (shut | (since > 1.0)),
            Phase.LIFT: (miss < 0.02) | (since > 1.5),
            Phase.CARRY: (off < 0.02) & (turn < 0.03) & stopped & self._door,
            Phase.LOWER: (hands[:, 2] < self._seat_z() + _LET_GO_M) | (since > 8.0),
            Phase.OPEN: opened | (since > 1.0),
            Phase.RETRACT: (miss < 0.02) | (since > 1.0),
        }
        done = np.select([phase == p for p in reached], list(reached.values()), False)
        freeze = done & np.isin(phase, (Phase.INSERT, Phase.LOWER))
        self._goal = np.where(freeze[:, None], np.where((phase == Phase.LOWER)[:, None], hands, goal), self._goal)
        again = done & (phase == Phase.RETRACT) & (self._part < len(PANELS) - 1)
        self._phase = np.where(again, Phase.FETCH, phase + done)
        self._part = self._part + again
        self._since = np.where(done, 0.0, since + CONTROL_PERIOD_S)


def _flat(base: Float) -> Float:
    """Base poses x, y, yaw (n, 3) as x, y, z, yaw."""
    return np.stack([base[:, 0], base[:, 1], 0.0 * base[:, 0], base[:, 2]], axis=-1)


def _believe(known: Float, told: Float, heard: NDArray[np.bool_]) -> Float:
    """Known poses (n, 4) moved towards told ones where the cell is heard."""
    way = told - known
    way = np.concatenate([way[:, :3], np.arctan2(np.sin(way[:, 3:]), np.cos(way[:, 3:]))], axis=-1)
    return np.where(heard, np.where(np.isnan(known), told, known + _HEARD * way), known)
