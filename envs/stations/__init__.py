"""Stations by name. A station's file, class and card are tied by convention: `tote_destack` is `ToteDestack`."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from functools import cache
from importlib import resources

from pilotline.envs.card import load_card
from pilotline.envs.station import Station


class StationError(ValueError):
    """An unknown station; the message names the choices."""


def names() -> tuple[str, ...]:
    """Names of all stations, those with a card."""
    folder = resources.files("pilotline.envs") / "stations" / "cards"
    return tuple(sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".yaml")))


@cache
def load(name: str) -> Station:
    """The station called `name`.

    Raises:
      StationError: no such station.
    """
    if name not in names():
        near = get_close_matches(name, names(), 1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise StationError(f"station {name!r} does not exist{hint}; there are: {', '.join(names())}")
    card = load_card(name)
    station: Station = getattr(importlib.import_module(f"pilotline.envs.stations.{name}"), card.env)()
    return station
