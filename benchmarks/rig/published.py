"""Where a gear's figures come from, and what its sheet says beyond what the laws take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.sheet import Efficiency, Gear, Idle, Joint

_GROUPS = {
    "k1_nm_per_rad": "stiffness",
    "k2_nm_per_rad": "stiffness",
    "k3_nm_per_rad": "stiffness",
    "hysteresis_rad": "hysteresis",
    "error_pp_rad": "accuracy",
    "starting_input_nm": "idle",
    "l10_h": "life",
    "damping_ratio": "damping",
}
"""Group of the sheet that a figure stands in."""


@dataclass(frozen=True)
class Published:
    """What the sheet of a gear gives.

    Attributes:
      marks: evidence mark of each figure the sheet has, and `rule (MARK)` of those that a rule fills.
      idle: torques without load, as far as the sheet has them.
      efficiency: points of the efficiency chart.
    """

    marks: Mapping[str, str]
    idle: Idle | None = None
    efficiency: tuple[Efficiency, ...] = ()

    def origin(self, figure: str) -> str:
        """Where a figure of the gear comes from."""
        return self.marks.get(figure, "rule (E)")


def published(name: str, figures: JointFigures) -> Published:
    """What the sheet of the gear in a joint says.

    Args:
      name: how the joint was named on the command line.
      figures: its complete figures, whose fallbacks say what the sheet does not give.
    """
    sheet = _gear_sheet(name)
    filled = {f.figure.partition(".")[2]: f.rule for f in figures.fallbacks if f.figure.startswith("gear.")}
    marks = {figure: f"rule ({_mark(rule)})" for figure, rule in filled.items()}
    if sheet is None:
        return Published(marks)
    for figure, group in _GROUPS.items():
        held = getattr(sheet, group)
        if figure not in filled and held is not None:
            marks[figure] = held.mark
    return Published(marks, sheet.idle, sheet.efficiency)


def _mark(rule: str) -> str:
    """Evidence mark that a rule's text names, E where it names none."""
    found = re.search(r",\s([VDMKE])(?:\s|;|$)", rule)
    return found[1] if found else "E"


def _gear_sheet(name: str) -> Gear | None:
    """Sheet of the gear; None where a joint sheet writes its gear out or changes it."""
    for word in (part.strip() for part in name.split("+")):
        sheet = catalogue.load(word).sheet
        if isinstance(sheet, Gear):
            return sheet
        if isinstance(sheet, Joint) and isinstance(sheet.parts.gear, str) and "gear" not in sheet.overrides:
            inner = catalogue.load(sheet.parts.gear).sheet
            return inner if isinstance(inner, Gear) else None
    return None
