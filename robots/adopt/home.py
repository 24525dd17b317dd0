"""The home pose: a keyframe of the model that stands, else one that is found: knees a little bent, soles flat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.spatial import ConvexHull

from pilotline.robots.adopt.shape import Shape
from pilotline.robots.adopt.soles import Sole
from pilotline.robots.adopt.tree import Body, Limb

Float = NDArray[np.float64]

BENT = 0.97
"""Hip above sole in the pose that is found, as a share of the leg straight."""
FLAT_RAD = np.radians(3.0)
LEVEL_M = 0.005
OUTSIDE = 0.005
"""A keyframe may leave a joint's range by so much, rad or m: its figures are rounded."""
SERVO_RAD = 0.02
"""A keyframe's controls of position servos may be so far off its own joint values."""
STARTS = 12
BALANCING = 5
NEAR = 0.02
"""Weight of a rad off the zero pose against 0.1 m off the goal."""


@dataclass(frozen=True)
class Home:
    """How the robot stands.

    Attributes:
      joints: rad or m by name; all of the model's hinges and slides.
      height_m: of the root body's origin above the soles (of a robot without legs: in the file).
      how: where the pose comes from, in words.
      refused: keyframes that do not do, each with the reason.
    """

    joints: Mapping[str, float]
    height_m: float
    how: str
    refused: tuple[str, ...]


def home_of(shape: Shape, body: Body, soles: Mapping[str, Sole]) -> Home:
    """The home pose; leaves the shape's data in it."""
    refused: list[str] = []
    limbs = (*body.legs.values(), *body.arms.values())
    standing = set(shape.names((*(part for limb in limbs for part in limb.parts), *body.torso)))
    for number in range(shape.model.nkey):
        name = shape.model.key(number).name or f"keyframe {number}"
        joints = _keyframe(shape, number)
        fault = _fault(shape, number, soles, standing)
        if fault is None:
            return Home(joints, _height(shape, soles), f"keyframe {name!r}", tuple(refused))
        refused.append(f"keyframe {name!r} is not taken: {fault}")
    joints = _zero(shape)
    how = "zero pose"
    if soles:
        joints |= _stand_up(shape, joints, body, soles)
        how = "found: knees a little bent, soles flat below the centre of mass"
    pose(shape, joints)
    return Home(joints, _height(shape, soles), how, tuple(refused))


def pose(shape: Shape, joints: Mapping[str, float]) -> None:
    """Put the shape's data in a pose, the root as in the file."""
    data = shape.data
    data.qpos[:] = shape.model.qpos0
    for name, value in joints.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_kinematics(shape.model, data)
    mujoco.mj_comPos(shape.model, data)


def _zero(shape: Shape) -> dict[str, float]:
    """Zero, or the nearest limit."""
    return {name: float(np.clip(0.0, one.low, one.high)) + 0.0 for name, one in shape.limits.items()}


def _keyframe(shape: Shape, number: int) -> dict[str, float]:
    """Joint values of a keyframe; the shape's data is put in it."""
    qpos = shape.model.key_qpos[number]
    joints = {name: float(qpos[shape.model.joint(name).qposadr[0]]) for name in shape.limits}
    pose(shape, joints)
    return {name: float(np.clip(joints[name], one.low, one.high)) for name, one in shape.limits.items()}


