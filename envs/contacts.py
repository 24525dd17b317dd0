"""Contacts of a world: how far things give way, and the force between them as named MuJoCo sensors."""

from __future__ import annotations

import mujoco

_FORCE = 1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE)
_NETFORCE = 3


def stiffen(geom: mujoco.MjsGeom, time_s: float) -> None:
    """Make a geom give way by fractions of a millimetre: MuJoCo's defaults let a part sink by several.

    Of two geoms the one of higher `priority` decides alone, over a gripper's pads too, which have 0.

    Args:
      time_s: in which an overlap is pushed out, at least two physics steps; what hits at v sinks about v times this.
    """
    geom.solref, geom.solimp = (time_s, 1.0), (0.95, 0.99, 0.001, 0.5, 2.0)


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
