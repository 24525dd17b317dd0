"""Contact masks: the robot touches every geom with default masks, and itself where it did before.

Two geoms collide if the contact type of one meets the affinity of the other. Files differ in the bits they use for
their floor, and some collide with it only through pairs that name it; both would fall through anything else. Here all
geoms that could touch something get default masks; bodies that could not touch each other are excluded.
"""

from __future__ import annotations

from itertools import combinations

import mujoco
import numpy as np

from pilotline.robots.build import COLLISION_GROUP


def normalise(spec: mujoco.MjSpec, model: mujoco.MjModel) -> None:
    """Give the geoms of `spec` default masks; `model` is the spec compiled before anything was taken from it.

    Pairs within the robot are kept. Where no part of the robot could touch another, its geoms get type 0, affinity 1:
    they touch default geoms and not each other.
    """
    paired = {name for pair in spec.pairs for name in (pair.geomname1, pair.geomname2)}
    touching = [geom for geom in spec.geoms if geom.contype or geom.conaffinity or geom.name in paired]
    if not touching:  # by Menagerie's convention the hidden groups hold collision geoms
        touching = [geom for geom in spec.geoms if geom.group >= COLLISION_GROUP]
    own = {geom.name for geom in spec.geoms if geom.parent.name != "world" and geom.name}
    for pair in list(spec.pairs):
        if not (pair.geomname1 in own and pair.geomname2 in own):
            spec.delete(pair)
    meets = _meeting_bodies(model)
    for geom in touching:
        geom.contype, geom.conaffinity = (1, 1) if meets else (0, 1)
    if meets:
        _exclude_the_rest(spec, model, {geom.parent.name for geom in touching}, meets)


def _meeting_bodies(model: mujoco.MjModel) -> set[frozenset[int]]:
    """Pairs of body numbers of which some geoms may collide by their masks."""
    bodies = model.geom_bodyid
    kind, affinity = model.geom_contype.astype(np.int64), model.geom_conaffinity.astype(np.int64)
    meet = (kind[:, None] & affinity[None, :]) | (affinity[:, None] & kind[None, :])
    first, second = np.nonzero(np.triu(meet, 1))
    pairs = {frozenset((int(bodies[i]), int(bodies[j]))) for i, j in zip(first, second, strict=True)}
    return {pair for pair in pairs if len(pair) == 2 and 0 not in pair}


def _exclude_the_rest(spec: mujoco.MjSpec, model: mujoco.MjModel, names: set[str], meets: set[frozenset[int]]) -> None:
    excluded = {frozenset((pair.bodyname1, pair.bodyname2)) for pair in spec.excludes}
    numbers = {name: model.body(name).id for name in sorted(names)}
    for first, second in combinations(numbers, 2):
        a, b = numbers[first], numbers[second]
        # MuJoCo itself lets a body not touch its parent
        kin = model.body_weldid[a] == model.body_weldid[b] or _parent(model, a, b) or _parent(model, b, a)
        if not kin and frozenset((a, b)) not in meets and frozenset((first, second)) not in excluded:
            spec.add_exclude(name=f"{first}|{second}", bodyname1=first, bodyname2=second)


def _parent(model: mujoco.MjModel, child: int, body: int) -> bool:
    """Whether what `child` is welded to moves on what `body` is welded to."""
    above = model.body_parentid[model.body_weldid[child]]
    return bool(model.body_weldid[above] == model.body_weldid[body])