def _fault(shape: Shape, number: int, soles: Mapping[str, Sole], standing: set[str]) -> str | None:
    """Why a keyframe, in which the shape's data is, is no home pose; None where it is one.

    `standing` are the joints whose controls matter: fingers may press.
    """
    model = shape.model
    for name, one in shape.limits.items():
        value = float(shape.data.joint(name).qpos[0])
        if not one.low - OUTSIDE <= value <= one.high + OUTSIDE:
            return f"joint {name!r} is at {value:.3g}, outside [{one.low:.3g}, {one.high:.3g}]"
    if (off := _servo_off(shape, number, standing)) is not None:
        return off
    if shape.floating and abs(lean := _lean(model, number)) > FLAT_RAD:
        return f"its root leans {np.degrees(lean):.1f} deg"
    if not soles:
        return None
    for side, sole in soles.items():
        tilt = float(np.arccos(np.clip(sole.pose(shape)[1][2, 2], -1.0, 1.0)))
        if tilt > FLAT_RAD:
            return f"its {side} sole is {np.degrees(tilt):.0f} deg off level"
    heights = [float(sole.pose(shape)[0][2]) for sole in soles.values()]
    if max(heights) - min(heights) > LEVEL_M:
        return f"one sole is {1e3 * (max(heights) - min(heights)):.0f} mm above the other"
    margin = support_margin(shape, soles)
    if margin < 0.0:
        return f"its centre of mass is {-1e3 * margin:.0f} mm outside the soles"
    return None


def _servo_off(shape: Shape, number: int, standing: set[str]) -> str | None:
    """A position servo whose control in the keyframe asks for another angle than the keyframe has."""
    model, ctrl = shape.model, shape.model.key_ctrl[number]
    if not np.any(ctrl):
        return None  # MuJoCo fills in zeros where a keyframe gives none
    affine, joint = mujoco.mjtBias.mjBIAS_AFFINE.value, mujoco.mjtTrn.mjTRN_JOINT.value
    for actuator in range(model.nu):
        gain = float(model.actuator_gainprm[actuator, 0])
        if model.actuator_biastype[actuator] != affine or model.actuator_trntype[actuator] != joint or gain == 0.0:
            continue
        if not np.isclose(model.actuator_biasprm[actuator, 1], -gain):
            continue
        name = shape.name(int(model.actuator_trnid[actuator, 0]))
        if name not in standing:
            continue
        value = float(shape.data.joint(name).qpos[0]) * float(model.actuator_gear[actuator, 0])
        if abs(value - ctrl[actuator]) > SERVO_RAD:
            return f"its control of {name!r} asks for {ctrl[actuator]:.3g}, the joint is at {value:.3g}"
    return None


def _lean(model: mujoco.MjModel, number: int) -> float:
    """Angle between the root's upright axis in a keyframe and in the zero pose, rad."""
    ups = []
    for quat in (model.key_qpos[number][3:7], model.qpos0[3:7]):
        frame = np.zeros(9)
        mujoco.mju_quat2Mat(frame, np.array(quat))
        ups.append(frame.reshape(3, 3)[2])
    return float(np.arccos(np.clip(ups[0] @ ups[1], -1.0, 1.0)))


def _height(shape: Shape, soles: Mapping[str, Sole]) -> float:
    root = float(shape.data.xpos[shape.parts[0].bodies[0], 2])
    if not soles:
        return max(root, 0.0)
    return root - min(float(sole.corners(shape)[:, 2].min()) for sole in soles.values())


def support_margin(shape: Shape, soles: Mapping[str, Sole]) -> float:
    """Distance of the centre of mass from the nearest edge of the hull of both soles, m; negative outside."""
    corners = np.concatenate([sole.corners(shape)[:, :2] for sole in soles.values()])
    edges = ConvexHull(corners).equations
    centre = shape.data.subtree_com[shape.parts[0].bodies[0], :2]
    return float(-(edges[:, :2] @ centre + edges[:, 2]).max())


