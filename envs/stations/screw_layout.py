"""Drawing of the screwing bench, in the frame of the part (middle of its top face), m.

+x points away from the robot, +y to its left. Scene, judge and reference controller share these figures, as builder,
acceptance test and robot programmer of a real bench share its drawing.
"""

from __future__ import annotations

from pilotline.robots import Robot
from pilotline.robots.bench import bench_ahead_m

WORK_HEIGHT_M = 0.86
"""Top face of the part above the hall's floor."""
ASIDE_M = -0.22
"""The bench stands to the right of the robot's middle, ahead of the hand that holds the driver."""


def part_at(robot: Robot) -> tuple[float, float, float]:
    """Part frame in the world when the robot has docked without error; it docks where its arms reach."""
    return (bench_ahead_m(robot), ASIDE_M, WORK_HEIGHT_M)


HOLES_M = ((-0.035, -0.055), (-0.035, 0.0), (-0.035, 0.055), (0.035, 0.055), (0.035, 0.0), (0.035, -0.055))
"""Six holes of the cover, in the order in which they are driven."""
HOLE_HALF_M = 0.00225
"""Clearance hole for M4, medium series (4.5 mm)."""
BOSS_HALF_M = 0.012
BOSS_DEEP_M = 0.014
THREAD_AT_M = 0.003
"""The thread begins this far below the part's top face."""

FEEDER_M = (0.0, -0.14, 0.0)
"""Middle of the row of pockets; heads sit on its top face."""
POCKETS = 7
POCKET_PITCH_M = 0.014
POCKET_HALF_M = 0.0022
FEEDER_DEEP_M = 0.006


def pocket_x(k: int) -> float:
    """Place of pocket k along the feeder."""
    return (k - 0.5 * (POCKETS - 1)) * POCKET_PITCH_M


HEAD_RADIUS_M = 0.0035
"""The head is a ball that sits in the edge of a hole: a raised countersunk head."""
SHANK_RADIUS_M = 0.002
PILOT_RADIUS_M, PILOT_M = 0.0014, 0.0018
"""Pilot point at the tip: radius, and length beyond the shank (screws for automatic feeding have one)."""
COLLAR_M = 0.0026
"""Height of the straight rim round the recess, as wide as the ball, that a sleeve guides (ISO 1207: M4, 7 x 2.6 mm)."""
RECESS_M = 0.002
"""Bottom of the drive recess above the middle of the head."""
LENGTH_M = 0.013
"""From the middle of the head to the tip: M4 x 10."""
DECOY_M = 0.010
"""Likewise of the screw that does not belong here: M4 x 7."""
SEAT_M = (HEAD_RADIUS_M**2 - HOLE_HALF_M**2) ** 0.5
"""Middle of a head that touches all four edges of its hole, above the face."""
SNUG_M = SEAT_M + 0.0002
"""Middle of a head when the joint begins to close. The joint's stiffness is in the thread's law, so the edge of the
hole lies a little deeper than the head ever comes."""
REST_M = (HEAD_RADIUS_M**2 - POCKET_HALF_M**2) ** 0.5
"""Middle of a head that hangs in its pocket, above the feeder's face."""

STROKE_M = 0.014
"""The spindle gives way by so much against its spring."""
PARK_M = (-0.02, -0.21, 0.055)
"""Where the driver hangs when nobody has it: its bit's end."""
HANDLE_M = (-0.052, 0.0, 0.125)
"""Middle of the handle bar, from the bit's end."""
HANDLE_HALF_M = (0.016, 0.014, 0.010)
