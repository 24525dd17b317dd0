"""The outside of a robot: a look file of shells and materials, put on a spec as visual geoms.

A look has no influence on physics: its geoms have no mass and touch nothing. Parts of one link and material
become one mesh, so a dressed robot costs few geoms.
"""

from __future__ import annotations

from typing import Annotated, Literal

import mujoco
import numpy as np
from pydantic import Field

from pilotline.robots import shells
from pilotline.robots.card import Figures, NonNegative, Positive, Vec3

VISUAL_GROUP = 2
Unit = Annotated[float, Field(ge=0, le=1)]
Half3 = tuple[Positive, Positive, Positive]


class Material(Figures):
    """Surface of a part; `metallic` and `roughness` serve physically based renderers."""

    rgba: tuple[Unit, Unit, Unit, Unit]
    specular: Unit = 0.3
    shininess: Unit = 0.4
    reflectance: Unit = 0.0
    emission: NonNegative = 0.0
    metallic: Unit = 0.0
    roughness: Unit = 0.5


class Placed(Figures):
    """Where a shape goes: on every link of `links`, and, if `mirrored`, also on the other side.

    A mirrored part is reflected in y = 0 of its link and put on the link whose name has left for right; on a
    link without a side it is put on the same link.
    """

    links: tuple[str, ...]
    material: str
    at_m: Vec3 = (0.0, 0.0, 0.0)
    along: Literal["x", "y", "z"] = "z"
    rpy_rad: Vec3 = (0.0, 0.0, 0.0)
    mirrored: bool = False


class RoundedBox(Placed):
    """A box with rounded edges; `along` is not used for it."""

    shape: Literal["box"]
    half_m: Half3
    radius_m: NonNegative

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.rounded_box(self.half_m, self.radius_m)


class Cylinder(Placed):
    """A cylinder with rounded edges."""

    shape: Literal["cylinder"]
    radius_m: Positive
    half_m: Positive
    bevel_m: NonNegative = 0.004

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.cylinder(self.radius_m, self.half_m, self.bevel_m)


class Ellipsoid(Placed):
    """An ellipsoid."""

    shape: Literal["ellipsoid"]
    half_m: Half3

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.ellipsoid(self.half_m)


class Loft(Placed):
    """A skin over sections (z, centre x, centre y, half x, half y)."""

    shape: Literal["loft"]
    sections_m: Annotated[tuple[tuple[float, float, float, Positive, Positive], ...], Field(min_length=2)]
    exponent: Annotated[float, Field(ge=1.5, le=12)] = 3.0
    cap_m: NonNegative = 0.01

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.loft(self.sections_m, self.exponent, self.cap_m)


class Tyre(Placed):
    """A wheel tyre about its axis."""

    shape: Literal["tyre"]
    radius_m: Positive
    section_m: Positive
    half_m: Positive

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.tyre(self.radius_m, self.section_m, self.half_m)


class Arch(Placed):
    """A mudguard about its axis, from one angle to another."""

    shape: Literal["arch"]
    inner_m: Positive
    outer_m: Positive
    half_m: Positive
    from_rad: float
    to_rad: float

    def mesh(self) -> shells.Mesh:
        """The shape in its own frame."""
        return shells.arch(self.inner_m, self.outer_m, self.half_m, self.from_rad, self.to_rad)


Part = Annotated[RoundedBox | Cylinder | Ellipsoid | Loft | Tyre | Arch, Field(discriminator="shape")]

# turns a shape's own z to x or y of the link, keeping right-handed frames
_ALONG = {
    "x": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "y": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "z": np.eye(3),
}


class Look(Figures):
    """Materials by name, and the parts made of them."""

    schema_: Literal["pilotline/look/1"] = Field(alias="schema")
    materials: dict[str, Material]
    parts: tuple[Part, ...]


class LookError(ValueError):
    """A look that does not fit the robot it is put on."""


def dress(spec: mujoco.MjSpec, look: Look, family: str = "", prefix: str = "", reflect: bool = False) -> None:
    """Add the look's materials and shells to `spec`.

    Args:
      family: goes before the names of materials, which parts of one family share; already there, they are kept.
      prefix: goes before the look's link names.
      reflect: dress the image in y = 0 of what is drawn.

    Raises LookError for an unknown link or material.
    """
    label = f"{family}_" if family else ""
    there = {material.name for material in spec.materials}
    for name, material in look.materials.items():
        if label + name not in there:
            _add_material(spec, label + name, material)
    for (link, material_name), meshes in _by_link(look).items():
        body = spec.body(prefix + link)
        if body is None:
            raise LookError(f"look: a part is on link {prefix + link!r}, which the robot does not have")
        if material_name not in look.materials:
            raise LookError(f"look: material {material_name!r} on {link!r}; must be one of {', '.join(look.materials)}")
        skin = shells.merge(meshes)
        skin = shells.mirrored(skin) if reflect else skin
        _add(spec, body, f"{prefix}{link}_{material_name}", label + material_name, skin)


def _add_material(spec: mujoco.MjSpec, name: str, material: Material) -> None:
    spec.add_material(
        name=name,
        rgba=material.rgba,
        specular=material.specular,
        shininess=material.shininess,
        reflectance=material.reflectance,
        emission=material.emission,
        metallic=material.metallic,
        roughness=material.roughness,
    )


def _by_link(look: Look) -> dict[tuple[str, str], list[shells.Mesh]]:
    groups: dict[tuple[str, str], list[shells.Mesh]] = {}
    for part in look.parts:
        mesh = _placed(part)
        for link in part.links:
            groups.setdefault((link, part.material), []).append(mesh)
            if part.mirrored:
                other = link.replace("right", "left")
                groups.setdefault((other, part.material), []).append(shells.mirrored(mesh))
    return groups


def _placed(part: Part) -> shells.Mesh:
    quat, turn = np.zeros(4), np.zeros(9)
    mujoco.mju_euler2Quat(quat, np.array(part.rpy_rad), "XYZ")
    mujoco.mju_quat2Mat(turn, quat)
    return shells.moved(part.mesh(), turn.reshape(3, 3) @ _ALONG[part.along], np.array(part.at_m))


def _add(spec: mujoco.MjSpec, body: mujoco.MjsBody, name: str, material: str, mesh: shells.Mesh) -> None:
    asset = spec.add_mesh(name=name)
    asset.uservert = mesh.vertices.ravel()
    asset.userface = mesh.faces.ravel()
    asset.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    body.add_geom(
        name=f"{name}_shell",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=name,
        material=material,
        group=VISUAL_GROUP,
        contype=0,
        conaffinity=0,
        mass=0.0,
    )
