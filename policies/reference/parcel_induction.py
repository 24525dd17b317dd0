"""Reference controller of D1: the right hand takes parcels by their near edge, rolls them over and sets them down."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.frames import norm, quat_from_axis_angle, quat_mul, turn_planar, wrap
from pilotline.envs.stations.parcel_layout import BELT_HEIGHT_M, EDGE_X_M, INDUCTION_Y_M, INFEED_Y_M
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import grip_action, hand_errors, reach_twist, stay
from pilotline.policies.reference.parcel_plan import OUT_M, Goal, Held, Step, end_roll, goal_of, next_roll, start_roll
from pilotline.policies.reference.parcel_poses import arm_of
from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_LEVEL = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""Hand forward and level, fingers one above the other (tool x ahead, tool y up)."""
_X, _Z = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_TOLD = ("parcel", "parcel_size", "labels", "waiting", "taken", "cell", "belt")
_ROLL_RAD_PER_S = 1.9
"""Below the 2.09 rad/s of the wrist's last joint."""
_FRAMES = 15
"""Frames of a parcel in view before its label's side is believed."""
_VALID_SCORE = 0.6
"""Mean confidence above which a label is the valid one: halfway between valid and old labels."""
_ASIDE_M, _ASKEW_RAD = 0.024, 0.15
"""The hand goes to a parcel's edge so far beside the infeed's middle and turned so far, no more."""
_SPARE_M = 0.03
"""Gap left on the induction belt beyond what is asked."""
_AHEAD_S = 0.3
"""Between the step over to lowering and the release of a parcel."""
_TOUCH_N = 6.0
"""Change of wrist force at which lowering stops."""
_NOMINAL_SIZE_M = (0.22, 0.16, 0.06)


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if reason := no_grippers(robot):
        return reason
    misses = arm_of(robot).misses
    return misses and f"with the belts {bench_ahead_m(robot):.2f} m ahead its right hand misses {misses}"


