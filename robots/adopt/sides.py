"""Left and right of a model by geometry: branches whose joints are each other's image in the plane y = 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType

import numpy as np

from pilotline.robots.adopt.shape import Shape

PLACE_SHARE = 0.02
"""Of the robot's height: joints whose images are nearer than this are a pair."""
LENGTH_SHARE, MASS_SHARE = 0.05, 0.15
"""By how much lengths and masses of the two sides may differ."""
LEFT_WORDS = ("left", "l_", "_l")


@dataclass(frozen=True)
class Pair:
    """Two branches of a part that are each other's image; `sides` gives the first part of each by side."""

    parent: int
    sides: Mapping[str, int]

    def __hash__(self) -> int:
        return hash((self.parent, *self.sides.values()))


def mirrored_children(shape: Shape, part: int, across: int = 1) -> list[Pair]:
    """Pairs among the branches of a part, mirrored along the axis `across` (1 is y); the side at +y is the left."""
    found: list[Pair] = []
    free = list(shape.children[part])
    for one, other in combinations(free, 2):
        if {one, other} & {number for pair in found for number in pair.sides.values()}:
            continue
        if _image(shape, one, other, across):
            right, left = _ordered(shape, one, other, across)
            found.append(Pair(part, MappingProxyType({"right": right, "left": left})))
    return found


def _image(shape: Shape, one: int, other: int, across: int) -> bool:
    flip = np.ones(3)
    flip[across] = -1.0
    middle = np.zeros(3)
    middle[across] = shape.data.xpos[1][across]  # the root may stand beside the origin
    a, b = shape.anchor(one) - middle, shape.anchor(other) - middle
    if np.linalg.norm(a * flip - b) > PLACE_SHARE * shape.height:
        return False
    counts = [sum(len(shape.parts[part].joints) for part in shape.below(side)) for side in (one, other)]
    masses = [shape.carried_mass[side] for side in (one, other)]
    lengths = [reach(shape, side) for side in (one, other)]
    return (
        counts[0] == counts[1]
        and abs(masses[0] - masses[1]) <= MASS_SHARE * max(masses)
        and abs(lengths[0] - lengths[1]) <= LENGTH_SHARE * max(lengths)
        and _apart(shape, one, other, across) > 1e-6
    )


def reach(shape: Shape, part: int) -> float:
    """Way along the joints from a part's first to the farthest of those it carries, m: the same in every pose."""
    here = shape.anchor(part)
    return max(
        (float(np.linalg.norm(shape.anchor(child) - here)) + reach(shape, child) for child in shape.children[part]),
        default=0.0,
    )


def _apart(shape: Shape, one: int, other: int, across: int) -> float:
    return abs(_across(shape, one, across) - _across(shape, other, across))


def _across(shape: Shape, part: int, axis: int) -> float:
    """Where a branch is on an axis: its first joint, else, where that is on the middle, its centre of mass."""
    at = float(shape.anchor(part)[axis])
    if abs(at - shape.data.xpos[1][axis]) > 1e-4:
        return at
    bodies = [body for one in shape.below(part) for body in shape.parts[one].bodies]
    return float(np.average(shape.data.xipos[bodies, axis], weights=np.maximum(shape.model.body_mass[bodies], 1e-9)))


def _ordered(shape: Shape, one: int, other: int, across: int) -> tuple[int, int]:
    """Right and left; names decide only where geometry does not."""
    a, b = _across(shape, one, across), _across(shape, other, across)
    if abs(a - b) > 1e-3:
        return (one, other) if a < b else (other, one)
    left = any(word in shape.body(one).lower() for word in LEFT_WORDS)
    return (other, one) if left else (one, other)
