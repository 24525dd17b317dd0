"""Self-contained HTML pages: templates with one style, no network, no scripts; light, dark and on paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template


def template(name: str, filters: Sequence[Callable[..., Any]] = ()) -> Template:
    """A template of this package; filters are known by the names of their functions."""
    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {function.__name__: function for function in filters}
    return environment.get_template(name)


def source(name: str) -> str:
    """The text of a file beside the templates."""
    return (resources.files("pilotline.benchmarks") / "templates" / name).read_text(encoding="utf-8")
