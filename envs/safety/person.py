"""A person in the world of a station: capsules that give way as their regions do, and a drive that walks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import pi

import mujoco
import yaml
from pydantic import BaseModel, ConfigDict, Field

from pilotline.envs.card import Mark
from pilotline.envs.safety.regions import Marked, body

NAME = "person"
"""Name of the person's body; its parts and their sensors begin with it."""
JOINTS = (f"{NAME}_x", f"{NAME}_y", f"{NAME}_yaw")
SOFT = 1e-3
"""Impedance of a person's contacts: so far below 1 that a contact is a spring between the bodies and not a constraint
on them, whose force would follow their masses."""

_VEST, _TROUSERS, _SKIN = (0.93, 0.55, 0.05, 1.0), (0.18, 0.22, 0.34, 1.0), (0.80, 0.62, 0.52, 1.0)
_COLOURS = {"legs": _TROUSERS, "torso": _VEST, "upper_arm": _VEST, "forearm": _VEST}
_REACH_M = 0.15
_DAMPING = 0.2
"""Of the segments' slides, as a ratio: more would add its own force to that of a blow."""
_SLIDES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class _Capsule(_Strict):
    start: tuple[float, float, float] = Field(alias="from")
    to: tuple[float, float, float]
    radius: float = Field(gt=0)


class _Segment(_Strict):
    mass_of: str
    both: bool
    regions: Mapping[str, _Capsule]


class _Pace(_Strict):
    low: float = Field(gt=0)
    high: float = Field(gt=0)
    source: str
    mark: Mark


class Figure(_Strict):
    """The person of `person.yaml`."""

    stature_m: Marked
    walking_m_s: _Pace
    radius_m: Marked
    yield_hz: Marked
    stride_s: Marked
    turn_rad_s: Marked
    segments: Mapping[str, _Segment]


@cache
def figure() -> Figure:
    """The person's figures."""
    text = (resources.files("pilotline.envs") / "safety" / "person.yaml").read_text(encoding="utf-8")
    return Figure.model_validate(yaml.safe_load(text))


@dataclass(frozen=True)
class Part:
    """A capsule of the person: its geom, which also names its force sensor, and its region."""

    geom: str
    region: str


def parts() -> tuple[Part, ...]:
    """All capsules, in the order of the model."""
    found = []
    for segment in figure().segments.values():
        for side in _sides(segment):
            found += [Part(f"{NAME}_{region}{side}", region) for region in segment.regions]
    return tuple(found)


def add_person(spec: mujoco.MjSpec, root: str, loads: tuple[str, ...]) -> None:
    """Add a person at the origin, touched by nothing but the robot with body `root` and the bodies `loads`.

    The legs carry everything else and are walked by velocity servos; torso, head, neck and arms hang on them by slides
    on the floor's plane. A region thus meets a blow with its effective mass. Contact pairs get their stiffness when a
    cycle begins, see `pedestrian`.
    """
    person = figure()
    walker = spec.worldbody.add_body(name=NAME)
    for joint, axis in zip(JOINTS[:2], _SLIDES, strict=True):
        walker.add_joint(name=joint, type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
    walker.add_joint(name=JOINTS[2], type=mujoco.mjtJoint.mjJNT_HINGE, axis=(0.0, 0.0, 1.0))
    for name, segment in person.segments.items():
        for side in _sides(segment):
            at = walker if name == "legs" else _hung(walker, name + side, segment)
            _capsules(at, name, segment, side)
    masses = {region.mass_kg for region in body().regions.values()}
    _drive(spec, sum(masses), person.stride_s.value)
    touched = [*_solids(spec, root), *(geom for load in loads for geom in _solids(spec, load))]
    for part in parts():
        _sensor(spec, part.geom)
        for other in touched:
            pair = spec.add_pair(geomname1=part.geom, geomname2=other)
            pair.condim, pair.solref, pair.solimp = 1, (-1.0, -1e-9), (SOFT, SOFT, 0.001, 0.5, 2.0)


def _hung(walker: mujoco.MjsBody, name: str, segment: _Segment) -> mujoco.MjsBody:
    hung = walker.add_body(name=f"{NAME}_{name}")
    mass, omega = body().regions[segment.mass_of].mass_kg, 2.0 * pi * figure().yield_hz.value
    for axis, letter in zip(_SLIDES, "xy", strict=True):
        joint = hung.add_joint(name=f"{NAME}_{name}_{letter}", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
        joint.stiffness, joint.damping = [mass * omega**2, 0.0, 0.0], [2.0 * _DAMPING * mass * omega, 0.0, 0.0]
        joint.limited, joint.range = True, (-_REACH_M, _REACH_M)
    return hung


def _capsules(at: mujoco.MjsBody, name: str, segment: _Segment, side: str) -> None:
    mirror = -1.0 if side == "_right" else 1.0
    mass = body().regions[segment.mass_of].mass_kg
    at.explicitinertial, at.mass = True, mass
    at.ipos, at.inertia = (0.0, 0.0, 1.0), (mass * 0.1,) * 3
    for region, capsule in segment.regions.items():
        (x0, y0, z0), (x1, y1, z1) = capsule.start, capsule.to
        at.add_geom(
            name=f"{NAME}_{region}{side}",
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=(x0, mirror * y0, z0, x1, mirror * y1, z1),
            size=(capsule.radius, 0.0, 0.0),
            rgba=_COLOURS.get(name, _SKIN),
            contype=0,
            conaffinity=0,
        )


def _drive(spec: mujoco.MjSpec, mass_kg: float, stride_s: float) -> None:
    for joint in JOINTS[:2]:
        actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        actuator.set_to_velocity(kv=mass_kg / stride_s)
    yaw = spec.add_actuator(name=JOINTS[2], target=JOINTS[2], trntype=mujoco.mjtTrn.mjTRN_JOINT)
    yaw.set_to_position(kp=4000.0, kv=400.0)


def _sensor(spec: mujoco.MjSpec, geom: str) -> None:
    """Net contact force (3,) N on a capsule, world axes; nothing but its pairs touches it."""
    spec.add_sensor(
        name=geom,
        type=mujoco.mjtSensor.mjSENS_CONTACT,
        objtype=mujoco.mjtObj.mjOBJ_GEOM,
        objname=geom,
        intprm=[1 << int(mujoco.mjtConDataField.mjCONDATA_FORCE), 3, 1],
    )


def _solids(spec: mujoco.MjSpec, root: str) -> Iterator[str]:
    """Names of the geoms of a body's subtree that touch things; those without a name get one."""
    at = spec.body(root)
    for each in (at, *at.find_all(mujoco.mjtObj.mjOBJ_BODY)):
        for k, geom in enumerate(each.geoms):
            if geom.contype or geom.conaffinity:
                geom.name = geom.name or f"{each.name}_solid_{k}"
                yield geom.name


def _sides(segment: _Segment) -> tuple[str, ...]:
    return ("_right", "_left") if segment.both else ("",)
