"""Arm postures for tool poses: taught ones where an arm is made like the one they were taught to, else found.

A tool pose leaves an arm of seven joints a choice, and a posture near a joint's end or a singularity makes every move
through it a bad one. Of the solutions from several starts the one with most room to both is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pilotline.envs.ik import ANGLE_DIGITS
from pilotline.robots import Robot
from pilotline.robots.bench import bench_stance

Float = NDArray[np.float64]

_STARTS = 40
_REACHED_M, _TURNED_RAD = 0.004, 0.06
"""A pose met so closely counts as met; the controller's own feedback takes out the rest."""
_CLEARANCE_M = 0.01
_LEVER_M = 0.3
_STAY_WEIGHT = 0.02
"""Of a joint's half range off the start against 0.1 m off the pose: starts spread over what the pose leaves free."""
_FINE = 1e-13
"""Solved as fine as doubles allow before angles are rounded, so that no processor's LAPACK shows in them."""


@dataclass(frozen=True)
class ToolPose:
    """Where a tool point shall be, m in the base frame, and how the tool is turned from level and ahead with its
    fingers one above the other: yaw to the left, pitch down, then roll about the fingers, rad."""

    position: tuple[float, float, float]
    pitch_rad: float = 0.0
    yaw_rad: float = 0.0
    roll_rad: float = 0.0

    @property
    def axes(self) -> tuple[Float, Float]:
        """Directions (3,) of the tool's x, where it approaches, and y, along which its fingers open."""
        (cp, sp), (cy, sy) = ((np.cos(a), np.sin(a)) for a in (self.pitch_rad, self.yaw_rad))
        ahead, up = np.array([cy * cp, sy * cp, -sp]), np.array([cy * sp, sy * sp, cp])
        return ahead, np.cos(self.roll_rad) * up + np.sin(self.roll_rad) * np.cross(ahead, up)


@dataclass(frozen=True)
class Posture:
    """Joint angles (k,) of an arm, how far the tool is off its pose, m and rad, and whether the arm is clear of the
    robot."""

    angles: Float
    miss_m: float
    miss_rad: float
    clear: bool

    @property
    def reached(self) -> bool:
        """Whether the tool is where it shall be, and the arm meets nothing."""
        return self.clear and self.miss_m < _REACHED_M and self.miss_rad < _TURNED_RAD


