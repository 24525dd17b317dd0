"""Who runs the cycles of a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Workers:
    """Who runs the cycles of a campaign."""

    launcher: Literal["local", "ray"] = "local"
    count: int = 1

    @property
    def alone(self) -> bool:
        """Whether this process does it all by itself."""
        return self.launcher == "local" and self.count == 1
