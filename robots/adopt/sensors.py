"""Where a model's IMU and cameras are."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np

from pilotline.robots.adopt.frames import point, rpy
from pilotline.robots.adopt.shape import Shape

_INERTIAL = (
    mujoco.mjtSensor.mjSENS_GYRO.value,
    mujoco.mjtSensor.mjSENS_ACCELEROMETER.value,
    mujoco.mjtSensor.mjSENS_FRAMEQUAT.value,
)
# a camera of MuJoCo looks along its own -z with +y up; one of a card along +x with +z up
_FROM_MUJOCO = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]])


def imu_of(shape: Shape, source: str) -> tuple[dict[str, Any], str]:
    """The card's `imu`, level in the zero pose whatever the model's site is, and a note on how it was found.

    First a site that a gyroscope, accelerometer or orientation sensor reads, one on the root before others, then a
    site with imu in its name, then the root body's centre of mass.
    """
    model, data = shape.model, shape.data
    read = [
        int(model.sensor_objid[number])
        for kind in _INERTIAL
        for number in range(model.nsensor)
        if model.sensor_type[number] == kind and model.sensor_objtype[number] == mujoco.mjtObj.mjOBJ_SITE.value
    ]
    named = [site for site in range(model.nsite) if "imu" in model.site(site).name.lower()]
    sites = list(dict.fromkeys([*read, *named]))
    on_root = [site for site in sites if model.site_bodyid[site] in shape.parts[0].bodies]
    if not sites:
        body = shape.parts[0].bodies[0]
        mount = {"link": shape.root, "offset_m": point(model.body_ipos[body])}
        mount |= {"rpy_rad": rpy(data.xmat[body].reshape(3, 3).T), "source": source, "mark": "E"}
        return mount, f"no site of an IMU in the model; at the centre of mass of {shape.root!r}"
    site = (on_root or sites)[0]
    body = int(model.site_bodyid[site])
    frame = data.xmat[body].reshape(3, 3)
    mount = {"link": str(model.body(body).name), "offset_m": point(model.site_pos[site]), "rpy_rad": rpy(frame.T)}
    turned = np.degrees(np.arccos(np.clip((np.trace(data.site_xmat[site].reshape(3, 3)) - 1.0) / 2.0, -1.0, 1.0)))
    note = f"at site {model.site(site).name!r}"
    if turned > 0.5:
        note += f", which is turned by {turned:.0f} deg against the robot; here it is level"
    rest = [model.site(other).name for other in sites if other != site]
    note += f"; other candidates: {', '.join(rest)}" if rest else ""
    return mount | {"source": source, "mark": "D"}, note


def cameras_of(shape: Shape, source: str) -> dict[str, dict[str, Any]]:
    """Cameras of the model that are fixed to the robot, by name."""
    model = shape.model
    found = {}
    for number in range(model.ncam):
        body = int(model.cam_bodyid[number])
        fixed = model.cam_mode[number] == mujoco.mjtCamLight.mjCAMLIGHT_FIXED.value
        if body == 0 or not fixed or model.cam_fovy[number] <= 0:
            continue
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, model.cam_quat[number])
        found[str(model.camera(number).name) or f"camera_{number}"] = {
            "link": str(model.body(body).name),
            "offset_m": point(model.cam_pos[number]),
            "rpy_rad": rpy(turn.reshape(3, 3) @ _FROM_MUJOCO),
            "fovy_deg": round(float(model.cam_fovy[number]), 3),
            "source": source,
            "mark": "D",
        }
    return found
