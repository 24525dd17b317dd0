"""A model's spec with its own settings worked into its elements, so that what is added to it meets MuJoCo's defaults.

A file's defaults, units and options would otherwise rule over everything that a station adds to the robot's spec: a
default friction, a class of the body that a hand is bolted to, degrees, another time step.
"""

from __future__ import annotations

import math
from typing import Any

import mujoco

_ORIENTED = ("bodies", "geoms", "sites", "cameras", "frames")
_HINGED = (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_BALL)
_NOT_DATA = frozenset(
    {"parent", "frame", "classname", "name", "id", "signature", "info", "default", "compiler", "path"}
)
_KINDS = ("geom", "joint", "site", "camera", "light", "mesh", "material", "equality", "tendon", "pair", "actuator")


def neutralise(spec: mujoco.MjSpec, model: mujoco.MjModel) -> None:
    """Work compiler settings and defaults of `spec` into its elements, and set them back; `model` is it compiled.

    Masses and inertias become explicit: no geom that is added or taken off later changes them.
    """
    _orientations(spec)
    _angles(spec)
    _limits(spec)
    _inertials(spec, model)
    _defaults(spec)
    fresh = mujoco.MjSpec()
    spec.option = fresh.option
    spec.visual = fresh.visual
    spec.stat = fresh.stat
    _copy(fresh.compiler, spec.compiler)
    spec.compiler.degree = False
    spec.compiler.inertiafromgeom = mujoco.mjtInertiaFromGeom.mjINERTIAFROMGEOM_AUTO
    spec.nuserdata = 0


def _orientations(spec: mujoco.MjSpec) -> None:
    """Angles, axes and other ways to turn a frame as quaternions."""
    plain = mujoco.mjtOrientation.mjORIENTATION_QUAT
    degree, order = spec.compiler.degree, spec.compiler.eulerseq
    for kind in _ORIENTED:
        for element in getattr(spec, kind):
            if element.alt.type != plain:
                element.quat = spec.resolve_orientation(degree=degree, sequence=order, orientation=element.alt)
                element.alt.type = plain


def _angles(spec: mujoco.MjSpec) -> None:
    """Joint ranges and references in radians."""
    if not spec.compiler.degree:
        return
    for joint in spec.joints:
        if joint.type not in _HINGED:
            continue
        joint.range = [math.radians(value) for value in joint.range]
        if joint.type == mujoco.mjtJoint.mjJNT_HINGE:
            joint.ref, joint.springref = math.radians(joint.ref), math.radians(joint.springref)


def _limits(spec: mujoco.MjSpec) -> None:
    """Say of every joint and tendon whether it is limited, as the file's compiler would have."""
    automatic, no, yes = (
        mujoco.mjtLimited.mjLIMITED_AUTO,
        mujoco.mjtLimited.mjLIMITED_FALSE,
        mujoco.mjtLimited.mjLIMITED_TRUE,
    )
    allowed = spec.compiler.autolimits

    def settle(flag: Any, interval: Any) -> Any:
        if flag != automatic:
            return flag
        return yes if allowed and interval[0] != interval[1] else no

    for item in (*spec.joints, *spec.tendons):
        item.limited = settle(item.limited, item.range)
        item.actfrclimited = settle(item.actfrclimited, item.actfrcrange)


def _inertials(spec: mujoco.MjSpec, model: mujoco.MjModel) -> None:
    for body in spec.bodies[1:]:
        body.gravcomp = 0.0
        number = model.body(body.name).id
        body.explicitinertial = True
        body.mass = float(model.body_mass[number])
        body.ipos, body.iquat = model.body_ipos[number], model.body_iquat[number]
        body.inertia = model.body_inertia[number]
        body.ialt.type = mujoco.mjtOrientation.mjORIENTATION_QUAT
        body.fullinertia = [math.nan, 0.0, 0.0, 0.0, 0.0, 0.0]


def _defaults(spec: mujoco.MjSpec) -> None:
    """Put every body in the main class, and give that class MuJoCo's own values; elements keep what they have."""
    for body in spec.bodies:
        body.classname = spec.default
    fresh = mujoco.MjSpec()  # its default lives as long as it does
    for kind in _KINDS:
        _copy(getattr(fresh.default, kind), getattr(spec.default, kind))


def _copy(source: Any, target: Any) -> None:
    for name in dir(source):
        if name.startswith("_") or name in _NOT_DATA:
            continue
        value = getattr(source, name)
        if not callable(value):
            setattr(target, name, value)
