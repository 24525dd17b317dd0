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


class EntrySegment(_Segment):
    """Parts of an entry of the observation."""

    entry: str
    parts: tuple[str, ...] = Field(min_length=1)

    @property
    def width(self) -> int:
        """One number for each part."""
        return len(self.parts)


class GravitySegment(_Segment):
    """Direction of gravity (3) in the frame whose attitude (w x y z) an entry gives: (0, 0, -1) when upright."""

    gravity: str

    @property
    def width(self) -> int:
        """x, y, z."""
        return 3


class PreviousSegment(_Segment):
    """The network's own last output as it gave it; zeros when a cycle begins."""

    previous_action: int = Field(ge=1)
    """How many numbers that is."""

    @property
    def width(self) -> int:
        """As the output."""
        return self.previous_action


class MemorySegment(_Segment):
    """What the network keeps for itself: zeros when a cycle begins, then as many outputs after those of the action."""

    memory: int = Field(ge=1, le=4096)
    """How many numbers."""
    adds: bool = False
    """Whether those outputs are added to what is kept, which stays within -1 to 1, instead of taking its place: what
    is to be kept as it is then needs outputs of 0, not a network that hands it through without a loss."""
    whole: int = Field(default=0, ge=0)
    """Of so many, the first ones, only -1, 0 or 1 is kept, what is nearest: with outputs below a half, whatever they
    are, such a number stays for ever as it is. Those of a network that adds drift in time."""

    @model_validator(mode="after")
    def _holds(self) -> MemorySegment:
        if self.whole > (self.memory if self.adds else 0):
            raise ValueError(f"whole is {self.whole}; allowed: at most memory, and 0 unless it adds")
        return self

    @property
    def width(self) -> int:
        """As many."""
        return self.memory


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


_WORDS = ("entry", "gravity", "previous_action", "memory", "clock", "constant")


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
    | Annotated[PreviousSegment, Tag("previous_action")]
    | Annotated[MemorySegment, Tag("memory")]
    | Annotated[ClockSegment, Tag("clock")]
    | Annotated[ConstantSegment, Tag("constant")],
    BY_WORD,
]


def memory_of(reads: Sequence[Segment]) -> MemorySegment | None:
    """The memory among what is read; none, or one (`Contract` sees to that)."""
    return next((read for read in reads if isinstance(read, MemorySegment)), None)
