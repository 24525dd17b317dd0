"""Mounting a learned actuator: a network from an ONNX file on one hinge joint of a spec."""

from __future__ import annotations

from pathlib import Path

import mujoco

from pilotline.robots.actuators.law import LawError
from pilotline.robots.actuators.laws.learned import Params, law_of
from pilotline.robots.actuators.mount import drive_by
from pilotline.robots.actuators.network import Network, read
from pilotline.robots.actuators.pack import Setup

UNLIMITED_RAD_S = 1e6


def mount_learned(spec: mujoco.MjSpec, joint: str, path: Path | str, setup: Setup) -> Network:
    """Drive a hinge joint of `spec` by the network in an ONNX file; the new actuator has the joint's name.

    Lifts the joint's own force limit, makes gravity compensation of its body pass through the actuator, and sets the
    joint's armature where the file gives one. Of `setup` the limits count; the loop's gains are in the network.

    Raises:
      LawError: an unknown joint, a joint that is no hinge, a command that is not a position, or a physics step
        longer than the network's control step.
      NetworkError: see `network.read`.
    """
    network = read(path)
    hinge = spec.joint(joint)
    if hinge is None or hinge.type != mujoco.mjtJoint.mjJNT_HINGE:
        raise LawError(f"joint {joint!r}: not a hinge joint of this model; allowed: hinge joints")
    if setup.mode != "position":
        raise LawError(f"joint {joint!r}: mode {setup.mode} of a learned actuator; allowed: position")
    figures = network.figures
    if spec.option.timestep > figures.period_s * (1.0 + 1e-9):
        raise LawError(
            f"joint {joint!r}: physics step {spec.option.timestep:g} s; allowed: up to {figures.period_s:g} s, "
            f"the control step of {path}"
        )
    hinge.actfrclimited = False
    hinge.actgravcomp = True
    if figures.armature_kgm2 is not None:
        hinge.armature = figures.armature_kgm2
    drive_by(spec, joint, law_of(network), params_of(network, setup))
    return network


def params_of(network: Network, setup: Setup) -> Params:
    """Parameters of the network's law on a joint."""
    figures = network.figures
    return Params(
        period_s=figures.period_s,
        error_rad=figures.error_scale_rad,
        velocity_rad_s=figures.velocity_scale_rad_s,
        torque_nm=figures.torque_scale_nm,
        torque_limit_nm=min(figures.torque_limit_nm, setup.torque_limit_nm),
        speed_limit_rad_s=min(setup.speed_limit_rad_s, UNLIMITED_RAD_S),
    )
