"""What a check of a robot found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "ok"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check looked at.

    Attributes:
      severity: of an error the robot cannot be used; `ok` says that the check found nothing.
      check: what was looked at.
      thing: joint, body or pair.
      value, allowed: in words, with units.
    """

    severity: Severity
    check: str
    thing: str
    value: str
    allowed: str


def verdict(found: list[Finding], check: str, what: str, allowed: str) -> list[Finding]:
    """The findings of a check, or one that says it is fine."""
    return found or [Finding("ok", check, what, "fine", allowed)]
