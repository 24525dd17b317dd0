"""Validation level, risk and key characteristics of stations, from `levels.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import TypeAdapter, model_validator

from pilotline.benchmarks.schema_record import Record

Required = Literal["a", "b", "c", "d", "e"]

_GRAPH: dict[tuple[str, str, str], Required] = {
    ("S1", "F1", "P1"): "a",
    ("S1", "F1", "P2"): "b",
    ("S1", "F2", "P1"): "b",
    ("S1", "F2", "P2"): "c",
    ("S2", "F1", "P1"): "c",
    ("S2", "F1", "P2"): "d",
    ("S2", "F2", "P1"): "d",
    ("S2", "F2", "P2"): "e",
}


class Validation(Record):
    """What a station's figures rest on."""

    level: Literal["V0", "V1", "V2", "V3"]
    basis: str


class Risk(Record):
    """What a station could do to a person, without any protective measure."""

    severity: Literal["S1", "S2"]
    exposure: Literal["F1", "F2"]
    avoidance: Literal["P1", "P2"]
    why: str


class Key(Record):
    """A characteristic whose spread matters, with an upper limit, a lower one, or both."""

    metric: str
    """Metric of the rows."""
    figure: str
    """Figure of the station's card that limits it."""
    upper: float | None = None
    lower: float | None = None
    why: str = ""
    """What a reader of its capability must know."""

    @model_validator(mode="after")
    def _limited(self) -> Key:
        if self.upper is None and self.lower is None:
            raise ValueError(f"{self.metric} has no limit; allowed: upper, lower or both")
        return self


class Levels(Record):
    """Of one station."""

    validation: Validation
    risk: Risk | None
    keys: tuple[Key, ...] = ()
    """What grades look at."""
    shown: tuple[Key, ...] = ()
    """What the report shows besides; no grade depends on it."""


def required_level(risk: Risk) -> Required:
    """Required performance level by the risk graph of ISO 13849-1:2015, figure A.1."""
    return _GRAPH[risk.severity, risk.exposure, risk.avoidance]


@cache
def all_levels() -> dict[str, Levels]:
    """By station name."""
    text = Path(__file__).with_name("levels.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Levels]).validate_python(yaml.safe_load(text))
