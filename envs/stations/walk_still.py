"""WalkStill: walk straight ahead at the speed that is commanded, arms at home, hands empty."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from pilotline.envs.card import StationCard, load_card
from pilotline.envs.stations.walk import Walk
from pilotline.envs.work.motion import STILL


@dataclass(frozen=True)
class WalkStill(Walk):
    """`Walk` without work for the upper body; what is commanded and what counts as success is on the card."""

    card: StationCard = field(default_factory=lambda: load_card("walk_still"))

    kinds: ClassVar[tuple[int, ...]] = (STILL,)
