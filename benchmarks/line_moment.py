"""A moment of a line's run as text: nested values as JSON has them, and arrays."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import numpy as np


class MomentError(ValueError):
    """A text that holds no moment of this run; one line with what is wrong."""


def to_text(saved: Mapping[str, Any]) -> str:
    """Every number with all its digits, arrays with all their bits."""
    return json.dumps(saved, default=_array, separators=(",", ":"))


def from_text(text: str) -> dict[str, Any]:
    """What `to_text` was given, tuples as lists.

    Raises:
      MomentError: not such a text.
    """
    try:
        return dict(json.loads(text, object_hook=_value))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise MomentError(f"the stored moment cannot be read: {error}") from None


def _array(value: object) -> dict[str, Any]:
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} has no place in a moment; allowed: arrays and what JSON takes")
    data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"dtype": value.dtype.str, "shape": value.shape, "base64": data}


def _value(found: dict[str, Any]) -> Any:
    if found.keys() != {"dtype", "shape", "base64"}:
        return found
    values = np.frombuffer(base64.b64decode(found["base64"], validate=True), np.dtype(found["dtype"]))
    return values.reshape(found["shape"])