class ArmPostures:
    """Finds postures of one arm of a robot at a bench.

    Args:
      robot: with a hand on that side.
      side: right or left.
      flip: whether the tool is held turned half round about its approach axis, which a gripper does not mind.
      torso: angles (rad) of torso joints that the work wants other than at any bench.
    """

    def __init__(self, robot: Robot, side: str, flip: bool, torso: Mapping[str, float] | None = None) -> None:
        self._model = model = robot.spec(shells=False).compile()
        model.geom_margin[:] = 0.5 * _CLEARANCE_M
        self._data = data = mujoco.MjData(model)
        for name, value in {**robot.home, **bench_stance(robot), **(torso or {})}.items():
            data.joint(name).qpos[0] = value
        self._flip = -1.0 if flip else 1.0
        self._arm = robot.groups[f"{side}_arm"]
        self._qadr = np.array([int(model.joint(name).qposadr[0]) for name in self._arm])
        self._dofs = np.array([int(model.joint(name).dofadr[0]) for name in self._arm])
        figures = [robot.joints[name] for name in self._arm]
        self._low, self._high = np.array([(joint.low, joint.high) for joint in figures]).T
        self._site = int(model.site(robot.hands[side].tcp_site).id)
        arms = {each: _carried(model, robot.groups[f"{each}_arm"][0]) for each in robot.hands}
        self._own = arms[side]
        self._trunk = ~np.logical_or.reduce(list(arms.values()))
        mujoco.mj_kinematics(model, data)
        self._near: set[tuple[int, int]] = set()
        self._near = self._meetings()

    def find(self, pose: ToolPose, near: Sequence[Float] = (), taught: Float | None = None) -> Posture:
        """The posture for a pose.

        Args:
          near: postures to start from before random ones; given some, the solution nearest to the first is taken.
          taught: taken as it is where it meets the pose.
        """
        if taught is not None and len(taught) == len(self._arm):
            found = self._posture(taught, pose)
            if found.reached:
                return found
        nearby = [self._posture(self._solve(start, pose), pose) for start in near]
        if nearby and nearby[0].reached:
            return nearby[0]
        rng = np.random.default_rng(0)
        drawn = [self._solve(rng.uniform(self._low, self._high), pose) for _ in range(_STARTS)]
        solved = [*nearby, *(self._posture(q, pose) for q in drawn)]
        reached = [one for one in solved if one.reached]
        if not reached:
            return min(solved, key=lambda one: one.miss_m + _LEVER_M * one.miss_rad)
        if near:
            return min(reached, key=lambda one: float(np.abs(one.angles - near[0]).max()))
        return max(reached, key=lambda one: self._room(one.angles))

    def _solve(self, start: Float, pose: ToolPose) -> Float:
        half = 0.5 * (self._high - self._low)
        inside = np.clip(start, self._low + 1e-3, self._high - 1e-3)

        def off(q: Float) -> Float:
            away, turned = self._errors(q, pose)
            return np.concatenate([10.0 * away, 10.0 * _LEVER_M * turned, _STAY_WEIGHT * (q - inside) / half])

        def slope(q: Float) -> Float:
            linear, angular = self._jacobian(q)
            frame = self._data.site_xmat[self._site].reshape(3, 3)
            axes = [np.cross(angular.T, frame[:, i]).T for i in (0, 1)]
            return np.concatenate(
                [10.0 * linear, *(10.0 * _LEVER_M * axis for axis in axes), np.diag(_STAY_WEIGHT / half)]
            )

        found = least_squares(off, inside, slope, bounds=(self._low, self._high), ftol=_FINE, xtol=_FINE, gtol=_FINE).x
        return np.asarray(np.round(found, ANGLE_DIGITS))

    def _errors(self, q: Float, pose: ToolPose) -> tuple[Float, Float]:
        """Position error (3,) m and the differences of the tool's axes from the wanted ones (6,)."""
        data = self._data
        data.qpos[self._qadr] = q
        mujoco.mj_kinematics(self._model, data)
        frame = data.site_xmat[self._site].reshape(3, 3)
        ahead, across = pose.axes
        off = np.concatenate([frame[:, 0] - ahead, frame[:, 1] - self._flip * across])
        return data.site_xpos[self._site] - pose.position, off

    def _jacobian(self, q: Float) -> tuple[Float, Float]:
        """Linear and angular Jacobian (3, k) of the tool point at q."""
        data, model = self._data, self._model
        data.qpos[self._qadr] = q
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        linear, angular = np.zeros((3, model.nv)), np.zeros((3, model.nv))
        mujoco.mj_jacSite(model, data, linear, angular, self._site)
        return linear[:, self._dofs], angular[:, self._dofs]

    def _posture(self, q: Float, pose: ToolPose) -> Posture:
        away, turned = self._errors(q, pose)
        return Posture(np.array(q), float(np.linalg.norm(away)), float(np.abs(turned).max()), not self._meetings())

    def _meetings(self) -> set[tuple[int, int]]:
        """Bodies of the arm within the clearance of bodies that belong to neither arm, but for those near at home."""
        mujoco.mj_collision(self._model, self._data)
        pairs = self._model.geom_bodyid[self._data.contact.geom].reshape(-1, 2).tolist()
        ordered = {(a, b) if self._own[a] else (b, a) for a, b in pairs}
        return {(a, b) for a, b in ordered if self._own[a] and self._trunk[b]} - self._near

    def _room(self, q: Float) -> float:
        """Smallest singular value of the hand's Jacobian times the smallest share of range left at a joint's end."""
        linear, angular = self._jacobian(q)
        jacobian = np.concatenate([linear, _LEVER_M * angular])
        share = np.minimum(q - self._low, self._high - q) / (self._high - self._low)
        return float(np.linalg.svd(jacobian, compute_uv=False)[-1] * share.min())


def _carried(model: mujoco.MjModel, joint: str) -> NDArray[np.bool_]:
    """(bodies,), those that a joint moves."""
    moved = np.zeros(model.nbody, np.bool_)
    moved[model.joint(joint).bodyid[0]] = True
    for body in range(1, model.nbody):
        moved[body] |= moved[model.body_parentid[body]]
    return moved


def missed(postures: Mapping[str, Posture]) -> str | None:
    """The worst of several poses that an arm does not reach, in words; None if it reaches all."""
    off = {name: one for name, one in postures.items() if not one.reached}
    if not off:
        return None
    name = max(off, key=lambda each: off[each].miss_m + _LEVER_M * off[each].miss_rad)
    worst = off[name]
    if not worst.clear:
        return f"{name}, where the arm meets the robot itself"
    return f"{name} by {1000.0 * worst.miss_m:.0f} mm and {np.rad2deg(worst.miss_rad):.0f} deg"
