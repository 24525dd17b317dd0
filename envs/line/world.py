"""The world of a line: a hall with all its stations and one robot, compiled once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import mujoco

from pilotline.configs.lines import Line, LineError
from pilotline.envs import stations
from pilotline.envs.cell import ORIGIN, SCOPES, Cell
from pilotline.envs.rendering import View
from pilotline.envs.scenery import add_cells
from pilotline.envs.station import Station
from pilotline.envs.world import World, begin_world
from pilotline.robots import Robot

_SENSOR = mujoco.mjtSensor
_OBJECT = mujoco.mjtObj
_PLACE = (_SENSOR.mjSENS_FRAMEPOS,)
_TENDON = (
    *("armature", "damping", "frictionloss", "stiffness", "springlength", "springyield", "limited", "range", "margin"),
    *("actfrclimited", "actfrcrange", "solref_limit", "solimp_limit", "solref_friction", "solimp_friction"),
    *("group", "width", "rgba", "material", "userdata"),
)
_SCOPE_OF = {kind: scope for scope, kind in SCOPES.items()} | {_OBJECT.mjOBJ_XBODY: "body"}


@dataclass(frozen=True)
class LineWorld:
    """A compiled hall.

    Attributes:
      line: its card.
      worlds: one for each station, in the order of the flow; they share one model.
      cells: where the stations stand, likewise.
    """

    line: Line
    worlds: tuple[World, ...]
    cells: tuple[Cell, ...]

    @property
    def model(self) -> mujoco.MjModel:
        """Of the hall."""
        return self.worlds[0].model

    @property
    def robot(self) -> Robot:
        """Who serves the line."""
        return self.worlds[0].robot

    def view(self) -> View:
        """The whole hall, from behind the robot's left shoulder."""
        places = self.line.places_m
        middle = [sum(place[axis] for place in places) / len(places) for axis in (0, 1)]
        reach = max(max(abs(place[axis] - middle[axis]) for place in places) for axis in (0, 1))
        return View(
            lookat=(middle[0] + 0.2, middle[1], 0.5), distance=3.8 + 1.25 * reach, azimuth=38.0, elevation=-24.0
        )


def build_line_world(line: Line, robot: Robot, actuators: str, shells: bool = True) -> LineWorld:
    """Compile the hall of a line.

    Every station is built as in a world of its own, then its things get the station's name before theirs and are moved
    to their place. It has the finest physics step and, if any needs them, the elliptic friction cones of its stations.

    Raises:
      LineError: a robot that cannot go from station to station.
    """
    if len(line.stations) > 1 and not robot.base.joints:
        raise LineError(
            f"line {line.name} has {len(line.stations)} stations and {robot.name} does not drive; allowed: a robot on "
            "a wheeled base, or a line of one station"
        )
    found: list[Station] = [stations.load(name) for name in line.station_names]
    cards = [station.card for station in found]
    elliptic = any(card.cone == "elliptic" for card in cards)
    spec, drives = begin_world(
        robot, actuators, f"{line.name}-{robot.name}", max(card.substeps for card in cards), elliptic, shells
    )
    places = line.places_m
    add_cells(spec, places)
    cells = tuple(_add_station(spec, station, robot, place) for station, place in zip(found, places, strict=True))
    model = spec.compile()
    worlds = tuple(World(model, station, robot, actuators, drives) for station in found)
    return LineWorld(line, worlds, cells)


def _add_station(spec: mujoco.MjSpec, station: Station, robot: Robot, at_m: tuple[float, float]) -> Cell:
    """Build a station, give its things its name, and put them in their place."""
    before = _names(spec)
    world = spec.worldbody
    loose = {kind: len(getattr(world, kind)) for kind in ("bodies", "geoms", "sites", "lights", "cameras")}
    senses, others = len(spec.sensors), _counts(spec)
    station.build(spec, robot)
    after = _names(spec)
    own = {kind: frozenset(after[kind] - before[kind]) for kind in SCOPES}
    cell = Cell(f"{station.card.name}/", at_m, own)
    shift = (*at_m, 0.0)
    for kind, count in loose.items():
        for thing in getattr(world, kind)[count:]:
            thing.pos = [a + b for a, b in zip(thing.pos, shift, strict=True)]
    tendons = _new(spec, "tendons", others)
    _rename_references(spec, cell, others)
    _move_tendons(spec, cell, tendons)
    for kind, things in _things(spec).items():
        for thing in things:
            if thing.name in own[kind]:
                thing.name = cell.prefix + thing.name
    world.add_site(name=f"{cell.prefix}{ORIGIN}", pos=shift, group=5)
    for sensor in spec.sensors[senses:]:
        _rename_sensor(sensor, cell)
    _tell_in_cell(spec, cell, senses)
    return cell


