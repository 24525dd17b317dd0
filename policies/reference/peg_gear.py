"""Reference controller of B1: the right hand puts pegs into holes by feel, the left one gears on their shafts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import norm, quat_from_axis_angle, quat_mul, turn_planar
from pilotline.envs.stations.peg_layout import BOARD_HEIGHT_M, HOLE_DEPTH_M, PARTS, PEGS
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.feel import Wrists
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.insertion import give_way, press
from pilotline.policies.reference.motion import grip_action, hand_errors, reach_twist, stay
from pilotline.policies.reference.peg_plan import (
    QUEUE,
    Goal,
    Hands,
    Step,
    downwards,
    foot_m,
    goal,
    grasped,
    is_peg,
    mesh_turn,
    pitch_rad,
    posture,
    seat_xy,
    usual_grip,
    widths,
    within_pitch,
)
from pilotline.policies.reference.peg_poses import plan_of
from pilotline.policies.reference.peg_trim import HOLD, TELLS, TRIMS, led, risk, told, trim_of
from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

Float = NDArray[np.float64]

_DOWN = (0.5, 0.5, 0.5, -0.5)
"""Tool x down, tool y, along which fingers open, ahead."""
_X, _Z = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_TOUCH_N, _SEARCH_N, _PUSH_N, _HOME_N = 2.5, 5.0, 16.0, 8.0
"""Force that tells of contact, under which a peg slides over the board, with which parts are pushed down, and which
tells that a part is down."""
_SEARCH_M_PER_S = 0.006
"""Speed down into a hole that lets a peg in."""
_YIELD_M_PER_S_N, _YIELD_M_PER_S = 3e-4, 0.01
"""Speed sideways per force that pushes a part there, and at most."""
_FOLLOW = np.array([0.25, 0.25, 1.0])
"""Share of its usual haste with which a hand that gives way goes to where it gave way to: both are integrals of the
same force, and in haste they swing against the arm's stiffness."""
_FOUND_M = 0.0008
"""A peg that is so much deeper than where it met the board is in its hole."""
_INSIDE_M = 0.0015
"""A peg that meets nothing so far below the board's top went straight in."""
_CREEP_M_PER_S = 0.0006
"""Under pressure a peg slides up between fingers more slowly than this."""
_CAUGHT_N, _CAUGHT_S = 8.0, 0.5
"""A peg that something pushes sideways with so much force is slid no further, and back from more. If that lasts, the
wall of its hole has caught it, even where it has slid up between the fingers and seems no deeper."""
_GIVE_UP_S = 4.0
"""A part that is stuck for so long is taken up and brought again."""
_STUCK_M_PER_S = 0.0015
"""A part that comes down more slowly against half the push is stuck; it is turned to and fro then."""
_WIGGLE_HZ = 0.7
_CLOSING_S = 0.14
"""After so long closing fingers meet a part."""
_BRAKE_M_PER_S2 = 0.8
_LETTING_GO_M_PER_S = 0.03
_RAISED_M = 0.10
"""Above the board hands pass over its edge and over the trays."""
_LOOK_S = 0.5
"""For so long the camera's poses are averaged before a hand goes by them."""
_HOLD_PER_S, _BRAKE = 40.0, 3.0
"""Base: speed back per metre off its place, and per speed it has."""


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if reason := no_grippers(robot):
        return reason
    missed = {side: pose for side, pose in plan_of(robot).misses.items() if pose is not None}
    away = bench_ahead_m(robot)
    return next(
        (f"with the bench {away:.2f} m ahead its {side} hand misses {pose}" for side, pose in missed.items()),
        None,
    )


