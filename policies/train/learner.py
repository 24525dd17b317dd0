"""What a library has to do for a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field, PositiveInt, ValidationError

from pilotline.envs.interface import Interface
from pilotline.policies.file import Layer, Normalisation

Widths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
"""Of the hidden layers of a network."""


class TrainError(ValueError):
    """A training run that cannot be made; one line with the value and what is allowed."""


def misfit(what: str, error: ValidationError) -> TrainError:
    """The first value of `what` that cannot be, in one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(map(str, first["loc"]))
    return TrainError(f"{what}{': ' if where else ''}{where} is {first['input']!r}: {first['msg']}")


@dataclass(frozen=True)
class Learned:
    """What a leg gave.

    Attributes:
      steps: control steps of all simulations together, in this leg.
      episodes: cycles that ended in it.
      mean_return: of the last hundred of them at most; None without any.
    """

    steps: int
    episodes: int
    mean_return: float | None


class Learner(Protocol):
    """Learns a policy, leg by leg.

    What a leg makes depends on what `restore` read, or the beginning, and on its number alone: it seeds every
    generator and begins new cycles.

    Attributes:
      interface: of the simulations that it learns in.
    """

    interface: Interface

    def learn(self, leg: int) -> Learned:
        """Make leg number `leg`, from 0."""

    def save(self, folder: Path) -> None:
        """Write everything that the next leg begins from into an empty folder; nothing that is unpickled to be read."""

    def restore(self, folder: Path) -> None:
        """Read it."""

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """Layers from the normalised observation to the mean action, and the normalisation."""
