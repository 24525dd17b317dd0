"""Ways of people through a cell and zones that the robot must keep out of, from `zones.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Float = NDArray[np.float64]
Point = tuple[float, float]
Corner = tuple[float, float, float]


class ZoneError(ValueError):
    """A station without zones; one line with those that have some."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Way(_Strict):
    """A drawn path of a person; `spread_m` to either side."""

    name: str
    share: float = Field(gt=0, le=1)
    spread_m: float = Field(ge=0)
    points_m: Annotated[tuple[Point, ...], Field(min_length=2, max_length=4)]


class Box(_Strict):
    """A keep-out zone."""

    name: str
    low_m: Corner
    high_m: Corner

    @model_validator(mode="after")
    def _ascending(self) -> Box:
        if any(low >= high for low, high in zip(self.low_m, self.high_m, strict=True)):
            raise ValueError(f"zone {self.name}: low_m={self.low_m}, high_m={self.high_m}; allowed: low below high")
        return self


class Zones(_Strict):
    """People and zones of one station."""

    enters_s: tuple[float, float]
    loads: tuple[str, ...]
    ways: Annotated[tuple[Way, ...], Field(min_length=1)]
    keep_out: tuple[Box, ...]

    @model_validator(mode="after")
    def _whole(self) -> Zones:
        if abs(sum(way.share for way in self.ways) - 1.0) > 1e-9:
            raise ValueError(f"shares of the ways are {[way.share for way in self.ways]}; allowed: 1 in all")
        return self


@cache
def all_zones() -> dict[str, Zones]:
    """By station name."""
    text = (resources.files("pilotline.envs") / "safety" / "zones.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Zones]).validate_python(yaml.safe_load(text))


def zones_of(station: str) -> Zones:
    """Zones of a station.

    Raises:
      ZoneError: none are drawn for it.
    """
    found = all_zones().get(station)
    if found is None:
        raise ZoneError(f"people=crossing: no ways are drawn at {station}; there are some at: {', '.join(all_zones())}")
    return found


def inside(boxes: tuple[Box, ...], points: Float, radii: Float) -> Any:
    """Which balls reach into a zone.

    Args:
      boxes: zones.
      points: (n, k, 3) m, centres.
      radii: (k,) m.

    Returns:
      (n, k) bool.
    """
    reached = np.zeros(points.shape[:2], np.bool_)
    for box in boxes:
        nearest = np.minimum(np.maximum(points, box.low_m), box.high_m)
        away = points - nearest
        square = away[..., 0] ** 2 + away[..., 1] ** 2 + away[..., 2] ** 2
        reached |= square < radii * radii
    return reached
