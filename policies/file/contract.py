"""What a policy file says beside its network: the interface it was trained for, normalisation, training record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from pilotline.envs.interface import Interface
from pilotline.policies.file.segments import EntrySegment, MemorySegment, Model, PreviousSegment, Segment, memory_of
from pilotline.policies.file.words import Read, misread, segments

SCHEMA: Literal["pilotline/policy/1"] = "pilotline/policy/1"


class EntryGiven(Model):
    """An entry of the observation in training."""

    name: str
    parts: tuple[str, ...]
    unit: str


class ChannelGiven(Model):
    """A number of the action: `low` is what -1 means and `high` what 1 means, in `unit`."""

    name: str
    low: float
    high: float
    unit: str

    @model_validator(mode="after")
    def _spans(self) -> ChannelGiven:
        if self.low == self.high:
            raise ValueError(f"channel {self.name}: low and high are both {self.low}; allowed: two numbers")
        return self


class Normalisation(Model):
    """(value - mean) / scale of every input, then within -clip to clip; the graph does it, this tells what it does."""

    mean: tuple[float, ...]
    scale: tuple[Annotated[float, Field(gt=0.0)], ...]
    clip: float | None = Field(default=None, gt=0.0)


class Training(Model):
    """How the network came to be; all of it as the trainer tells it."""

    trainer: str = ""
    """Such as sb3_ppo."""
    config: dict[str, JsonValue] = Field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    steps: int | None = Field(default=None, ge=0)
    """Control steps of all simulations together."""
    wall_s: float | None = Field(default=None, ge=0.0)
    hardware: dict[str, str] = Field(default_factory=dict)
    date: str = ""
    """ISO 8601."""
    versions: dict[str, str] = Field(default_factory=dict)
    curve: str = ""
    """Name of the file with the learning curve."""
    notes: str = ""


class Contract(Model):
    """Everything that must hold where the network is used.

    The input of the network is one float32 vector: the segments of `reads`, one after the other (`Inputs` makes it).
    Its output is one number for each channel of `action`, then those of its memory if `reads` has one, all within -1
    to 1: the graph itself clips.
    """

    schema_: Literal["pilotline/policy/1"] = Field(SCHEMA, alias="schema")
    title: str = ""
    stations: tuple[str, ...] = Field(min_length=1)
    """Gymnasium ids of the stations that it may work at."""
    robot: str
    actuators: str
    """Selection that it was trained with; any may be used."""
    control: str
    period_s: float = Field(gt=0.0)
    observation: tuple[EntryGiven, ...] = Field(min_length=1)
    """What there was to be read, in order."""
    reads: tuple[Segment, ...] = Field(min_length=1)
    """What the network takes of it, in order."""
    action: tuple[ChannelGiven, ...] = Field(min_length=1)
    gains: dict[str, tuple[float, float]]
    """Stiffness (N m/rad) and damping (N m s/rad) of the position servos, by joint."""
    normalisation: Normalisation | None = None
    training: Training = Training()

    @model_validator(mode="after")
    def _sane(self) -> Contract:
        given = {entry.name: entry for entry in self.observation}
        for what, names in (
            ("observation", [entry.name for entry in self.observation]),
            ("action", [channel.name for channel in self.action]),
            *((f"entry {entry.name}", list(entry.parts)) for entry in self.observation),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{what}: {', '.join(twice)} twice; allowed: each once")
        for read in self.reads:
            if wrong := misread(read, {name: len(entry.parts) for name, entry in given.items()}):
                raise ValueError(wrong)
            if isinstance(read, EntrySegment) and (missing := set(read.parts) - set(given[read.entry].parts)):
                raise ValueError(
                    f"reads {min(missing)!r} of {read.entry}; allowed: {', '.join(given[read.entry].parts)}"
                )
            if isinstance(read, PreviousSegment) and (count := read.previous_action) != len(self.action):
                raise ValueError(f"reads {count} numbers of the previous action; allowed: {len(self.action)}")
        if sum(isinstance(read, MemorySegment) for read in self.reads) > 1:
            raise ValueError("reads two memories; allowed: one")
        if self.normalisation is not None:
            for name, values in (("mean", self.normalisation.mean), ("scale", self.normalisation.scale)):
                if len(values) != self.inputs:
                    raise ValueError(f"normalisation {name}: {len(values)} numbers; allowed: {self.inputs}, as inputs")
        return self

    @property
    def inputs(self) -> int:
        """Numbers that the network takes."""
        return sum(read.width for read in self.reads)

    @property
    def outputs(self) -> int:
        """Numbers that the network gives: action, then memory."""
        kept = memory_of(self.reads)
        return len(self.action) + (kept.memory if kept else 0)

    @classmethod
    def of(
        cls,
        interface: Interface,
        reads: Sequence[Read] | None = None,
        *,
        stations: Sequence[str] = (),
        title: str = "",
        normalisation: Normalisation | None = None,
        training: Training | None = None,
    ) -> Contract:
        """The contract of a policy that is trained on an interface.

        Args:
          reads: what the network takes, in order; all entries of the observation by default.
          stations: ids of those it may work at; that of the interface by default.

        Raises:
          ReadsError: an entry that the interface does not have.
          ValueError: a part that it does not have.
        """
        return cls(
            schema=SCHEMA,
            title=title,
            stations=tuple(stations) or (interface.station,),
            robot=interface.robot,
            actuators=interface.actuators,
            control=interface.control,
            period_s=interface.period_s,
            observation=tuple(EntryGiven(name=e.name, parts=e.parts, unit=e.unit) for e in interface.observation),
            reads=segments(interface, reads),
            action=tuple(ChannelGiven(name=c.name, low=c.low, high=c.high, unit=c.unit) for c in interface.action),
            gains={joint: (float(k), float(d)) for joint, (k, d) in interface.gains.items()},
            normalisation=normalisation,
            training=training or Training(),
        )
