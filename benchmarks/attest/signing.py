"""What a report shows of its own signature: all of it is known before the page is hashed and signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilotline.benchmarks.attest.statement import Predicate


@dataclass(frozen=True)
class Signing:
    """Who signs what, and when. The page's own hash and the signature are not among it: both follow from the page."""

    keyid: str
    date: str
    """ISO 8601, UTC, by the signer's clock."""
    predicate: Predicate

    def content(self, number: int) -> dict[str, Any]:
        """Content of an item, 1 to 11."""
        return self.predicate.items[number - 1].content

    @property
    def valid_until(self) -> str | None:
        """The day after which the first calibration is no longer valid; None without a sensor."""
        sensors = self.content(6)["sensors"]
        return min((each["expires"] for each in sensors), default=None) if isinstance(sensors, list) else None
