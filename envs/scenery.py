"""Floor, light and markings of a 6 x 6 m cell, and the materials that stations share."""

from __future__ import annotations

from collections.abc import Sequence

import mujoco

CELL_HALF_M = 3.0
"""Cells are 6 x 6 m (benchmark catalogue, section 6.2, estimate)."""

MATERIALS: dict[str, tuple[tuple[float, float, float, float], float, float]] = {
    "steel": ((0.62, 0.64, 0.67, 1.0), 0.6, 0.5),
    "dark_steel": ((0.20, 0.21, 0.23, 1.0), 0.5, 0.3),
    "aluminium": ((0.78, 0.79, 0.80, 1.0), 0.7, 0.4),
    "belt_rubber": ((0.09, 0.10, 0.11, 1.0), 0.2, 0.05),
    "wood": ((0.72, 0.56, 0.37, 1.0), 0.1, 0.0),
    "safety_yellow": ((0.95, 0.74, 0.07, 1.0), 0.3, 0.1),
    "machine_blue": ((0.13, 0.30, 0.52, 1.0), 0.4, 0.1),
    "tote_blue": ((0.10, 0.33, 0.60, 1.0), 0.3, 0.1),
    "tote_grey": ((0.45, 0.48, 0.51, 1.0), 0.3, 0.1),
    "label_white": ((0.96, 0.96, 0.94, 1.0), 0.1, 0.0),
    "polymer_black": ((0.07, 0.07, 0.08, 1.0), 0.3, 0.1),
    "glass_dark": ((0.05, 0.07, 0.10, 1.0), 0.9, 0.6),
    "signal_green": ((0.10, 0.70, 0.30, 1.0), 0.3, 0.0),
    "signal_red": ((0.80, 0.12, 0.10, 1.0), 0.3, 0.0),
}
"""Material name to (rgba, specular, reflectance-like shininess)."""


def add_cells(spec: mujoco.MjSpec, places_m: Sequence[tuple[float, float]] = ((0.0, 0.0),)) -> None:
    """Add floor, lights, markings round the cell at each place, a headlight setting and the shared materials."""
    low, high = (tuple(pick(place[axis] for place in places_m) for axis in (0, 1)) for pick in (min, max))
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    spread = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
    for name, (rgba, specular, shininess) in MATERIALS.items():
        spec.add_material(name=name, rgba=rgba, specular=specular, shininess=shininess)
    spec.add_texture(
        name="floor",
        type=mujoco.mjtTexture.mjTEXTURE_2D,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        mark=mujoco.mjtMark.mjMARK_EDGE,
        rgb1=(0.60, 0.62, 0.63),
        markrgb=(0.54, 0.56, 0.57),
        width=256,
        height=256,
    )
    floor = spec.add_material(name="floor", texrepeat=(2, 2), texuniform=True, specular=0.2, reflectance=0.06)
    floor.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "floor"
    spec.add_texture(
        name="hall",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=(0.93, 0.95, 0.97),
        rgb2=(0.72, 0.76, 0.80),
        width=256,
        height=1536,
    )
    visual = spec.visual
    visual.headlight.ambient = (0.35, 0.35, 0.35)
    visual.headlight.diffuse = (0.25, 0.25, 0.25)
    visual.headlight.specular = (0.05, 0.05, 0.05)
    visual.quality.shadowsize = 4096
    visual.global_.offwidth = 1280
    visual.global_.offheight = 960
    visual.map.znear = 0.005
    world = spec.worldbody
    world.add_geom(
        name="floor",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        pos=(*middle, 0.0),
        size=(spread[0] + CELL_HALF_M + 3.0, spread[1] + CELL_HALF_M + 3.0, 0.1),
        material="floor",
        friction=(0.8, 0.005, 0.0001),
    )
    for x, y in ((-1.5, 2.0), (2.0, -1.5)):
        world.add_light(
            pos=(middle[0] + x, middle[1] + y, 4.0),
            dir=(-x * 0.2, -y * 0.2, -1.0),
            diffuse=(0.45, 0.45, 0.43),
            specular=(0.2, 0.2, 0.2),
            castshadow=(x > 0),
            type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        )
    for place in places_m:
        for sign in (-1.0, 1.0):
            for axis in (0, 1):
                size, pos = [0.03, 0.03, 0.0005], [*place, 0.0005]
                size[1 - axis] = CELL_HALF_M
                pos[axis] += sign * CELL_HALF_M
                world.add_geom(
                    type=mujoco.mjtGeom.mjGEOM_BOX,
                    size=size,
                    pos=pos,
                    material="safety_yellow",
                    contype=0,
                    conaffinity=0,
                    group=2,
                )
