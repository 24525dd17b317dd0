"""One arm as a chain of joints, for many joint positions at once.

Everything else of the robot stands still, as it was when the chain was read. Frames follow MuJoCo: a body's frame sits
in its parent's, then each of its joints turns it about an anchor or slides it along an axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.robot import Robot

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Tip:
    """The point of an arm that works.

    Attributes:
      body: number of the body that carries it.
      place, turn: (3,) m and (3, 3) in that body's frame; x is the approach, y the fingers' opening direction.
      what: in words.
    """

    body: int
    place: Float
    turn: Float
    what: str


@dataclass(frozen=True)
class _Step:
    """A body of the chain: its place in the frame before, and the joints that move it (index in the arm)."""

    place: Float
    turn: Float
    joints: tuple[tuple[int, bool, Float, Float], ...]


@dataclass(frozen=True)
class Poses:
    """Where the tip and the joints are: `place` (n, 3), `turn` (n, 3, 3), `anchors`, `axes` (n, k, 3), in the world."""

    place: Float
    turn: Float
    anchors: Float
    axes: Float


class Arm:
    """The joints of a side's arm group, in order.

    Args:
      robot: whose arm.
      model, data: the robot alone, posed, kinematics computed; joints outside the arm stay as they are there.
      side: right or left.

    Attributes:
      joints: names, (k,).
      low, high: (k,) rad.
      rest: (k,) as posed.
      tip: what it works with.
      shoulder: (3,) m, the first joint's anchor in the world.
    """

    def __init__(self, robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, side: str) -> None:
        self.side = side
        self.joints = robot.groups[f"{side}_arm"]
        numbers = [model.joint(name).id for name in self.joints]
        self.low = np.array([robot.joints[name].low for name in self.joints])
        self.high = np.array([robot.joints[name].high for name in self.joints])
        self.rest = np.array([float(data.joint(name).qpos[0]) for name in self.joints])
        self.tip = tip_of(robot, model, data, side)
        self.shoulder = np.array(data.xanchor[numbers[0]])
        self.top = int(model.jnt_bodyid[numbers[0]])
        above = int(model.body_parentid[self.top])
        self._place, self._turn = np.array(data.xpos[above]), data.xmat[above].reshape(3, 3).copy()
        chain = [self.tip.body]
        while chain[-1] != self.top:
            chain.append(int(model.body_parentid[chain[-1]]))
        self._zero = np.array([model.qpos0[model.jnt_qposadr[number]] for number in numbers])
        self._steps = [_step(model, data, body, numbers) for body in reversed(chain)]

    def poses(self, q: Float) -> Poses:
        """Poses for joint positions (n, k)."""
        count, size = q.shape
        place = np.broadcast_to(self._place, (count, 3))
        turn = np.broadcast_to(self._turn, (count, 3, 3))
        anchors, axes = np.zeros((count, size, 3)), np.zeros((count, size, 3))
        moved = q - self._zero
        for step in self._steps:
            place = place + turn @ step.place
            turn = turn @ step.turn
            for number, slides, anchor, axis in step.joints:
                anchors[:, number] = place + turn @ anchor
                axes[:, number] = turn @ axis
                if slides:
                    place = place + axes[:, number] * moved[:, number, None]
                else:
                    turn = turn @ about(axis, moved[:, number])
                    place = anchors[:, number] - turn @ anchor
        return Poses(place + turn @ self.tip.place, turn @ self.tip.turn, anchors, axes)


def _step(model: mujoco.MjModel, data: mujoco.MjData, body: int, numbers: list[int]) -> _Step:
    """A body's frame in its parent's; joints of it that are not the arm's stay where `data` has them."""
    turn = np.zeros(9)
    mujoco.mju_quat2Mat(turn, model.body_quat[body])
    place, frame = np.array(model.body_pos[body]), turn.reshape(3, 3)
    first, joints = int(model.body_jntadr[body]), []
    for joint in range(first, first + int(model.body_jntnum[body])):
        slides = model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE.value
        anchor, axis = np.array(model.jnt_pos[joint]), np.array(model.jnt_axis[joint])
        if joint in numbers:
            joints.append((numbers.index(joint), bool(slides), anchor, axis))
            continue
        by = float(data.qpos[model.jnt_qposadr[joint]] - model.qpos0[model.jnt_qposadr[joint]])
        if slides:
            place = place + frame @ axis * by
        else:
            turned = frame @ about(axis, np.array([by]))[0]
            place, frame = place + frame @ anchor - turned @ anchor, turned
    return _Step(place, frame, tuple(joints))


def about(axis: Float, angle: Float) -> Float:
    """Rotation matrices (n, 3, 3) about a unit axis (3,) by angles (n,), by Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    found: Float = (
        np.eye(3) + np.sin(angle)[:, None, None] * cross + (1.0 - np.cos(angle))[:, None, None] * (cross @ cross)
    )
    return found


def tip_of(robot: Robot, model: mujoco.MjModel, data: mujoco.MjData, side: str) -> Tip:
    """The tool point of a side's hand; of an arm without one the far end of its last link, pointing outwards."""
    if side in robot.hands:
        site = model.site(robot.hands[side].tcp_site)
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, model.site_quat[site.id])
        return Tip(int(site.bodyid[0]), np.array(site.pos), turn.reshape(3, 3), "tool point of its hand")
    last = model.joint(robot.groups[f"{side}_arm"][-1]).id
    body = int(model.jnt_bodyid[last])
    frame, origin = data.xmat[body].reshape(3, 3), data.xpos[body]
    out = data.xipos[body] - data.xanchor[last]
    length = max(float(np.linalg.norm(out)), 1e-6)
    out = out / length
    far = max([length, *(_extent(model, data, geom, data.xanchor[last], out) for geom in _geoms(model, body))])
    side_way = np.array([0.0, 1.0, 0.0]) - out[1] * out
    if np.linalg.norm(side_way) < 0.1:
        side_way = np.array([1.0, 0.0, 0.0]) - out[0] * out
    y = side_way / np.linalg.norm(side_way)
    turn_world = np.stack([out, y, np.cross(out, y)], axis=1)
    place = frame.T @ (data.xanchor[last] + far * out - origin)
    return Tip(body, place, frame.T @ turn_world, "far end of the last link, for it has no hand")


def _geoms(model: mujoco.MjModel, body: int) -> list[int]:
    return [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == body]


def _extent(model: mujoco.MjModel, data: mujoco.MjData, geom: int, start: Float, way: Float) -> float:
    """How far the box around a geom reaches from a point along a direction, m."""
    frame = data.geom_xmat[geom].reshape(3, 3)
    centre, half = model.geom_aabb[geom, :3], model.geom_aabb[geom, 3:]
    middle = data.geom_xpos[geom] + frame @ centre
    return float((middle - start) @ way + np.abs(frame.T @ way) @ half)
