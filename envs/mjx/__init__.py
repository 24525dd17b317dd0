"""Stations under JAX, on MJX: `make` gives a functional environment.

Needs the extra `mjx`. On a CPU keep the process on one core: call `pilotline.envs.mjx.pinned.pin` first. JAX is
imported at the first use of a name from here, so that this can be done in time.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilotline.envs.mjx.refuse import MjxError
    from pilotline.envs.mjx.state import Sim, State
    from pilotline.envs.mjx.station import MjxStation, make

__all__ = ["MjxError", "MjxStation", "Sim", "State", "make"]

_HOME = {"MjxError": "refuse", "MjxStation": "station", "Sim": "state", "State": "state", "make": "station"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("pilotline"):
            raise
        raise ImportError(f"{error.name} is not installed; it comes with: pip install 'pilotline[mjx]'") from error
