"""What can go wrong with a policy that is served elsewhere."""

from __future__ import annotations

from pilotline.policies import PolicyError

TIMEOUT, LOST, BAD_REPLY, LIMIT = FAULTS = ("policy_timeout", "policy_lost", "policy_bad_reply", "policy_limit")
"""Faults of cycles: no answer in time; no connection, or none any more; an answer that is none; more of the machine
taken than is allowed, where it runs on ours."""


def told(text: object, most: int = 300) -> str:
    """What somebody else said, as it may stand in one line of ours: printable, and not too long."""
    plain = "".join(each if each.isprintable() else " " for each in str(text)[: 4 * most])
    return " ".join(plain.split())[:most]


class RemoteError(PolicyError):
    """A served policy that cannot be used as asked; one line with the thing, its value and what is allowed."""


class ServedFault(Exception):
    """What a served policy did to a request.

    Attributes:
      fault: one of `FAULTS`.
      reason: one line.
    """

    def __init__(self, fault: str, reason: str) -> None:
        super().__init__(f"{fault}: {reason}")
        self.fault, self.reason = fault, told(reason)
