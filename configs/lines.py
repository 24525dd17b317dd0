"""Line cards: stations in series with buffers and a takt, read from `configs/line/`."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CELL_M = 6.0
"""A station's cell is this wide and deep (benchmark catalogue, common figures)."""


class LineError(ValueError):
    """A line that does not exist or cannot be used; names file, field, value and what was allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class LineStation(_Strict):
    """A station in its place on a line."""

    station: Name = Field(description="station by name")
    at_m: tuple[float, float] | None = Field(
        default=None,
        description="where the robot stands to serve it, in the line's hall, looking at +x; "
        "else a cell's width to the right of the one before it",
    )
    machine_s: float = Field(
        default=0.0, ge=0.0, description="time the machine works on a part after the robot's good cycle"
    )
    scrap: tuple[Name, ...] = Field(
        default=(), description="faults that destroy the part; after any other the part is done again"
    )
    buffer_after: int | None = Field(
        default=None,
        ge=0,
        description="parts that fit between this station and the next; none after the last",
    )


class Line(_Strict):
    """A released line. A change that changes outcomes is a new version."""

    name: Name
    version: int = Field(ge=1)
    title: str
    stations: tuple[LineStation, ...] = Field(min_length=1)
    takt_s: float = Field(gt=0, description="planned time between good parts")
    supply_s: float = Field(default=0.0, ge=0.0, description="time between raw parts; 0: there always is one")
    transfer_s: float = Field(default=0.0, ge=0.0, description="time on the way from a station to the next buffer")
    clear_s: float = Field(default=30.0, ge=0.0, description="time in which a person clears a station after a failure")
    rework_limit: int = Field(default=1, ge=0, description="how often a part is done again before it is scrap")
    shift_h: float = Field(gt=0, le=24, description="planned shift")
    source: str = Field(description="where takt, buffers and shift come from")

    @model_validator(mode="after")
    def _buffers_lie_between(self) -> Line:
        for place in self.stations[:-1]:
            if place.buffer_after is None:
                raise ValueError(f"station {place.station} has no buffer_after; only the last one may go without")
        if self.stations[-1].buffer_after is not None:
            raise ValueError(f"station {self.stations[-1].station} is the last and has a buffer_after")
        return self

    @model_validator(mode="after")
    def _apart(self) -> Line:
        places = self.places_m
        for k, name in enumerate(self.station_names):
            if self.station_names.count(name) > 1:
                raise ValueError(f"station {name} is there twice; allowed: each once")
            for other in places[:k]:
                if max(abs(a - b) for a, b in zip(places[k], other, strict=True)) < CELL_M:
                    raise ValueError(
                        f"station {name} at {places[k]} m overlaps with {other}; allowed: {CELL_M:g} m apart"
                    )
        return self

    @property
    def places_m(self) -> tuple[tuple[float, float], ...]:
        """Where the robot stands at each station."""
        places: list[tuple[float, float]] = []
        for place in self.stations:
            beside = (places[-1][0], places[-1][1] - CELL_M) if places else (0.0, 0.0)
            places.append(beside if place.at_m is None else place.at_m)
        return tuple(places)

    @property
    def station_names(self) -> tuple[str, ...]:
        """Names of the stations in the order of the flow."""
        return tuple(place.station for place in self.stations)

    @property
    def id(self) -> str:
        """Name with version, for example `logistics-v1`."""
        return f"{self.name}-v{self.version}"


def names() -> tuple[str, ...]:
    """Names of the lines there are, sorted."""
    return tuple(sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml")))


def load(name: str) -> Line:
    """Read a line by name.

    Raises:
      LineError: no such line, or a field that does not pass.
    """
    if name not in names():
        raise LineError(f"unknown line {name!r} (choices: {', '.join(names())})")
    path = _folder() / f"{name}.yaml"
    try:
        return Line.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "line"
        message = first["msg"].removeprefix("Value error, ")
        raise LineError(f"{path}: {where} = {first.get('input')!r}: {message}") from None


def _folder() -> Traversable:
    return resources.files("pilotline.configs") / "line"
