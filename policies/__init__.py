"""Policies by name. `reference` is the scripted controller of each station, `remote` is served by another process, a
path names a policy file, and `sandbox:PATH` a folder whose program runs in a cage."""

from __future__ import annotations

import importlib
import re
from importlib import resources
from typing import Any

from pilotline.envs.card import card_names, load_card
from pilotline.policies.policy import Policy
from pilotline.robots import Robot

__all__ = ["Policy", "PolicyError", "PolicyWarning", "load", "names", "scripted"]

FILE = re.compile(r"(?!remote |sandbox:).*\.(onnx|yaml)", re.DOTALL)
"""A policy that is a file, or the card of somebody else's."""


class PolicyError(ValueError):
    """A policy that does not exist, or not for this station; one line with the choices."""


class PolicyWarning(UserWarning):
    """What is not as it was where a policy was trained; it works all the same."""


def names() -> tuple[str, ...]:
    """Names of the policies there are."""
    return ("reference", "remote")


def load(name: str, station: str, robot: Robot, nsim: int, actuators: str = "ideal") -> Policy:
    """The policy `name` at a station, serving nsim simulations of a robot driven by `actuators`, a selection as text.

    `remote url=ws://HOST:PORT ...` asks a server there, see `pilotline.policies.remote`; `sandbox:PATH ...` runs the
    program of a folder in a cage, see `pilotline.policies.sandbox`. The path of a policy file
    (.onnx, or the card of somebody else's network, .yaml) gives a `PolicyWarning` for everything that is not as in its
    training and can be lived with. A scripted controller is found by convention: `tote_destack.py` holds
    `ToteDestackPolicy`, after the name of the environment on the station's card, and `refusal(robot)`, which says why
    a robot cannot do the job, if so.

    Raises:
      PolicyError: no such policy, none for this station, or a robot that cannot do the job, with the reason; a file
        that cannot be used here.
    """
    if name.partition(" ")[0] == "remote":
        from pilotline.policies import remote

        return remote.load(name, station, robot, nsim, actuators)
    if name.startswith("sandbox:"):
        from pilotline.policies import sandbox

        return sandbox.load(name, station, robot, nsim, actuators)
    if FILE.fullmatch(name):
        from pilotline.policies.file.loading import load_file

        return load_file(name, station, robot, nsim, actuators)
    if name not in names():
        raise PolicyError(
            f"unknown policy {name!r} (choices: {', '.join(names())}, the path of a .onnx or .yaml, or sandbox:FOLDER)"
        )
    controller = scripted(station)
    if reason := importlib.import_module(controller.__module__).refusal(robot):
        raise PolicyError(f"policy {name!r} cannot do {station} with {robot.name}: {reason}")
    policy: Policy = controller(robot, nsim)
    return policy


def scripted(station: str) -> type[Any]:
    """Class of the scripted controller of a station.

    Raises:
      PolicyError: there is none.
    """
    if station not in _scripted():
        raise PolicyError(
            f"policy 'reference' has no controller for station {station!r} (it has: {', '.join(_scripted())})"
        )
    module = importlib.import_module(f"pilotline.policies.reference.{station}")
    controller: type[Any] = getattr(module, f"{load_card(station).env}Policy")
    return controller


def _scripted() -> tuple[str, ...]:
    """Stations with a scripted controller."""
    folder = resources.files("pilotline.policies.reference")
    return tuple(name for name in card_names() if (folder / f"{name}.py").is_file())