class ParcelInductionPolicy:
    """Acts on observations alone: cameras, the cell's signals, encoders, odometry, wrist sensors.

    Heights and the places of both belts in the cell come from its drawing.

    Args:
      robot: whose right hand is used.
      nsim: simulations served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._gap_m = load_card("parcel_induction").figure("singulation_mm") / 1000.0 + _SPARE_M
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._rest_m = robot.hands["left"].opening_max_m
        self._arms = Arms(robot, nsim)
        self._arm = arm_of(robot)
        self._left = np.array([robot.home[name] for name in robot.groups["left_arm"]])
        # nobody pushes here, and a leg that holds its pose is steadier than one that balances
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._drives = robot.base.kind == "planar"
        self._step, self._step_s = np.zeros(nsim, np.int64), np.zeros(nsim)
        self._said: dict[str, Float] = {}
        self._cell, self._post = np.full((nsim, 3), np.nan), np.zeros((nsim, 3))
        self._seen, self._reads, self._frames = np.zeros((nsim, 3)), np.zeros((nsim, 3)), np.zeros(nsim)
        self._taken = np.zeros(nsim)
        self._edge, self._size, self._bag = np.zeros((nsim, 3)), np.zeros((nsim, 3)), np.zeros(nsim)
        self._face = np.zeros(nsim, np.int64)
        self._roll, self._start = np.zeros(nsim), np.zeros(nsim)
        self._calm = np.zeros((nsim, 3))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        for array in (self._step, self._step_s, self._seen, self._reads, self._frames, self._taken, self._bag):
            array[ids] = 0
        for array in (self._face, self._roll, self._start, self._calm, self._post):
            array[ids] = 0
        self._cell[ids] = np.nan
        self._edge[ids] = (EDGE_X_M, INFEED_Y_M, 0.0)
        self._size[ids] = _NOMINAL_SIZE_M
        for said in self._said.values():
            said[ids] = 0.0

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the joint layout."""
        still = np.zeros((len(obs["signal"]), 3))
        place, speed = obs.get("base_pose", still), obs.get("base_velocity", still)
        heard = obs["signal"][:, 0] > 0.5
        self._listen(obs, heard)
        self._locate(place)
        joints = obs["joint_pos"][:, self._arms.columns]
        hand = turn_planar(np, -self._here[:, 2], obs["right_hand"][:, :3] - self._origin())
        self._look(hand, heard)
        held = Held(self._edge, self._size, self._bag, self._face)
        self._turn(hand, held)
        gone = self._said["belt"][:, 1] + _AHEAD_S * self._said["belt"][:, 0]
        free = gone > self._size[:, 0] + self._gap_m
        to_roll = np.abs(self._roll - end_roll(self._face, self._start))
        goal = goal_of(self._step, hand, held, self._roll, self._start, to_roll, free)
        twist, miss = self._reach(obs["right_hand"], goal)
        posture, taught = self._posture(hand)
        twists = np.stack([twist, np.zeros_like(twist)], axis=1)
        arms = self._arms.act(joints, twists, posture, taught)
        opening = np.stack([goal.opening, np.full(len(still), self._rest_m)], axis=-1)
        grip = grip_action(opening, self._grip_max)
        base = stay(self._post, place, speed) if self._drives else still[:, :0]
        legs = np.broadcast_to(self._legs, (len(still), len(self._legs)))

        off = np.abs(posture - joints[:, -posture.shape[1] :])[:, : posture.shape[1] // 2].max(axis=-1)
        done = self._done(obs, heard & free, heard, hand, miss, off, to_roll)
        touching = (self._step == Step.LOWER)[:, None]
        self._calm = np.where(touching, self._calm, obs["wrist_wrench"][:, :3])
        self._step = np.where(done, np.where(self._step == Step.BACK, Step.READY, self._step + 1), self._step)
        self._step_s = np.where(done, 0.0, self._step_s + CONTROL_PERIOD_S)
        return np.concatenate([legs, arms, grip, base], axis=-1)

    def _listen(self, obs: Mapping[str, Float], heard: Bool) -> None:
        """What was told last; silence leaves it as it was."""
        if not self._said:
            self._said = {name: np.array(obs[name]) for name in _TOLD}
        for name, said in self._said.items():
            self._said[name] = np.where(heard[:, None], obs[name], said)

    def _locate(self, base: Float) -> None:
        """Cell x, y, yaw in the base frame; it stands still on the floor, so it is averaged there."""
        first = np.isnan(self._cell)
        spot = turn_planar(np, base[:, 2], self._said["cell"]) + base
        self._cell = np.where(first, spot, self._cell + 0.05 * (spot - self._cell))
        self._post = np.where(first, base, self._post)
        self._here = turn_planar(np, -base[:, 2], self._cell - base)

    def _origin(self) -> Float:
        """Origin of the cell's frame (n, 3) in the base frame."""
        return np.concatenate([self._here[:, :2], np.full((len(self._here), 1), BELT_HEIGHT_M)], axis=-1)

    def _look(self, hand: Float, heard: Bool) -> None:
        """Follow the parcel that comes next: place, size, labels read; what is taken is remembered as it was."""
        parcel, taken = self._said["parcel"], self._said["taken"][:, 0]
        there = heard & (parcel[:, 3] > 0.5)
        new = taken != self._taken
        self._taken = taken
        score = np.where(there[:, None], self._said["labels"], 0.0)
        self._seen = np.where(new[:, None], 0.0, self._seen) + score
        self._reads = np.where(new[:, None], 0.0, self._reads) + (score > 0.0)
        self._frames = np.where(new, 0.0, self._frames) + there
        # while it moves only where it lies across is known
        spot = parcel[:, :3] - self._origin() * (1.0, 1.0, 0.0)
        spot = np.concatenate([spot[:, :2], np.zeros((len(spot), 1))], axis=-1)
        edge = turn_planar(np, -self._here[:, 2], spot)
        waits = self._said["waiting"][:, 0] > 0.5
        edge[:, 0] = np.where(waits, edge[:, 0], EDGE_X_M)
        # fingers have so much room between the tongues
        edge[:, 1] = np.minimum(np.maximum(edge[:, 1], INFEED_Y_M - _ASIDE_M), INFEED_Y_M + _ASIDE_M)
        yaw = wrap(np, parcel[:, 2] - self._here[:, 2])
        edge[:, 2] = np.minimum(np.maximum(yaw, -_ASKEW_RAD), _ASKEW_RAD)
        looks = (self._step <= Step.READY) & there
        blend = np.where(self._frames <= 2.0, 1.0, np.where(waits, 0.25, 0.5))[:, None]
        self._edge = np.where(looks[:, None], self._edge + blend * (edge - self._edge), self._edge)
        size = self._size + blend * (self._said["parcel_size"][:, :3] - self._size)
        self._size = np.where(looks[:, None], size, self._size)
        self._bag = np.where(looks, self._said["parcel_size"][:, 3], self._bag)
        mean = self._seen / np.maximum(self._reads, 1.0)
        best = mean.argmax(axis=-1)
        shown = mean.max(axis=-1) > _VALID_SCORE
        self._face = np.where(looks, np.where(shown, best + 1, 0), self._face)

    def _turn(self, hand: Float, held: Held) -> None:
        """The roll asked of the hand goes on its way."""
        ready = self._step <= Step.READY
        self._start = np.where(ready, start_roll(self._face, self._roll, self._edge[:, 2]), self._start)
        wanted = np.where(self._step >= Step.LIFT, end_roll(self._face, self._start), self._start)
        wanted = np.where(self._step >= Step.LOWER, self._roll, wanted)
        pace = _ROLL_RAD_PER_S * CONTROL_PERIOD_S
        self._roll = next_roll(self._roll, wanted, hand, held, self._start, self._step, pace)

    def _posture(self, hand: Float) -> tuple[Float, Bool]:
        """Arm joints to prefer (n, 2 k) rad, right then left, and (n, 2) where an arm simply goes there."""
        share = (hand[:, 1] - INFEED_Y_M) / (INDUCTION_Y_M - INFEED_Y_M)
        share = np.minimum(np.maximum(share, 0.0), 1.0)[:, None]
        start = self._step == Step.START
        right = self._arm.take + share * (self._arm.set - self._arm.take)
        right = np.where(start[:, None], self._arm.wait, right)
        # the last joint's axis runs against the fingers' direction
        right[:, -1] -= self._roll
        left = np.broadcast_to(self._left, right.shape)
        return np.concatenate([right, left], axis=-1), np.stack([start, np.ones_like(start)], axis=-1)

    def _reach(self, hand: Float, goal: Goal) -> tuple[Float, Float]:
        """Twist (n, 6) towards a goal, and what is still to go (n,) m, 1 rad counting as 0.3 m."""
        quat = quat_mul(np, quat_from_axis_angle(np, _Z, self._here[:, 2] + goal.yaw), np.array([_LEVEL]))
        quat = quat_mul(np, quat, quat_from_axis_angle(np, _X, goal.roll))
        place = turn_planar(np, self._here[:, 2], goal.position) + self._origin()
        move, spin = hand_errors(hand, place, quat)
        miss = norm(np, move) + 0.3 * norm(np, spin)
        return reach_twist(move, spin, goal.speed, turn=2.6, gain=10.0), miss

    def _done(
        self, obs: Mapping[str, Float], free: Bool, heard: Bool, hand: Float, miss: Float, off: Float, to_roll: Float
    ) -> Bool:
        """(n,), the hand's step has reached its goal."""
        spent = self._step_s
        waits = heard & (self._said["waiting"][:, 0] > 0.5) & (self._frames >= _FRAMES)
        load = norm(np, obs["wrist_wrench"][:, :3] - self._calm)
        tests = {
            Step.START: off < 0.3,
            Step.READY: waits & ((miss < 0.012) | ((spent > 1.5) & (miss < 0.04))),
            Step.INSERT: (miss < 0.006) | (spent > 0.8),
            Step.GRIP: spent > 0.25,
            Step.LIFT: (hand[:, 2] > 0.5 * self._size[:, 2] + 0.015) | (spent > 1.0),
            Step.CARRY: (to_roll < 0.03) & free & (miss < 0.015),
            Step.LOWER: (miss < 0.004) | (load > _TOUCH_N) | (spent > 0.6),
            Step.OPEN: spent > 0.16,
            Step.BACK: (hand[:, 0] < EDGE_X_M - OUT_M) | (spent > 1.0),
        }
        done: Bool = np.select([self._step == step for step in tests], list(tests.values()), False)
        return done
