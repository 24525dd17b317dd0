"""Drawing of the weld cell: panels, racks, fixture and door line, as builder, judge and robot programmer share it.

The robot starts at the origin and faces the racks at +x; the fixture stands behind it at -x. The fixture's frame lies
in the plane of its nets, +x away from the robot, so that a panel in its nest has the fixture's orientation. A panel's
frame is in its middle, x across, y along, z up.
"""

from __future__ import annotations

from dataclasses import dataclass

PANELS = ("side", "cross", "plate")
"""Parts of a car, in the order in which a robot that fetches one ahead takes them: the longest first."""

THICK_M = 0.008
"""Height of a panel's envelope: sheet of about a millimetre with beads and hemmed edges."""
PIN_INSET_M = 0.10
"""Pins stand this far from a panel's ends."""
NET_INSET_M = 0.135
"""Nets and forks stand this far from a panel's ends, under its middle, clear of hands at the corners."""
NET_HALF_M = (0.05, 0.02)
PIN_LENGTH_M = 0.022
"""How far a pin stands above the nets, its round tip included."""
SLOT_M = 0.003
"""The second hole of a panel is longer than the first by so much either way, along the panel."""
NET_HEIGHT_M = 1.0
RISER_M = 0.13
"""Height of nets over the fixture's deck: hands reach below a panel."""
RACK_FOOT_M = 0.95
"""Height of the lowest panel of a rack."""
ACROSS_M = {"side": 0.0, "cross": -0.98, "plate": 0.88}
"""Where a panel's rack and nest stand across the cell, world y."""
DOOR_X_M = -0.72
"""Light curtain of the fixture's door: what lies at smaller x is the door zone."""
PERSON_Y_M = 1.9
"""A walkway begins here, at greater y."""
BASE_RADIUS_M = 0.44
"""A robot's base reaches so far from its middle: the corner of 0.66 x 0.58 m."""


@dataclass(frozen=True)
class PanelSize:
    """Half lengths of a panel, m."""

    half_across: float
    half_along: float

    @property
    def pin_y(self) -> float:
        """Distance of either pin from the middle, along the panel."""
        return self.half_along - PIN_INSET_M

    @property
    def net_y(self) -> float:
        """Distance of either net, or fork, from the middle, along the panel."""
        return self.half_along - NET_INSET_M


def panel_size(length_width_mm: tuple[float, ...]) -> PanelSize:
    """Size of a panel from its card figure, length and width in mm."""
    length, width = length_width_mm
    return PanelSize(half_across=width / 2000.0, half_along=length / 2000.0)
