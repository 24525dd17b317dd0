"""What touches what in the assembly cell: bits of contact types, so that parts that never meet cost nothing.

Two geoms meet where one's `contype` shares a bit with the other's `conaffinity`. Robot, floor, trays and the board's
top have bit 1 in both, as any geom has that says nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class Bits(NamedTuple):
    """Contact type and affinity of a geom."""

    contype: int
    conaffinity: int


SOLID = Bits(1, 1)
PEG = Bits(1, 1 | 2)
"""A peg meets everything solid, and the walls of holes."""
HOLE = Bits(2, 0)
GEAR = Bits(1, 0)
"""Rim and hub of a gear: they meet robot, trays, board and pegs, but no shaft, which stands inside them, and no other
gear, whose teeth they would cut."""
SHAFT = Bits(1 | 4, 0)
BORE = Bits(0, 4)
"""Walls of a gear's bore meet shafts alone."""
TEETH = Bits(8, 8)
"""Teeth meet teeth alone."""
