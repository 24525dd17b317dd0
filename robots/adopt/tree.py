"""Which part of a model is a leg, an arm, the torso or the head, from the kinematic tree and where things are.

Limbs are pairs of branches that are each other's image. The pair that starts lowest and ends at the robot's lowest
point is the legs, the heavier of the others the arms; the torso is the way from the root to both; the head is what the
torso carries above the shoulders. Names are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adopt.points import lowest
from pilotline.robots.adopt.shape import Shape
from pilotline.robots.adopt.sides import Pair, mirrored_children

LEAST_JOINTS = 3
"""A limb has at least so many joints in series; less is an ear, a wheel or an eye."""
GROUND_SHARE = 0.15
"""Of the robot's height: what ends within it of the lowest point stands on the ground."""
MAIN_SHARE = 0.7
"""Of the mass beyond a branching: a branch with more goes on as the limb, the rest are rods or covers."""
ARM_JOINTS = 7
"""An arm without a branching has at most so many driven joints; what follows is its hand."""
HEAD_JOINTS = 4


@dataclass(frozen=True)
class Limb:
    """One leg or arm.

    Attributes:
      parts: in series from the torso outwards, up to the foot or palm.
      fingers: first parts of what the palm carries.
      side_pieces: first parts of other branches along it.
    """

    parts: tuple[int, ...]
    fingers: tuple[int, ...] = ()
    side_pieces: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The foot or palm."""
        return self.parts[-1]


@dataclass(frozen=True)
class Body:
    """The parts of a humanoid; `legs` and `arms` by side, empty where it has none."""

    legs: dict[str, Limb]
    arms: dict[str, Limb]
    torso: tuple[int, ...]
    head: tuple[int, ...]


def recognise(shape: Shape) -> Body:
    """What each part is. Raises ModelError for a model without a pair of limbs, or with four legs."""
    pairs = list(_pairs(shape))
    if not pairs:
        _refuse(shape)
    legs, arms = _roles(shape, pairs)
    leg_limbs = {} if legs is None else {side: _chain(shape, part, False) for side, part in legs.sides.items()}
    arm_limbs = {} if arms is None else {side: _chain(shape, part, True) for side, part in arms.sides.items()}
    torso: list[int] = []
    for pair in (legs, arms):
        if pair is not None:
            torso += [part for part in shape.path(pair.parent) if part not in torso]
    taken = {pair.parent: set(pair.sides.values()) for pair in pairs}
    head = _head(shape, arms, torso, taken)
    return Body(leg_limbs, arm_limbs, tuple(part for part in torso if shape.parts[part].joints), head)


def _pairs(shape: Shape) -> Iterator[Pair]:
    """Pairs of limbs on the middle of the body."""
    middle = [0]
    while middle:
        part = middle.pop(0)
        pairs = [pair for pair in mirrored_children(shape, part) if _depth(shape, pair.sides["right"]) >= LEAST_JOINTS]
        yield from pairs
        limbs = {child for pair in pairs for child in pair.sides.values()}
        middle += [child for child in shape.children[part] if child not in limbs]


def _depth(shape: Shape, part: int) -> int:
    """Joints in series from a part on, along the longest way."""
    beyond = [_depth(shape, child) for child in shape.children[part]]
    return len(shape.parts[part].joints) + max(beyond, default=0)


def _roles(shape: Shape, pairs: list[Pair]) -> tuple[Pair | None, Pair | None]:
    """Legs and arms among the pairs."""
    floor = min(lowest(shape, part) for part in range(len(shape.parts)))
    grounded = {}
    for pair in pairs:
        end = min(lowest(shape, part) for side in pair.sides.values() for part in shape.below(side))
        grounded[pair] = end - floor < GROUND_SHARE * shape.height
    by_height = sorted(pairs, key=lambda pair: float(shape.anchor(pair.sides["right"])[2]))
    first = by_height[0]
    others = by_height[1:]
    trunk = min(lowest(shape, part) for part in shape.path(first.parent))
    stands = grounded[first] and trunk - floor > GROUND_SHARE * shape.height
    if not stands:
        others, first_leg = by_height, None
    else:
        first_leg = first
        start = float(shape.anchor(first.sides["right"])[2])
        for other in others:
            level = float(shape.anchor(other.sides["right"])[2]) - start < 0.05 * shape.height
            if level and grounded[other]:
                raise ModelError(f"{shape.file}: stands on two pairs of legs; must be a humanoid with one pair")
    arms = max(others, key=lambda pair: shape.carried_mass[pair.sides["right"]], default=None)
    return first_leg, arms


def _chain(shape: Shape, top: int, arm: bool) -> Limb:
    """The limb from its first part on."""
    parts = [top]
    aside: list[int] = []
    while children := shape.children[parts[-1]]:
        mass = {child: shape.carried_mass[child] for child in children}
        main = max(children, key=lambda child: mass[child])
        if arm and (mass[main] < MAIN_SHARE * sum(mass.values()) or _starts_hand(shape, parts, main)):
            return Limb(tuple(parts), children, tuple(aside))
        aside += [child for child in children if child != main]
        parts.append(main)
    return Limb(tuple(parts), (), tuple(aside))


def _starts_hand(shape: Shape, parts: list[int], child: int) -> bool:
    """Whether the next part in series is a finger: it slides, or the arm already has all its joints."""
    slides = any(shape.model.jnt_type[joint] == 2 for joint in shape.parts[child].joints)
    return slides or len([name for name in shape.names(parts) if shape.driven(name)]) >= ARM_JOINTS


def _head(shape: Shape, arms: Pair | None, torso: list[int], taken: dict[int, set[int]]) -> tuple[int, ...]:
    """Parts of the head in series: of what hangs on the torso's top beside the arms, that whose centre is highest."""
    base = arms.parent if arms is not None else torso[-1]
    tops = [
        child
        for part in torso
        for child in shape.children[part]
        if child not in torso and child not in taken.get(part, set())
    ]
    level = shape.anchor(arms.sides["right"])[2] if arms is not None else shape.anchor(base)[2]
    above = {top: _centre_height(shape, top) for top in tops if _depth(shape, top) <= HEAD_JOINTS}
    tops = [top for top, height in above.items() if height > level]
    if not tops:
        return ()
    return _chain(shape, max(tops, key=lambda top: above[top]), False).parts


def _centre_height(shape: Shape, part: int) -> float:
    """Height of the centre of mass of a part with all that it carries, m."""
    bodies = [body for one in shape.below(part) for body in shape.parts[one].bodies]
    mass = shape.model.body_mass[bodies]
    return float(np.average(shape.data.xipos[bodies, 2], weights=np.maximum(mass, 1e-9)))


def _refuse(shape: Shape) -> None:
    """Say why there is no limb."""
    turned = [pair for part in range(len(shape.parts)) for pair in mirrored_children(shape, part, across=0)]
    if any(_depth(shape, pair.sides["right"]) >= LEAST_JOINTS for pair in turned):
        raise ModelError(f"{shape.file}: its two halves mirror in x, so it looks along y; must look along +x")
    raise ModelError(
        f"{shape.file}: has no two branches of {LEAST_JOINTS} or more joints that mirror in y; "
        "must be a humanoid with arms or legs"
    )
