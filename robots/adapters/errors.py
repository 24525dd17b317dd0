"""The error of a model that cannot be used, and the nearest of a list of names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ModelError(ValueError):
    """A model file that cannot be used; one line that names file, thing, and what is allowed."""


def nearest(name: str, known: Iterable[str], count: int = 3) -> str:
    """`; did you mean A, B?` with the nearest known names, or nothing where none is near."""
    names = sorted(set(known))
    lower = {candidate.lower(): candidate for candidate in names}
    found = [lower[match] for match in get_close_matches(name.lower(), list(lower), n=count, cutoff=0.7)]
    return f"; did you mean {', '.join(found)}?" if found else ""
