"""Contact sensors: the force that things of a world exert on each other, as named MuJoCo sensors."""

from __future__ import annotations

import mujoco

_FORCE = 1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE)
_NETFORCE = 3


def add_netforce(
    spec: mujoco.MjSpec, name: str, body: str, subtree: str | None = None, geom: str | None = None
) -> None:
    """Add a sensor of the net contact force (3,) N, world axes, between a body's subtree and something else.

    Args:
      spec: world under construction.
      name: sensor name.
      body: root of the first subtree.
      subtree: root of the second subtree; or
      geom: the one geom on the other side; with neither, everything else counts.
    """
    sensor = spec.add_sensor(
        name=name,
        type=mujoco.mjtSensor.mjSENS_CONTACT,
        objtype=mujoco.mjtObj.mjOBJ_XBODY,
        objname=body,
        intprm=[_FORCE, _NETFORCE, 1],
    )
    if subtree is not None:
        sensor.reftype, sensor.refname = mujoco.mjtObj.mjOBJ_XBODY, subtree
    elif geom is not None:
        sensor.reftype, sensor.refname = mujoco.mjtObj.mjOBJ_GEOM, geom
