"""Torso, arms and head of a robot by themselves: where hands are, seen from the shoulders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.ik import ANGLE_DIGITS, solve_hands
from pilotline.robots import Robot
from pilotline.robots.cardrules import SIDES

Float = NDArray[np.float64]

UPPER_GROUPS = ("torso", "right_arm", "left_arm", "head")
_DAMPING_M2 = 1e-5
_LEVER_M = 0.03
"""A turn counts little against a place: arms differ in their wrists more than in their reach."""
_HOMING = 0.02
"""Share of the way home that a joint is drawn in each iteration where the hands leave it free."""
_WAY, _TURN_RAD = 0.1, 0.3
"""Longest way of a hand (arm lengths) and largest turn in an iteration, so that arms do not jump to another bend."""
_ELBOW_OUT, _ELBOW_GAIN = 0.2, 0.5
"""Elbows keep so many arm lengths outside their shoulders where the hands leave them free, clear of the trunk; and the
share of what is missing that each iteration makes up."""


class WorkError(ValueError):
    """A robot or cycle that the work at hand does not suit; one line with the value and what is allowed."""


@dataclass(frozen=True)
class HandPose:
    """Hands in the frame of the chest, right then left.

    Attributes:
      place: (2, 3) from the shoulder to the tool point, in arm lengths.
      turn: (2, 3, 3) of the tool.
    """

    place: Float
    turn: Float


class UpperBody:
    """Kinematics of torso, arms and head with the base at rest, legs and hands at home.

    The chest is the body that carries the shoulders; its frame is parallel to the base's at home. A shoulder is the
    anchor of the arm's second joint at home. The length of an arm is that of the way along the anchors of its joints to
    the tool point.

    Args:
      robot: with two hands.

    Attributes:
      joints: of `UPPER_GROUPS`, in order.
      home, low, high, speed: (k,) of the joints.
      shoulder: (2, 3) m from the chest to the shoulders at home.
      arm_m: (2,) lengths of the arms.

    Raises:
      WorkError: not two hands.
    """

    def __init__(self, robot: Robot) -> None:
        if len(robot.hands) != len(SIDES):
            raise WorkError(f"robot {robot.name} has {len(robot.hands)} hands; allowed: robots with two")
        self.robot = robot
        self.model = robot.spec(shells=False).compile()
        self.data = mujoco.MjData(self.model)
        self.joints = tuple(joint for group in UPPER_GROUPS for joint in robot.groups[group])
        self.home = np.array([robot.home[joint] for joint in self.joints])
        figures = [robot.joints[joint] for joint in self.joints]
        self.low, self.high = np.array([f.low for f in figures]), np.array([f.high for f in figures])
        self.speed = np.array([f.speed for f in figures])
        self._ids = np.array([self.model.joint(joint).id for joint in self.joints])
        self._qadr = self.model.jnt_qposadr[self._ids]
        self._sites = [self.model.site(robot.hands[side].tcp_site).id for side in SIDES]
        self._moves = np.array([[joint in robot.groups[f"{side}_arm"] for joint in self.joints] for side in SIDES])
        for joint, value in robot.home.items():
            self.data.qpos[self.model.jnt_qposadr[self.model.joint(joint).id]] = value
        self._chest = self.model.body_parentid[self.model.jnt_bodyid[self.model.joint(robot.groups["right_arm"][0]).id]]
        self._idle: frozenset[frozenset[int]] = frozenset()
        self.put(self.home)
        self._idle = self._pairs()
        self._level = self._rotation(self._chest).T
        anchors = [[self.data.xanchor[i].copy() for i in self._ids[own]] for own in self._moves]
        chest = self.data.xpos[self._chest]
        self.shoulder = np.array([own[1] - chest for own in anchors])
        chains = [[*own[1:], self.data.site_xpos[site]] for own, site in zip(anchors, self._sites, strict=True)]
        self._elbow = np.array([self._elbow_of(hand) for hand in range(2)])
        self.arm_m = np.array([np.linalg.norm(np.diff(chain, axis=0), axis=1).sum() for chain in chains])

    def put(self, q: Float) -> None:
        """Set the joints to q (k,) and compute the kinematics."""
        self.data.qpos[self._qadr] = q
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)

    def chest_turn(self) -> Float:
        """Rotation (3, 3) of the chest from home, in the world."""
        return self._rotation(self._chest) @ self._level

    def hands(self) -> HandPose:
        """Where the hands are now."""
        chest, origin = self.chest_turn(), self.data.xpos[self._chest]
        at = [(self.data.site_xpos[site] - origin) @ chest for site in self._sites]
        turn = [chest.T @ self.data.site_xmat[site].reshape(3, 3) for site in self._sites]
        return HandPose((np.array(at) - self.shoulder) / self.arm_m[:, None], np.array(turn))

    def tools(self) -> list[tuple[Float, Float]]:
        """Place (3,) and rotation (3, 3) of each tool point in the world."""
        return [(self.data.site_xpos[i].copy(), self.data.site_xmat[i].reshape(3, 3).copy()) for i in self._sites]

    def reach(self, wanted: HandPose, q: Float, rounds: int) -> Float:
        """Joints (k,) that bring the hands as near as can be to `wanted`, searched from q; the torso stays."""
        q = q.copy()
        for _ in range(rounds):
            self.put(q)
            now, chest = self.hands(), self.chest_turn()
            twist = np.zeros((1, 2, 6))
            for hand in range(2):
                way = chest @ (wanted.place[hand] - now.place[hand]) * self.arm_m[hand]
                twist[0, hand, :3] = _at_most(way, _WAY * self.arm_m[hand])
                turn = chest @ _rotation_vector(wanted.turn[hand] @ now.turn[hand].T)
                twist[0, hand, 3:] = _at_most(turn, _TURN_RAD)
            q += solve_hands(
                self.data.xanchor[self._ids][None],
                self.data.xaxis[self._ids][None],
                self.data.site_xpos[self._sites][None],
                self._moves,
                twist,
                (_HOMING * (self.home - q) * self._moves.any(axis=0) + self._elbows_out(chest))[None],
                np.ones(len(q)),
                _DAMPING_M2,
                _LEVER_M,
                q[None],
                self.low,
                self.high,
            )[0]
        return np.round(q, ANGLE_DIGITS)

    def _elbow_of(self, hand: int) -> int:
        """Number of the joint that changes the distance from shoulder to tool point most."""
        place, anchor, axis = self.data.site_xpos[self._sites[hand]], *self._hinges()
        own = np.flatnonzero(self._moves[hand])
        line = place - anchor[own[1]]
        change = np.abs(np.cross(axis[own], place - anchor[own]) @ line)
        return int(own[change.argmax()])

    def _elbows_out(self, chest: Float) -> Float:
        """Steps (k,) of the arms' joints above the elbows that bring elbows out of the trunk's way."""
        anchor, axis = self._hinges()
        step = np.zeros(len(self.joints))
        for hand, (elbow, sign) in enumerate(zip(self._elbow, (-1.0, 1.0), strict=True)):
            shoulder = self.data.xpos[self._chest] + chest @ self.shoulder[hand]
            out = sign * chest[:, 1]
            missing = _ELBOW_OUT * self.arm_m[hand] - float((anchor[elbow] - shoulder) @ out)
            above = [k for k in np.flatnonzero(self._moves[hand]) if k < elbow]
            slope = np.cross(axis[above], anchor[elbow] - anchor[above]) @ out
            if missing > 0.0:
                step[above] = _ELBOW_GAIN * missing * slope / (slope @ slope + 1e-3)
        return step

    def _hinges(self) -> tuple[Float, Float]:
        """Anchors and axes (k, 3) of the joints in the world."""
        return self.data.xanchor[self._ids], self.data.xaxis[self._ids]

    def touching(self, q: Float) -> bool:
        """Whether parts of the robot touch at q (k,) that do not at home."""
        self.put(q)
        return not self._pairs() <= self._idle

    def turning(self) -> Mapping[str, tuple[int, float]]:
        """Torso joints at home: the axis of the base frame that each turns about (0, 1, 2), and its sign."""
        self.put(self.home)
        found = {}
        for joint in self.robot.groups["torso"]:
            axis = self.data.xaxis[self.model.joint(joint).id]
            main = int(np.abs(axis).argmax())
            found[joint] = (main, float(np.sign(axis[main])))
        return found

    def _pairs(self) -> frozenset[frozenset[int]]:
        """Pairs of geoms in contact."""
        mujoco.mj_collision(self.model, self.data)
        return frozenset(frozenset(pair) for pair in self.data.contact.geom.tolist())

    def _rotation(self, body: int) -> Float:
        return np.array(self.data.xmat[body].reshape(3, 3))


def _at_most(v: Float, length: float) -> Float:
    """The vector (3,), no longer than `length`."""
    return np.asarray(v * min(1.0, length / max(float(np.linalg.norm(v)), 1e-12)))


def _rotation_vector(turn: Float) -> Float:
    """Rotation vector (3,) of a rotation matrix (3, 3)."""
    quat, vector = np.zeros(4), np.zeros(3)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(turn).ravel())
    mujoco.mju_quat2Vel(vector, quat, 1.0)
    return vector
