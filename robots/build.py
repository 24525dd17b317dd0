"""A robot card as a MuJoCo specification: bodies, joints, collision geoms, sites, sensors, camera.

Actuators, floor and lights are not part of it; `pilotline.robots.actuators.attach` adds the first.
"""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.robots.card import Box, Camera, Capsule, HandFigures, Mount, RobotCard

COLLISION_GROUP = 3
SITE_GROUP = 4
# Pads and finger coupling as stiff as a 2 ms step allows: with MuJoCo's defaults a grip of 100 N sinks 1.5 mm
# into a light part and a held 2 kg creeps 3 mm a second; with these 0.2 mm and 0.6 mm.
STIFF_SOLREF = (0.004, 1.0)
PAD_SOLIMP = (0.95, 0.99, 0.001, 0.5, 2.0)
PAD_SOLMIX = 10.0
COLLISION_RGBA = (0.9, 0.4, 0.2, 0.4)
# A camera looks along its own -z with +y up; this turns it to look along the link's +x with +z up.
_LOOK_AHEAD = (0.5, 0.5, -0.5, -0.5)


def rpy_quat(rpy_rad: tuple[float, float, float]) -> np.ndarray:
    """Quaternion w x y z of roll, pitch, yaw about fixed axes (the URDF convention), shape (4,)."""
    quat = np.zeros(4)
    mujoco.mju_euler2Quat(quat, np.array(rpy_rad, dtype=float), "XYZ")
    return quat


def tcp_quat(hand: HandFigures) -> np.ndarray:
    """Quaternion of the tool frame in the palm: x approach, y finger opening, z = x cross y, shape (4,)."""
    x, y = np.array(hand.approach_axis), np.array(hand.opening_axis)
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.stack([x, y, np.cross(x, y)], axis=1).ravel())
    return quat


def build(card: RobotCard) -> mujoco.MjSpec:
    """A fresh spec whose only root body is the base link, at the origin."""
    spec = mujoco.MjSpec()
    spec.modelname = card.name
    spec.compiler.degree = False
    bodies = _links(spec, card)
    _base_joints(bodies[card.base.link], card)
    _joints(bodies, card)
    _collisions(bodies, card)
    for side, hand in card.hands.items():
        _hand(spec, bodies, card, side, hand)
    _mounts(spec, bodies, card)
    for i, (first, second) in enumerate(card.exclude):
        spec.add_exclude(name=f"exclude_{i}", bodyname1=first, bodyname2=second)
    return spec


def _links(spec: mujoco.MjSpec, card: RobotCard) -> dict[str, mujoco.MjsBody]:
    bodies: dict[str, mujoco.MjsBody] = {}
    for name, link in card.links.items():
        parent = spec.worldbody if link.parent is None else bodies[link.parent]
        bodies[name] = parent.add_body(
            name=name,
            pos=link.offset_m,
            quat=rpy_quat(link.rpy_rad),
            mass=link.mass_kg,
            ipos=link.com_m,
            inertia=link.inertia_kgm2,
            explicitinertial=True,
        )
    return bodies


def _base_joints(body: mujoco.MjsBody, card: RobotCard) -> None:
    """Slides first, so that they stay along the world's axes; then the turn."""
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    force, torque = card.base.force_max_n, card.base.torque_max_nm
    kinds = (
        (slide, (1.0, 0.0, 0.0), force),
        (slide, (0.0, 1.0, 0.0), force),
        (hinge, (0.0, 0.0, 1.0), torque),
    )
    for name, (kind, axis, effort) in zip(card.base.joints, kinds, strict=True):
        body.add_joint(name=name, type=kind, axis=axis, actfrclimited=True, actfrcrange=(-effort, effort))


def _joints(bodies: dict[str, mujoco.MjsBody], card: RobotCard) -> None:
    for name, joint in card.joints.items():
        drive = card.drives[joint.drive]
        # one actuator drives both fingers through their coupling, so its force may be that of two
        effort = joint.effort if joint.kind == "hinge" else 2 * joint.effort
        kind = mujoco.mjtJoint.mjJNT_HINGE if joint.kind == "hinge" else mujoco.mjtJoint.mjJNT_SLIDE
        bodies[joint.link].add_joint(
            name=name,
            type=kind,
            axis=joint.axis,
            range=joint.limits,
            limited=True,
            actfrclimited=True,
            actfrcrange=(-effort, effort),
            armature=drive.armature,
            damping=(drive.damping, 0.0, 0.0),
        )