def _things(spec: mujoco.MjSpec) -> dict[str, Any]:
    return {
        "body": spec.bodies,
        "geom": spec.geoms,
        "site": spec.sites,
        "jnt": spec.joints,
        "actuator": spec.actuators,
        "tendon": spec.tendons,
    }


def _names(spec: mujoco.MjSpec) -> dict[str, set[str]]:
    return {kind: {thing.name for thing in things if thing.name} for kind, things in _things(spec).items()}


def _counts(spec: mujoco.MjSpec) -> dict[str, int]:
    """How many things there are of the kinds that refer to others."""
    return {kind: len(getattr(spec, kind)) for kind in ("actuators", "equalities", "excludes", "pairs", "tendons")}


def _new(spec: mujoco.MjSpec, kind: str, counts: dict[str, int]) -> Iterable[Any]:
    return list(getattr(spec, kind))[counts[kind] :]


def _rename_references(spec: mujoco.MjSpec, cell: Cell, counts: dict[str, int]) -> None:
    """Actuators, constraints, exclusions and contact pairs of the station follow the new names."""
    transmission = mujoco.mjtTrn
    scope = {
        transmission.mjTRN_JOINT: "jnt",
        transmission.mjTRN_JOINTINPARENT: "jnt",
        transmission.mjTRN_TENDON: "tendon",
        transmission.mjTRN_SITE: "site",
        transmission.mjTRN_BODY: "body",
        transmission.mjTRN_SLIDERCRANK: "site",
    }
    for actuator in _new(spec, "actuators", counts):
        actuator.target = cell.name(scope[actuator.trntype], actuator.target)
        actuator.refsite = cell.name("site", actuator.refsite)
        actuator.slidersite = cell.name("site", actuator.slidersite)
    equality = mujoco.mjtEq
    joined = {equality.mjEQ_JOINT: "jnt", equality.mjEQ_TENDON: "tendon"}
    for constraint in _new(spec, "equalities", counts):
        kind = joined.get(constraint.type) or _SCOPE_OF.get(constraint.objtype, "body")
        constraint.name1, constraint.name2 = cell.name(kind, constraint.name1), cell.name(kind, constraint.name2)
        if constraint.name:
            constraint.name = cell.prefix + constraint.name
    for exclude in _new(spec, "excludes", counts):
        exclude.bodyname1, exclude.bodyname2 = (cell.name("body", n) for n in (exclude.bodyname1, exclude.bodyname2))
        if exclude.name:
            exclude.name = cell.prefix + exclude.name
    for pair in _new(spec, "pairs", counts):
        pair.geomname1, pair.geomname2 = (cell.name("geom", n) for n in (pair.geomname1, pair.geomname2))
        if pair.name:
            pair.name = cell.prefix + pair.name


def _move_tendons(spec: mujoco.MjSpec, cell: Cell, tendons: Iterable[Any]) -> None:
    """Tendons of the station anew, over renamed joints: the path of one that exists cannot be changed."""
    for old in tendons:
        joints = [(wrap.target.name, wrap.coef) for wrap in old.path]
        if any(wrap.type != mujoco.mjtWrap.mjWRAP_JOINT for wrap in old.path):
            raise LineError(f"tendon {cell.prefix}{old.name} winds round things; allowed: tendons over joints")
        new = spec.add_tendon(name=cell.prefix + old.name)
        for name in _TENDON:
            setattr(new, name, getattr(old, name))
        for joint, coef in joints:
            new.wrap_joint(cell.name("jnt", joint), coef)
        spec.delete(old)


def _rename_sensor(sensor: Any, cell: Cell) -> None:
    sensor.name = cell.prefix + sensor.name
    for kind, name in (("objtype", "objname"), ("reftype", "refname")):
        if scope := _SCOPE_OF.get(getattr(sensor, kind)):
            setattr(sensor, name, cell.name(scope, getattr(sensor, name)))


def _tell_in_cell(spec: mujoco.MjSpec, cell: Cell, senses: int) -> None:
    """Places are told in the station's coordinates: those of its own things, and once more those of the robot."""

    def relative(sensor: Any) -> None:
        sensor.reftype, sensor.refname = _OBJECT.mjOBJ_SITE, f"{cell.prefix}{ORIGIN}"

    everything = list(spec.sensors)
    for sensor in everything[senses:]:
        if sensor.type in _PLACE and not sensor.refname:
            relative(sensor)
    for sensor in everything[:senses]:
        if sensor.type in _PLACE and not sensor.refname and "/" not in sensor.name:
            copy = spec.add_sensor(
                name=cell.prefix + sensor.name, type=sensor.type, objtype=sensor.objtype, objname=sensor.objname
            )
            relative(copy)
