"""A robot card as a MuJoCo specification: bodies, joints, collision geoms, feet, sites, sensors, cameras.

Actuators, floor and lights are not part of it; `pilotline.robots.actuators.attach` adds the first.
"""

from __future__ import annotations

import mujoco
import numpy as np

from pilotline.robots.card import (
    ROOT_JOINT,
    Box,
    Camera,
    Capsule,
    Collision,
    Drive,
    FloatingBase,
    FootFigures,
    Joint,
    Link,
    Mount,
    PlanarBase,
    RobotCard,
)

COLLISION_GROUP = 3
SITE_GROUP = 4
COLLISION_RGBA = (0.9, 0.4, 0.2, 0.4)
SOLE_RADIUS_M = 0.005
"""Radius of the contact spheres at the corners of a sole."""
# A camera looks along its own -z with +y up; this turns it to look along the link's +x with +z up.
_LOOK_AHEAD = (0.5, 0.5, -0.5, -0.5)


def rpy_quat(rpy_rad: tuple[float, float, float]) -> np.ndarray:
    """Quaternion w x y z of roll, pitch, yaw about fixed axes (the URDF convention), shape (4,)."""
    quat = np.zeros(4)
    mujoco.mju_euler2Quat(quat, np.array(rpy_rad, dtype=float), "XYZ")
    return quat


def build(card: RobotCard) -> mujoco.MjSpec:
    """A fresh spec whose only root body is the base link; hands are added by `handbuild`.

    A floating base stands at its height, any other at the origin.
    """
    spec = mujoco.MjSpec()
    spec.modelname = card.name
    spec.compiler.degree = False
    bodies: dict[str, mujoco.MjsBody] = {}
    for name, link in card.links.items():
        bodies[name] = add_link(spec.worldbody if link.parent is None else bodies[link.parent], name, link)
    base = card.base
    if isinstance(base, PlanarBase):
        _planar_joints(bodies[base.link], base)
    elif isinstance(base, FloatingBase):
        bodies[base.link].add_freejoint(name=ROOT_JOINT)
        bodies[base.link].pos = (0.0, 0.0, base.height_m)
    for name, joint in card.joints.items():
        add_joint(bodies[joint.link], name, joint, card.drives[joint.drive], joint.effort)
    count: dict[str, int] = {}
    for shape in card.collisions:
        number = count[shape.link] = count.get(shape.link, -1) + 1
        add_shape(bodies[shape.link], f"{shape.link}_collision_{number}", shape)
    for side, foot in card.feet.items():
        add_foot(spec, bodies[foot.link], side, foot)
    add_site(bodies[card.imu.link], "imu", card.imu)
    for kind in ("gyro", "acc", "quat"):
        add_sensor(spec, kind, "imu", f"imu_{kind}")
    if isinstance(base, PlanarBase):
        bodies[base.link].add_site(name="base_ground", size=(0.005, 0, 0), group=SITE_GROUP)
        for kind in ("force", "torque"):
            add_sensor(spec, kind, "base_ground", f"base_{kind}")
    for name, camera in card.cameras.items():
        add_camera(bodies[camera.link], name, camera)
    for i, (first, second) in enumerate(card.exclude):
        spec.add_exclude(name=f"exclude_{i}", bodyname1=first, bodyname2=second)
    return spec


def add_link(parent: mujoco.MjsBody, name: str, link: Link) -> mujoco.MjsBody:
    """Add a link as a body of its own."""
    return parent.add_body(
        name=name,
        pos=link.offset_m,
        quat=rpy_quat(link.rpy_rad),
        mass=link.mass_kg,
        ipos=link.com_m,
        inertia=link.inertia_kgm2,
        explicitinertial=True,
    )


def _planar_joints(body: mujoco.MjsBody, base: PlanarBase) -> None:
    """Slides first, so that they stay along the world's axes; then the turn."""
    slide, hinge = mujoco.mjtJoint.mjJNT_SLIDE, mujoco.mjtJoint.mjJNT_HINGE
    kinds = (
        (slide, (1.0, 0.0, 0.0), base.force_max_n),
        (slide, (0.0, 1.0, 0.0), base.force_max_n),
        (hinge, (0.0, 0.0, 1.0), base.torque_max_nm),
    )
    for name, (kind, axis, effort) in zip(base.joints, kinds, strict=True):
        body.add_joint(name=name, type=kind, axis=axis, actfrclimited=True, actfrcrange=(-effort, effort))


