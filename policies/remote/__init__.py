"""Policies served by another process over openpi's protocol, and our own policies served to others."""

from __future__ import annotations

from pilotline.policies.remote.address import WORD, Address, parse
from pilotline.policies.remote.errors import FAULTS, RemoteError
from pilotline.policies.remote.link import Link
from pilotline.policies.remote.policy import RemotePolicy, Source
from pilotline.robots import Robot

__all__ = ["FAULTS", "WORD", "Address", "RemoteError", "RemotePolicy", "load", "parse"]


def load(text: str, station: str, robot: Robot, nsim: int, actuators: str = "ideal") -> RemotePolicy:
    """The policy behind `remote url=ws://HOST:PORT ...` at a station, connected.

    Raises:
      RemoteError: the text, the server, or what it serves; one line.
    """
    address = parse(text)
    source = Source(
        WORD,
        address.url,
        f"the server at {address.url}",
        connect=lambda answered: Link(address, answered),
        replan=address.replan,
    )
    return RemotePolicy(source, station, robot, nsim, actuators)
