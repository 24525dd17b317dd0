"""A contract card: how somebody else's network, with an observation vector of its own, is run here.

The card is YAML beside the model. Its inputs are the network's vector, segment by segment, from our observation; its
outputs become targets of joints: default + scale * output.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import yaml
from pydantic import Field, Tag, ValidationError, field_validator, model_validator

from pilotline.envs.interface import Entry, Interface
from pilotline.policies.file.contract import SCHEMA, ChannelGiven, Contract, EntryGiven
from pilotline.policies.file.fit import GAINS_NEAR, FitError, Terms
from pilotline.policies.file.reading import printable, problem
from pilotline.policies.file.segments import (
    BY_WORD,
    ClockSegment,
    ConstantSegment,
    EntrySegment,
    GravitySegment,
    HeadingSegment,
    MemorySegment,
    Model,
    Numbers,
    PlaceSegment,
    PreviousSegment,
    Segment,
)
from pilotline.policies.file.session import Onnx, OnnxError, parse, read_bytes

CARD_SCHEMA: Literal["pilotline/foreign-policy/1"] = "pilotline/foreign-policy/1"
_MAX_BYTES = 100_000


class CardError(ValueError):
    """A contract card that cannot be used; the message names the file, the field and what is allowed."""


class CardEntry(Model):
    """An entry of our observation; all its parts where none are named."""

    entry: str
    parts: tuple[str, ...] | None = Field(default=None, min_length=1)
    scale: Numbers = 1.0
    offset: Numbers = 0.0
    minus_default: bool = False
    """Less the default of the output of the same name, before scaling: how far joints are from the default pose."""


class CardPrevious(Model):
    """The network's own last output."""

    previous_action: Literal[True]
    scale: Numbers = 1.0
    offset: Numbers = 0.0


CardSegment = Annotated[
    Annotated[CardEntry, Tag("entry")]
    | Annotated[GravitySegment, Tag("gravity")]
    | Annotated[HeadingSegment, Tag("heading")]
    | Annotated[PlaceSegment, Tag("place")]
    | Annotated[CardPrevious, Tag("previous_action")]
    | Annotated[MemorySegment, Tag("memory")]
    | Annotated[ClockSegment, Tag("clock")]
    | Annotated[ConstantSegment, Tag("constant")],
    BY_WORD,
]


class Outputs(Model):
    """What the network's numbers command: default + scale * output, in the unit of the channel."""

    channels: tuple[str, ...] = Field(min_length=1)
    """Names in the network's order; joints, for most."""
    default: dict[str, float]
    """Of every channel."""
    scale: Numbers
    """One number for all, or one for each."""
    clip: float | None = Field(default=None, gt=0.0)
    """Bound of the network's numbers."""

    @model_validator(mode="after")
    def _complete(self) -> Outputs:
        if twice := sorted({name for name in self.channels if self.channels.count(name) > 1}):
            raise ValueError(f"channels: {', '.join(twice)} twice; allowed: each once")
        if set(self.default) != set(self.channels):
            odd = sorted(set(self.default) ^ set(self.channels))[0]
            raise ValueError(f"default: {odd!r} is not in both default and channels; allowed: the same names")
        if isinstance(self.scale, tuple) and len(self.scale) != len(self.channels):
            raise ValueError(f"scale has {len(self.scale)} numbers; allowed: one, or {len(self.channels)}")
        if 0.0 in self.scales:
            raise ValueError("scale is 0; allowed: other numbers")
        return self

    @property
    def scales(self) -> tuple[float, ...]:
        """One for each channel."""
        return self.scale if isinstance(self.scale, tuple) else (self.scale,) * len(self.channels)

    def spans(self, units: Mapping[str, str]) -> tuple[ChannelGiven, ...]:
        """What -1 and 1 of each number command, with units by channel."""
        pairs = zip(self.channels, self.scales, strict=True)
        middles = self.default
        return tuple(
            ChannelGiven(name=name, low=middles[name] - scale, high=middles[name] + scale, unit=units[name])
            for name, scale in pairs
        )


