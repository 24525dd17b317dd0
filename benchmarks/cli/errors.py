"""What a person is told when a command cannot run: one line, with the choices."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError


class CommandError(Exception):
    """A command that cannot run as given; its text is the one line shown, exit status 2."""


def unknown(kind: str, given: str, choices: Iterable[str]) -> CommandError:
    """Error for a name that is not among the choices, with the nearest one suggested."""
    known = list(choices)
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    listing = ", ".join(known) if known else "none"
    return CommandError(f"unknown {kind} {given!r}{hint} (choices: {listing})")


def one_line(text: object) -> str:
    """The text with every run of white space as one blank."""
    return " ".join(str(text).split())


def from_validation(error: ValidationError, given: Mapping[str, str]) -> CommandError:
    """One line for the first thing that pydantic refused.

    Args:
      error: what a settings model raised.
      given: key and text of each word of the command line; other keys came from the packaged defaults.
    """
    first = error.errors()[0]
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    where = ".".join(str(part) for part in first["loc"])
    if not where:
        return CommandError(one_line(message))
    if where in given:
        return CommandError(one_line(f"{where}={given[where]}: {message}"))
    return CommandError(one_line(f"{where}={_shown(first.get('input'))} in the packaged configuration: {message}"))


def _shown(value: Any) -> str:
    """A value as a person would type it."""
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
