"""Mounting: put a joint actuator of a tier on one hinge joint of a spec."""

from __future__ import annotations

import math
from typing import Any

import mujoco

from pilotline.robots.actuators import native
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.law import Law, LawError, flatten
from pilotline.robots.actuators.laws import harmonic, identified, servo, twin
from pilotline.robots.actuators.laws.drive import CONTROLLER
from pilotline.robots.actuators.pack import Setup, drive_params, error_params, friction_params, torsion_params
from pilotline.robots.actuators.pack_identified import identified_params

LAW_TIERS = ("servo", "harmonic", "twin")
"""Tiers that are laws; `ideal` is MuJoCo's own."""

ROTOR, TWIST, GEAR = "/rotor", "/twist", "/gear"
"""Added to a joint's name: tendon of a twin's rotor, joint between rotor and link, actuator of the gear."""

_ROTOR_MASS_KG = 1e-6


def mount(spec: mujoco.MjSpec, joint: str, figures: JointFigures, tier: str, setup: Setup) -> None:
    """Drive a hinge joint of `spec` by a joint actuator; the new actuator has the joint's name.

    Sets the joint's armature to the actuator's, lifts the joint's own force limit (the drive limits itself) and makes
    gravity compensation of its body pass through the motor. A `twin` also gets a twist joint, a rotor tendon and a
    gear actuator; it needs the integrator `discrete`, or a step that resolves the gear's resonance.

    Raises:
      LawError: an unknown joint or tier, a joint that is no hinge, a controller that no law has, or a law that does
        not compile.
    """
    hinge = spec.joint(joint)
    if hinge is None or hinge.type != mujoco.mjtJoint.mjJNT_HINGE:
        raise LawError(f"joint {joint!r}: not a hinge joint of this model; allowed: hinge joints")
    whole = figures.identified is not None and tier in ("harmonic", "twin")
    known = identified.CONTROLLERS if whole else (CONTROLLER,)
    if figures.drive.controller not in known:
        raise LawError(
            f"joint {joint!r}: drive {figures.drive.name} runs controller {figures.drive.controller!r}, "
            f"which tier {tier} does not have for it; allowed: {', '.join(known)}"
        )
    hinge.actfrclimited = False
    hinge.actgravcomp = True
    if whole:
        # what was identified is the friction of the whole; there is no gear to take apart
        hinge.armature = figures.armature_kgm2
        drive_by(spec, joint, identified.LAW, identified_params(figures, setup))
        return
    if tier == "twin":
        _mount_twin(spec, hinge, figures, setup)
        return
    hinge.armature = figures.armature_kgm2
    drive = drive_params(figures, setup, lossy=tier != "servo")
    if tier == "servo":
        drive_by(spec, joint, servo.LAW, servo.Params(drive))
    elif tier == "harmonic":
        params = harmonic.Params(
            drive=drive,
            friction=friction_params(figures),
            torsion=torsion_params(figures.gear),
            error=error_params(figures.gear),
            twist_lag_s=math.sqrt(figures.armature_kgm2 / figures.gear.k1_nm_per_rad),
            motor_side=float(figures.encoder.side == "motor"),
        )
        drive_by(spec, joint, harmonic.LAW, params)
    else:
        raise LawError(f"unknown tier {tier!r}; allowed: {', '.join(LAW_TIERS)}")


def drive_by(
    spec: mujoco.MjSpec, joint: str, law: Law, params: Any, name: str | None = None, partner: int = 0
) -> mujoco.MjsActuator:
    """Add an actuator on a joint that steps with a law; its name is the joint's unless given.

    Args:
      spec: to add to; its `nuser_actuator` grows to what the law needs.
      joint: the actuator's joint.
      law: compiled at its first use in this process.
      params: of the law's `params` class.
      partner: id of a partner actuator less this one's: -1 if added just before, 1 if just after, 0 none.
    """
    values = [float(value) for value in flatten(params)]
    if bad := [path for path, value in zip(law.parameters, values, strict=True) if not math.isfinite(value)]:
        raise LawError(f"law {law.name} on joint {joint!r}: {bad[0]} is not finite; allowed: finite numbers")
    native_place = native.place(law)
    native.install()
    user = mujoco.mjtDyn.mjDYN_USER, mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_USER
    actuator = spec.add_actuator(name=name or joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.dyntype, actuator.gaintype, actuator.biastype = user
    actuator.actdim = len(law.states)
    gains = [0.0] * mujoco.mjNGAIN
    actuator.gainprm = gains
    prm = [0.0] * mujoco.mjNDYN
    prm[native.IDENTITY], prm[native.PLACE], prm[native.PARTNER] = (
        float(law.identity),
        float(native_place),
        float(partner),
    )
    actuator.dynprm = prm
    actuator.userdata = values
    spec.nuser_actuator = max(spec.nuser_actuator, len(values))
    return actuator


def _mount_twin(spec: mujoco.MjSpec, hinge: mujoco.MjsJoint, figures: JointFigures, setup: Setup) -> None:
    """Twist joint with the carrier spring, rotor tendon, and the laws of gear and motor.

    The rotor is a weightless body on the link, turned against it by the twist; link + twist is the rotor's angle, a
    fixed tendon whose armature is the rotor's inertia. So the spring is a joint's own, which an implicit integrator
    solves within the tree, and a state at reset is untwisted by itself.
    """
    name = hinge.name
    gear = figures.gear
    stiffness = gear.k3_nm_per_rad
    damping = 2.0 * gear.damping_ratio * math.sqrt(gear.k1_nm_per_rad * figures.armature_kgm2)
    rotor = hinge.parent.add_body(name=name + TWIST, pos=hinge.pos)
    rotor.mass, rotor.inertia = _ROTOR_MASS_KG, [_ROTOR_MASS_KG * 1e-4] * 3
    rotor.explicitinertial = True
    twist = rotor.add_joint(name=name + TWIST, type=mujoco.mjtJoint.mjJNT_HINGE, axis=hinge.axis)
    twist.stiffness, twist.damping = [stiffness, 0.0, 0.0], [damping, 0.0, 0.0]
    tendon = spec.add_tendon(name=name + ROTOR, armature=figures.armature_kgm2)
    tendon.wrap_joint(name, 1.0)
    tendon.wrap_joint(name + TWIST, 1.0)
    hinge.armature = 0.0
    torsion, error = torsion_params(gear), error_params(gear)
    gear_params = twin.GearParams(
        torsion=torsion,
        error=error,
        ratio=gear.ratio,
        carrier_nm_per_rad=stiffness,
        damping_nms_per_rad=damping,
        worn_error_rad=0.25 * gear.error_pp_rad,
    )
    motor_params = twin.MotorParams(
        drive=drive_params(figures, setup, lossy=True),
        friction=friction_params(figures),
        motor_side=float(figures.encoder.side == "motor"),
        carrier_nm_per_rad=stiffness,
        damping_nms_per_rad=damping,
    )
    drive_by(spec, name, twin.GEAR, gear_params, name=name + GEAR, partner=1)
    motor = drive_by(spec, name + ROTOR, twin.MOTOR, motor_params, name=name, partner=-1)
    motor.trntype = mujoco.mjtTrn.mjTRN_TENDON
