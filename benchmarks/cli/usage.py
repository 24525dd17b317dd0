"""Help of one verb: its keys, their defaults and their choices."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from pilotline.benchmarks.cli import actuators, catalog, launcher, policies, robots, sweep, trainer
from pilotline.benchmarks.cli.arguments import is_placed
from pilotline.benchmarks.cli.verb import Verb


def of_verb(verb: Verb[Any], summary: str) -> str:
    """Help of one verb: its keys with defaults, meaning and choices."""
    fields = verb.settings.model_fields
    packaged = catalog.defaults(verb.name)
    bare = f" [{verb.bare.upper()}{' ...' if verb.many else ''}]" if verb.bare else ""
    heads = [f"{key}={_shown(packaged.get(key))}" for key in fields]
    known = (robots, actuators, policies, trainer, sweep, launcher)
    placed = {each.KEY: each for each in known if is_placed(verb, each.KEY)}
    width = min(max(len(head) for head in [*heads, *(each.USAGE for each in placed.values())]), 32)
    lines = [
        f"usage: pilotline {verb.name}{bare} key=value ...",
        "",
        summary,
        "",
        "keys, with their defaults:",
    ]
    for head, (key, field) in zip(heads, fields.items(), strict=True):
        lines.append(f"  {head:<{width}}  {_meaning(verb, key, field)}")
        if each := placed.get(key):
            lines.append(f"  {each.USAGE:<{width}}  {each.MEANING}")
    if verb.exclusive:
        lines += ["", *(f"{one} and {other} exclude each other." for one, other in verb.exclusive)]
    return "\n".join(lines)


def _meaning(verb: Verb[Any], key: str, field: FieldInfo) -> str:
    text = field.description or ""
    if catalog.is_group(key) and not verb.takes_word(key):
        return f"{text} ({', '.join(catalog.names(key))})".strip()
    return text


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
