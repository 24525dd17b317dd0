"""What the input vector of a network is made of, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

Numbers = float | tuple[float, ...]


class Model(BaseModel):
    """Base of everything in a policy file: frozen, nothing unknown, finite numbers, no conversions."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class _Segment(Model):
    """Numbers that go into the vector as value * scale + offset."""

    within: float = Field(default=0.0, ge=0.0)
    """What is further from 0 than this is read as this, before it is scaled: only what is near shows, but that large.
    0 for no bound."""
    scale: Numbers = 1.0
    offset: Numbers = 0.0
    """One number for all, or one for each."""

    @model_validator(mode="after")
    def _counts(self) -> _Segment:
        for name in ("scale", "offset"):
            values = getattr(self, name)
            if isinstance(values, tuple) and len(values) != self.width:
                raise ValueError(f"{name} has {len(values)} numbers; allowed: one, or {self.width}")
        return self

    @property
    def width(self) -> int:
        """How many numbers."""
        raise NotImplementedError

    @property
    def entries(self) -> tuple[str, ...]:
        """Entries of the observation that it is made from."""
        return ()

    @property
    def planar(self) -> str | None:
        """The one of them that has to be a planar pose, four numbers: x, y, z (m) and heading (rad)."""
        return None


class EntrySegment(_Segment):
    """Parts of an entry of the observation."""

    entry: str
    parts: tuple[str, ...] = Field(min_length=1)

    @property
    def width(self) -> int:
        """One number for each part."""
        return len(self.parts)

    @property
    def entries(self) -> tuple[str, ...]:
        """The one."""
        return (self.entry,)


class GravitySegment(_Segment):
    """Direction of gravity (3) in the frame whose attitude (w x y z) an entry gives: (0, 0, -1) when upright."""

    gravity: str

    @property
    def width(self) -> int:
        """x, y, z."""
        return 3

    @property
    def entries(self) -> tuple[str, ...]:
        """The attitude."""
        return (self.gravity,)


class HeadingSegment(_Segment):
    """Sine and cosine of the heading of a planar pose: the angle itself jumps where half a turn is reached."""

    heading: str
    fold: int = Field(default=1, ge=1)
    """What looks the same after each of so many parts of a turn has so many times the heading."""

    @property
    def width(self) -> int:
        """Sine, cosine."""
        return 2

    @property
    def entries(self) -> tuple[str, ...]:
        """The pose."""
        return (self.heading,)

    @property
    def planar(self) -> str:
        """The pose."""
        return self.heading


class PlaceSegment(_Segment):
    """Where something is, the first three numbers (m) of an entry, as seen from a planar pose.

    What counts in a job is often a small difference of two places far off: a hand's from a grip hole.
    """

    place: str
    seen_from: str
    fold: int = Field(default=1, ge=1)
    """What looks the same after each of so many parts of a turn is taken to head the nearest way to ahead."""

    @property
    def width(self) -> int:
        """x, y, z."""
        return 3

    @property
    def entries(self) -> tuple[str, ...]:
        """Both."""
        return (self.place, self.seen_from)

    @property
    def planar(self) -> str:
        """The one that it is seen from."""
        return self.seen_from


class PreviousSegment(_Segment):
    """The network's own last output as it gave it; zeros when a cycle begins."""

    previous_action: int = Field(ge=1)
    """How many numbers that is."""
    only: tuple[int, ...] = ()
    """Those of them that are read, counted from 0; all by default."""

    @model_validator(mode="after")
    def _among(self) -> PreviousSegment:
        if odd := [index for index in self.only if not 0 <= index < self.previous_action]:
            raise ValueError(f"only is {odd[0]}; allowed: 0 to {self.previous_action - 1}")
        return self

    @property
    def width(self) -> int:
        """As the output, or as many as are read."""
        return len(self.only) or self.previous_action


class MemorySegment(_Segment):
    """What the network keeps for itself: zeros when a cycle begins, then as many outputs after those of the action."""

    memory: int = Field(ge=1, le=4096)
    """How many numbers."""
    adds: bool = False
    """Whether those outputs are added to what is kept, which stays within -1 to 1, instead of taking its place: what
    is to be kept as it is then needs outputs of 0, not a network that hands it through without a loss."""
    whole: int = Field(default=0, ge=0)
    """Of so many, the first ones, only 0 or 1 is kept, what is nearest: with outputs below a half, whatever they
    are, such a number stays for ever as it is. Those of a network that adds drift in time."""
    timer_s: float = Field(default=0.0, ge=0.0)
    """One number more is read, which no output is for: the time since any whole number changed, at most so long, in
    units of it. 0 for none."""

    @model_validator(mode="after")
    def _holds(self) -> MemorySegment:
        if self.whole > (self.memory if self.adds else 0):
            raise ValueError(f"whole is {self.whole}; allowed: at most memory, and 0 unless it adds")
        if self.timer_s and not self.whole:
            raise ValueError(f"timer_s is {self.timer_s} and whole 0; allowed: a timer of a memory with whole numbers")
        return self

    @property
    def width(self) -> int:
        """As many, and the timer."""
        return self.memory + (self.timer_s > 0.0)


class Clock(Model):
    """A phase that starts at 0 with the cycle and goes round once in a period."""

    period_s: float = Field(gt=0.0)
    phases: tuple[float, ...] = (0.0,)
    """Shares of a turn by which each phase is ahead, one for each foot."""
    functions: tuple[Literal["sin", "cos", "swing"], ...] = ("sin", "cos")
    """Of every phase, one function after the other; swing is the sine where it is positive, else 0."""


class ClockSegment(_Segment):
    """Functions of a clock."""

    clock: Clock

    @property
    def width(self) -> int:
        """Each function of each phase."""
        return len(self.clock.functions) * len(self.clock.phases)


class ConstantSegment(_Segment):
    """Numbers that never change."""

    constant: tuple[float, ...] = Field(min_length=1)

    @property
    def width(self) -> int:
        """As given."""
        return len(self.constant)


_WORDS = ("entry", "gravity", "heading", "place", "previous_action", "memory", "clock", "constant")


def kind_of(value: Any) -> str | None:
    """The word that tells which segment it is."""
    for word in _WORDS:
        if (word in value) if isinstance(value, dict) else hasattr(value, word):
            return word
    return None


BY_WORD = Discriminator(
    kind_of, custom_error_type="segment", custom_error_message=f"has none of the words {', '.join(_WORDS)}"
)
"""Tells segments apart by the one of `_WORDS` that they have."""

Segment = Annotated[
    Annotated[EntrySegment, Tag("entry")]
    | Annotated[GravitySegment, Tag("gravity")]
    | Annotated[HeadingSegment, Tag("heading")]
    | Annotated[PlaceSegment, Tag("place")]
    | Annotated[PreviousSegment, Tag("previous_action")]
    | Annotated[MemorySegment, Tag("memory")]
    | Annotated[ClockSegment, Tag("clock")]
    | Annotated[ConstantSegment, Tag("constant")],
    BY_WORD,
]


def memory_of(reads: Sequence[Segment]) -> MemorySegment | None:
    """The memory among what is read; none, or one (`Contract` sees to that)."""
    return next((read for read in reads if isinstance(read, MemorySegment)), None)