def add_joint(body: mujoco.MjsBody, name: str, joint: Joint, drive: Drive, effort: float) -> None:
    """Add the joint that moves a body, with its drive's reflected inertia and losses; `effort` limits its actuator."""
    body.add_joint(
        name=name,
        type=mujoco.mjtJoint.mjJNT_HINGE if joint.kind == "hinge" else mujoco.mjtJoint.mjJNT_SLIDE,
        axis=joint.axis,
        range=joint.limits,
        limited=True,
        actfrclimited=True,
        actfrcrange=(-effort, effort),
        armature=drive.armature,
        damping=(drive.damping, 0.0, 0.0),
    )


def add_shape(body: mujoco.MjsBody, name: str, shape: Collision) -> mujoco.MjsGeom:
    """Add a collision geom without mass."""
    geom = body.add_geom(name=name, group=COLLISION_GROUP, mass=0.0, condim=3, rgba=COLLISION_RGBA)
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
    return geom


def add_foot(spec: mujoco.MjSpec, body: mujoco.MjsBody, side: str, foot: FootFigures) -> None:
    """Add a flat sole of four contact spheres, a site at its middle, and the force-torque sensor of the ankle.

    The sensor reads what the foot's body passes on to the shank (N, N m, in the body's frame).
    """
    x, y, z = foot.sole_centre_m
    length, width = foot.sole_half_m
    for number, (sx, sy) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
        body.add_geom(
            name=f"{side}_sole_{number}",
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=(SOLE_RADIUS_M, 0.0, 0.0),
            pos=(x + sx * (length - SOLE_RADIUS_M), y + sy * (width - SOLE_RADIUS_M), z + SOLE_RADIUS_M),
            group=COLLISION_GROUP,
            mass=0.0,
            condim=3,
            friction=foot.friction,
            rgba=COLLISION_RGBA,
        )
    body.add_site(name=f"{side}_sole", pos=foot.sole_centre_m, size=(0.005, 0, 0), group=SITE_GROUP)
    body.add_site(name=f"{side}_ankle", pos=foot.ankle_offset_m, size=(0.005, 0, 0), group=SITE_GROUP)
    for kind, site in (("force", "ankle"), ("torque", "ankle"), ("pos", "sole"), ("quat", "sole")):
        add_sensor(spec, kind, f"{side}_{site}", f"{side}_{site}_{kind}")


def add_site(body: mujoco.MjsBody, name: str, mount: Mount) -> None:
    """Add the frame of a sensor."""
    body.add_site(name=name, pos=mount.offset_m, quat=rpy_quat(mount.rpy_rad), size=(0.005, 0, 0), group=SITE_GROUP)


def add_camera(body: mujoco.MjsBody, name: str, camera: Camera) -> None:
    """Add a camera that looks along its frame's +x with +z up."""
    quat = np.zeros(4)
    mujoco.mju_mulQuat(quat, rpy_quat(camera.rpy_rad), np.array(_LOOK_AHEAD))
    # fovy is in degrees in MuJoCo whatever the compiler's angle unit
    body.add_camera(name=name, pos=camera.offset_m, quat=quat, fovy=camera.fovy_deg)


def add_sensor(spec: mujoco.MjSpec, kind: str, site: str, name: str) -> None:
    """Add a sensor of a site: force, torque, pos, quat, gyro or acc."""
    types = {
        "force": mujoco.mjtSensor.mjSENS_FORCE,
        "torque": mujoco.mjtSensor.mjSENS_TORQUE,
        "pos": mujoco.mjtSensor.mjSENS_FRAMEPOS,
        "quat": mujoco.mjtSensor.mjSENS_FRAMEQUAT,
        "gyro": mujoco.mjtSensor.mjSENS_GYRO,
        "acc": mujoco.mjtSensor.mjSENS_ACCELEROMETER,
    }
    spec.add_sensor(name=name, type=types[kind], objtype=mujoco.mjtObj.mjOBJ_SITE, objname=site)
