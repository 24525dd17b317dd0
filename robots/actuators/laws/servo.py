"""The `servo` law: motor and drive as the data sheet says, on a gear without loss or play."""

from __future__ import annotations

from typing import NamedTuple

from pilotline.robots.actuators.law import Law, Motion
from pilotline.robots.actuators.laws.drive import DriveParams, DriveState, account, drive


class State(NamedTuple):
    """Torque at the joint, and the drive's state."""

    torque_nm: float = 0.0
    drive: DriveState = DriveState()


class Params(NamedTuple):
    """Figures of motor and drive."""

    drive: DriveParams


def step(s: State, p: Params, x: Motion, h: float) -> State:
    """Torque = ratio * motor torque."""
    after, motor = drive(s.drive, p.drive, x, x.q, x.q, x.v, 0.0, h)
    torque = p.drive.ratio * motor
    return State(torque_nm=torque, drive=account(after, s.torque_nm, torque, x.v, h))


LAW = Law("servo", 1, State, Params, step)
