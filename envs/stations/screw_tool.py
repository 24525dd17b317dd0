"""Electric screwdriver on a torque-reaction arm: rails, spring mount, sprung spindle, bit with suction."""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.envs.card import StationCard
from pilotline.envs.stations.screw_law import joint_rate
from pilotline.envs.stations.screw_layout import HANDLE_HALF_M, HANDLE_M, PARK_M, STROKE_M
from pilotline.envs.stations.screw_look import dress_bit, dress_carriages, dress_driver, dress_sleeve
from pilotline.envs.stations.screw_parts import DRIVE, GUIDE, THINGS

RAILS = ("arm_y", "arm_x", "arm_z")
TRAVEL_M = {"arm_x": (-0.12, 0.12), "arm_y": (-0.06, 0.30), "arm_z": (-0.075, 0.02)}
"""Travel of each rail from the parking place."""
_RECESS_FRICTION = 3.0
"""A bit in its recess is held by its edges: it takes a screw along until the head sits."""
TIPS_M = 0.0023
"""Half the distance between the edges of the bit that rest in the recess."""
_TIP_RADIUS_M = 0.0008
_SUCTION_RANGE_M = 0.0004
"""Suction pulls at a recess this near: as far as the bit stands off the recess of a screw that leans in the bore."""
_SEATED_SOLREF, _SEATED_SOLIMP = (0.005, 1.0), (0.9993, 0.9993, 0.001, 0.5, 2.0)
SLEEVE_HALF_M = 0.0036
"""Half the bore: a collar has 0.1 mm on each side, and so cannot lean more than 4 to 6 deg."""
_SLEEVE_WALL_M = 0.0006

_BOX, _SPHERE, _CAPSULE = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE, mujoco.mjtGeom.mjGEOM_CAPSULE
_HINGE, _SLIDE = mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE


