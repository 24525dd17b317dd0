"""What makes the screwing bench look like one: visual geoms only, no mass, no contact."""

from __future__ import annotations

import mujoco

from pilotline.envs.decor import decor, rod
from pilotline.envs.stations.screw_layout import (
    BOSS_DEEP_M,
    BOSS_HALF_M,
    FEEDER_DEEP_M,
    FEEDER_M,
    HANDLE_HALF_M,
    HANDLE_M,
    HEAD_RADIUS_M,
    HOLE_HALF_M,
    LENGTH_M,
    POCKET_HALF_M,
    POCKET_PITCH_M,
    POCKETS,
    RECESS_M,
    SHANK_RADIUS_M,
    pocket_x,
)

_BOX, _CYLINDER = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER
_Triple = tuple[float, float, float]
_BRASS = (0.72, 0.60, 0.30, 1.0)
_CLEAR = (0.75, 0.82, 0.88, 0.35)
_CAST = (0.63, 0.65, 0.68, 1.0)
_ZINC = (0.80, 0.80, 0.74, 1.0)
BOOM_M = 0.36
"""Height of the arm's boom above the bit's end of the parked driver."""


def dress_hole(hole: mujoco.MjsBody) -> None:
    """Cast boss with a machined face."""
    wall = 0.5 * (BOSS_HALF_M - HOLE_HALF_M)
    out = HOLE_HALF_M + wall
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        deep = 0.5 * BOSS_DEEP_M
        flat = (wall, BOSS_HALF_M) if x else (HOLE_HALF_M, wall)
        decor(hole, (out * x, out * y, -deep - 0.0006), (*flat, deep - 0.0006), rgba=_CAST)
        decor(hole, (out * x, out * y, -0.0006), (*flat, 0.0006), "steel")
    decor(hole, (0.0, 0.0, -BOSS_DEEP_M), (HOLE_HALF_M, HOLE_HALF_M, 0.001), "polymer_black")


def dress_feeder(feeder: mujoco.MjsBody) -> None:
    """Feeder rail in blue anodised aluminium, on its vibrator, with the length camera behind."""
    long, deep, wide = 0.5 * POCKETS * POCKET_PITCH_M, 0.5 * FEEDER_DEEP_M, 0.008
    blue = (0.16, 0.34, 0.62, 1.0)
    for side in (-1.0, 1.0):
        decor(feeder, (0.0, side * (POCKET_HALF_M + wide), -deep), (long, wide, deep), rgba=blue)
        decor(feeder, (0.0, side * (POCKET_HALF_M + 2 * wide), -0.014), (long, 0.0015, 0.012), "aluminium")
    for k in range(POCKETS + 1):
        half = 0.5 * POCKET_PITCH_M - POCKET_HALF_M
        place = (pocket_x(k) - 0.5 * POCKET_PITCH_M, 0.0, -deep)
        decor(feeder, place, (half, POCKET_HALF_M, deep), rgba=blue)
    for sign in (-1.0, 1.0):
        decor(feeder, (sign * (long - 0.006), 0.0, -0.028), (0.006, 0.017, 0.014), "aluminium")
    decor(feeder, (0.0, 0.0, -0.048), (long + 0.006, 0.026, 0.010), "dark_steel")
    decor(feeder, (long + 0.03, 0.0, -0.020), (0.022, 0.020, 0.038), "polymer_black")
    decor(feeder, (long + 0.0075, 0.0, -0.014), (0.001, 0.009, 0.005), rgba=(0.75, 0.05, 0.05, 1.0))


def dress_screw(body: mujoco.MjsBody) -> None:
    """Zinc-plated raised head with a dark recess, threaded shank."""
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        pos=(0.0, 0.0, 0.0002),
        size=(HEAD_RADIUS_M, HEAD_RADIUS_M, 0.0024),
        rgba=_ZINC,
        contype=0,
        conaffinity=0,
        group=2,
        mass=0.0,
    )
    decor(body, (0.0, 0.0, RECESS_M + 0.0001), (0.0016, 0.0004, 0.0), "polymer_black", type=_CYLINDER)
    shank = 0.5 * (LENGTH_M - SHANK_RADIUS_M)
    rod(body, (0.0, 0.0, 0.0), (0.0, 0.0, -2.0 * shank), SHANK_RADIUS_M - 0.0003, rgba=_ZINC)


