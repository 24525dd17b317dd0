"""Drawing of the tending cell, in the frame where the robot stands at the start: +x to the machine, +y to the left.

Scene, judge and reference controller share these figures, as builder, acceptance test and robot programmer of a real
cell share its drawing. Estimates of this project, but for the sheet's door travel, chuck height and depth of the
chuck behind the door.
"""

from __future__ import annotations

import numpy as np

DOOR_X_M = 0.48
"""Outer face of the door."""
CHUCK_AT_M = (DOOR_X_M + 0.35, 0.15, 1.05)
"""Middle of the chuck's seat: 0.35 m inside the door, 1.05 m above the floor; its axis is upright."""
DOOR_TRAVEL_M = 0.80
OPENING_Y_M = (-0.25, 0.55)
OPENING_Z_M = (0.90, 1.75)
INSIDE_X_M = DOOR_X_M + 0.02
"""A hand beyond this plane is inside the machine."""

HANDLE_M = (0.425, -0.17, 1.15)
"""Middle of the upright handle bar with the door shut."""
HANDLE_RADIUS_M, HANDLE_HALF_M = 0.012, 0.17

BUTTONS_M = {"chuck": (0.46, -0.42, 1.18), "air": (0.46, -0.42, 1.10), "start": (0.46, -0.42, 1.26)}
"""Middle of each cap's face: chuck (opens or shuts it), air (blows while held), start."""
BUTTON_RADIUS_M = 0.020
BUTTON_TRAVEL_M, BUTTON_CLOSES_M, BUTTON_OPENS_M = 0.006, 0.004, 0.002

JAW_ANGLES_RAD = (0.0, 2.0 * np.pi / 3.0, 4.0 * np.pi / 3.0)
"""Where the jaws are round the axis; the first is the far one, so that a hand comes in between the other two."""
JAW_HEIGHT_M, JAW_LENGTH_M, JAW_WIDTH_M = 0.025, 0.034, 0.024
LEAD_M = 0.003
"""The jaws' upper inner edges are bevelled by this much, at 45 degrees."""
CHUCK_RADIUS_M, CHUCK_HEIGHT_M = 0.095, 0.09
CHIP_RADIUS_M, CHIP_OFF_M = 0.005, 0.016
"""The raised pad that stands for chips on the seat: its radius, and its distance off the axis."""

TRAY_TOP_M = 0.95
TRAY_X_M = -0.95
"""Both trays stand behind the robot, their slots in one row across."""
PITCH_M, SLOTS = 0.12, 4
IN_Y_M = tuple(-0.06 + PITCH_M * k for k in range(SLOTS))
OUT_Y_M = tuple(-0.58 + PITCH_M * k for k in range(SLOTS))
TABLE_AT_M = (TRAY_X_M, -0.14, TRAY_TOP_M)
"""Datum of the tray table: the middle between both trays, on their surface."""
