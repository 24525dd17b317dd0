"""URDF as MuJoCo can use it: visual geometry kept, links not fused, meshes found, speeds read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

from pilotline.robots.adapters.errors import ModelError, nearest

MESHES = (".stl", ".obj", ".msh")
PREFIXES = ("package://", "file://", "model://")


def prepared(path: Path, root: ElementTree.Element) -> str:
    """Text of a URDF for MuJoCo: absolute mesh paths, and compiler settings that keep every link and visual.

    A visual mesh in a format MuJoCo does not read is left out; a collision mesh in one is refused.

    Raises ModelError: a mesh that is missing or of another format, a joint whose links do not exist or form a circle.
    """
    _tree(path, root)
    for link in root.iter("link"):
        for kind in ("visual", "collision"):
            for part in list(link.findall(kind)):
                mesh = part.find("geometry/mesh")
                if mesh is None:
                    continue
                file = mesh.get("filename", "")
                if Path(file).suffix.lower() not in MESHES:
                    if kind == "collision":
                        name = link.get("name")
                        raise ModelError(
                            f"{path.name}: link {name!r}: collision mesh {file}: must be {', '.join(MESHES)}"
                        )
                    link.remove(part)
                    continue
                mesh.set("filename", str(mesh_path(path, file)))
    extension = root.find("mujoco")
    if extension is None:
        extension = ElementTree.SubElement(root, "mujoco")
    compiler = extension.find("compiler")
    if compiler is None:
        compiler = ElementTree.SubElement(extension, "compiler")
    compiler.attrib.update({"fusestatic": "false", "discardvisual": "false", "strippath": "false"})
    compiler.attrib.pop("meshdir", None)
    return ElementTree.tostring(root, encoding="unicode")


def mesh_path(urdf: Path, file: str) -> Path:
    """Where a mesh is: `package://NAME/rest` is sought as NAME/rest and as rest in every folder above the URDF."""
    name = file
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    packaged = name != file
    if Path(name).is_absolute() and Path(name).is_file():
        return Path(name)
    rest = Path(*Path(name).parts[1:]) if packaged and len(Path(name).parts) > 1 else Path(name)
    folders = [urdf.parent, *urdf.parent.parents][: 6 if packaged else 1]
    for folder in folders:
        for candidate in (folder / name, folder / rest):
            if candidate.is_file():
                return candidate.resolve()
    where = "the folders above it" if packaged else urdf.parent
    raise ModelError(f"{urdf.name}: mesh {file}: no such file in {where}")


def speeds(root: ElementTree.Element) -> dict[str, float]:
    """Largest speed of every joint that gives one, rad/s or m/s."""
    found = {}
    for joint in root.iter("joint"):
        limit = joint.find("limit")
        if limit is not None and float(limit.get("velocity", 0.0)) > 0:
            found[joint.get("name", "")] = float(limit.get("velocity", 0.0))
    return found


def _tree(path: Path, root: ElementTree.Element) -> None:
    joints = {joint.get("name", "") for joint in root.findall("joint")}
    for joint in root.findall("joint"):
        mimic = joint.find("mimic")
        if mimic is not None and mimic.get("joint", "") not in joints:
            wanted = mimic.get("joint", "")
            hint = nearest(wanted, joints)
            raise ModelError(f"{path.name}: joint {joint.get('name')!r} mimics {wanted!r}, which does not exist{hint}")
    links = {link.get("name", "") for link in root.findall("link")}
    parent: dict[str, str] = {}
    for joint in root.findall("joint"):
        name = joint.get("name", "")
        ends = {}
        for end in ("parent", "child"):
            element = joint.find(end)
            link = element.get("link", "") if element is not None else ""
            if link not in links:
                raise ModelError(f"{path.name}: joint {name!r}: {end} link {link!r} does not exist")
            ends[end] = link
        if ends["child"] in parent:
            raise ModelError(f"{path.name}: link {ends['child']!r} is the child of two joints; must be of one")
        parent[ends["child"]] = ends["parent"]
    for link in parent:
        chain, at = [link], link
        while at in parent:
            at = parent[at]
            if at in chain:
                circle = " -> ".join([*chain[chain.index(at) :], at])
                raise ModelError(f"{path.name}: links hang on each other in a circle: {circle}")
            chain.append(at)
