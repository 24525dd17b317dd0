"""Drawing of the induction station: where things are, in the frame of the cell.

The cell's origin is on the floor's plumb line where the robot's work is (`bench_ahead_m`), at the height of both belts;
+x points away from the robot and along the induction belt, +y to the robot's left. Scene, judge and reference
controller share these figures, as builder, acceptance test and robot programmer of a real cell share its drawing.
"""

from __future__ import annotations

from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

BELT_HEIGHT_M = 1.03
"""Both belts above the hall's floor."""


def cell_at(robot: Robot) -> tuple[float, float, float]:
    """Cell frame in the world when the robot has docked without error; it docks where its arms reach."""
    return (bench_ahead_m(robot), 0.0, BELT_HEIGHT_M)


INFEED_Y_M = -0.33
"""Middle of the infeed, which runs towards the robot."""
INDUCTION_Y_M = -0.025
"""Middle of the induction belt, which runs away from the robot."""
BELT_HALF_WIDTH_M = 0.14

EDGE_X_M = -0.05
"""The near edge of a parcel stops about here on the infeed, and parcels are set down with it here."""
EYE_X_M = EDGE_X_M + 0.012
"""Photo-eye across the infeed: from its first corner's passing a parcel goes on some 20 mm until the belt stands."""
OVERHANG_M = 0.070
"""Near part of a parcel that no belt carries, so that a finger can take it from below."""
NOSE_X_M = EDGE_X_M + OVERHANG_M
TONGUE_Y_M, TONGUE_X_M = 0.045, EDGE_X_M + 0.022
"""At both sides of the finger's way, from here outwards and on from here, smooth tongues keep a limp bag up."""
INFEED_END_X_M = 2.10
INDUCTION_END_X_M = 1.05
SLIDE_END_X_M = 2.25
"""Behind the induction belt a smooth plate carries what was inducted, pushed on by what follows."""

TRAVEL_M = 0.25
"""Way that the first parcel still has to go when a cycle starts."""
PICKED_Y_M = 0.15
"""A parcel that was moved sideways so far from the infeed's middle lets the next one come."""
