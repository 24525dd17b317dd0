"""From the figures of an identified servo and the gains of its loops to the parameters of the `identified` law."""

from __future__ import annotations

import math
from dataclasses import asdict

from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.laws.identified import (
    CASCADE_PI,
    CONTROLLERS,
    DUTY_P,
    ControlParams,
    IdentifiedParams,
    Params,
    friction_limit,
)
from pilotline.robots.actuators.pack import Setup, drive_params

PRESLIDING_RAD = 1.0e-3
"""Output angle over which friction at rest builds up under the rated torque (E); in the published models it is zero."""

_TORQUE_COMMAND = 2.0
_AT_ONCE_S = 1.0e-6
"""Loop period of `duty-p`: what it holds between its samples is a voltage, and back-EMF acts on that at any moment."""


def identified_params(figures: JointFigures, setup: Setup) -> Params:
    """Parameters of the law.

    Gains of `duty-p` and `current-pd` give the stiffness I omega^2 at the output, and `current-pd` the damping
    2 zeta omega I: the servo of natural frequency omega that `Setup` asks for. Velocity and torque commands go to the
    drive as they are.
    """
    drive = drive_params(figures, setup, lossy=False)
    kind = 0
    if setup.mode == "position":
        kind = CONTROLLERS.index(figures.drive.controller)
    omega = 2.0 * math.pi * setup.frequency_hz
    per_a = figures.gear.ratio * figures.motor.kt_nm_per_a
    gain = setup.inertia_kgm2 * omega**2 / per_a
    if figures.drive.controller == DUTY_P:
        gain *= figures.motor.resistance_ohm
    control = ControlParams(
        kind=float(kind),
        gain=gain,
        damping=2.0 * setup.damping_ratio * omega * setup.inertia_kgm2 / per_a,
    )
    if CONTROLLERS[kind] != CASCADE_PI:
        # their loop is inside the servo: the delay of the bus is the command's alone, and must not enter the loop
        drive = drive._replace(mode=_TORQUE_COMMAND, delay_s=0.0)
    if CONTROLLERS[kind] == DUTY_P:
        drive = drive._replace(loop_period_s=_AT_ONCE_S)
    return Params(
        drive=drive,
        control=control,
        friction=friction_params(figures),
    )


def friction_params(figures: JointFigures) -> IdentifiedParams:
    """Coefficients of the friction, and the stiffness of the contact: its limit at rest over `PRESLIDING_RAD`."""
    assert figures.identified is not None, "the caller chose this law for its identified friction"
    coefficients = asdict(figures.identified)
    del coefficients["model"]
    params = IdentifiedParams(**coefficients, contact_nm_per_rad=0.0, armature_kgm2=figures.armature_kgm2)
    held = float(friction_limit(params, 0.0, figures.rated_nm, -figures.rated_nm))
    return params._replace(contact_nm_per_rad=held / PRESLIDING_RAD)