def dress_bit(bit: mujoco.MjsBody) -> None:
    """Hardened bit; its flat shows that it turns."""
    decor(bit, (0.0, 0.0, 0.020), (0.0020, 0.020, 0.0), "dark_steel", type=_CYLINDER)
    decor(bit, (0.0021, 0.0, 0.016), (0.0004, 0.0010, 0.008), "steel")


def dress_sleeve(spindle: mujoco.MjsBody) -> None:
    """Clear tube from the bore's lead-in up to the barrel's nose, so that the head in it is seen."""
    decor(spindle, (0.0, 0.0, 0.0136), (0.0047, 0.0164, 0.0), rgba=_CLEAR, type=_CYLINDER)


def dress_driver(driver: mujoco.MjsBody) -> None:
    """Barrel with a torque ring, cable, handle bar with rubber and collars."""
    decor(driver, (0.0, 0.0, 0.045), (0.0085, 0.014, 0.0), "steel", type=_CYLINDER)
    decor(driver, (0.0, 0.0, 0.066), (0.0135, 0.008, 0.0), rgba=_BRASS, type=_CYLINDER)
    decor(driver, (0.0, 0.0, 0.140), (0.0190, 0.068, 0.0), "polymer_black", type=_CYLINDER)
    decor(driver, (0.0, 0.0, 0.175), (0.0194, 0.012, 0.0), "safety_yellow", type=_CYLINDER)
    decor(driver, (0.0, 0.0, 0.215), (0.0150, 0.010, 0.0), "aluminium", type=_CYLINDER)
    decor(driver, (-0.0192, 0.0, 0.150), (0.0006, 0.005, 0.003), "signal_green")
    x, y, z = HANDLE_M
    hx, hy, hz = HANDLE_HALF_M
    decor(driver, HANDLE_M, HANDLE_HALF_M, "belt_rubber")
    for side in (-1.0, 1.0):
        decor(driver, (x, y + side * (hy + 0.003), z), (hx, 0.003, hz + 0.008), "safety_yellow")
    for side in (-1.0, 1.0):
        rod(driver, (x + hx, side * (hy + 0.002), z), (-0.012, side * 0.012, z), 0.005, "steel")
    rod(driver, (0.0, 0.0, 0.22), (0.0, 0.0, 0.52), 0.011, "aluminium")


def dress_carriages(spec: mujoco.MjSpec) -> None:
    """Carriage on the rail behind the bench, telescope boom, bush of the vertical tube."""
    across, along = spec.body("arm_y"), spec.body("arm_x")
    decor(across, (0.30, 0.0, BOOM_M), (0.045, 0.05, 0.035), "machine_blue")
    decor(across, (0.15, 0.0, BOOM_M), (0.15, 0.020, 0.016), "aluminium")
    decor(along, (0.05, 0.0, BOOM_M), (0.09, 0.015, 0.012), "steel")
    decor(along, (0.0, 0.0, BOOM_M), (0.024, 0.034, 0.0), "machine_blue", type=_CYLINDER)
    decor(along, (0.0, 0.034, BOOM_M + 0.01), (0.022, 0.022, 0.012), "safety_yellow", type=_BOX)


def dress_bench(bench: mujoco.MjsBody, top: float, rail: _Triple) -> None:
    """Table on legs, nest plate and clamps, cover casting, mast and rail of the arm, controller, bins, lamp."""
    decor(bench, (0.13, 0.08, top - 0.018), (0.30, 0.55, 0.018), "wood")
    decor(bench, (0.13, 0.08, top - 0.0005), (0.28, 0.53, 0.0015), rgba=(0.25, 0.42, 0.38, 1.0))
    for x in (-0.14, 0.40):
        for y in (-0.44, 0.60):
            decor(bench, (x, y, 0.5 * (top - 0.86) - 0.018), (0.02, 0.02, 0.5 * (top + 0.86) - 0.018), "aluminium")
    _nest(bench, top)
    _feeder_stand(bench, top)
    _arm(bench, top, rail)
    _controls(bench, top)


