"""Closed triangle meshes for the outside of a robot, made from a few numbers.

Pure functions over arrays. Lengths are metres; faces wind counter-clockwise seen from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

RING = 40  # points around a section
CAP = 5  # rings of a rounded end


@dataclass(frozen=True)
class Mesh:
    """Vertices (v, 3) in m and triangles (f, 3) of vertex numbers."""

    vertices: np.ndarray
    faces: np.ndarray


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of several, unconnected."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes[:-1])])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
    )


def moved(mesh: Mesh, rotation: np.ndarray, offset_m: np.ndarray) -> Mesh:
    """The mesh turned by a (3, 3) rotation, then shifted."""
    return Mesh(mesh.vertices @ rotation.T + offset_m, mesh.faces)


def mirrored(mesh: Mesh) -> Mesh:
    """The mesh mirrored in the plane y = 0; triangles are turned over to stay outward."""
    return Mesh(mesh.vertices * np.array([1.0, -1.0, 1.0]), mesh.faces[:, ::-1])


def stack(rings: np.ndarray) -> Mesh:
    """A closed skin over `rings` (k, n, 3), counter-clockwise seen from the last one; ends closed flat."""
    k, n, _ = rings.shape
    here = np.arange(n)
    after = np.roll(here, -1)
    faces = []
    for level in range(k - 1):
        low, high = level * n, (level + 1) * n
        faces += [
            np.stack([low + here, low + after, high + after], axis=1),
            np.stack([low + here, high + after, high + here], axis=1),
        ]
    bottom, top, last = k * n, k * n + 1, (k - 1) * n
    faces += [
        np.stack([np.full(n, bottom), after, here], axis=1),
        np.stack([np.full(n, top), last + here, last + after], axis=1),
    ]
    ends = np.stack([rings[0].mean(axis=0), rings[-1].mean(axis=0)])
    return Mesh(np.concatenate([rings.reshape(-1, 3), ends]), np.concatenate(faces))


def superellipse(half_x_m: np.ndarray, half_y_m: np.ndarray, exponent: float, n: int = RING) -> np.ndarray:
    """Points (k, n, 2) of |x/hx|^e + |y/hy|^e = 1 at equal polar angles; e = 2 ellipse, 4 a soft box."""
    angle = np.arange(n) * (2 * np.pi / n)
    c, s = np.cos(angle), np.sin(angle)
    x, y = np.abs(c) / half_x_m[:, None], np.abs(s) / half_y_m[:, None]
    radius = (x**exponent + y**exponent) ** (-1 / exponent)
    return np.stack([radius * c, radius * s], axis=-1)


def loft(sections: Sequence[Sequence[float]], exponent: float, cap_m: float, rings: int = 14) -> Mesh:
    """A skin over sections (z, centre x, centre y, half x, half y) in rising z.

    Between sections the sizes run on monotone cubics, so a shape never bulges past its figures. Both ends are
    rounded inwards by `cap_m` along a quarter circle.
    """
    table = np.asarray(sections, dtype=float)
    curve = PchipInterpolator(table[:, 0], table[:, 1:])
    low, high = table[0, 0], table[-1, 0]
    cap = min(cap_m, 0.45 * (high - low), 0.9 * float(table[[0, -1], 3:].min()))
    turn = np.linspace(0, np.pi / 2, CAP)
    rise, inset = cap * np.sin(turn), cap * (1 - np.cos(turn))
    middle = np.linspace(low + cap, high - cap, rings)[1:-1]
    z = np.concatenate([low + cap - rise[::-1], middle, high - cap + rise])
    body = curve(z)
    body[:CAP, 2:] -= inset[::-1, None]
    body[-CAP:, 2:] -= inset[:, None]
    flat = superellipse(body[:, 2], body[:, 3], exponent) + body[:, None, :2]
    return stack(np.concatenate([flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))], axis=-1))


def cylinder(radius_m: float, half_m: float, bevel_m: float) -> Mesh:
    """A cylinder along z with rounded edges."""
    ends = [(z, 0.0, 0.0, radius_m, radius_m) for z in (-half_m, half_m)]
    return loft(ends, 2.0, bevel_m, rings=2)


def ellipsoid(half_m: Sequence[float], rings: int = 20) -> Mesh:
    """An ellipsoid with half axes `half_m`."""
    tilt = np.linspace(-np.pi / 2, np.pi / 2, rings + 2)[1:-1]
    circle = superellipse(np.cos(tilt), np.cos(tilt), 2.0)
    ball = np.concatenate([circle, np.broadcast_to(np.sin(tilt)[:, None, None], (rings, RING, 1))], axis=-1)
    mesh = stack(ball)
    poles = mesh.vertices.copy()
    poles[-2:] = [[0, 0, -1], [0, 0, 1]]
    return Mesh(poles * np.asarray(half_m, dtype=float), mesh.faces)


def rounded_box(half_m: Sequence[float], radius_m: float, corner: int = 4) -> Mesh:
    """A box whose edges and corners are rounded with `radius_m`, as a loft of rounded rectangles."""
    half = np.asarray(half_m, dtype=float)
    radius = min(radius_m, 0.98 * float(half.min()))
    turn = np.linspace(0, np.pi / 2, corner + 1)
    z = np.concatenate([-half[2] + radius * (1 - np.sin(turn[::-1])), half[2] - radius * (1 - np.sin(turn))])
    reach = radius * np.concatenate([np.cos(turn[::-1]), np.cos(turn)])
    corners = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])
    angle = np.concatenate([turn + quarter * np.pi / 2 for quarter in range(4)])
    centre = np.repeat(corners * (half[:2] - radius), corner + 1, axis=0)
    flat = centre + reach[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return stack(np.concatenate([flat, np.broadcast_to(z[:, None, None], (*flat.shape[:2], 1))], axis=-1))


def tyre(radius_m: float, section_m: float, half_width_m: float) -> Mesh:
    """A wheel tyre about z: outer radius, height of its section, half its width; a closed ring, no hub."""
    ring = superellipse(np.array([0.5 * section_m]), np.array([half_width_m]), 3.0, n=16)[0]
    around = np.arange(RING) * (2 * np.pi / RING)
    reach = radius_m - 0.5 * section_m + ring[:, 0]
    points = np.stack(
        [
            np.cos(around)[:, None] * reach,
            np.sin(around)[:, None] * reach,
            np.broadcast_to(ring[:, 1], (RING, 16)),
        ],
        axis=-1,
    )
    return _grid(points)


def arch(inner_m: float, outer_m: float, half_width_m: float, start_rad: float, stop_rad: float) -> Mesh:
    """A mudguard: the part of a ring about z between two angles, with a rounded section."""
    around = np.linspace(start_rad, stop_rad, 24)
    ring = superellipse(np.array([0.5 * (outer_m - inner_m)]), np.array([half_width_m]), 6.0, n=16)[0]
    reach = 0.5 * (inner_m + outer_m) + ring[::-1, 0]
    rings = np.stack(
        [
            np.cos(around)[:, None] * reach,
            np.sin(around)[:, None] * reach,
            np.broadcast_to(ring[::-1, 1], (24, 16)),
        ],
        axis=-1,
    )
    return stack(rings)


def _grid(points: np.ndarray) -> Mesh:
    """A torus-like closed grid (k, n, 3), both directions joined end to start."""
    k, n, _ = points.shape
    i, j = np.meshgrid(np.arange(k), np.arange(n), indexing="ij")
    a, b = i * n + j, ((i + 1) % k) * n + j
    c, d = ((i + 1) % k) * n + (j + 1) % n, i * n + (j + 1) % n
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Mesh(points.reshape(-1, 3), faces)


def volume_m3(mesh: Mesh) -> float:
    """Signed volume; positive when the faces look outward."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.sum(np.sum(a * np.cross(b, c), axis=1)) / 6)
