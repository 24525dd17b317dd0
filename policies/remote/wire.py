"""The wire format of openpi: msgpack, in which a NumPy array is a small map. Numbers alone pass, never a pickle.

An array is `{b"__ndarray__": True, b"data": bytes, b"dtype": "<f8", b"shape": [2, 3]}`, a NumPy scalar
`{b"__npgeneric__": True, b"data": number, b"dtype": "<f8"}`; everything else is plain msgpack.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pilotline.policies.remote.errors import RemoteError

if TYPE_CHECKING:
    import msgpack

_DTYPE = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248])")
_MOST_PARTS = 100_000
"""A byte of msgpack may be an empty list, which takes sixty in memory."""
_ALLOWED = "whole numbers, floats of up to 8 bytes, and booleans"


class WireError(ValueError):
    """Bytes that hold no message, or a value that none may hold; one line."""


def pack(message: Mapping[str, Any]) -> bytes:
    """A message as bytes.

    Raises:
      WireError: an array or scalar of another kind than numbers and booleans, or an object that msgpack does not know.
    """
    try:
        packed: bytes = library().packb(dict(message), default=_packed)
    except (TypeError, OverflowError) as error:
        raise WireError(f"cannot be sent: {error}") from None
    return packed


def unpack(data: bytes) -> dict[Any, Any]:
    """The message in bytes; its arrays are read-only.

    Raises:
      WireError: no msgpack, something that is not a map, or an array whose kind is not allowed or whose size is not
        that of its data.
    """
    left = _MOST_PARTS

    def counted(part: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise WireError(f"a message of more than {_MOST_PARTS} lists and maps")
        return _unpacked(part) if isinstance(part, dict) else part

    try:
        message = library().unpackb(data, object_hook=counted, list_hook=counted)
    except WireError:
        raise
    except Exception as error:  # msgpack raises a dozen kinds for bytes that are none
        raise WireError(f"no msgpack: {type(error).__name__} {error}".rstrip()) from None
    if not isinstance(message, dict):
        raise WireError(f"a message is {type(message).__name__}; allowed: a map")
    return message


def library() -> msgpack:
    """The msgpack library.

    Raises:
      RemoteError: it is not installed.
    """
    try:
        import msgpack
    except ImportError:
        raise RemoteError("policy=remote needs websockets and msgpack: pip install 'pilotline[remote]'") from None
    return msgpack


def _packed(value: Any) -> Any:
    if not isinstance(value, np.ndarray | np.generic):
        raise WireError(f"{type(value).__name__} cannot be sent; allowed: what msgpack holds, and arrays")
    dtype = _dtype(value.dtype.str)
    if isinstance(value, np.ndarray):
        return {b"__ndarray__": True, b"data": value.tobytes(), b"dtype": dtype.str, b"shape": value.shape}
    return {b"__npgeneric__": True, b"data": value.item(), b"dtype": dtype.str}


def _unpacked(value: dict[Any, Any]) -> Any:
    if b"__ndarray__" in value:
        return _array(value)
    if b"__npgeneric__" in value:
        kind = _dtype(value.get(b"dtype")).type
        number = value.get(b"data")
        if not isinstance(number, bool | int | float):
            raise WireError(f"scalar data is {type(number).__name__}; allowed: a number")
        return kind(number)
    return value


def _array(value: dict[Any, Any]) -> np.ndarray:
    dtype, data, shape = _dtype(value.get(b"dtype")), value.get(b"data"), value.get(b"shape")
    if not isinstance(data, bytes):
        raise WireError(f"array data is {type(data).__name__}; allowed: bytes")
    if not isinstance(shape, list) or len(shape) > 32 or any(type(size) is not int or size < 0 for size in shape):
        raise WireError(f"array shape is {str(shape)[:60]}; allowed: up to 32 whole numbers from 0")
    if math.prod(shape) * dtype.itemsize != len(data):
        raise WireError(f"array of shape {tuple(shape)} and dtype {dtype.str} has {len(data)} bytes")
    return np.ndarray(tuple(shape), dtype, data)


def _dtype(text: Any) -> np.dtype:
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise WireError(f"dtype {str(text)[:40]!r} does not pass; allowed: {_ALLOWED}")
    return np.dtype(text)
