"""The C1 controller's programme: a list of steps, what base, hands and fingers do in each, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

WIDE_M, ROUND_M, PART_M, BAR_M = 0.090, 0.055, 0.056, 0.021
"""Opening of the fingers round a part, round the bar, and commanded to hold either: 100 and 90 N a finger."""
GRIP_UP_M, GRIP_SHORT_M = 0.060, 0.005
"""How a part is held: the tool point this high above what it stands on, so that the tips clear the jaws and the weight
hangs below, and this far short of its axis, so that the palm, which leans over it, stays clear."""
BLOW_S = 1.0

NEVER = 1e9


@dataclass(frozen=True)
class Step:
    """One step of the programme; it is over when all its conditions hold, or when its patience has run out.

    Attributes:
      name: for captions.
      base: place to drive to, `stay` for none.
      left, right: goals of the hands; one in capitals is a posture that the arm takes in joint space, `held` where the
        hand was, `back` and `up` from there.
      opening: m, of the left hand's fingers.
      speed: m/s, of the hands.
      near_m: what may be left of the way of a hand that has a goal in space; without it no hand is waited for.
      waits: the hand that is waited for, or both.
      base_m: what may be left of the base's way.
      signal: name of a signal that must be there, or of a wrist's force.
      least_s, patience_s: shortest and longest time.
      unless: signal that makes the rest of pressing a button needless.
    """

    name: str
    base: str = "stay"
    left: str = "held"
    right: str = "REST"
    opening: float = WIDE_M
    speed: float = 0.35
    near_m: float = NEVER
    waits: str = "both"
    base_m: float = NEVER
    signal: str = ""
    least_s: float = 0.0
    patience_s: float = NEVER
    unless: str = ""


def _press(button: str, opening: float, until: str, hold_s: float, left: str = "CARRY", unless: str = "") -> list[Step]:
    """Push a button with the right fist until the wrist feels its end, hold it, come back."""
    at, push = f"at {button}", f"push {button}"
    other: dict[str, Any] = {"base": "panel", "left": left, "opening": opening, "waits": "right"}
    return [
        Step(f"to {button}", right="HOVER", base_m=0.004, near_m=0.05, unless=unless, **other),
        Step(f"aim {button}", right=at, near_m=0.003, patience_s=2.0, **other),
        Step(push, right=push, speed=0.06, signal="felt", patience_s=3.0, **other),
        Step(f"hold {button}", right="pressed", least_s=hold_s, **other),
        Step(f"off {button}", right=at, near_m=0.008, signal=until, patience_s=4.0, **other),
        Step("rest", least_s=0.4, **other),
    ]


def _slide(place: str, until: str) -> list[Step]:
    """Take the bar, drive along with it until the door's switch tells, let go."""
    start = "bar open" if place == "bar shut" else "bar shut"
    return [
        Step("to bar", base=start, left="BEFORE BAR", opening=ROUND_M, base_m=0.004, near_m=0.05, patience_s=8.0),
        Step("round bar", base=start, left="bar", opening=ROUND_M, speed=0.15, near_m=0.004, patience_s=2.0),
        Step("take bar", base="stay", opening=BAR_M, least_s=1.2),
        Step(f"door to {place}", base=place, left="along", opening=BAR_M, signal=until),
        Step("leave bar", opening=ROUND_M, least_s=0.3),
        Step("off bar", left="back", opening=ROUND_M, near_m=0.02, patience_s=2.0),
        Step("aside", base="panel", left="back", right="HOVER", opening=ROUND_M, base_m=0.12),
    ]


def _take(base: str, what: str, signal: str = "") -> list[Step]:
    """Come in level, close, lift."""
    return [
        Step(f"to {what}", base, f"before {what}", base_m=0.004, near_m=0.005, signal=signal),
        Step(f"round {what}", base, what, speed=0.2, near_m=0.0025, patience_s=3.0),
        Step(f"close on {what}", base, opening=PART_M, least_s=1.0),
        Step("lift", base, "up", opening=PART_M, speed=0.2, near_m=0.008, patience_s=2.0),
    ]


def _give(base: str, what: str) -> list[Step]:
    """Lower until it stands, open, draw back level."""
    over, down = f"above {what}", f"on {what}"
    return [
        Step(f"over {what}", base, over, opening=PART_M, base_m=0.004, near_m=0.0015, patience_s=6.0),
        Step(f"down on {what}", base, down, opening=PART_M, speed=0.12, near_m=0.0012, patience_s=2.5),
        Step("open", base, least_s=0.45),
        Step("draw back", base, "back", speed=0.25, near_m=0.02, patience_s=2.0),
    ]


STEPS: tuple[Step, ...] = (
    Step("back off", base="bar shut", base_m=0.22),
    *_slide("bar open", "door_open"),
    *_press("chuck", WIDE_M, "chuck_open", 0.1, unless="chuck_open"),
    *_take("chuck", "finished", "ready"),
    Step("out", base="panel", left="carry", opening=PART_M, near_m=0.05, base_m=0.03),
    *_press("air", PART_M, "", BLOW_S, left="carry"),
    Step("turn", base="slot", left="carry", opening=PART_M, near_m=0.05, base_m=0.05),
    *_give("slot", "slot"),
    *_take("blank", "blank"),
    Step("turn back", base="front", left="carry", opening=PART_M, near_m=0.05, base_m=0.05),
    *_give("chuck", "seat"),
    Step("out", base="panel", left="carry", near_m=0.05, base_m=0.03),
    *_press("chuck", WIDE_M, "clamped", 0.1),
    Step("unfold", base="panel", left="BEFORE BAR", opening=ROUND_M, patience_s=2.0),
    *_slide("bar shut", "door_shut"),
    *_press("start", ROUND_M, "running", 0.1, left="BEFORE BAR"),
    Step("done", base="panel", left="BEFORE BAR", opening=ROUND_M),
)


def column(attribute: str) -> NDArray[np.float64]:
    """A number of every step, in order."""
    return np.array([getattr(step, attribute) for step in STEPS], np.float64)


def steps_with(attribute: str, value: str) -> NDArray[np.bool_]:
    """Which steps have this base, left or right goal, signal or name."""
    return np.array([getattr(step, attribute) == value for step in STEPS])


def after_press() -> NDArray[np.int64]:
    """Where the programme goes on after each step when its button need not be pressed."""
    rests = [i for i, step in enumerate(STEPS) if step.name == "rest"]
    return np.array([next((r for r in rests if r > i), len(STEPS) - 1) for i in range(len(STEPS))])
