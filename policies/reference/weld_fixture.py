"""Reference controller of A2: fetch a panel by its near corners, turn round, lower it onto its pins; three times."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import quat_from_axis_angle, quat_mul, rotate
from pilotline.envs.hand_control import HAND_SPEED_M_PER_S, HAND_TURN_RAD_PER_S
from pilotline.envs.stations.weld_layout import PANELS, THICK_M
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import base_action, grip_action, hand_errors, reach_twist
from pilotline.policies.reference.weld_drive import Drive
from pilotline.policies.reference.weld_feel import Feel
from pilotline.policies.reference.weld_moves import after, believed, between, grips, hand_axes, seen_from
from pilotline.robots import Robot

Float = NDArray[np.float64]

_AHEAD_M = 0.47
"""Hands hold a panel this far ahead of the base's middle."""
_INWARD_RAD = 0.47
"""Hands point this far inward from straight ahead."""
_ASIDE_M, _AWAY_M = 0.065, 0.08
"""Hands wait this far back along their fingers from where they hold, and draw back so far from a seated panel."""
_LIFT_M = 0.05
_CLEARANCE_M = 0.042
"""A panel comes to its nest this far above its seat: over the tips of the pins."""
_LED_M = 0.030
"""Below this height over their seat, hands leave a panel to its pins."""
_CLEAR_OF_PINS_M = 0.003
_LET_GO_M = 0.004
"""Fingers open this far above the seat: a panel rides down on the lower ones, and no arm presses on it."""
_DOWN_M = 0.011
"""A panel that goes no further so near its seat lies on the nets, and the camera is off."""
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
_HEARD, _HEARD_HELD = 0.3, 0.15
"""Share of a new sight in what is believed of things that stand, and of the panel in the hands."""


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
    """Acts on observations alone: cameras, encoders, wrists, odometry, the door's signal.

    What cameras tell is kept in the frame where the robot stood at first, so that a silent cell only stops what needs
    its signal.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "ee"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._grips = grips()
        self._axes = {side: hand_axes(sign, _INWARD_RAD) for side, sign in (("right", -1.0), ("left", 1.0))}
        self._drive, self._feel = Drive(nsim), Feel(nsim)
        k = len(PANELS)
        self._phase = np.zeros(nsim, np.int64)
        self._part = np.zeros(nsim, np.int64)
        self._since = np.zeros(nsim)
        self._origin = np.full((nsim, 4), np.nan)
        self._panels = np.full((nsim, k, 4), np.nan)
        self._nests = np.full((nsim, k, 4), np.nan)
        self._held = np.zeros((nsim, 4))
        self._goal = np.zeros((nsim, 4))
        self._door = np.zeros(nsim, np.bool_)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._drive.begin(ids)
        self._feel.begin(ids)
        self._phase[ids] = Phase.FETCH
        self._part[ids] = 0
        self._since[ids] = 0.0
        self._origin[ids] = np.nan
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
        base = self._base(obs)
        hands = between(obs["right_hand"], obs["left_hand"])
        self._listen(obs, base, hands)
        seat = self._seat(base)
        goal, retreat = self._aim(base, hands, seat)
        twists, miss = self._reach(obs, hands, seat, goal, retreat)
        stand = self._stand(base)
        velocity = self._drive.to(base, stand)
        self._advance(obs, base, hands, seat, goal, miss, stand)
        return np.concatenate([*twists, grip_action(self._opening(), self._grip_max), base_action(velocity)], axis=-1)

    def _base(self, obs: Mapping[str, Float]) -> Float:
        """Bases (n, 4) = x, y, z, yaw in the frame where they began."""
        x, y, yaw = obs["base_pose"].T
        now = np.stack([x, y, 0.0 * x, yaw], axis=-1)
        self._origin = np.where(np.isnan(self._origin), now, self._origin)
        return seen_from(self._origin, now)

    def _listen(self, obs: Mapping[str, Float], base: Float, hands: Float) -> None:
        """Believe what the cell tells, and what the wrists feel."""
        phase, heard = self._phase, obs["signal"] > 0.5
        panels, nests = (obs[name].reshape(len(base), -1, 4) for name in ("panel_pose", "nest_pose"))
        for i in range(len(PANELS)):
            self._panels[:, i] = believed(self._panels[:, i], after(base, panels[:, i]), heard, _HEARD)
            self._nests[:, i] = believed(self._nests[:, i], after(base, nests[:, i]), heard, _HEARD)
        self._door = np.where(heard[:, 0], obs["door"][:, 0] > 0.5, self._door)
        holding = ((phase >= Phase.CLOSE) & (phase < Phase.OPEN))[:, None]
        seen = believed(self._held, seen_from(hands, self._own(panels)), heard, _HEARD_HELD)
        # what pins do to the panel in the hands says nothing of where its seat is
        seen = np.where(self._led(hands, self._seat(base), _LED_M + _CLEAR_OF_PINS_M)[:, None], self._held, seen)
        self._held = np.where(holding, seen, self._behind())
        self._feel.listen(obs, phase == Phase.CARRY)

    def _own(self, table: Float) -> Float:
        """What is the part's of a table (n, k, ...)."""
        return table[np.arange(len(self._part)), self._part]

    def _behind(self) -> Float:
        """The part's middle as seen from the middle between hands that hold it as planned, (n, 4)."""
        behind = self._grips.behind[self._part]
        return np.stack([behind, *np.zeros((3, len(behind)))], axis=-1)

    def _nest(self) -> Float:
        """Where the middle of the part belongs, (n, 4)."""
        pose = self._own(self._nests)
        # the robot goes to the fixture by turning left: yaw about pi, not -pi
        yaw = np.pi + np.arctan2(-np.sin(pose[:, 3]), -np.cos(pose[:, 3]))
        return np.concatenate([pose[:, :3], yaw[:, None]], axis=-1)

    def _seat(self, base: Float) -> Float:
        """Where the hands have to be for the panel that they hold to be seated, base frame, (n, 4)."""
        nest = after(self._nest(), self._feel.aside())
        return after(seen_from(base, nest), seen_from(self._held, np.zeros_like(base)))

    def _opening(self) -> Float:
        """Distance (n, 2) between the fingers of each hand, m."""
        phase = self._phase
        holding = (phase >= Phase.CLOSE) & (phase < Phase.OPEN)
        letting_go = THICK_M + _RELEASE_M_PER_S * self._since
        return np.select([holding, phase == Phase.OPEN], [0.0, letting_go], _GAP_M)[:, None] + np.zeros(2)

    def _aim(self, base: Float, hands: Float, seat: Float) -> tuple[Float, Float]:
        """Goal of the middle between the hands in the base frame (n, 4), and how far hands stay back from it (n,)."""
        phase, n = self._phase, len(base)
        rack = seen_from(base, after(self._own(self._panels), -self._behind()))
        level = seat[:, 2] + _CLEARANCE_M
        lift = self._goal + np.array([0.0, 0.0, _LIFT_M, 0.0])
        carried = np.where(base[:, 0] > _OFF_RACK_X_M, np.maximum(lift[:, 2], level), level)
        z = np.where(phase == Phase.FETCH, rack[:, 2], carried)
        ahead = np.stack([np.full(n, _AHEAD_M), np.zeros(n), z, np.zeros(n)], axis=-1)
        aside = np.sqrt(((hands - seat)[:, :2] ** 2).sum(axis=-1))
        aligned = (aside < _ALIGNED_M) & (np.abs(hands[:, 3] - seat[:, 3]) < _ALIGNED_RAD) & ~self._feel.rising
        over = np.concatenate([seat[:, :2], np.where(aligned, seat[:, 2], level)[:, None], seat[:, 3:]], axis=-1)
        goals = {
            Phase.FETCH: ahead,
            Phase.INSERT: rack,
            Phase.LIFT: lift,
            Phase.CARRY: ahead,
            Phase.LOWER: over,
        }
        goal = np.select([(phase == p)[:, None] for p in goals], list(goals.values()), self._goal)
        back = np.select([phase == Phase.FETCH, phase >= Phase.RETRACT], [_ASIDE_M, _AWAY_M], 0.0)
        return goal, back

    def _led(self, hands: Float, seat: Float, height_m: float = _LED_M) -> NDArray[np.bool_]:
        """(n,), the panel sinks and is within that height over its seat: at its pins, and they lead it."""
        return (self._phase == Phase.LOWER) & ~self._feel.rising & (hands[:, 2] < seat[:, 2] + height_m)

    def _reach(
        self, obs: Mapping[str, Float], hands: Float, seat: Float, goal: Float, back: Float
    ) -> tuple[list[Float], Float]:
        """Action entries of both hands, (n, 6) each, and how far the worse one is from its goal (n,)."""
        phase = self._phase
        careful = (phase == Phase.LOWER) | (phase == Phase.INSERT) | (phase == Phase.LIFT)
        near = (phase == Phase.LOWER) & (hands[:, 2] < seat[:, 2] + _LED_M) & ~self._feel.rising
        speed = np.select([near, careful], [0.03, 0.15], 0.35)
        led = self._led(hands, seat)[:, None]
        turn = quat_from_axis_angle(np, (0.0, 0.0, 1.0), goal[:, 3])
        scale = np.repeat((HAND_SPEED_M_PER_S, HAND_TURN_RAD_PER_S), 3)
        spread = self._grips.spread[self._part]
        twists, misses = [], []
        for hand, (side, sign) in enumerate((("right", -1.0), ("left", 1.0))):
            approach, frame = self._axes[side]
            outward = sign * spread[:, None] * np.array([0.0, 1.0, 0.0]) - back[:, None] * approach
            place = goal[:, :3] + rotate(np, turn, outward)
            quat = quat_mul(np, turn, np.broadcast_to(frame, (len(turn), 4)))
            move, spin = hand_errors(obs[f"{side}_hand"], place, quat)
            twist = reach_twist(move, spin, speed)
            sinking = np.concatenate([self._feel.sinking_velocity(hand), np.zeros_like(spin)], axis=-1)
            # hands that let go stay as they are: one that pulled at the panel would jump when its fingers come free
            still = np.where((phase == Phase.OPEN)[:, None], 0.0, twist)
            twists.append(np.where(led, sinking, still) / scale)
            misses.append(np.sqrt((move * move).sum(axis=-1)) + 0.1 * np.sqrt((spin * spin).sum(axis=-1)))
        return twists, np.maximum(misses[0], misses[1])

    def _stand(self, base: Float) -> Float:
        """Where the base shall be, (n, 4)."""
        phase = self._phase
        reach = -self._behind() - np.array([_AHEAD_M, 0.0, 0.0, 0.0])
        rack, nest = after(self._own(self._panels), reach), after(self._nest(), reach)
        wait, leave = nest.copy(), nest.copy()
        wait[:, 0] = np.where(self._door, nest[:, 0], np.maximum(nest[:, 0], _WAIT_X_M))
        leave[:, 0] = _LEAVE_X_M
        goals = {Phase.FETCH: rack, Phase.CARRY: wait, Phase.LOWER: nest, Phase.LEAVE: leave}
        return np.select([(phase == p)[:, None] for p in goals], list(goals.values()), base)

    def _advance(
        self,
        obs: Mapping[str, Float],
        base: Float,
        hands: Float,
        seat: Float,
        goal: Float,
        miss: Float,
        stand: Float,
    ) -> None:
        """Go to the next phase where this one has reached its goal, or its patience has run out."""
        phase, since = self._phase, self._since
        off = np.sqrt(((stand - base)[:, :2] ** 2).sum(axis=-1))
        turn = np.abs(stand[:, 3] - base[:, 3])
        stopped = np.abs(obs["base_velocity"]).max(axis=-1) < 0.04
        shut = obs["gripper"].max(axis=-1) < 0.014
        opened = obs["gripper"].min(axis=-1) > 0.020
        height = hands[:, 2] - seat[:, 2]
        blocked = self._feel.blocked(self._led(hands, seat))
        self._feel.retry(blocked & (height >= _DOWN_M), height > _CLEARANCE_M - 0.005)
        reached = {
            Phase.FETCH: (off < 0.015) & (turn < 0.02) & (miss < 0.025) & stopped,
            Phase.INSERT: (miss < 0.007) | (since > 1.5),
            Phase.CLOSE: (since > 0.5) & (shut | (since > 1.0)),
            Phase.LIFT: (miss < 0.02) | (since > 1.5),
            Phase.CARRY: (off < 0.02) & (turn < 0.03) & stopped & self._door,
            Phase.LOWER: (height < _LET_GO_M) | (blocked & (height < _DOWN_M)),
            Phase.OPEN: opened | (since > 1.0),
            Phase.RETRACT: (miss < 0.02) | (since > 1.0),
        }
        done = np.select([phase == p for p in reached], list(reached.values()), False)
        self._goal = np.where((done & (phase == Phase.INSERT))[:, None], goal, self._goal)
        self._goal = np.where((done & (phase == Phase.LOWER))[:, None], hands, self._goal)
        self._feel.begin(done & (phase == Phase.LOWER))
        again = done & (phase == Phase.RETRACT) & (self._part < len(PANELS) - 1)
        self._phase = np.where(again, Phase.FETCH, phase + done)
        self._part = self._part + again
        self._since = np.where(done, 0.0, since + CONTROL_PERIOD_S)
