"""Policies that a vendor hands in as code: a folder whose program runs in a cage and talks openpi's protocol to us."""

from __future__ import annotations

from pilotline.policies.remote.policy import RemotePolicy
from pilotline.policies.sandbox.errors import SandboxError
from pilotline.policies.sandbox.place import WORD, Folder, parse
from pilotline.policies.sandbox.running import FolderPolicy, FolderSource, check, source_of
from pilotline.robots import Robot

__all__ = ["WORD", "Folder", "FolderSource", "SandboxError", "check", "load", "parse", "source_of"]


def load(text: str, station: str, robot: Robot, nsim: int, actuators: str = "ideal") -> RemotePolicy:
    """The policy in the folder of `sandbox:PATH ...` at a station, started.

    Raises:
      RemoteError: the text, the folder, what it says, or a machine on which it cannot be kept; one line.
    """
    return FolderPolicy(parse(text), station, robot, nsim, actuators)
