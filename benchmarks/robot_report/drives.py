"""The actuator table: every driven joint with its limits, its data sheet and where the figures come from."""

from __future__ import annotations

import mujoco

from pilotline.benchmarks.robot_report.facts import Drive
from pilotline.robots.actuators import catalogue
from pilotline.robots.cardrules import GROUPS
from pilotline.robots.robot import Robot


def drives(robot: Robot, model: mujoco.MjModel) -> tuple[Drive, ...]:
    """A row per driven joint, in the order of actuators: limbs, then fingers that have a drive of their own."""
    group_of = {joint: group for group in GROUPS[1:] for joint in robot.groups[group]}
    return tuple(_row(robot, model, name, group_of[name]) for name in (*robot.driven, *_fingers(robot)))


def _fingers(robot: Robot) -> tuple[str, ...]:
    return tuple(joint for joint in robot.fingers if joint in robot.joints)


def _row(robot: Robot, model: mujoco.MjModel, name: str, group: str) -> Drive:
    joint = robot.joints[name]
    slides = model.joint(name).type[0] == mujoco.mjtJoint.mjJNT_SLIDE.value
    gear, ratio = _gear(joint.sheet)
    return Drive(
        joint=name,
        group=group,
        unit="N" if slides else "N m",
        low=round(joint.low, 4),
        high=round(joint.high, 4),
        peak=round(joint.effort, 3),
        rated=round(joint.rated, 3),
        speed=round(joint.speed, 4),
        armature=round(joint.armature, 6),
        sheet=joint.sheet,
        gear=gear,
        ratio=ratio,
        source=joint.source,
        mark=joint.mark,
    )


def _gear(sheet: str | None) -> tuple[str | None, float | None]:
    """Gear set and ratio of a joint's data sheet."""
    if sheet is None:
        return None, None
    drive = catalogue.joint(sheet)
    return drive.gear.name, float(drive.gear.ratio)
