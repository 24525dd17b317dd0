"""What may be changed about the way in which the B1 controller feels its way in, and what it says of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry
from pilotline.envs.stations.peg_layout import GEARS, PEGS
from pilotline.policies.reference.peg_plan import QUEUE, Step

Float = NDArray[np.float64]
Int = NDArray[np.int64]

_FACTOR, _FORCE = np.log(3.0), np.log(2.0)
"""Speeds are trimmed within a third and three times, forces within a half and twice."""

TRIMS = (
    Channel("right_pace", -_FACTOR, _FACTOR, "ln of a factor"),
    Channel("right_slide", -_FACTOR, _FACTOR, "ln of a factor"),
    Channel("right_press", -_FORCE, _FORCE, "ln of a factor"),
)
"""Of the hand that has most to do. Pace: of speeds down by feel. Slide: of the speed over the board. Press: of forces
down."""

HOLD = 10
"""Control steps for which a trim is kept, 0.2 s: time for a hand to feel what a change does."""

_LIMITS = {"peak_axial_n": "axial_limit_n", "peak_lateral_n": "lateral_limit_n", "max_bump_n": "bump_limit_n"}
_SAFE, _STEEP = 0.6, 4
"""Up to this share of a limit there is no risk; from there it grows with this power."""

_STEPS = (Step.TOUCH, Step.SEARCH, Step.PUSH)
_FEELS = ("push_x_n", "push_y_n", "push_z_n", "depth_mm", "since_s", "stuck_s")
_RIGHT = ("slid_s", "fallen_mm", "off_x_mm", "off_y_mm")
_DEEP_MM, _LONG_S = 40.0, 10.0
"""What is said ends there."""


def _parts(side: str, parts: tuple[str, ...], more: tuple[str, ...] = ()) -> tuple[str, ...]:
    steps = tuple(step.name.lower() for step in _STEPS)
    return tuple(f"{side}_{name}" for name in (*steps, *parts, *_FEELS, *more))


TELLS = Entry("script", (*_parts("right", PEGS, _RIGHT), *_parts("left", GEARS)), "as the names say, flags 0 or 1")
"""Of each hand: the step it feels its way in, its part, what pushes against it (board frame), how high the part's foot
is over its seat, time in the step and stuck. Of the right one: how long it has slid, how much deeper it is than where
the peg met the board, and how far the peg is from where its hole is thought to be."""


@dataclass(frozen=True)
class Trim:
    """Factors (2 n,) for hands, right ones first."""

    pace: Float
    slide: Float
    press: Float


def trim_of(action: Float | None, n: int) -> Trim:
    """What an action (n, trims) in [-1, 1] means; nothing is changed without one."""
    if action is None:
        action = np.zeros((n, len(TRIMS)))
    factors = np.exp(action * np.array([channel.high for channel in TRIMS]))
    both = np.concatenate([factors, np.ones_like(factors)])
    return Trim(pace=both[:, 0], slide=both[:, 1], press=both[:, 2])


def led(step: Int) -> NDArray[np.bool_]:
    """(n,), whether hands at these steps feel their way down; trims change nothing else."""
    return (step >= Step.TOUCH) & (step <= Step.PUSH)


def risk(metrics: Mapping[str, Float]) -> Float:
    """From 0 to 1, (n,), at a limit of force: peaks say in every cycle what was risked, faults in few."""
    share = np.max([metrics[name] / limit for name, limit in _limits().items()], axis=0)
    return np.asarray(np.clip((share - _SAFE) / (1.0 - _SAFE), 0.0, 1.0) ** _STEEP, np.float64)


@cache
def _limits() -> dict[str, float]:
    """Of the metrics of a cycle, N."""
    card = load_card("peg_gear")
    return {metric: card.figure(name) for metric, name in _LIMITS.items()}


def told(
    step: Int,
    index: Int,
    push: Float,
    depth_m: Float,
    since_s: Float,
    stuck_s: Float,
    right: tuple[Float, Float, Float],
) -> Float:
    """`TELLS` (n, parts); zeros while a hand does not feel its way.

    Args:
      step, index: (2 n,) what hands are at, and the place of their parts in their queues.
      push: (2 n, 3) N.
      depth_m: (2 n,) foot of the part over its seat.
      since_s, stuck_s: (2 n,).
      right: of the right hands slid_s (n,), fallen_m (n,), off_m (n, 2).
    """
    n = len(step) // 2
    feels = led(step)
    at = np.stack([step == one for one in _STEPS], axis=-1)
    depth = np.minimum(1000.0 * depth_m, _DEEP_MM)
    times = np.minimum(np.stack([since_s, stuck_s], axis=-1), _LONG_S)
    felt = np.concatenate([push, depth[:, None], times], axis=-1)
    slid_s, fallen_m, off_m = right
    more = np.concatenate([np.minimum(slid_s, _LONG_S)[:, None], 1000.0 * fallen_m[:, None], 1000.0 * off_m], axis=-1)
    rows = []
    for side, queue in enumerate(QUEUE):
        own = slice(side * n, (side + 1) * n)
        held = np.array(queue)[np.minimum(index[own], len(queue) - 1)] - min(queue)
        row = np.concatenate([at[own], np.eye(len(queue))[held], felt[own], *([more] if side == 0 else [])], axis=-1)
        rows.append(row * feels[own, None])
    return np.concatenate(rows, axis=-1)
