"""From a model file as read to the data of an adapter card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilotline.robots.adapters.card import AdapterCard
from pilotline.robots.adapters.make import make
from pilotline.robots.adapters.read import Model
from pilotline.robots.adopt.clear import cleared
from pilotline.robots.adopt.frames import point, rpy
from pilotline.robots.adopt.hands import end_of
from pilotline.robots.adopt.home import home_of
from pilotline.robots.adopt.limits import guessed
from pilotline.robots.adopt.overlaps import overlapping
from pilotline.robots.adopt.sensors import cameras_of, imu_of
from pilotline.robots.adopt.shape import Shape
from pilotline.robots.adopt.soles import Sole, sole_of
from pilotline.robots.adopt.tree import Body, recognise
from pilotline.robots.yamlfile import validated

FREQUENCY_HZ = {"leg": 3.0, "torso": 8.0, "arm": 8.0, "head": 8.0}
"""Of the position servos of the `ideal` tier; legs stand on soft servos."""
SOURCES = {
    "model": "the model file",
    "found": "found by `pilotline adopt` from the model's tree and geometry",
    "guess": "guess of `pilotline adopt`; the model does not tell",
}


@dataclass(frozen=True)
class Adoption:
    """What was found.

    Attributes:
      card: data of an adapter card, plain YAML types; `AdapterCard` accepts it.
      how: how each part of the card was found, in words, by its key.
      unknown: what the model does not tell, a line each.
    """

    card: dict[str, Any]
    how: Mapping[str, str]
    unknown: tuple[str, ...]


def adopt(model: Model, name: str, where: Mapping[str, str]) -> Adoption:
    """A first card of a model, with every guess marked as one.

    `pilotline.robots.adapters.load` calls it for `menagerie:NAME` without a shipped card, and `pilotline adopt` for
    any file: `adopt(read(path), name, {"file": path.name})`, `adopt(read(menagerie_file(name, entry)), name,
    {"menagerie": name, "entry": entry})`.

    Args:
      model: as `pilotline.robots.adapters.read.read` gives it.
      name: of the robot.
      where: the card's `model` entry, see `AdapterCard.model`.

    Raises:
      ModelError: a model that is no robot with at least one pair of arms or legs, or none of whose joints says how
        strong it is; one line.
    """
    shape = Shape(model)
    body = recognise(shape)
    soles = {side: sole_of(shape, leg) for side, leg in body.legs.items()}
    home = home_of(shape, body, soles)
    ends = {side: end_of(shape, arm, home.joints, "guess") for side, arm in body.arms.items()}
    groups = _groups(shape, body) | {f"{side}_hand": list(end.joints) for side, end in ends.items() if end.joints}
    figures, unknown = guessed(shape, groups, "guess")
    placed = {joint for listed in groups.values() for joint in listed}
    passive = [joint for joint in shape.limits if joint not in placed]
    imu, imu_how = imu_of(shape, "found")
    card: dict[str, Any] = {
        "schema": "pilotline/adapter/1",
        "name": name,
        "title": f"{model.compiled.names[: model.compiled.names.find(0)].decode() or name}, adopted",
        "notes": [],
        "sources": dict(SOURCES),
        "model": dict(where),
        "base": {
            "kind": "floating" if body.legs else "fixed",
            "link": shape.root,
            "height_m": round(max(home.height_m, 0.0), 5),
            "source": "found",
            "mark": "D",
        },
        "groups": groups,
        "passive": passive,
        "home": {
            joint: _rounded(shape, joint, value) for joint, value in home.joints.items() if joint in placed and value
        },
        "joints": figures,
        "hands": {side: end.entry for side, end in ends.items()},
        "feet": {side: _foot(shape, sole) for side, sole in soles.items()},
        "imu": imu,
        "cameras": cameras_of(shape, "model"),
        "exclude": [],
        "servo": {
            "frequency_hz": {group: hz for group in groups if (hz := FREQUENCY_HZ.get(group.split("_")[-1]))},
            "damping_ratio": 1.0,
            "source": "guess",
            "mark": "E",
        },
    }
    card["exclude"] = overlapping(make(validated(name, card, AdapterCard), model, name), shape)
    moved = cleared(make(validated(name, card, AdapterCard), model, name))
    card["home"] |= moved
    unknown += _unplaced(shape, passive)
    unknown += [f"{side} hand: {end.note}" for side, end in ends.items() if not end.joints]
    if not card["cameras"]:
        unknown.append("cameras: the model has none")
    how = {
        "base": f"stands on its legs: {home.how}" if body.legs else "has no legs, so it is bolted down",
        "groups": "branches that mirror in y; the lower pair that reaches the ground is the legs",
        "home": "; ".join((home.how, *home.refused, *(["arms moved out of the body"] if moved else []))),
        "imu": imu_how,
        **{f"hands.{side}": end.note for side, end in ends.items()},
        "feet": "largest flat face of the foot's collision geoms that looks down",
        "exclude": "neighbours that overlap in the home pose",
    }
    return Adoption(card, how, tuple(unknown))


def _rounded(shape: Shape, joint: str, value: float) -> float:
    """A joint's value at five digits, still within its range."""
    one = shape.limits[joint]
    return min(max(round(value, 5), one.low), one.high)


def _groups(shape: Shape, body: Body) -> dict[str, list[str]]:
    """Driven joints of legs, torso, arms and head."""
    parts = {f"{side}_leg": limb.parts for side, limb in body.legs.items()}
    parts |= {"torso": body.torso}
    parts |= {f"{side}_arm": limb.parts for side, limb in body.arms.items()}
    parts |= {"head": body.head}
    found = {group: [name for name in shape.names(chain) if shape.driven(name)] for group, chain in parts.items()}
    return {group: names for group, names in found.items() if names}


def _foot(shape: Shape, sole: Sole) -> dict[str, Any]:
    return {
        "link": shape.body(sole.part),
        "ankle_offset_m": point(sole.ankle),
        "sole_centre_m": point(sole.centre),
        "rpy_rad": rpy(sole.turn),
        "sole_half_m": [round(half, 4) for half in sole.half_m],
        "source": "found",
        "mark": "D",
    }


def _unplaced(shape: Shape, passive: list[str]) -> list[str]:
    """What is said of joints that belong to no group."""
    moved = [joint for joint in passive if shape.driven(joint)]
    limp = [joint for joint in passive if joint not in moved]
    lines = []
    if moved:
        lines.append(f"what {', '.join(moved)} is for: in no limb, taken as passive although the model drives it")
    if limp:
        lines.append(f"drives of {', '.join(limp[:4])}{' ...' if len(limp) > 4 else ''}: none in the model, passive")
    return lines
