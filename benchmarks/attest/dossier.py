"""The dossier: what the simulation cannot know of a run, in YAML, filled in by whoever hands the run in.

What the project knows itself (code, simulator, settings, hashes, seeds, rows) has no place here: it is filled in from
the scorecard and the installation. What a dossier leaves out is named in the attestation, and the run is unranked.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.schema_record import Record

SCHEMA = "pilotline/dossier/1"
TEMPLATE = "dossier.yaml"


def _in_words(value: Any) -> Any:
    if isinstance(value, bool | int | float | dt.date):  # 1.10 would be read as 1.1
        raise ValueError("must be text: write it in quotes")
    return value


def _said(text: str) -> str:
    if not text.strip() or text.strip() == "...":
        raise ValueError("says nothing; leave the entry out or say it")
    return text


def _day(value: Any) -> Any:
    """A date as text, so that what is hashed is what was written."""
    return value.isoformat() if type(value) is dt.date else value


def _is_day(text: str) -> str:
    try:
        if dt.date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise ValueError("must be a day, YYYY-MM-DD")


Text = Annotated[str, Field(max_length=2000), BeforeValidator(_in_words), AfterValidator(_said)]
Day = Annotated[str, BeforeValidator(_day), AfterValidator(_is_day)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class NotApplicable(Record):
    """An item that this run has nothing for, and why. Believed only where the card bears it out."""

    not_applicable: Text


def _which(value: Any) -> str:
    keys = value if isinstance(value, dict) else ()
    return "none" if isinstance(value, NotApplicable) or "not_applicable" in keys else _GIVEN


_GIVEN = "given"
_SOME = Field(min_length=1)
_None = Annotated[NotApplicable, Tag("none")]


class Grader(Record):
    """Who ran and graded it."""

    name: Text
    organisation: Text
    contact: Text


class Container(Record):
    """The image that the run was made in."""

    image: Text
    digest: str = Field(pattern="^sha256:[0-9a-f]{64}$")


class Actuator(Record):
    """Quality record of one actuator: what its maker or the test rig measured of this very unit."""

    joint: Text
    sheet: Text
    """Data sheet of the type."""
    serial: Text
    batch: Text
    date: Day
    transmission_error_arcsec: float | None = Field(None, ge=0.0)
    backlash_arcmin: float | None = Field(None, ge=0.0)
    friction_nm: float | None = Field(None, ge=0.0)
    thermal_resistance_k_w: float | None = Field(None, gt=0.0)
    torque_speed: Text | None = None
    record_sha256: Sha256 | None = None
    """Of the record's file."""


class Controller(Record):
    """A controller or drive of the robot, and what runs on it."""

    name: Text
    version: Text
    firmware: Text
    loop_rate_hz: float = Field(gt=0.0)
    latency_ms: float = Field(ge=0.0)
    """From what is sensed to what is commanded."""


class Computing(Record):
    """What is computed where."""

    end: Text
    """On the robot."""
    edge: Text
    """In the hall."""
    cloud: Text
    bandwidth_mbit_s: float = Field(ge=0.0)
    """Between robot and the rest."""
    round_trip_ms: float = Field(ge=0.0)


class Validation(Record):
    """How far the simulation is backed by reality, in the words of whoever hands the run in."""

    level: Literal["V0", "V1", "V2", "V3"]
    """V0 none, V1 literature, V2 reproduces a published deployment figure, V3 data of a rig of their own."""
    basis: Text
    evidence_sha256: tuple[Sha256, ...] = ()
    """Of the files that bear it out."""


class Calibration(Record):
    """One sensor, as it was calibrated last before the run."""

    sensor: Text
    date: Day
    method: Text
    residual: float = Field(ge=0.0)
    unit: Text
    """Of the residual."""
    grr_percent: float = Field(ge=0.0)
    """Repeatability and reproducibility, in percent of the tolerance."""
    expires: Day
    """Last day of validity."""


class Data(Record):
    """A data set that the policy learned from."""

    name: Text
    source: Text
    licence: Text
    sha256: Sha256 | None = None


class Assist(Record):
    """A person took part."""

    at: Text
    """When: cycle, or time of the run."""
    kind: Literal["teleoperation", "remote_assist", "on_site_assist"]
    what: Text


class Incident(Record):
    """Something that should not have happened, and what was done."""

    at: Text
    what: Text
    severity: Literal["near_miss", "damage", "injury"]
    action: Text


class HumanBaseline(Record):
    """Where the human times come from that the robot is held against."""

    source: Text
    method: Text
    people: int = Field(ge=0)
    """Measured; 0 for standard times."""


class Change(Record):
    """What is not as in the attestation before: any of items 1 to 5 that differs needs an entry."""

    item: int = Field(ge=1, le=5)
    date: Day
    what: Text
    why: Text


class Dossier(Record):
    """All of it. null, or left out: not known, which leaves the run unranked. An empty list: there were none."""

    schema_: Literal["pilotline/dossier/1"] = Field(alias="schema")
    grader: Grader | None = None
    container: Annotated[Annotated[Container, Tag(_GIVEN)] | _None, Discriminator(_which)] | None = None
    actuators: Annotated[Annotated[tuple[Actuator, ...], _SOME, Tag(_GIVEN)] | _None, Discriminator(_which)] | None = (
        None
    )
    controllers: (
        Annotated[Annotated[tuple[Controller, ...], _SOME, Tag(_GIVEN)] | _None, Discriminator(_which)] | None
    ) = None
    computing: Computing | None = None
    validation: Validation | None = None
    calibration: (
        Annotated[Annotated[tuple[Calibration, ...], _SOME, Tag(_GIVEN)] | _None, Discriminator(_which)] | None
    ) = None
    data: Annotated[Annotated[tuple[Data, ...], _SOME, Tag(_GIVEN)] | _None, Discriminator(_which)] | None = None
    assists: tuple[Assist, ...] | None = None
    incidents: tuple[Incident, ...] | None = None
    human_baseline: HumanBaseline | None = None
    changes: tuple[Change, ...] = ()


def read(path: Path) -> Dossier:
    """The dossier of a file.

    Raises:
      AttestError: one line with the first thing that is wrong.
    """
    from pilotline.robots.yamlfile import CardError, read_yaml

    if not path.is_file():
        raise AttestError(f"dossier={path}: no such file; pilotline dossier writes a template")
    try:
        return read_yaml(path, Dossier)
    except CardError as error:
        said = str(error).splitlines()[0].removeprefix(f"{path.name}: ").replace(f".{_GIVEN}", "")
        raise AttestError(f"dossier={path}: {said}") from None


def template() -> bytes:
    """A dossier in which nothing is said yet, with a line on every entry."""
    return Path(__file__).with_name(TEMPLATE).read_bytes()


def json_schema() -> dict[str, Any]:
    """JSON Schema of a dossier."""
    return Dossier.model_json_schema(by_alias=True)
