"""The names a person may choose from: the options of each configuration group in `configs/`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

GROUPS = ("robot", "actuators", "station", "line", "policy", "trainer", "launcher")


def is_group(key: str) -> bool:
    """Whether a key of a command names an option of a configuration group."""
    return key in GROUPS


@cache
def names(group: str) -> tuple[str, ...]:
    """Options of a group, sorted by name."""
    files = (path.name for path in _folder(group).iterdir() if path.is_file())
    return tuple(sorted(name.removesuffix(".yaml") for name in files if name.endswith(".yaml")))


def option(group: str, name: str) -> dict[str, Any]:
    """What an option's file says."""
    text = (_folder(group) / f"{name}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def defaults(verb: str) -> dict[str, Any]:
    """Packaged default of every key of a verb; of a group, the name of the option (or None)."""
    content = yaml.safe_load((resources.files("pilotline.configs") / f"{verb}.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for entry in content.pop("defaults", []):
        if isinstance(entry, dict):
            found.update(entry)
    return found | content


def _folder(group: str) -> Traversable:
    return resources.files("pilotline.configs") / group
