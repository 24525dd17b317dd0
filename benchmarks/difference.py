"""The first place where two JSON values differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MISSING = "nothing"


@dataclass(frozen=True)
class Difference:
    """The first place where two JSON values differ."""

    path: str
    """Such as body.rows[17].time_s."""
    stored: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.path}: stored {_short(self.stored)}, recomputed {_short(self.recomputed)}"


def first_difference(path: str, stored: Any, recomputed: Any) -> Difference | None:
    """The first difference of two values of plain JSON types, by sorted key and by index; None when they are equal.

    path: what the values are called. Numbers are equal when they are of one type and have the same bits.
    """
    if type(stored) is not type(recomputed):
        return Difference(path, stored, recomputed)
    if isinstance(stored, dict):
        for key in sorted(stored.keys() | recomputed.keys()):
            left, right = stored.get(key, _MISSING), recomputed.get(key, _MISSING)
            if found := first_difference(f"{path}.{key}", left, right):
                return found
        return None
    if isinstance(stored, list):
        for k, (left, right) in enumerate(zip(stored, recomputed, strict=False)):
            if found := first_difference(f"{path}[{k}]", left, right):
                return found
        if len(stored) != len(recomputed):
            return Difference(f"{path} (entries)", len(stored), len(recomputed))
        return None
    # repr tells -0.0 from 0.0; floats here are never NaN
    return None if repr(stored) == repr(recomputed) else Difference(path, stored, recomputed)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
