"""Joint actuators: `attach` gives a robot in a spec one per joint, as a selection says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import mujoco

from pilotline.robots.actuators import catalogue, ideal
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.gains import gains_of, setup_of
from pilotline.robots.actuators.inertia import lightest_inertia, servo_inertia
from pilotline.robots.actuators.learned import mount_learned
from pilotline.robots.actuators.mount import mount
from pilotline.robots.actuators.network import read
from pilotline.robots.actuators.pack import Setup
from pilotline.robots.actuators.selection import (
    LEARNED,
    TIERS,
    ActuatorError,
    Choice,
    parse,
    resolve,
)
from pilotline.robots.robot import Robot

__all__ = ["TIERS", "ActuatorError", "Drive", "attach", "drives_of"]


@dataclass(frozen=True)
class Drive:
    """What drives a joint: its tier, and the complete figures of its actuator.

    A learned actuator has tier `learned`, the figures of the joint's own sheet and the path of its network, whose
    hash stands among the figures' sheets.
    """

    tier: str
    figures: JointFigures
    network: str | None = None

    @property
    def metered(self) -> bool:
        """Whether its states tell temperature and electrical energy."""
        return self.network is None


def drives_of(robot: Robot, actuators: str) -> Mapping[str, Drive]:
    """Tier and figures of every joint that has a data sheet under the selection `actuators`, in the robot's order.

    Raises:
      ActuatorError: a selection that the robot does not have, or a joint without a sheet.
      ValueError: a sheet that cannot be used.
    """
    choices = resolve(parse(actuators), robot)
    driven = {joint: choice for joint, choice in choices.items() if choice.tier != "ideal"}
    return MappingProxyType({joint: _drive(robot, joint, choice) for joint, choice in driven.items()})


def _drive(robot: Robot, joint: str, choice: Choice) -> Drive:
    if choice.tier != LEARNED:
        return Drive(choice.tier, catalogue.joint(_sheet(robot, joint, choice.sheet, choice.tier)))
    assert choice.sheet is not None
    own = catalogue.joint(_sheet(robot, joint, None, choice.tier))
    network = (choice.sheet, read(choice.sheet).sha256)
    figures = replace(own, name=choice.sheet, sheets=tuple(sorted((*own.sheets, network))))
    return Drive(LEARNED, figures, choice.sheet)


def attach(spec: mujoco.MjSpec, robot: Robot, actuators: str = "ideal") -> Mapping[str, Drive]:
    """Add actuators to `spec`, which must already hold `robot` under its own names.

    Order: base, legs, torso, right arm, left arm, head, hands; each named as its joint. A `twin` joint has a gear
    actuator besides, just before its own.

    Returns:
      What drives each joint that has a data sheet.

    Raises:
      ActuatorError, ValueError: see `drives_of`.
    """
    drives = drives_of(robot, actuators)
    inertia = servo_inertia(robot)
    lightest = lightest_inertia(robot)
    ideal.attach_base(spec, robot, inertia)
    for joint in robot.driven:
        moved = inertia[joint], lightest[joint], spec.option.timestep
        if joint in drives:
            _mount(spec, robot, joint, drives[joint], setup_of(robot, joint, drives[joint].figures, *moved))
        else:
            ideal.attach_joint(spec, robot, joint, *gains_of(robot, joint, *moved))
    ideal.attach_hands(spec, robot, inertia)
    ideal.compensate_gravity(spec, robot)
    return drives


def _mount(spec: mujoco.MjSpec, robot: Robot, joint: str, drive: Drive, setup: Setup) -> None:
    """Mount a drive; the card's limits of the joint hold for the card's own drive only."""
    card, figures = robot.joints[joint], drive.figures
    own = drive.network is not None or figures.name == card.sheet
    setup = replace(
        setup,
        torque_limit_nm=card.effort if own else figures.peak_nm,
        speed_limit_rad_s=card.speed if own else figures.speed_rad_s,
    )
    if drive.network is not None:
        spec.joint(joint).armature = figures.armature_kgm2
        mount_learned(spec, joint, drive.network, setup)
    else:
        mount(spec, joint, figures, drive.tier, setup)
    actuator = spec.actuator(joint)
    actuator.ctrllimited, actuator.ctrlrange = True, (card.low, card.high)


def _sheet(robot: Robot, joint: str, given: str | None, tier: str) -> str:
    sheet = given or robot.joints[joint].sheet
    if sheet is None:
        raise ActuatorError(
            f"joint {joint} of {robot.name}: its card names no data sheet for tier {tier}; "
            f"allowed: actuators.{joint}=SHEET, or ideal"
        )
    return sheet