class PegGearPolicy:
    """Acts on observations alone: camera poses, cell signals, encoders, odometry, wrist sensors.

    It can be led: see `pilotline.policies.guided` and `peg_trim`.

    Heights and the places of holes and shafts on the board come from the board's drawing. Arrays of hands have 2 n
    rows, right hands first.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "joint"
    tells = TELLS
    trims = TRIMS
    hold = HOLD

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._n = nsim
        self._plan = plan_of(robot)
        self._arms = Arms(robot, nsim, self._plan.torso)
        self._wrists = Wrists(robot)
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._drives = robot.base.kind == "planar"
        self._width = widths()
        longest = max(len(queue) for queue in QUEUE)
        self._queue = np.array([queue + (queue[-1],) * (longest - len(queue)) for queue in QUEUE])
        self._side = np.repeat((0, 1), nsim)
        self._count = np.array([len(queue) for queue in QUEUE])[self._side]
        h = 2 * nsim
        self._step, self._index = np.zeros(h, np.int64), np.zeros(h, np.int64)
        self._since, self._stuck_s, self._slid_s = np.zeros(h), np.zeros(h), np.zeros(h)
        self._calm, self._push = np.zeros((h, 3)), np.zeros((h, 3))
        self._taken, self._last = np.zeros((h, 3)), np.zeros((h, 3))
        self._place, self._held = np.zeros((h, 2)), np.zeros((h, 3))
        self._offset, self._opening = np.zeros((h, 2)), np.zeros(h)
        self._turn, self._met = np.zeros(h), np.zeros(h)
        self._board, self._parts = np.zeros((nsim, 3)), np.zeros((nsim, len(PARTS), 3))
        self._seen = np.zeros((nsim, len(PARTS)))
        self._post = np.full((nsim, 3), np.nan)
        self._looked, self._pinion = np.zeros(nsim), np.zeros(nsim)
        self._trim = trim_of(None, nsim)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        hands = np.concatenate([ids, ids + self._n])
        for array in (self._step, self._index, self._since, self._stuck_s, self._slid_s, self._calm, self._push):
            array[hands] = 0
        for array in (self._taken, self._last, self._place, self._offset, self._turn, self._met, self._held):
            array[hands] = 0.0
        self._opening[hands] = 0.04
        self._board[ids], self._parts[ids], self._seen[ids], self._looked[ids] = 0.0, 0.0, 0.0, 0.0
        self._pinion[ids] = 0.0
        self._post[ids] = np.nan

    def told(self) -> Float:
        """What it says of itself, see `TELLS`."""
        n, part, last = self._n, self._part(), self._last
        off = (last + self._held)[:n, :2] - seat_xy(part[:n]) - self._offset[:n]
        return told(
            self._step,
            self._index,
            self._push,
            foot_m(part, last[:, 2], self._held[:, 2]),
            self._since,
            self._stuck_s,
            (self._slid_s[:n], (self._met - last[:, 2])[:n], off),
        )

    def led(self) -> NDArray[np.bool_]:
        """(n,), whether a trim has any effect now."""
        return led(self._step[: self._n])

    def risk(self, metrics: Mapping[str, Float]) -> Float:
        """How near cycles are to breaking the limits of force, see `peg_trim.risk`."""
        return risk(metrics)

    def _part(self) -> NDArray[np.int64]:
        """Parts (2 n,) that hands are at."""
        part: NDArray[np.int64] = self._queue[self._side, np.minimum(self._index, self._count - 1)]
        return part

    def act(self, obs: Mapping[str, Float], trim: Float | None = None) -> Float:
        """Actions of the joint layout."""
        n = self._n
        self._trim = trim_of(trim, n)
        still = np.zeros((n, 3))
        base, speed = obs.get("base_pose", still), obs.get("base_velocity", still)
        joints = obs["joint_pos"][:, self._arms.columns]
        self._look(obs, base)
        tool = np.concatenate([obs["right_hand"], obs["left_hand"]])
        here = self._on_board(tool, np.tile(base, (2, 1)))
        part = self._part()
        begins = (self._step == Step.RAISE) & (self._since == 0.0)
        self._taken = np.where(begins[:, None], here, self._taken)
        self._feel(obs)
        self._aim(obs, part)
        self._grasp(part, here)
        hands = Hands(
            self._step,
            part,
            self._since,
            self._slid_s,
            here,
            self._taken,
            self._held,
            self._place,
            self._turn,
        )
        wanted = goal(hands, self._spot(part), self._offset, self._width[part])
        twist, miss = self._reach(tool, here, wanted, part, base)
        poses = [self._plan.poses[side] for side in ("right", "left")]
        across = np.stack([-here[:n, 1], here[n:, 1]])
        halves = [posture(poses[i], self._step.reshape(2, n)[i], across[i]) for i in range(2)]
        arm = np.concatenate([half[0] for half in halves], axis=-1)
        taught = np.stack([half[1] for half in halves], axis=-1)
        arms = self._arms.act(joints, twist.reshape(2, n, 6).swapaxes(0, 1), arm, taught)
        self._opening = np.minimum(wanted.opening, self._opening + _LETTING_GO_M_PER_S * CONTROL_PERIOD_S)
        grip = grip_action(self._opening.reshape(2, n).T, self._grip_max)
        drive = stay(self._post, base, speed, _HOLD_PER_S, _BRAKE) if self._drives else still[:, :0]
        legs = np.broadcast_to(self._legs, (n, len(self._legs)))

        off = np.abs(arm - joints[:, -arm.shape[1] :]).reshape(n, 2, -1).max(axis=-1).T.ravel()
        self._advance(obs, part, here, miss, off)
        return np.concatenate([legs, arms, grip, drive], axis=-1)

    def _look(self, obs: Mapping[str, Float], base: Float) -> None:
        """Average what the camera says of the board and of parts in their trays, on the hall's floor."""
        heard = obs["signal"][:, 0] > 0.5
        self._post = np.where(np.isnan(self._post), base, self._post)
        board = turn_planar(np, base[:, 2], obs["board"]) + base
        self._looked = self._looked + heard * 1.0
        share = np.maximum(1.0 / np.maximum(self._looked, 1.0), 0.02)
        self._board = np.where(heard[:, None], self._board + share[:, None] * (board - self._board), self._board)
        pegs = obs["pegs"].reshape(self._n, len(PEGS), 3)
        gears = obs["gears"].reshape(self._n, len(PARTS) - len(PEGS), 4)
        place = np.concatenate([pegs[:, :, :2], gears[:, :, :2]], axis=1)
        turn = np.concatenate([np.zeros((self._n, len(PEGS))), gears[:, :, 2] + base[:, 2:]], axis=1)
        view = np.concatenate([pegs[:, :, 2], gears[:, :, 3]], axis=1) > 0.5
        self._seen = self._seen + view
        share = np.maximum(1.0 / np.maximum(self._seen, 1.0), 0.02)
        numbers = np.broadcast_to(np.arange(len(PARTS)), view.shape)
        for k in range(len(PARTS)):
            spot = turn_planar(np, base[:, 2], np.concatenate([place[:, k], turn[:, k : k + 1]], axis=-1))
            spot[:, :2] += base[:, :2]
            change = spot - self._parts[:, k]
            change[:, 2] = within_pitch(numbers[:, k], change[:, 2])
            self._parts[:, k] += np.where(view[:, k : k + 1], share[:, k : k + 1] * change, 0.0)

    def _on_board(self, tool: Float, base: Float) -> Float:
        """Tool points (2 n, 3) m in the frame of the board."""
        board = np.tile(self._board, (2, 1))
        hall = turn_planar(np, base[:, 2], tool[:, :3])
        hall[:, :2] += base[:, :2] - board[:, :2]
        hall[:, 2] -= BOARD_HEIGHT_M
        return turn_planar(np, -board[:, 2], hall)

    def _spot(self, part: NDArray[np.int64]) -> Float:
        """Where parts stand in their trays (2 n, 2) m, board frame."""
        rows = np.tile(np.arange(self._n), 2)
        board = np.tile(self._board, (2, 1))
        away = self._parts[rows, part] - board
        return turn_planar(np, -board[:, 2], away)[:, :2]

    def _feel(self, obs: Mapping[str, Float]) -> None:
        """What pushes against the hands, board frame, smoothed; calm is while nothing touches what they hold."""
        force = self._wrists.forces(obs).swapaxes(0, 1).reshape(-1, 3)
        force = turn_planar(np, np.tile(-self._heading(obs), 2), force)
        calm = self._step <= Step.HOVER
        first = self._since < 1.5 * CONTROL_PERIOD_S
        share = np.where(first, 1.0, 0.15)[:, None]
        self._calm = np.where(calm[:, None], self._calm + share * (force - self._calm), self._calm)
        push = np.where(calm[:, None], 0.0, self._calm - force)
        self._push = self._push + 0.6 * (push - self._push)

    def _heading(self, obs: Mapping[str, Float]) -> Float:
        """Yaw (n,) rad of the board in the base frame."""
        base = obs.get("base_pose", np.zeros((self._n, 3)))
        heading: Float = self._board[:, 2] - base[:, 2]
        return heading

    def _aim(self, obs: Mapping[str, Float], part: NDArray[np.int64]) -> None:
        """By how much a gear has to be turned on its way, so that its teeth meet gaps."""
        heard = obs["signal"][:, 0] > 0.5
        self._pinion = np.where(heard, obs["pinion"][:, 0], self._pinion)
        pinion = np.tile(self._pinion, 2)
        rows = np.tile(np.arange(self._n), 2)
        lies = self._parts[rows, part, 2] - np.tile(self._board[:, 2], 2)
        turn = np.where(is_peg(part), 0.0, within_pitch(part, mesh_turn(part, pinion) - lies))
        self._turn = np.where(self._step < Step.DOWN, turn, self._turn)

    def _grasp(self, part: NDArray[np.int64], here: Float) -> None:
        """Where the part is in each hand: as drawn, then as it was met, then as the board pushed it up."""
        meets = (self._step == Step.PINCH) & (self._since < _CLOSING_S)
        held = np.where((self._step < Step.PINCH)[:, None], usual_grip(part), self._held)
        held = np.where(meets[:, None], grasped(self._spot(part), here, self._turn), held)
        on_board = (self._step == Step.SEARCH) & is_peg(part) & (self._push[:, 2] > 0.5 * _TOUCH_N)
        held[:, 2] = np.where(on_board, -self._met, held[:, 2])
        self._held = held

    def _reach(
        self, tool: Float, here: Float, wanted: Goal, part: NDArray[np.int64], base: Float
    ) -> tuple[Float, Float]:
        """Twists (2 n, 6) in the base frame towards goals, and what is still to go (2 n,) m, 1 rad as 0.3 m."""
        heading = np.tile(self._board[:, 2] - base[:, 2], 2)
        pushing = self._step == Step.PUSH
        # what is stuck is turned or shaken a little
        shake = np.sin(2 * np.pi * _WIGGLE_HZ * self._stuck_s) * (pushing & (self._stuck_s > 0.0))
        swing = np.where(is_peg(part), 0.03, 0.4 * np.minimum(pitch_rad(part), 0.4)) * shake
        quat = quat_mul(np, quat_from_axis_angle(np, _Z, heading + wanted.yaw + swing), np.array([_DOWN]))
        quat = quat_mul(np, quat, quat_from_axis_angle(np, _X, np.pi * self._plan.flip[self._side]))
        _, spin = hand_errors(tool, tool[:, :3], quat)
        # about the part's axis, not the hand's
        beside = np.concatenate([self._held[:, :2], swing[:, None]], axis=-1)
        move = wanted.position - here
        move[:, :2] += self._held[:, :2] - turn_planar(np, swing, beside)[:, :2]
        miss = np.sqrt((move * move).sum(axis=-1)) + 0.3 * np.sqrt((spin * spin).sum(axis=-1))
        follow = np.where(pushing[:, None], _FOLLOW, 1.0)
        twist = reach_twist(move * follow, spin, wanted.speed, brake=_BRAKE_M_PER_S2)
        trim = self._trim
        up, pace = self._push[:, 2], trim.pace * downwards(part, foot_m(part, here[:, 2], self._held[:, 2]))
        feeling = [self._step == Step.TOUCH, self._step == Step.SEARCH, pushing]
        # what is held sideways comes free first, else it jumps
        firmly = np.minimum(np.maximum(2.0 * _CAUGHT_N - self._sideways(), 0.0) / _CAUGHT_N, 1.0)
        push = trim.press * (_SEARCH_N + firmly * (_PUSH_N - _SEARCH_N))
        sinks = press(up, trim.press * _SEARCH_N, trim.pace * _SEARCH_M_PER_S)
        down = np.select(feeling, [pace, sinks, press(up, push, pace)], 0.0)
        twist[:, 2] = np.where(down != 0.0, -down, twist[:, 2])
        twist[:, :2] += np.where((pushing | (self._step == Step.SEARCH))[:, None], self._give(), 0.0)
        twist[:, :3] = turn_planar(np, heading, twist[:, :3])
        return twist, miss

    def _sideways(self) -> Float:
        """Force (2 n,) N that pushes hands sideways."""
        return norm(np, self._push[:, :2])

    def _give(self) -> Float:
        """Velocity (2 n, 2) m/s away from what pushes hands sideways."""
        return give_way(self._push[:, :2], _YIELD_M_PER_S_N, _YIELD_M_PER_S)

    def _advance(self, obs: Mapping[str, Float], part: NDArray[np.int64], here: Float, miss: Float, off: Float) -> None:
        """Go to the next step where this one has reached its goal, or its patience has run out."""
        rows = np.tile(np.arange(self._n), 2)
        since, up = self._since, self._push[:, 2]
        seated = obs["seated"][rows, part] > 0.5
        ready = (np.tile(obs["ready"][:, 0] > 0.5, 2)) & (np.tile(self._looked, 2) * CONTROL_PERIOD_S > _LOOK_S)
        known = self._seen[rows, part] > 0
        foot = foot_m(part, here[:, 2], self._held[:, 2])
        peg = is_peg(part)
        touched = up > _TOUCH_N
        sideways = self._sideways()
        reached = {
            Step.RAISE: (here[:, 2] > _RAISED_M) | (since > 2.0),
            Step.START: off < 0.15,
            Step.OVER: (miss < 0.006) & ready & known,
            Step.DOWN: (miss < 0.0008) | ((since > 2.0) & (miss < 0.004)),
            Step.PINCH: since > 0.45,
            Step.LIFT: miss < 0.008,
            Step.CARRY: miss < 0.010,
            Step.HOVER: (miss < 0.0006) & (since > 0.5),
            Step.TOUCH: ~peg | touched | (foot < HOLE_DEPTH_M - _INSIDE_M),
            Step.SEARCH: ~peg | (here[:, 2] < self._met - _FOUND_M) | (self._stuck_s > _CAUGHT_S),
            Step.PUSH: seated & (up > _HOME_N) | (seated & (since > 6.0)),
            Step.OPEN: since > 0.6,
            Step.RISE: miss < 0.010,
        }
        done = np.select([self._step == one for one in reached], list(reached.values()), False)
        # where hands stay in steps that go by their fingers
        grasps = (self._step == Step.DOWN) | ((self._step == Step.PINCH) & (since < 0.3))
        follow = grasps | (self._step == Step.PUSH)
        self._taken = np.where(follow[:, None], here, self._taken)
        creeps = np.maximum(here[:, 2], self._met - _CREEP_M_PER_S * CONTROL_PERIOD_S)
        self._met = np.where(self._step == Step.SEARCH, np.minimum(self._met, creeps), here[:, 2])
        pushing = (self._step == Step.PUSH)[:, None]
        self._place = np.where(pushing, self._place + self._give() * CONTROL_PERIOD_S, here[:, :2])
        found = (self._step == Step.PUSH) & seated
        error = here[:, :2] + self._held[:, :2] - seat_xy(part)
        # an error across the fingers' motion is half the part's own
        share = np.stack([np.ones(len(part)), 1.0 / (1.0 + self._index)], axis=-1)
        learned = self._offset + share * (error - self._offset)
        self._offset = np.where((found & done)[:, None], learned, self._offset)
        searching, pushes = self._step == Step.SEARCH, self._step == Step.PUSH
        slides = press(sideways, _CAUGHT_N, self._trim.slide * CONTROL_PERIOD_S)
        self._slid_s = np.where(searching, np.maximum(self._slid_s + slides, 0.0), 0.0)
        slow = np.abs(here[:, 2] - self._last[:, 2]) < _STUCK_M_PER_S * CONTROL_PERIOD_S
        stuck = pushes & slow & (up > 0.5 * _PUSH_N) & ~seated
        caught = searching & (sideways > 0.8 * _CAUGHT_N)
        stays = pushes | caught
        self._stuck_s = np.where(stays & ~done, self._stuck_s + (stuck | caught) * CONTROL_PERIOD_S, 0.0)
        self._last = here
        again = pushes & (self._stuck_s > _GIVE_UP_S)
        self._step = np.where(again, Step.CARRY, self._step + done)
        follows = (self._step == Step.AWAY) & (self._index + 1 < self._count)
        self._index = self._index + follows
        self._step = np.where(follows, Step.OVER, self._step)
        self._since = np.where(done | again, 0.0, since + CONTROL_PERIOD_S)
