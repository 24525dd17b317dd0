"""What the words `sweep.KEY=VALUE,VALUE` ask for: one run for every combination of the values."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import DOT

KEY = "sweep"
PLACE = re.compile(rf"{KEY}\.([a-z][a-z0-9_.]*)")
"""Key that gives another key several values."""

USAGE = f"{KEY}.KEY=VALUE,VALUE"
MEANING = "a run for each value: sweep.seed=0,1,2, sweep.trainer.net=[64,64],[128,128]; docs/train.md"

MAX_RUNS = 1000
_FIXED = (KEY, "launcher", "out")


class Sweep(BaseModel):
    """Keys that have several values, each with the text that was given for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    places: dict[str, str] = Field(default_factory=dict)

    def combinations(self) -> list[dict[str, str]]:
        """What each run has, key by key; the values of the last key change first.

        Raises:
          CommandError: a key that all runs share, text that is no values, a value that is there twice, too many runs.
        """
        values: dict[str, list[str]] = {}
        for place, text in self.places.items():
            key = place.replace(DOT, ".")
            if key.partition(".")[0] in _FIXED:
                raise CommandError(f"{KEY}.{key}={text}: {key} is the sweep's own; allowed: any other key of train")
            values[key] = _values(key, text)
        if (count := prod(map(len, values.values()))) > MAX_RUNS:
            raise CommandError(f"{KEY}: {count} runs; allowed: {MAX_RUNS}")
        return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def _values(key: str, text: str) -> list[str]:
    """Values as they would be typed one by one."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ValueType
    from hydra.errors import HydraException

    try:
        override = OverridesParser.create().parse_override(f"{key}={text}")
        if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
            raise CommandError(f"{KEY}.{key}={text}: glob is not taken; allowed: values by commas, or range(a, b)")
        given = override.sweep_iterator() if override.is_sweep_override() else [override.value()]
        found = [_typed(each) for each in given]
    except HydraException as error:
        raise CommandError(f"{KEY}.{key}={text}: {one_line(error)}") from None
    if twice := sorted({value for value in found if found.count(value) > 1}):
        raise CommandError(f"{KEY}.{key}={text}: {twice[0]} is there twice; allowed: each once")
    return found


def _typed(value: Any) -> str:
    """A value of Hydra's grammar as it is typed on a command line."""
    from hydra.core.override_parser.types import QuotedString

    if isinstance(value, QuotedString):
        return str(value.text)
    if isinstance(value, list):
        return f"[{','.join(map(_typed, value))}]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return str(value)
