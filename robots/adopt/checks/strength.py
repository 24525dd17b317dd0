"""Joint torques against gravity: at home, and with the arms stretched ahead and to the sides."""

from __future__ import annotations

import copy

import mujoco
import numpy as np

from pilotline.robots.adopt.checks.stage import Stage
from pilotline.robots.adopt.findings import Finding
from pilotline.robots.support import holding_torque

DRAWS = 400
SEED = 20260401
SHOWN = 3


def strength(stage: Stage) -> list[Finding]:
    """Effort over gravity torque: at home of every driven joint, stretched of every joint of torso and arms."""
    robot = stage.robot
    at_home = _ratios(stage, robot.driven)
    found = _findings("strength at home", at_home, "error")
    arms = [joint for side in ("right", "left") for joint in robot.groups[f"{side}_arm"]]
    if arms:
        stretched = _ratios(_stretched(stage), (*robot.groups["torso"], *arms))
        found += _findings("strength, arms stretched", stretched, "warning")
    return found


def _ratios(stage: Stage, joints: tuple[str, ...]) -> dict[str, float]:
    torque = holding_torque(stage.robot, stage.model, stage.data)
    return {name: stage.robot.joints[name].effort / max(abs(torque[name]), 1e-9) for name in joints}


def _findings(check: str, ratios: dict[str, float], severity: str) -> list[Finding]:
    weak = [name for name, ratio in ratios.items() if ratio < 1.0]
    allowed = "effort over gravity torque at least 1"
    if weak:
        return [Finding(severity, check, name, f"{ratios[name]:.2f}", allowed) for name in weak]  # type: ignore[arg-type]
    least = sorted(ratios, key=lambda name: ratios[name])[:1]
    return [Finding("ok", check, name, f"{ratios[name]:.2f}, the least", allowed) for name in least]


def _stretched(stage: Stage) -> Stage:
    """Home with each hand as far out level from the shoulder as in any of `DRAWS` random poses of the arm."""
    rng = np.random.default_rng(SEED)
    robot, model, data = stage.robot, stage.model, copy.copy(stage.data)
    for side in ("right", "left"):
        joints = robot.groups[f"{side}_arm"]
        if not joints:
            continue
        low, high = np.array([(robot.joints[name].low, robot.joints[name].high) for name in joints]).T
        tip = int(model.jnt_bodyid[model.joint(joints[-1]).id])
        first = model.joint(joints[0]).id
        best, farthest = np.array([data.joint(name).qpos[0] for name in joints]), -1.0
        for q in low + (high - low) * rng.random((DRAWS, len(joints))):
            for name, value in zip(joints, q, strict=True):
                data.joint(name).qpos[0] = value
            mujoco.mj_kinematics(model, data)
            out = float(np.linalg.norm((data.xipos[tip] - data.xanchor[first])[:2]))
            if out > farthest:
                best, farthest = q, out
        for name, value in zip(joints, best, strict=True):
            data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    return Stage(robot, model, data)
