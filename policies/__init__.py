"""Policies by name. `reference` is the scripted controller of each station."""

from __future__ import annotations

import importlib
from importlib import resources

from pilotline.envs.card import card_names, load_card
from pilotline.policies.policy import Policy
from pilotline.robots import Robot

__all__ = ["Policy", "PolicyError", "load", "names"]


class PolicyError(ValueError):
    """A policy that does not exist, or not for this station; one line with the choices."""


def names() -> tuple[str, ...]:
    """Names of the policies there are."""
    return ("reference",)


def load(name: str, station: str, robot: Robot, nsim: int) -> Policy:
    """The policy `name` at a station, serving nsim simulations.

    A scripted controller is found by convention: `tote_destack.py` holds `ToteDestackPolicy`, after the name
    of the environment on the station's card, and `refusal(robot)`, which says why a robot cannot do the job, if so.

    Raises:
      PolicyError: no such policy, none for this station, or a robot that cannot do the job, with the reason.
    """
    if name not in names():
        raise PolicyError(f"unknown policy {name!r} (choices: {', '.join(names())})")
    if station not in _scripted():
        raise PolicyError(
            f"policy {name!r} has no controller for station {station!r} (it has: {', '.join(_scripted())})"
        )
    module = importlib.import_module(f"pilotline.policies.reference.{station}")
    if reason := module.refusal(robot):
        raise PolicyError(f"policy {name!r} cannot do {station} with {robot.name}: {reason}")
    policy: Policy = getattr(module, f"{load_card(station).env}Policy")(robot, nsim)
    return policy


def _scripted() -> tuple[str, ...]:
    """Stations with a scripted controller."""
    folder = resources.files("pilotline.policies.reference")
    return tuple(name for name in card_names() if (folder / f"{name}.py").is_file())
