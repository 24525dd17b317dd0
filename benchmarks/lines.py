"""Lines: stations in series with buffers and a takt, read from `configs/line/`."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator


class LineError(ValueError):
    """A line that does not exist or cannot be used; names file, field, value and what was allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class LineStation(_Strict):
    """A station in its place on a line."""

    station: Name = Field(description="station by name")
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
