"""A stamped panel with two locating holes, as boxes that leave the holes open, and its inertia."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilotline.envs.stations.weld_layout import SLOT_M, THICK_M, PanelSize

Boxes = dict[str, tuple[Any, Any]]
"""Part name to centre (m, 3) and half lengths (m, 3)."""


def panel_boxes(size: PanelSize, hole: Any) -> Boxes:
    """Boxes that make a panel.

    Args:
      size: of the panel.
      hole: (m,) m, half width of its square hole at +y; the one at -y is as wide and longer by `SLOT_M` either way.

    Returns:
      A middle between the holes, an end beyond each of them, and a strip on either side of each.
    """
    w, end, pin = size.half_across, size.half_along, size.pin_y
    zero = np.zeros_like(hole)

    def box(x0: Any, x1: Any, y0: Any, y1: Any) -> tuple[Any, Any]:
        centre = np.stack([(x0 + x1) / 2 + zero, (y0 + y1) / 2 + zero, zero], axis=-1)
        half = np.stack([(x1 - x0) / 2 + zero, (y1 - y0) / 2 + zero, zero + THICK_M / 2], axis=-1)
        return centre, half

    left, right = pin - hole, pin + hole
    slot_near, slot_far = -pin + hole + SLOT_M, -pin - hole - SLOT_M
    return {
        "middle": box(-w, w, slot_near, left),
        "left_end": box(-w, w, right, end),
        "right_end": box(-w, w, -end, slot_far),
        "left_near": box(-w, -hole, left, right),
        "left_far": box(hole, w, left, right),
        "right_near": box(-w, -hole, slot_far, slot_near),
        "right_far": box(hole, w, slot_far, slot_near),
    }


def panel_inertia(size: PanelSize, mass: Any) -> Any:
    """Moments (m, 3) about the middle of an even plate of mass (m,) kg: its holes weigh under 1 %."""
    across, along = 2.0 * size.half_across, 2.0 * size.half_along
    squares = np.array([along**2 + THICK_M**2, across**2 + THICK_M**2, along**2 + across**2])
    return mass[:, None] / 12.0 * squares