def _collisions(bodies: dict[str, mujoco.MjsBody], card: RobotCard) -> None:
    count: dict[str, int] = {}
    for shape in card.collisions:
        number = count[shape.link] = count.get(shape.link, -1) + 1
        geom = bodies[shape.link].add_geom(
            name=f"{shape.link}_collision_{number}",
            group=COLLISION_GROUP,
            mass=0.0,
            condim=3,
            rgba=COLLISION_RGBA,
        )
        if isinstance(shape, Capsule):
            geom.type = mujoco.mjtGeom.mjGEOM_CAPSULE
            geom.fromto = (*shape.from_m, *shape.to_m)
            geom.size = (shape.radius_m, 0.0, 0.0)
        elif isinstance(shape, Box):
            geom.type = mujoco.mjtGeom.mjGEOM_BOX
            geom.pos, geom.size = shape.centre_m, shape.half_m
        else:
            geom.type = mujoco.mjtGeom.mjGEOM_SPHERE
            geom.pos, geom.size = shape.centre_m, (shape.radius_m, 0.0, 0.0)


def _hand(
    spec: mujoco.MjSpec, bodies: dict[str, mujoco.MjsBody], card: RobotCard, side: str, hand: HandFigures
) -> None:
    palm = bodies[hand.palm]
    palm.add_site(name=f"{side}_wrist", pos=hand.wrist_offset_m, size=(0.005, 0, 0), group=SITE_GROUP)
    palm.add_site(name=f"{side}_tcp", pos=hand.tcp_offset_m, quat=tcp_quat(hand), size=(0.005, 0, 0), group=SITE_GROUP)
    fingers = card.groups[hand.gripper_group]
    for number, finger in enumerate(fingers):
        bodies[card.joints[finger].link].add_geom(
            name=f"{side}_pad_{number}",
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=hand.pad_centre_m,
            size=tuple(0.5 * edge for edge in hand.pad_size_m),
            group=COLLISION_GROUP,
            mass=0.0,
            condim=4,
            friction=hand.pad_friction,
            solref=STIFF_SOLREF,
            solimp=PAD_SOLIMP,
            solmix=PAD_SOLMIX,
            rgba=COLLISION_RGBA,
        )
    equal = np.zeros(mujoco.mjNEQDATA)
    equal[1] = 1.0
    spec.add_equality(
        name=f"{side}_gripper_coupling",
        type=mujoco.mjtEq.mjEQ_JOINT,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        name1=fingers[1],
        name2=fingers[0],
        data=equal,
        solref=STIFF_SOLREF,
    )
    for kind, site in (("force", "wrist"), ("torque", "wrist"), ("pos", "tcp"), ("quat", "tcp")):
        _sensor(spec, kind, f"{side}_{site}", f"{side}_{site}_{kind}")


def _mounts(spec: mujoco.MjSpec, bodies: dict[str, mujoco.MjsBody], card: RobotCard) -> None:
    _site(bodies, "imu", card.imu)
    bodies[card.base.link].add_site(name="base_ground", size=(0.005, 0, 0), group=SITE_GROUP)
    for kind in ("gyro", "acc", "quat"):
        _sensor(spec, kind, "imu", f"imu_{kind}")
    for kind in ("force", "torque"):
        _sensor(spec, kind, "base_ground", f"base_{kind}")
    for name, camera in card.cameras.items():
        _camera(bodies, name, camera)


def _site(bodies: dict[str, mujoco.MjsBody], name: str, mount: Mount) -> None:
    bodies[mount.link].add_site(
        name=name, pos=mount.offset_m, quat=rpy_quat(mount.rpy_rad), size=(0.005, 0, 0), group=SITE_GROUP
    )


def _camera(bodies: dict[str, mujoco.MjsBody], name: str, camera: Camera) -> None:
    quat = np.zeros(4)
    mujoco.mju_mulQuat(quat, rpy_quat(camera.rpy_rad), np.array(_LOOK_AHEAD))
    # fovy is in degrees in MuJoCo whatever the compiler's angle unit
    bodies[camera.link].add_camera(name=name, pos=camera.offset_m, quat=quat, fovy=camera.fovy_deg)


def _sensor(spec: mujoco.MjSpec, kind: str, site: str, name: str) -> None:
    types = {
        "force": mujoco.mjtSensor.mjSENS_FORCE,
        "torque": mujoco.mjtSensor.mjSENS_TORQUE,
        "pos": mujoco.mjtSensor.mjSENS_FRAMEPOS,
        "quat": mujoco.mjtSensor.mjSENS_FRAMEQUAT,
        "gyro": mujoco.mjtSensor.mjSENS_GYRO,
        "acc": mujoco.mjtSensor.mjSENS_ACCELEROMETER,
    }
    spec.add_sensor(name=name, type=types[kind], objtype=mujoco.mjtObj.mjOBJ_SITE, objname=site)