def dress_part(part: mujoco.MjsBody) -> None:
    """Gearbox cover: flange below the bosses, raised middle with its plate."""
    low = -BOSS_DEEP_M
    decor(part, (0.0, 0.0, low - 0.006), (0.062, 0.082, 0.006), rgba=_CAST)
    decor(part, (0.0, 0.0, low + 0.010), (0.021, 0.066, 0.010), rgba=_CAST)
    decor(part, (0.0, 0.0, low + 0.022), (0.017, 0.060, 0.003), rgba=_CAST)
    decor(part, (0.0, 0.0, low + 0.0255), (0.010, 0.0006, 0.0), "label_white", type=_CYLINDER)


def _nest(bench: mujoco.MjsBody, top: float) -> None:
    """Nest plate with clamps."""
    low = -BOSS_DEEP_M
    decor(bench, (0.0, 0.0, 0.5 * (top + low - 0.012)), (0.075, 0.095, 0.5 * (low - 0.012 - top)), "dark_steel")
    for sign in (-1.0, 1.0):
        decor(bench, (0.0, sign * 0.091, -0.010), (0.012, 0.010, 0.006), "signal_red")
        decor(bench, (0.0, sign * 0.097, -0.030), (0.010, 0.006, 0.024), "steel")


def _feeder_stand(bench: mujoco.MjsBody, top: float) -> None:
    x, y, _ = FEEDER_M
    decor(bench, (x, y, 0.5 * (top - 0.058)), (0.045, 0.022, 0.5 * (-0.058 - top)), "machine_blue")
    decor(bench, (x - 0.046, y, -0.080), (0.001, 0.016, 0.010), "label_white")


def _arm(bench: mujoco.MjsBody, top: float, rail: _Triple) -> None:
    """Mast behind the bench, rail across it."""
    x, y, z = rail
    for side in (-0.26, 0.38):
        decor(bench, (x + 0.075, y + side, 0.5 * (top + z)), (0.022, 0.022, 0.5 * (z - top) + 0.02), "aluminium")
    decor(bench, (x + 0.045, y + 0.06, z), (0.012, 0.36, 0.022), "aluminium")
    decor(bench, (x + 0.033, y + 0.06, z), (0.002, 0.35, 0.007), "steel")
    rod(bench, (x + 0.05, y + 0.36, z + 0.02), (x + 0.05, y + 0.36, top + 0.02), 0.005, "polymer_black")


def _controls(bench: mujoco.MjsBody, top: float) -> None:
    """Driver's controller with its display, screw bins, reject box, status lamp."""
    decor(bench, (0.30, 0.34, top + 0.085), (0.07, 0.10, 0.085), "polymer_black")
    decor(bench, (0.229, 0.34, top + 0.105), (0.001, 0.075, 0.045), rgba=(0.05, 0.10, 0.16, 1.0))
    for i, (y, high) in enumerate(((0.39, 0.010), (0.37, 0.018), (0.35, 0.028), (0.33, 0.040))):
        decor(bench, (0.2275, y, top + 0.070 + high), (0.0005, 0.006, high), "signal_green" if i < 3 else "label_white")
    decor(bench, (0.229, 0.34, top + 0.035), (0.001, 0.075, 0.010), "safety_yellow")
    for i, shade in enumerate(("tote_blue", "tote_blue", "signal_red")):
        y = 0.20 - 0.115 * i if i < 2 else 0.55
        decor(bench, (0.33, y, top + 0.030), (0.06, 0.05, 0.003), shade)
        for sx, sy, hx, hy in ((1, 0, 0.003, 0.05), (-1, 0, 0.003, 0.05), (0, 1, 0.06, 0.003), (0, -1, 0.06, 0.003)):
            decor(bench, (0.33 + 0.06 * sx, y + 0.05 * sy, top + 0.035), (hx, hy, 0.035 if sx >= 0 else 0.022), shade)
    decor(bench, (0.41, 0.55, top + 0.16), (0.010, 0.16, 0.0), "steel", type=_CYLINDER)
    for i, colour in enumerate(((0.1, 0.75, 0.3), (0.45, 0.38, 0.15), (0.40, 0.15, 0.15))):
        decor(bench, (0.41, 0.55, top + 0.40 - 0.045 * i), (0.022, 0.022, 0.0), rgba=(*colour, 1.0), type=_CYLINDER)
