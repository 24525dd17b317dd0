"""What a verb is to the program: its settings, its function and how its arguments may be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from rich.console import Console


class Settings(BaseModel):
    """Base of every verb's settings: what `configs/VERB.yaml` composes to; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


S = TypeVar("S", bound=Settings)

DOT = "__"
"""Stands for a dot in the name of a place such as that of `sweep.trainer.net`."""


class Choice(BaseModel):
    """One option of a configuration group (a robot, a policy, …): its name and a line of description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str


def _path(value: Any) -> Any:
    return Path(str(value)).expanduser() if value not in (None, "") else value


FilePath = Annotated[Path, BeforeValidator(_path)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Count = Annotated[int, Field(ge=1, le=10_000_000)]


@dataclass(frozen=True)
class Session:
    """What a running verb is given besides its settings.

    Attributes:
      console: where results are printed (standard output).
      notes: where progress and remarks go (standard error).
      command: the command line that started it.
    """

    console: Console
    notes: Console
    command: tuple[str, ...]

    def note(self, text: str) -> None:
        """One line to the person, on standard error."""
        self.notes.print(text, style="yellow", highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Verb(Generic[S]):
    """A verb of the program.

    Attributes:
      name: word on the command line and name of its file in `configs/`.
      settings: model of its keys.
      run: does the work; returns the exit status.
      bare: key that one leading argument without `=` fills, or None.
      many: whether all leading arguments without `=` fill it, quoted and joined as a shell would take them.
      exclusive: pairs of keys that exclude each other; giving one empties the packaged default of the other.
    """

    name: str
    settings: type[S]
    run: Callable[[S, Session], int]
    bare: str | None = None
    many: bool = False
    exclusive: Sequence[tuple[str, str]] = ()

    def takes_word(self, key: str) -> bool:
        """Whether a key takes one of a few words here, whatever the key is for other verbs."""
        return get_origin(self.settings.model_fields[key].annotation) is Literal
