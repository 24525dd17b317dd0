"""What a policy file says beside its network: the interface it was trained for, normalisation, training record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from pilotline.envs.interface import Interface

SCHEMA: Literal["pilotline/policy/1"] = "pilotline/policy/1"
Read = str | tuple[str, Sequence[str]]
"""An entry of the observation by name, whole, or with the parts that are read of it."""


class Model(BaseModel):
    """Base of everything in a policy file: frozen, nothing unknown, finite numbers, no conversions."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class EntryRead(Model):
    """What the network reads of an entry of the observation."""

    name: str
    parts: tuple[str, ...] = Field(min_length=1)
    """In the order of the network's input; all of the entry's, or some."""
    unit: str
    width: int = Field(ge=1)
    """Numbers that the whole entry had in training."""


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
    config: dict[str, JsonValue] = {}
    seeds: tuple[int, ...] = ()
    steps: int | None = Field(default=None, ge=0)
    """Control steps of all simulations together."""
    wall_s: float | None = Field(default=None, ge=0.0)
    hardware: dict[str, str] = {}
    date: str = ""
    """ISO 8601."""
    versions: dict[str, str] = {}
    curve: str = ""
    """Name of the file with the learning curve."""
    notes: str = ""


class Contract(Model):
    """Everything that must hold where the network is used.

    The input of the network is one float32 vector: the parts of each entry of `observation`, one entry after the
    other. Its output is one number for each channel of `action`, within -1 to 1: the graph itself clips.
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
    observation: tuple[EntryRead, ...] = Field(min_length=1)
    action: tuple[ChannelGiven, ...] = Field(min_length=1)
    gains: dict[str, tuple[float, float]]
    """Stiffness (N m/rad) and damping (N m s/rad) of the position servos, by joint."""
    normalisation: Normalisation | None = None
    training: Training = Training()

    @model_validator(mode="after")
    def _sane(self) -> Contract:
        for what, names in (
            ("observation", [entry.name for entry in self.observation]),
            ("action", [channel.name for channel in self.action]),
            *((f"entry {entry.name}", list(entry.parts)) for entry in self.observation),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{what}: {', '.join(twice)} twice; allowed: each once")
        if self.normalisation is not None:
            for name, values in (("mean", self.normalisation.mean), ("scale", self.normalisation.scale)):
                if len(values) != self.inputs:
                    raise ValueError(f"normalisation {name}: {len(values)} numbers; allowed: {self.inputs}, as inputs")
        return self

    @property
    def inputs(self) -> int:
        """Numbers that the network takes."""
        return sum(len(entry.parts) for entry in self.observation)

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
          reads: entries of the observation in the order in which the network takes them; all by default.
          stations: ids of those it may work at; that of the interface by default.

        Raises:
          KeyError: an entry that the interface does not have.
          ValueError: a part that the entry does not have.
        """
        known = {entry.name: entry for entry in interface.observation}
        entries = []
        for read in known if reads is None else reads:
            name, parts = (read, known[read].parts) if isinstance(read, str) else read
            entry = known[name]
            if missing := [part for part in parts if part not in entry.parts]:
                raise ValueError(f"entry {name} has no part {missing[0]!r} (it has: {', '.join(entry.parts)})")
            entries.append(EntryRead(name=name, parts=tuple(parts), unit=entry.unit, width=len(entry.parts)))
        return cls(
            schema=SCHEMA,
            title=title,
            stations=tuple(stations) or (interface.station,),
            robot=interface.robot,
            actuators=interface.actuators,
            control=interface.control,
            period_s=interface.period_s,
            observation=tuple(entries),
            action=tuple(ChannelGiven(name=c.name, low=c.low, high=c.high, unit=c.unit) for c in interface.action),
            gains={joint: (float(k), float(d)) for joint, (k, d) in interface.gains.items()},
            normalisation=normalisation,
            training=training or Training(),
        )