def add_tool(spec: mujoco.MjSpec, at: tuple[float, float, float], card: StationCard) -> None:
    """The arm with its driver, bit's end at the parking place."""
    arm = spec.worldbody.add_body(name="arm", pos=at)
    body, place = arm, PARK_M
    for name, axis, mass in zip(RAILS, ((0, 1, 0), (1, 0, 0), (0, 0, 1)), (1.0, 0.7, 0.4), strict=True):
        body = body.add_body(name=name, pos=place, mass=mass, inertia=(1e-3, 1e-3, 1e-3), gravcomp=1.0)
        body.explicitinertial = True
        place = (0.0, 0.0, 0.0)
        body.add_joint(
            name=name,
            type=_SLIDE,
            axis=axis,
            range=TRAVEL_M[name],
            limited=True,
            damping=(card.figure("arm_drag_ns_per_m"), 0.0, 0.0),
            frictionloss=card.figure("arm_friction_n"),
        )
    _driver(body, card)
    dress_carriages(spec)
    motor = spec.add_actuator(name="driver", target="bit", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    motor.set_to_motor()
    motor.ctrllimited, motor.ctrlrange = True, (0.0, 2.0 * card.figure("torque_nm"))
    # the screwed joint: resists beyond the angle that `ctrl` gives, never drives, and gives in where the thread strips
    rate = joint_rate(card, 0.12)
    joint = spec.add_actuator(name="joint", target="bit", trntype=mujoco.mjtTrn.mjTRN_JOINT)
    joint.gaintype, joint.biastype = mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_AFFINE
    joint.gainprm[0] = rate
    joint.biasprm[1], joint.biasprm[2] = -rate, -0.002
    joint.forcelimited, joint.forcerange = True, (-card.figure("strip_nm"), 0.0)
    suction = spec.add_actuator(name="suction", target="bit", trntype=mujoco.mjtTrn.mjTRN_BODY)
    suction.set_to_adhesion(gain=1.0)
    suction.ctrllimited, suction.ctrlrange = True, (0.0, 10.0)


def _driver(mount: mujoco.MjsBody, card: StationCard) -> None:
    """Driver body in its rubber mount, spindle that gives way upwards, bit that turns."""
    lever = 0.08
    driver = mount.add_body(name="driver", mass=0.25, inertia=(1e-3, 1e-3, 2e-4), ipos=(0.0, 0.0, 0.16), gravcomp=1.0)
    driver.explicitinertial = True
    for name, axis in (("tilt_x", (1, 0, 0)), ("tilt_y", (0, 1, 0))):
        driver.add_joint(
            name=name,
            type=_HINGE,
            axis=axis,
            pos=(0.0, 0.0, lever),
            stiffness=(card.figure("mount_nm_per_rad"), 0.0, 0.0),
            damping=(2.0, 0.0, 0.0),
        )
    driver.add_geom(
        name="driver_barrel",
        type=_CAPSULE,
        fromto=(0.0, 0.0, 0.065, 0.0, 0.0, 0.21),
        size=(0.016, 0.0, 0.0),
        mass=0.0,
        group=3,
    )
    hx, hy, hz = HANDLE_HALF_M
    x, y, z = HANDLE_M
    grip = {"type": _BOX, "mass": 0.0, "friction": (0.8, 0.005, 0.0001), "group": 3}
    driver.add_geom(name="driver_handle", pos=HANDLE_M, size=HANDLE_HALF_M, **grip)
    for side in (-1, 1):
        driver.add_geom(
            name=f"driver_collar_{(side + 1) // 2}",
            pos=(x, y + side * (hy + 0.003), z),
            size=(hx, 0.003, hz + 0.008),
            **grip,
        )
    dress_driver(driver)
    spindle = driver.add_body(name="spindle", mass=0.6, inertia=(1e-3, 1e-3, 2e-4), ipos=(0.0, 0.0, 0.12), gravcomp=1.0)
    spindle.explicitinertial = True
    rate, preload = card.figure("spindle_n_per_mm") * 1000.0, card.figure("spindle_preload_n")
    spindle.add_joint(
        name="stroke",
        type=_SLIDE,
        axis=(0, 0, 1),
        range=(0.0, STROKE_M),
        limited=True,
        stiffness=(rate, 0.0, 0.0),
        springref=-preload / rate,
        damping=(8.0, 0.0, 0.0),
        solref_limit=(0.01, 1.0),
        solimp_limit=(0.99, 0.99, 0.001, 0.5, 2.0),
    )
    _sleeve(spindle)
    dress_sleeve(spindle)
    bit = spindle.add_body(name="bit", mass=0.02, inertia=(1e-6, 1e-6, 1e-6), gravcomp=1.0)
    bit.explicitinertial = True
    stall, speed = card.figure("torque_nm"), card.figure("driver_rad_per_s")
    bit.add_joint(
        name="bit",
        type=_HINGE,
        axis=(0, 0, -1),
        damping=(stall / speed, 0.0, 0.0),
        armature=card.figure("spindle_inertia_kgm2"),
    )
    for k in range(4):
        sx, sy = (1 if k & 1 else -1), (1 if k & 2 else -1)
        bit.add_geom(
            name=f"bit_{k}",
            type=_SPHERE,
            pos=(sx * TIPS_M, sy * TIPS_M, _TIP_RADIUS_M),
            size=(_TIP_RADIUS_M, 0.0, 0.0),
            mass=0.0,
            contype=0,
            conaffinity=DRIVE,
            priority=3,
            gap=_SUCTION_RANGE_M,
            friction=(_RECESS_FRICTION, 0.005, 0.0001),
            solref=_SEATED_SOLREF,
            solimp=_SEATED_SOLIMP,
            group=3,
        )
    dress_bit(bit)


def _sleeve(spindle: mujoco.MjsBody) -> None:
    """Four walls round a collar and four lead-ins below them; they do not turn."""
    wall, low, high = _SLEEVE_WALL_M, -0.0028, 0.001
    lead, down = 0.0014, 0.0014
    lean = np.arctan2(lead, down)
    slope = 0.5 * np.hypot(lead, down)
    shared = {"type": _BOX, "mass": 0.0, "friction": (0.15, 0.005, 0.0001), "group": 3}
    for k, angle in enumerate(0.5 * np.pi * np.arange(4)):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)])
        out = SLEEVE_HALF_M + wall
        spindle.add_geom(
            name=f"sleeve_{k}",
            pos=(out * c, out * s, 0.5 * (low + high)),
            size=(wall, SLEEVE_HALF_M, 0.5 * (high - low)),
            quat=turn,
            contype=0,
            conaffinity=GUIDE,
            **shared,
        )
        # a plate whose inner face runs from the wall's lower edge outwards and down
        out = SLEEVE_HALF_M + 0.5 * lead + wall * np.cos(lean)
        up = low - 0.5 * down + wall * np.sin(lean)
        tilt = np.array([np.cos(lean / 2), 0.0, -np.sin(lean / 2), 0.0])
        quat = np.zeros(4)
        mujoco.mju_mulQuat(quat, turn, tilt)
        spindle.add_geom(
            name=f"sleeve_lead_{k}",
            pos=(out * c, out * s, up),
            size=(wall, SLEEVE_HALF_M, slope),
            quat=quat,
            conaffinity=THINGS | GUIDE,
            **shared,
        )
