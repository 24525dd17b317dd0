"""A model file as a MuJoCo specification and its compiled figures, or one line that says why not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import mujoco
import numpy as np

from pilotline.robots.adapters import urdf
from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.xmlfiles import parse_xml, xml_files


@dataclass(frozen=True)
class Model:
    """A model as its file has it.

    Attributes:
      path: of the file.
      files: every XML file that it is made of.
      spec: as read, unnamed bodies and joints named; not to be changed, take `spec.copy()`.
      compiled: the spec compiled.
      speeds: largest speed of joints, where the file gives it (URDF), rad/s or m/s.
    """

    path: Path
    files: tuple[Path, ...]
    spec: mujoco.MjSpec
    compiled: mujoco.MjModel
    speeds: Mapping[str, float]


def read(path: Path) -> Model:
    """Read and compile a model file, .xml (MJCF) or .urdf.

    Raises ModelError: a missing or broken file, include, mesh or number, or bodies that MuJoCo cannot move.
    """
    files = xml_files(path)
    root = parse_xml(path)
    speeds: Mapping[str, float] = {}
    try:
        if root.tag == "robot":
            # read before the text is prepared, which changes the tree
            speeds = urdf.speeds(root)
            spec = mujoco.MjSpec.from_string(urdf.prepared(path, root))
        else:
            spec = mujoco.MjSpec.from_file(str(path))
            _absolute_files(path, spec)
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(f"{path.name}: {_plain(error)}") from error
    _name_all(spec)
    _something_moves(path, spec)
    try:
        with _no_asset_cache():
            compiled = spec.copy().compile()
    except ValueError as error:
        raise ModelError(f"{path.name}: {_plain(error)}") from error
    _possible(path, compiled)
    return Model(path, tuple(files), spec, compiled, MappingProxyType(dict(speeds)))


@contextmanager
def _no_asset_cache() -> Iterator[None]:
    """Without MuJoCo's cache of decoded meshes, which would keep several times their size while the process runs."""
    cache = mujoco.mj_getCache()
    capacity = mujoco.mj_getCacheCapacity(cache)
    mujoco.mj_setCacheCapacity(cache, 0)
    try:
        yield
    finally:
        mujoco.mj_setCacheCapacity(cache, capacity)


def _absolute_files(path: Path, spec: mujoco.MjSpec) -> None:
    """Give every asset the path of its file, so that equal base names stay apart and the spec can be moved."""
    here = path.resolve().parent
    missing = []
    for kind, items, folder in (
        ("mesh", spec.meshes, spec.compiler.meshdir),
        ("height field", spec.hfields, spec.compiler.meshdir),
        ("skin", spec.skins, spec.compiler.meshdir),
        ("texture", spec.textures, spec.compiler.texturedir),
    ):
        for item in items:
            if not item.file:
                continue
            name = Path(item.file).name if spec.strippath else item.file
            found = here / folder / name
            if not item.name:
                item.name = Path(name).stem
            if not found.is_file():
                missing.append(f"{kind} {item.name!r} ({found.name})")
            item.file = str(found)
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise ModelError(f"{path.name}: no file in {here / spec.compiler.meshdir} for {', '.join(missing[:3])}{more}")
    spec.compiler.meshdir = spec.compiler.texturedir = ""


def _name_all(spec: mujoco.MjSpec) -> None:
    """Name unnamed bodies and joints after where they are, so that a card can speak of them."""
    taken = {body.name for body in spec.bodies} | {joint.name for joint in spec.joints}

    def free(wanted: str) -> str:
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name)
        return name

    for body in spec.bodies:
        if not body.name:
            body.name = free(f"{body.parent.name}_body")
        for joint in body.joints:
            if not joint.name:
                joint.name = free("root" if joint.type == mujoco.mjtJoint.mjJNT_FREE else f"{body.name}_joint")


def _something_moves(path: Path, spec: mujoco.MjSpec) -> None:
    """Refuse a model in which nothing moves."""
    if not any(body.joints for body in spec.bodies):
        raise ModelError(f"{path.name}: no body has a joint; a robot must have some")


def _possible(path: Path, model: mujoco.MjModel) -> None:
    for label, array in (("mass", model.body_mass), ("inertia", model.body_inertia), ("position", model.body_pos)):
        bad = np.flatnonzero(~np.isfinite(array.reshape(model.nbody, -1)).all(axis=1))
        if bad.size:
            raise ModelError(f"{path.name}: body {model.body(int(bad[0])).name!r}: {label} is not a finite number")


_WORDS = (
    (
        r"mass and inertia of moving bodies must be larger than mjMINVAL",
        "mass and inertia are zero (or missing, with no geom to take them from); a body that a joint moves needs both",
    ),
    (
        r"inertia must satisfy A \+ B >= C.*?balanceinertia'? to fix",
        "inertia no body can have: each moment must be at most the sum of the other two",
    ),
)


def _plain(error: ValueError) -> str:
    """MuJoCo's message on one line, the element first."""
    text = " ".join(str(error).split())
    text = re.sub(r"^(XML )?Error: ", "", text).removeprefix("engine error: ")
    text = re.sub(r"The static bodies of the spec were fused.*$", "", text).strip()
    element = re.search(r"Element (name )?'([^']*)'(, id \d+)?(, line (\d+))?", text)
    message = text[: element.start()].strip() if element else text
    for pattern, words in _WORDS:
        message = re.sub(pattern, words, message)
    if element is None:
        return message
    line = f" (line {element[5]})" if element[5] and element[5] not in ("0", "-1") else ""
    return f"{element[2] or 'an unnamed element'}{line}: {message}"
