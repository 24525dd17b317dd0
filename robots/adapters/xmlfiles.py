"""The XML of a model before MuJoCo sees it: what it includes, and faults that MuJoCo names poorly or not at all."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from pilotline.robots.adapters.errors import ModelError

MAX_BYTES = 50_000_000
ROOTS = ("mujoco", "robot", "mujocoinclude")
NOT_NUMBERS = ("name", "file", "class", "childclass", "model")


def xml_files(path: Path) -> list[Path]:
    """The model's file and every file it includes, in reading order.

    Raises ModelError: a file that is missing, is not XML or is too large, includes that go in a circle or come twice,
    a number that is not finite.
    """
    found: list[Path] = []
    _walk(path.resolve(), (), found)
    return found


def parse_xml(path: Path) -> ElementTree.Element:
    """Root element of an XML file that describes a model. Raises ModelError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path.name}: is {path.stat().st_size} bytes long; at most {MAX_BYTES}")
        text = path.read_bytes()
        if b"<!ENTITY" in text:  # entities can stand for files and for texts without end
            raise ModelError(f"{path.name}: defines XML entities; write the text out")
        root = ElementTree.fromstring(text)
    except FileNotFoundError:
        raise ModelError(f"{path.name}: no such file in {path.parent}") from None
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read: {error.strerror}") from error
    except ElementTree.ParseError as error:
        raise ModelError(f"{path.name}: is not XML: {error}") from error
    if root.tag not in ROOTS:
        raise ModelError(f"{path.name}: starts with <{root.tag}>; must be <mujoco> (MJCF) or <robot> (URDF)")
    return root


def _walk(path: Path, above: tuple[Path, ...], found: list[Path]) -> None:
    if path in above:
        chain = " -> ".join(file.name for file in (*above[above.index(path) :], path))
        raise ModelError(f"{above[0].name}: files include each other in a circle: {chain}")
    if path in found:
        raise ModelError(f"{found[0].name}: {path.name} is included twice; each file may be included once")
    if above and not path.is_file():
        raise ModelError(f"{above[-1].name}: include file={path.name!r}: no such file in {path.parent}")
    root = parse_xml(path)
    found.append(path)
    _finite(path, root)
    top = found[0].parent
    for include in root.iter("include"):
        # MuJoCo looks beside the top file
        _walk((top / include.get("file", "")).resolve(), (*above, path), found)


def _finite(path: Path, root: ElementTree.Element) -> None:
    for element, attribute, value in _attributes(root):
        if attribute in NOT_NUMBERS:
            continue
        for word in value.split():
            if _is_number(word) and not math.isfinite(float(word)):
                name = f" {element.get('name')!r}" if element.get("name") else ""
                raise ModelError(f"{path.name}: <{element.tag}{name}> {attribute}={value!r}: must be finite numbers")


def _attributes(root: ElementTree.Element) -> Iterator[tuple[ElementTree.Element, str, str]]:
    for element in root.iter():
        for attribute, value in element.attrib.items():
            yield element, attribute, value


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
