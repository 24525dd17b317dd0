"""How the parts of a scorecard are declared: frozen, nothing unknown, finite numbers, documented fields."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A part of a scorecard."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


class Rate(Record):
    """A share of cycles with its uncertainty."""

    n: int
    """Cycles counted."""
    good: int
    """Cycles with the property."""
    rate: float | None
    """good / n; null without cycles."""
    wilson_low: float
    """Lower end of the two-sided 95 % Wilson interval, for display."""
    wilson_high: float
    """Upper end of the same interval."""
    exact_lower: float
    """One-sided 95 % Clopper-Pearson lower bound, the one for grading."""


class Buffer(Record):
    """Parts waiting between one station and the next."""

    places: int
    mean: float
    max: int