class Card(Model):
    """The whole card."""

    schema_: Literal["pilotline/foreign-policy/1"] = Field(alias="schema")
    title: str = ""
    source: str = ""
    """Who trained it, where it is from, under which licence."""
    model: str
    """File name of the network, in the card's folder or below."""
    stations: tuple[str, ...] = Field(min_length=1)
    robot: str
    control: str
    period_s: float = Field(gt=0.0)
    inputs: tuple[CardSegment, ...] = Field(min_length=1)
    outputs: Outputs
    hold: dict[str, float] = Field(default_factory=dict)
    """Values of the channels that the network does not command."""
    gains: dict[str, tuple[float, float]] = Field(default_factory=dict)
    """Stiffness (N m/rad) and damping (N m s/rad) that it was trained with, by joint."""
    gains_within: float = Field(default=GAINS_NEAR, ge=0.0)
    """Largest relative difference of gains to run with; any above 1 % is warned of."""

    @field_validator("model")
    @classmethod
    def _below(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".onnx":
            raise ValueError(f"is {value!r}; allowed: a .onnx in the folder of the card or below")
        return value

    @model_validator(mode="after")
    def _apart(self) -> Card:
        if both := sorted(set(self.hold) & set(self.outputs.channels)):
            raise ValueError(f"hold: {both[0]!r} is an output too; allowed: one of them")
        return self

    def terms(self, here: Interface) -> Terms:
        """What the network asks of a place, in our own words.

        Raises:
          FitError: it reads or commands what is not there.
        """
        known = {entry.name: entry for entry in here.observation}
        units = {channel.name: channel.unit for channel in here.action}
        for name in self.outputs.channels:
            if name not in units:
                raise FitError(f"commands {name!r}, which is no channel here; allowed: {', '.join(units)}")
        try:
            contract = Contract(
                schema=SCHEMA,
                title=self.title,
                stations=self.stations,
                robot=self.robot,
                actuators="",
                control=self.control,
                period_s=self.period_s,
                observation=tuple(EntryGiven(name=e.name, parts=e.parts, unit=e.unit) for e in here.observation),
                reads=tuple(self._segment(each, known) for each in self.inputs),
                action=self.outputs.spans(units),
                gains=self.gains,
            )
        except ValidationError as error:
            raise FitError(problem(error)) from None
        return Terms(contract, gains_near=self.gains_within, holds=self.hold, mapped=True)

    def _segment(self, given: CardSegment, known: dict[str, Entry]) -> Segment:
        if isinstance(given, CardPrevious):
            count = len(self.outputs.channels)
            return PreviousSegment(previous_action=count, scale=given.scale, offset=given.offset)
        if not isinstance(given, CardEntry):
            return given
        if given.entry not in known:
            raise FitError(f"reads {given.entry!r}, which is not observed here; allowed: {', '.join(known)}")
        parts = given.parts or known[given.entry].parts
        offset = given.offset
        if given.minus_default:
            default = self.outputs.default
            if missing := [part for part in parts if part not in default]:
                raise FitError(
                    f"{given.entry} minus_default: {missing[0]!r} has no default; allowed: {', '.join(default)}"
                )
            shifts, scales = (_each(name, getattr(given, name), len(parts)) for name in ("offset", "scale"))
            offset = tuple(o - s * default[part] for o, s, part in zip(shifts, scales, parts, strict=True))
        return EntrySegment(entry=given.entry, parts=parts, scale=given.scale, offset=offset)


@dataclass(frozen=True)
class Foreign:
    """A card with its network; `files` are name and SHA-256 of both."""

    card: Card
    network: Onnx
    files: tuple[tuple[str, str], ...]


def read_card(path: Path | str) -> Foreign:
    """Read a card and the network that it names.

    Raises:
      CardError, OnnxError: no such file, or one that cannot be used; the message names the file.
      ImportError: the package `onnx` is not installed.
    """
    path = Path(path)
    try:
        text = read_bytes(path, "a contract card", _MAX_BYTES)
    except OnnxError as error:
        raise CardError(f"policy {path}: {error}") from None
    card = _parse(path, text)
    model = path.parent / card.model
    try:
        data = read_bytes(model)
        network = parse(data)
    except OnnxError as error:
        raise OnnxError(f"policy {path}: model {card.model}: {error}") from None
    files = tuple((name, hashlib.sha256(found).hexdigest()) for name, found in ((path.name, text), (card.model, data)))
    return Foreign(card, network, files)


def _parse(path: Path, text: bytes) -> Card:
    try:
        document = yaml.safe_load(text)
        plain = json.dumps(document, allow_nan=False)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise CardError(f"policy {path}: not YAML{where}; allowed: a contract card") from None
    except (TypeError, ValueError):
        raise CardError(f"policy {path}: holds more than text, numbers and lists; allowed: a contract card") from None
    document = document if isinstance(document, dict) else {}
    if not printable({name: value for name, value in document.items() if name != "source"}):
        raise CardError(f"policy {path}: a text has characters that cannot be printed; allowed: plain text")
    found = document.get("schema")
    if found != CARD_SCHEMA:
        raise CardError(f"policy {path}: schema is {found!r}; allowed: {CARD_SCHEMA!r}")
    try:
        return Card.model_validate_json(plain)
    except ValidationError as error:
        raise CardError(f"policy {path}: {problem(error)}") from None


def _each(name: str, values: Numbers, count: int) -> tuple[float, ...]:
    if isinstance(values, tuple) and len(values) != count:
        raise FitError(f"{name} has {len(values)} numbers; allowed: one, or {count}")
    return values if isinstance(values, tuple) else (values,) * count