def _stand(
    shape: Shape, joints: Mapping[str, float], leg: Limb, sole: Sole, near: Mapping[str, float], ahead_m: float
) -> dict[str, float]:
    """Angles of a leg with its sole flat below the hip, `ahead_m` farther forward, the knee pointing ahead.

    `joints` is the zero pose, in which the leg is measured. Sought from angles `near`, or, where there are none, from
    zero and random ones around it.
    """
    names = shape.names(leg.parts)
    limits = [shape.limits[name] for name in names]
    low, high = np.array([one.low for one in limits]), np.array([one.high for one in limits])
    rest = np.array([joints[name] for name in names])
    pose(shape, joints)
    anchors = np.array([shape.data.xanchor[shape.model.joint(name).id] for name in names])
    hip = anchors[: min(3, len(anchors))].mean(axis=0)
    straight = _straight(shape, names, sole)
    at, _ = sole.pose(shape)
    centre_line = shape.data.xpos[shape.parts[0].bodies[0], 1]
    wide = at[1] if abs(at[1] - centre_line) > 0.02 and _is_level(shape, sole) else hip[1]
    ankle_ahead = float((sole.turn.T @ (sole.centre - sole.ankle))[0])
    goal = np.array([hip[0] + ankle_ahead + ahead_m, wide, hip[2] - BENT * straight])
    knee = _knee(anchors)

    def miss(q: Float) -> Float:
        pose(shape, {**joints, **dict(zip(names, q.tolist(), strict=True))})
        place, frame = sole.pose(shape)
        bent = shape.data.xanchor[shape.model.joint(names[knee]).id][0] - hip[0] - ahead_m / 2.0
        behind = min(0.0, bent - 0.02)
        return np.concatenate(
            [10.0 * (place - goal), 3.0 * frame[:2, 2], [3.0 * frame[1, 0], 5.0 * behind], NEAR * (q - rest)]
        )

    rng = np.random.default_rng(20260401)
    spread = np.minimum(0.5, (high - low) / 4.0)
    guesses = [rest, *(rest + spread * rng.uniform(-1.0, 1.0, len(rest)) for _ in range(STARTS))]
    if near:
        guesses = [np.array([near[name] for name in names])]
    inner = np.minimum(1e-4, (high - low) / 10.0)
    best = min(
        (least_squares(miss, np.clip(q, low + inner, high - inner), bounds=(low, high)) for q in guesses),
        key=lambda found: found.cost,
    )
    return dict(zip(names, (float(value) for value in np.round(best.x, 4)), strict=True))


def _stand_up(shape: Shape, joints: Mapping[str, float], body: Body, soles: Mapping[str, Sole]) -> dict[str, float]:
    """Angles of both legs, standing, the middle of the soles under the centre of mass."""
    found: dict[str, float] = {}
    ahead = 0.0
    for _ in range(BALANCING):
        for side, leg in body.legs.items():
            near = found if set(shape.names(leg.parts)) <= set(found) else {}
            found |= _stand(shape, joints, leg, soles[side], near, ahead)
        pose(shape, {**joints, **found})
        middle = np.mean([sole.pose(shape)[0][0] for sole in soles.values()])
        ahead += float(shape.data.subtree_com[shape.parts[0].bodies[0], 0] - middle)
    return found


def _is_level(shape: Shape, sole: Sole) -> bool:
    return bool(sole.pose(shape)[1][2, 2] > np.cos(np.radians(10.0)))


def _straight(shape: Shape, names: list[str], sole: Sole) -> float:
    """Hip above sole with the leg straight, m: from the mean of the hip's joints down the chain of anchors."""
    anchors = np.array([shape.data.xanchor[shape.model.joint(name).id] for name in names])
    hips = anchors[: min(3, len(anchors))]
    last_hip = hips[-1]
    down = float(hips[:, 2].mean() - last_hip[2])
    rest = anchors[min(3, len(anchors)) - 1 :]
    steps = np.linalg.norm(np.diff(rest, axis=0), axis=1).sum()
    foot = abs(float((sole.turn.T @ (sole.centre - sole.ankle))[2]))
    return down + float(steps) + foot


def _knee(anchors: Float) -> int:
    """The joint that divides the leg most evenly."""
    steps = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(anchors, axis=0), axis=1))])
    return int(np.argmin(np.abs(steps - steps[-1] / 2.0)))
