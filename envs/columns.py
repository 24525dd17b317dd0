"""Named columns of one block of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from numpy.typing import NDArray


class Columns(Mapping[str, NDArray[Any]]):
    """Reads like a dict of arrays (n,) or (n, k), one row per simulation, but is one array; nothing is copied.

    Attributes:
      block: (n, width), every column under its name.
      places: name to column, or to a slice of columns.
    """

    __slots__ = ("block", "places")

    def __init__(self, block: NDArray[Any], places: Mapping[str, int | slice]) -> None:
        self.block = block
        self.places = places

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.block[:, self.places[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def row(self, i: int) -> dict[str, Any]:
        """Plain Python values of simulation i by name, where each name is one column and they are in order."""
        return dict(zip(self.places, self.block[i].tolist(), strict=True))
