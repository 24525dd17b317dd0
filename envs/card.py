"""Station cards: the figures of a station with their sources, validated on load."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Mark = Literal["P", "N", "W", "G", "E", "D", "M", "V", "K", "EST"]
"""Evidence: P primary, N news, W weak page, G general knowledge, E our estimate, D derived, M measured."""


class CardError(ValueError):
    """A station card that cannot be used; the message names file, field, value and what was allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Figure(_Strict):
    """One number a verdict or a draw depends on."""

    value: float | tuple[float, ...]
    unit: str
    source: str = Field(min_length=3)
    mark: Mark
    note: str = ""


class Pack(_Strict):
    """A disturbance pack: figures of the card that have other values in it.

    Draws keep their order, so that a cycle of a harder pack is the nominal one of that seed with more of what the
    pack stands for.
    """

    title: str
    figures: dict[str, float | tuple[float, ...]] = {}
    source: str = Field(default="", description="where the values come from")

    @model_validator(mode="after")
    def _sourced(self) -> Pack:
        if self.figures and not self.source:
            raise ValueError(f"pack {self.title!r} changes {', '.join(self.figures)} and names no source")
        return self


class StationCard(_Strict):
    """A station's identity, times and figures."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    env: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$", description="CamelCase part of the Gymnasium id")
    kind: Literal["station", "task"] = Field(default="station", description="a task is no part of a line")
    code: str = Field(pattern=r"^[A-FT][1-9]$", description="code in the benchmark catalogue; T for a task")
    version: int = Field(ge=1)
    title: str
    origin: str = Field(description="the industrial job it stands for, with source")
    fidelity: Literal["K1", "K2", "K3", "K4"]
    tau_h_s: Annotated[float, Field(gt=0, description="human standard time")]
    tau_l_s: Annotated[float, Field(gt=0, description="line takt for the grade")]
    tau_s_s: Annotated[float, Field(gt=0)] | None = Field(default=None, description="stretch takt")
    cycle_limit_s: float = Field(gt=0, description="a cycle that is not over by then ends as a timeout")
    packs: dict[Annotated[str, Field(pattern="^D[0-3]$")], Pack] = Field(
        default={"D0": Pack(title="nominal")}, description="disturbance packs that cycles can be drawn from"
    )
    robot: str = Field(default="wheeled", description="who does it where nobody else is named")
    cone: Literal["elliptic", "pyramidal"] = Field(
        default="elliptic",
        description="friction: elliptic with impratio 10, so that a held part does not creep out of the grasp; "
        "pyramidal with 1, a fifth faster, where nothing is held",
    )
    substeps: int = Field(
        default=10, ge=10, le=40, description="physics steps in a control step of 20 ms; more where fits are tight"
    )
    elements: str = Field(default="", description="element string of the human standard time")
    control: str | None = Field(default=None, description="the only action layout that fits; None for any")
    figures: dict[str, Figure]
    history: dict[int, str] = Field(description="what each version changed, and why")

    @model_validator(mode="after")
    def _kind_fits(self) -> StationCard:
        """A task lasts as long as its figure says: no human does it, and no line waits for it."""
        if (self.kind == "task") != self.code.startswith("T"):
            raise ValueError(
                f"kind={self.kind} with code={self.code}; allowed: T1 to T9 for a task, A1 to F9 otherwise"
            )
        if self.kind == "task" and self.tau_h_s != self.tau_l_s:
            raise ValueError(f"a task with tau_h_s={self.tau_h_s:g}, tau_l_s={self.tau_l_s:g}; allowed: the same")
        return self

    @model_validator(mode="after")
    def _packs_fit(self) -> StationCard:
        """Packs change what the card has, in its form; the nominal one changes nothing."""
        if "D0" not in self.packs or self.packs["D0"].figures:
            raise ValueError("packs: D0 is asked for, and it changes no figure")
        for name, pack in self.packs.items():
            for figure, value in pack.figures.items():
                if figure not in self.figures:
                    there = ", ".join(sorted(self.figures))
                    raise ValueError(
                        f"pack {name} changes {figure!r}, which is no figure of the card; there are: {there}"
                    )
                if np.shape(value) != np.shape(self.figures[figure].value):
                    raise ValueError(
                        f"pack {name} gives {figure}={value}, the card {self.figures[figure].value}: as many are asked"
                    )
        return self

    def in_pack(self, pack: str) -> StationCard:
        """The card with the figures of a disturbance pack.

        Raises:
          CardError: no such pack.
        """
        if pack not in self.packs:
            raise CardError(f"pack={pack!r} does not exist at {self.name}; there are: {', '.join(self.packs)}")
        return self.with_figures(**self.packs[pack].figures)

    @property
    def id(self) -> str:
        """Gymnasium id, for example `pilotline/ToteDestack-v1`."""
        return f"pilotline/{self.env}-v{self.version}"

    def figure(self, name: str) -> float:
        """Value of a scalar figure."""
        value = self.figures[name].value
        if isinstance(value, tuple):
            raise CardError(f"{self.name}: figure {name!r} has {len(value)} values, a single number was asked")
        return value

    def with_figures(self, **values: float | tuple[float, ...]) -> StationCard:
        """The card with other values of some figures, for a variant; its scores are not those of the card.

        Raises:
          CardError: a figure that the card does not have.
        """
        unknown = sorted(values.keys() - self.figures.keys())
        if unknown:
            raise CardError(f"{self.name}: no figure {unknown[0]!r}; there are: {', '.join(sorted(self.figures))}")
        changed = {name: self.figures[name].model_copy(update={"value": value}) for name, value in values.items()}
        return self.model_copy(update={"figures": {**self.figures, **changed}})

    def figure_range(self, name: str) -> tuple[float, float]:
        """Lower and upper value of a two-number figure."""
        value = self.figures[name].value
        if not isinstance(value, tuple) or len(value) != 2 or value[0] > value[1]:
            raise CardError(f"{self.name}: figure {name!r} is {value!r}, an ascending pair was asked")
        return value


def card_names() -> tuple[str, ...]:
    """Names of all stations that have a card, sorted."""
    return tuple(sorted(p.name[:-5] for p in _folder().iterdir() if p.name.endswith(".yaml")))


def load_card(name: str) -> StationCard:
    """Read the card of a station from the package.

    Raises:
      CardError: no such card, not YAML, or a field that does not pass.
    """
    if name not in card_names():
        raise CardError(f"station card {name!r} does not exist; there are: {', '.join(card_names())}")
    path = _folder() / f"{name}.yaml"
    return parse_card(path.read_text(encoding="utf-8"), str(path))


def _folder() -> Traversable:
    return resources.files("pilotline.envs") / "stations" / "cards"


def parse_card(text: str, origin: str) -> StationCard:
    """Parse and validate a station card; `origin` names it in errors."""
    try:
        return StationCard.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise CardError(f"{origin}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "card"
        raise CardError(f"{origin}: {where} = {first.get('input')!r}: {first['msg']}") from None
