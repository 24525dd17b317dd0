"""Ranges of motion that a joint can have."""

from __future__ import annotations

import math

import mujoco

from pilotline.robots.adopt.checks.stage import Stage
from pilotline.robots.adopt.findings import Finding, verdict

LEAST_RAD, LEAST_M = math.radians(2.0), 0.001
MOST_RAD, MOST_M = 2.0 * math.pi, 1.0


def ranges(stage: Stage) -> list[Finding]:
    """Joints that cannot move, have no limits, or turn farther than once around."""
    robot, found = stage.robot, []
    for name, joint in robot.joints.items():
        compiled = stage.model.joint(name)
        slides = compiled.type[0] == mujoco.mjtJoint.mjJNT_SLIDE.value
        least, most, unit = (LEAST_M, MOST_M, "m") if slides else (LEAST_RAD, MOST_RAD, "rad")
        width = joint.high - joint.low
        if not stage.model.jnt_limited[compiled.id]:
            found.append(Finding("warning", "range", name, "has no limits", f"at most {most:.3g} {unit} in all"))
        elif width <= 0.0:
            found.append(
                Finding("error", "range", name, f"[{joint.low:.3g}, {joint.high:.3g}] {unit}", "lower < upper")
            )
        elif not least <= width <= most + 1e-9:
            allowed = f"{least:.2g} to {most:.3g} {unit} in all"
            found.append(Finding("warning", "range", name, f"{width:.3g} {unit} in all", allowed))
    return verdict(found, "range", f"{len(robot.joints)} joints", "limited, more than 2 deg, at most a turn")
