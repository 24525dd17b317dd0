"""What a model says its joints can do: ranges, joint-side torque limits, and passive damping that is really a servo."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np

TURN = (-math.pi, math.pi)
"""Range of the commands of a joint that turns without end, rad."""

_ONE_AXIS = (mujoco.mjtJoint.mjJNT_HINGE.value, mujoco.mjtJoint.mjJNT_SLIDE.value)
_ON_JOINTS = (mujoco.mjtTrn.mjTRN_JOINT.value, mujoco.mjtTrn.mjTRN_JOINTINPARENT.value)


@dataclass(frozen=True)
class JointLimits:
    """A hinge or slide as the model has it.

    Attributes:
      low, high: range of motion, rad or m; a turn for an endless hinge.
      effort: largest joint-side torque (N m) or force (N); None where the model gives none.
      effort_from: which attribute gave it.
      speed: rad/s or m/s, where the file gives it.
      armature, damping, friction: passive figures, SI, at the joint.
      driven: whether an actuator of the model acts on it directly.
    """

    low: float
    high: float
    effort: float | None
    effort_from: str
    speed: float | None
    armature: float
    damping: float
    friction: float
    driven: bool


def joint_limits(model: mujoco.MjModel, speeds: Mapping[str, float]) -> dict[str, JointLimits]:
    """Limits of every hinge and slide of a compiled model, by name."""
    found = {}
    for number in range(model.njnt):
        if model.jnt_type[number] not in _ONE_AXIS:
            continue
        name, dof = model.joint(number).name, model.jnt_dofadr[number]
        low, high = model.jnt_range[number] if model.jnt_limited[number] else TURN
        effort, origin = _effort(model, number)
        found[name] = JointLimits(
            low=float(low),
            high=float(high),
            effort=effort,
            effort_from=origin,
            speed=speeds.get(name),
            armature=float(model.dof_armature[dof]),
            damping=float(np.ravel(model.dof_damping[dof])[0]),
            friction=float(model.dof_frictionloss[dof]),
            driven=bool(_actuators(model, number)),
        )
    return found


def is_servo_gain(damping: float, effort: float, speed: float) -> bool:
    """Whether passive damping (N m s/rad) must be the derivative gain of a servo that the file put into the joint.

    Losses of a joint leave it its speed: damping that takes twice the effort at the largest speed is no loss. (Files
    with honest placeholders, 1 N m s/rad on every joint, stay below; a servo's 90 to 200 take several times as much.)
    """
    return damping * speed > 2.0 * effort


def _actuators(model: mujoco.MjModel, joint: int) -> list[int]:
    return [
        number
        for number in range(model.nu)
        if model.actuator_trntype[number] in _ON_JOINTS and model.actuator_trnid[number, 0] == joint
    ]


def _effort(model: mujoco.MjModel, joint: int) -> tuple[float | None, str]:
    """The smaller of the joint's own limit and the sum of its actuators' limits, all at the joint."""
    known = []
    if model.jnt_actfrclimited[joint]:
        known.append((_largest(model.jnt_actfrcrange[joint]), "actuatorfrcrange of the joint"))
    parts = [_actuator_effort(model, number) for number in _actuators(model, joint)]
    if parts and all(part is not None for part, _ in parts):
        known.append((math.fsum(part for part, _ in parts if part is not None), parts[0][1]))
    known = [(effort, origin) for effort, origin in known if effort > 0]
    return min(known, default=(None, "no limit in the model"), key=lambda pair: pair[0])


def _actuator_effort(model: mujoco.MjModel, number: int) -> tuple[float | None, str]:
    """Largest joint-side force of an actuator: its own force times the gear."""
    gear = abs(float(model.actuator_gear[number, 0]))
    geared = "" if gear == 1.0 else f" times gear {gear:g}"
    ranges = []
    if model.actuator_forcelimited[number]:
        ranges.append((_largest(model.actuator_forcerange[number]), f"forcerange of the actuator{geared}"))
    motor = (
        model.actuator_gaintype[number] == mujoco.mjtGain.mjGAIN_FIXED.value
        and model.actuator_biastype[number] == mujoco.mjtBias.mjBIAS_NONE.value
    )
    if motor and model.actuator_ctrllimited[number]:
        force = abs(float(model.actuator_gainprm[number, 0])) * _largest(model.actuator_ctrlrange[number])
        ranges.append((force, f"ctrlrange of the motor{geared}"))
    if not ranges:
        return None, ""
    force, origin = min(ranges)
    return force * gear, origin


def _largest(interval: np.ndarray) -> float:
    return float(np.max(np.abs(interval)))
