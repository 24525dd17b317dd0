"""An adapter card as a file: YAML with comments that say how each part was found and what could not be told."""

from __future__ import annotations

import textwrap
from typing import Any

import yaml

from pilotline.robots.adopt.adopt import Adoption

WIDTH = 110
_BLOCKS = ("sources", "groups", "home", "hands", "joints", "feet", "cameras")
"""Keys whose entries get a line each."""


def render(adoption: Adoption) -> str:
    """The card's text."""
    card = adoption.card
    lines = [
        f"# First adapter card of {card['name']}, written by `pilotline adopt`; read it before you trust it.",
        "# Marks: V read in the source, D derived from it, M measured, K general knowledge, E estimate or guess.",
        "# What the model does not tell:",
    ]
    for line in adoption.unknown:
        lines += textwrap.wrap(line, WIDTH, initial_indent="#   - ", subsequent_indent="#     ")
    for key, value in card.items():
        if value in ([], {}, ()):
            continue
        if key in (*_BLOCKS, "base", "imu", "servo", "passive", "exclude"):
            lines.append("")
        for part in (key, *(f"{key}.{entry}" for entry in value if isinstance(value, dict))):
            if part in adoption.how:
                where = f"{part.partition('.')[2]}: " if "." in part else ""
                lines += textwrap.wrap(where + adoption.how[part], WIDTH, initial_indent="# ", subsequent_indent="# ")
        lines += _entry(key, value)
    return "\n".join(lines) + "\n"


def _entry(key: str, value: Any) -> list[str]:
    if key not in _BLOCKS:
        return _wrapped(f"{_flow(key)}: ", _flow(value), "  ")
    found = [f"{key}:"]
    for name, entry in value.items():
        if key == "hands":
            (kind, figures), *_ = entry.items()
            found += [f"  {name}:", f"    {kind}:"]
            for field, figure in figures.items():
                found += _wrapped(f"      {field}: ", _flow(figure), "        ")
        else:
            found += _wrapped(f"  {_flow(name)}: ", _flow(entry), "    ")
    return found


def _wrapped(head: str, text: str, indent: str) -> list[str]:
    """A value after its key, broken between the entries of a list or mapping where it is long."""
    if len(head) + len(text) <= WIDTH or text[0] not in "[{":
        return [head + text]
    return textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _flow(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, sort_keys=False, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...").strip()
