"""What scripted controllers ask of a robot's hands."""

from __future__ import annotations

from pilotline.robots import Robot

GRIPPER = "gripper"
_ARM_JOINTS = 6
"""A hand that shall take any pose needs so many joints in its arm."""


def no_grippers(robot: Robot) -> str | None:
    """Why the robot has not two arms that put a two-finger gripper anywhere; None if it has."""
    for side in ("right", "left"):
        if side not in robot.hands:
            return f"it has no {side} hand"
        if robot.hands[side].kind != GRIPPER:
            return f"its {side} hand is {robot.hands[side].kind!r}, this controller needs {GRIPPER!r}"
        joints = len(robot.groups[f"{side}_arm"])
        if joints < _ARM_JOINTS:
            return f"its {side} arm has {joints} joints, {_ARM_JOINTS} are needed to point a hand where it shall"
    return None
