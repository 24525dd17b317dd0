"""The signed text: an in-toto Statement v1, whose predicate holds the eleven items of a scorecard's attestation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError, field_serializer, field_validator

from pilotline.benchmarks.attest.errors import AttestError, first_complaint
from pilotline.benchmarks.canonical import canonical, parse
from pilotline.benchmarks.schema_record import Record

STATEMENT: Literal["https://in-toto.io/Statement/v1"] = "https://in-toto.io/Statement/v1"
PREDICATE: Literal["pilotline:attestation/1"] = "pilotline:attestation/1"
ITEMS = {
    1: "policy, code and container",
    2: "robot model and actuator records",
    3: "controllers, firmware, timing and computing",
    4: "simulator, settings, assets, fidelity and validation",
    5: "seeds",
    6: "calibration trail",
    7: "data lineage and assistance",
    8: "event log",
    9: "human baseline",
    10: "grader",
    11: "change log",
}
BATCH = (1, 2, 3, 4, 5)
"""Items of which none may change between two attestations without an entry in the change log."""

Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Subject(Record):
    """A file that the statement is about."""

    name: str = Field(min_length=1, pattern=r"^[^\\\x00-\x1f]+$")
    """Path in the folder of the scorecard."""
    digest: dict[Literal["sha256"], Digest] = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _inside(cls, name: str) -> str:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise ValueError(f"{name!r} leads out of the folder")
        return name


class Item(Record):
    """One of the eleven."""

    number: int = Field(ge=1, le=11)
    title: str
    sha256: Digest
    """Of the content as canonical JSON."""
    missing: tuple[str, ...]
    """What this item should hold and does not."""
    content: dict[str, Any]


class Predicate(Record):
    """What is attested of the scorecard."""

    body_sha256: Digest
    """Of the scorecard."""
    ranked: bool
    """Whether nothing is missing."""
    items: tuple[Item, ...] = Field(min_length=11, max_length=11)

    @property
    def missing(self) -> tuple[str, ...]:
        """What keeps the run from being ranked, a line each."""
        return tuple(f"{item.number}: {each}" for item in self.items for each in item.missing)


class Statement(Record):
    """The whole text."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(STATEMENT, alias="_type")
    subject: tuple[Subject, ...] = Field(min_length=1)
    predicateType: Literal["pilotline:attestation/1"] = PREDICATE
    predicate: Predicate

    @field_serializer("subject")
    def _in_order(self, subjects: tuple[Subject, ...]) -> list[dict[str, Any]]:
        return [each.model_dump() for each in sorted(subjects, key=lambda each: each.name)]


def text(statement: Statement) -> bytes:
    """The canonical JSON that is signed."""
    return canonical(statement.model_dump(mode="json", by_alias=True))


def read(payload: bytes, where: str) -> Statement:
    """The statement of an envelope's payload.

    Raises:
      AttestError: begins with `where`.
    """
    try:
        found = Statement.model_validate(parse(payload))
    except ValidationError as error:
        raise AttestError(f"{where}: {first_complaint(error)}") from None
    except ValueError as error:
        raise AttestError(f"{where}: the signed text is not JSON: {error}") from None
    if [item.number for item in found.predicate.items] != list(ITEMS):
        raise AttestError(f"{where}: the items are not numbered 1 to 11")
    if len({each.name for each in found.subject}) != len(found.subject):
        raise AttestError(f"{where}: a subject is named twice")
    return found


def json_schema() -> dict[str, Any]:
    """JSON Schema of the signed text."""
    return Statement.model_json_schema(by_alias=True)
