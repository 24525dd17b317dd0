"""What parcels there are in a run, and how their bodies are made up.

Cartons are rigid boxes. Bags follow a reduced law (K3): three equal rigid tiles in a row, joined by hinges across the
bag with a spring and a damper each, so that a bag sags over an edge, droops from a grip and flattens on a belt.
Assumptions: a bag bends about the axis across only; its thickness, and where its fill lies, do not change; the spring's
rest is flat. Its stiffness is an estimate, chosen so that a half-full padded bag held at its near third droops by
some 10 to 30 degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pilotline.envs.card import StationCard


@dataclass(frozen=True)
class Parcel:
    """One parcel of a run.

    Attributes:
      body: its body, at its middle, z up and x along the belts as it comes in.
      kind: carton, stick, mailer or padded; the card has its size and mass under this name.
      bag: whether it bends.
    """

    body: str
    kind: str
    bag: bool

    @property
    def tiles(self) -> tuple[str, ...]:
        """Bodies it is made of, and their geoms likewise; the parcel's own first."""
        return (self.body, f"{self.body}_near", f"{self.body}_far") if self.bag else (self.body,)


PARCELS = (
    Parcel("parcel_0", "carton", False),
    Parcel("parcel_1", "carton", False),
    Parcel("parcel_2", "stick", False),
    Parcel("parcel_3", "mailer", True),
    Parcel("parcel_4", "padded", True),
)
COUNT = len(PARCELS)
BAGS = np.array([parcel.bag for parcel in PARCELS])

FACES = ("down", "up", "left", "right")
"""Sides of a parcel, as it comes in, that a label can be on."""
NORMALS = np.array([(0.0, 0.0, -1.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)])
"""Outward normals of the faces in the parcel's frame, (4, 3)."""


def size_range(card: StationCard, kind: str) -> tuple[Any, Any]:
    """Smallest and largest edges of a kind, (3,) m each: along the belt, across, high."""
    low, high = card.figures[f"{kind}_low_mm"].value, card.figures[f"{kind}_high_mm"].value
    return np.array(low) / 1000.0, np.array(high) / 1000.0


def box_inertia(mass: Any, half: Any) -> Any:
    """Principal moments (..., 3) of uniform boxes, kg m^2, of masses (...) kg and half edges (..., 3) m."""
    square = half * half
    others = np.stack(
        [square[..., 1] + square[..., 2], square[..., 0] + square[..., 2], square[..., 0] + square[..., 1]], axis=-1
    )
    return mass[..., None] / 3.0 * others
