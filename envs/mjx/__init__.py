"""Stations under JAX, on MJX: `make` gives a functional environment.

Needs the extra `mjx`. On a CPU give the process one core: see `pilotline.envs.mjx.pinned`.
"""

from pilotline.envs.mjx.refuse import MjxError
from pilotline.envs.mjx.state import Sim, State
from pilotline.envs.mjx.station import MjxStation, make

__all__ = ["MjxError", "MjxStation", "Sim", "State", "make"]
