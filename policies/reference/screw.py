"""Reference controller of B3: the right hand takes the driver, picks screws, drives them, and parks the driver."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import norm, quat_from_axis_angle, quat_mul, turn_planar
from pilotline.envs.stations.screw_layout import DECOY_M, FEEDER_M, HOLES_M, LENGTH_M, POCKETS, WORK_HEIGHT_M
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import grip_action, hand_errors, reach_twist, stay
from pilotline.policies.reference.screw_plan import Goal, Step, goal_of, pocket_at
from pilotline.policies.reference.screw_poses import plan_of
from pilotline.policies.reference.search import spiral
from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_LEVEL = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)
"""Hand forward and level, fingers one above the other (tool x ahead, tool y up)."""
_X, _Z = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_RIGHT_M = 0.5 * (LENGTH_M + DECOY_M)
"""Screws shorter than this stay where they are."""
_ALIGNED_M, _CALM_M_PER_S = 0.00025, 0.0016
_SLOW_M_PER_S = 0.008
_SEAT_S = 0.5
"""A picked head is pressed on at least this long after the way down begins, so that it comes to sit flush."""
_SOFT = 0.6
_SMOOTH = 0.05
"""Share of each frame in the average of what stands still."""
_TOLD = ("bench", "holes", "feeder", "tool", "driver", "held", "lengths")


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if reason := no_grippers(robot):
        return reason
    pose = plan_of(robot).misses
    away = bench_ahead_m(robot)
    return None if pose is None else f"with the part {away:.2f} m ahead its right hand misses {pose}"


class ScrewPolicy:
    """Acts on observations alone: camera poses, the arm's encoders, signals of driver and feeder, its own joints.

    Heights and the handle's place on the driver come from the bench's drawing.

    Args:
      robot: whose right hand is used.
      nsim: simulations served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._arms = Arms(robot, nsim)
        self._plan = plan_of(robot)
        self._left = np.array([robot.home[name] for name in robot.groups["left_arm"]])
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._drives = robot.base.kind == "planar"
        self._step, self._spent_s = np.zeros(nsim, np.int64), np.zeros(nsim)
        self._hole, self._pocket = np.zeros(nsim, np.int64), np.zeros(nsim, np.int64)
        self._tries, self._steady_s = np.zeros(nsim, np.int64), np.zeros(nsim)
        self._used = np.zeros((nsim, POCKETS), np.bool_)
        self._back = np.zeros(nsim, np.bool_)
        self._spot, self._post = np.full((nsim, 3), np.nan), np.zeros((nsim, 3))
        self._bench = np.zeros((nsim, 3))
        self._feeder, self._holes = np.full((nsim, 3), np.nan), np.full((nsim, 2 * len(HOLES_M)), np.nan)
        self._before = np.full((nsim, 3), np.nan)
        self._last: dict[str, Float] = {}

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        for array in (self._step, self._spent_s, self._hole, self._pocket, self._tries, self._used, self._back):
            array[ids] = 0
        for mean in (self._spot, self._feeder, self._holes, self._before):
            mean[ids] = np.nan

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the joint layout."""
        n = len(obs["signal"])
        still = np.zeros((n, 3))
        place, speed = obs.get("base_pose", still), obs.get("base_velocity", still)
        heard = obs["signal"] > 0.5
        told = {name: np.where(heard, obs[name], self._last.get(name, obs[name])) for name in _TOLD}
        self._last = told
        self._locate(place, told, heard[:, 0])
        self._choose(told)

        hand, tool = self._in_bench(obs["right_hand"]), told["tool"][:, :3]
        rows = np.arange(n)
        pocket = pocket_at(self._pocket, self._feeder)
        hole = self._holes.reshape(n, -1, 2)[rows, np.minimum(self._hole, len(HOLES_M) - 1)]
        seek = spiral(self._tries.astype(np.float64), 0.0008, 0.0012, 0.0016) * (self._tries > 0)[:, None]
        goal = goal_of(self._step, tool, pocket, hole, seek)
        twist, miss = self._reach(obs["right_hand"], hand, tool, goal)
        # in silence the hand waits
        twist = twist * heard
        twists = np.stack([twist, np.zeros_like(twist)], axis=1)
        joints = obs["joint_pos"][:, self._arms.columns]
        posture, taught = self._postures(tool)
        arms = self._arms.act(joints, twists, posture, taught)
        opening = np.stack([goal.opening, np.zeros(n)], axis=-1)
        grip = grip_action(opening, self._grip_max)
        base = stay(self._post, place, speed) if self._drives else still[:, :0]
        legs = np.broadcast_to(self._legs, (n, len(self._legs)))

        k = self._left.shape[0]
        off = np.abs(posture[:, :k] - joints[:, -2 * k : -k]).max(axis=-1)
        self._advance(told, tool, miss, off, heard[:, 0])
        return np.concatenate([legs, arms, grip, base], axis=-1)

    def _locate(self, base: Float, told: Mapping[str, Float], heard: Bool) -> None:
        """What stands still, averaged: bench on the floor, feeder and holes on the bench."""
        seen = turn_planar(np, base[:, 2], told["bench"]) + base
        self._post = np.where(np.isnan(self._spot), base, self._post)

        def mean(old: Float, new: Float) -> Float:
            kept = np.where(heard[:, None], old + _SMOOTH * (new - old), old)
            return np.where(np.isnan(old), new, kept)

        self._spot = mean(self._spot, seen)
        self._feeder, self._holes = mean(self._feeder, told["feeder"]), mean(self._holes, told["holes"])
        self._bench = turn_planar(np, -base[:, 2], self._spot - base)

    def _choose(self, told: Mapping[str, Float]) -> None:
        """The next pocket with a screw of the right length, while the hand is on its way to one."""
        good = (told["lengths"] > _RIGHT_M) & ~self._used
        choosing = (self._step <= Step.TO_POCKET) & ~self._back & good.any(axis=-1)
        # from the far end, so that the screws next to it are out of the sleeve's way
        self._pocket = np.where(choosing, good.argmax(axis=-1), self._pocket)

    def _in_bench(self, pose: Float) -> Float:
        """Points (n, 3) of poses in the base frame, in the bench's."""
        origin = np.concatenate([self._bench[:, :2], np.full((len(pose), 1), WORK_HEIGHT_M)], axis=-1)
        return turn_planar(np, -self._bench[:, 2], pose[:, :3] - origin)

    def _reach(self, pose: Float, hand: Float, tool: Float, goal: Goal) -> tuple[Float, Float]:
        """Twist (n, 6) of the right hand towards its goal, base frame, and what is still to go (n,) m."""
        yaw = self._bench[:, 2]
        quat = quat_mul(np, quat_from_axis_angle(np, _Z, yaw), np.array([_LEVEL]))
        quat = quat_mul(np, quat, quat_from_axis_angle(np, _X, np.full(len(yaw), np.pi * self._plan.flip)))
        way = np.where(goal.holds[:, None], goal.tool - tool, goal.hand - hand)
        move = turn_planar(np, yaw, way)
        _, spin = hand_errors(pose, pose[:, :3], quat)
        squeeze = self._step == Step.GRIP
        move = np.where(squeeze[:, None], 0.0, move)
        # rails that stick and an arm that gives way hunt about the place where they shall stand; softly they don't
        fine = (self._step >= Step.ALIGN) & (self._step <= Step.DRIVE)
        soft = np.where(fine[:, None], np.array([_SOFT, _SOFT, 1.0]), 1.0)
        return reach_twist(move * soft, spin, goal.speed), norm(np, move)

    def _postures(self, tool: Float) -> tuple[Float, Bool]:
        """Arm joints to prefer (n, 2 k) rad, right then left, and (n, 2) where an arm simply goes there."""
        poses = self._plan.poses
        share = np.minimum(np.maximum(tool[:, 1] / FEEDER_M[1], 0.0), 1.0)[:, None]
        work = poses["holes"] + share * (poses["feeder"] - poses["holes"])
        start = self._step == Step.START
        parked = (self._step <= Step.GRIP) | (self._step >= Step.OPEN)
        right = np.select([start[:, None], parked[:, None]], [poses["before"], poses["park"]], work)
        posture = np.concatenate([right, np.broadcast_to(self._left, right.shape)], axis=-1)
        return posture, np.stack([start, np.ones(len(start), np.bool_)], axis=-1)

    def _advance(self, told: Mapping[str, Float], tool: Float, miss: Float, off: Float, heard: Bool) -> None:
        """Go on to the next step where this one has reached its goal."""
        step, spent = self._step, self._spent_s
        running, good, bad = (told["driver"][:, i] > 0.5 for i in range(3))
        held, stroke = told["held"][:, 0] > 0.5, told["tool"][:, 3]
        moved = norm(np, tool - np.where(np.isnan(self._before), tool, self._before))
        self._before = tool
        calm = (miss < _ALIGNED_M) & (moved < _CALM_M_PER_S * CONTROL_PERIOD_S)
        self._steady_s = np.where(calm, self._steady_s + CONTROL_PERIOD_S, 0.0)
        high = tool[:, 2] > 0.024
        last = self._hole >= len(HOLES_M) - 1
        tests = {
            Step.START: off < 0.15,
            Step.READY: miss < 0.006,
            Step.REACH: (miss < 0.003) | (spent > 2.5),
            Step.GRIP: spent > 0.7,
            Step.TO_POCKET: ((miss < 0.0003) & (moved < _SLOW_M_PER_S * CONTROL_PERIOD_S)) | (spent > 3.0),
            Step.PICK: (held & (stroke > 0.0002) & (spent > _SEAT_S)) | (spent > 2.5),
            Step.LIFT: high,
            Step.TO_HOLE: (miss < 0.0015) & (moved < 0.02 * CONTROL_PERIOD_S),
            Step.ALIGN: (self._steady_s > 0.1) | (spent > 3.0),
            Step.DRIVE: good | bad | ((spent > 3.5) & ~running),
            Step.RAISE: high,
            Step.PARK: miss < 0.004,
            Step.OPEN: spent > 0.5,
        }
        done = np.select([step == one for one in tests], list(tests.values()), False) & heard
        # a screw that is not flush goes back to its pocket, which sets it upright
        lost = done & ~held & ((step == Step.LIFT) | (step == Step.TO_HOLE) | (step == Step.ALIGN))
        again = done & (step == Step.RAISE) & held
        onward = done & (step == Step.RAISE) & ~held
        follow = np.where(done, step + 1, step)
        follow = np.where(lost, Step.TO_POCKET, follow)
        follow = np.where(again, Step.TO_HOLE, follow)
        follow = np.where(onward & ~last, Step.TO_POCKET, follow)
        taken = done & (step == Step.LIFT) & held
        rows = np.flatnonzero(taken)
        self._used[rows, self._pocket[rows]] = True
        picked = done & (step == Step.PICK)
        left = told["lengths"][np.arange(len(step)), self._pocket] > 0.5 * DECOY_M
        self._back = (self._back | (lost & ~left)) & ~picked
        self._tries = np.where(taken | onward, 0, self._tries + lost)
        self._hole = self._hole + (onward & ~last)
        self._step = follow
        self._spent_s = np.where(done, 0.0, spent + CONTROL_PERIOD_S * heard)
