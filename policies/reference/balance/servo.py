"""What to tell position servos for one control period so that they give torques, or get somewhere."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float64]


def response(inertia: Float, stiffness: Float, damping: Float, period: float) -> tuple[Float, Float]:
    """Of I x'' = -kp x - kv x': x after `period` s from x = 1 at rest, and (s) from x = 0 at speed 1."""
    root = np.sqrt(damping**2 - 4.0 * inertia * stiffness + 0j)
    root = np.where(np.abs(root) < 1e-6 * damping, 1e-6 * damping, root)
    fast, slow = (-damping - root) / (2.0 * inertia), (-damping + root) / (2.0 * inertia)
    ef, es = np.exp(fast * period), np.exp(slow * period)
    return ((slow * ef - fast * es) / (slow - fast)).real.copy(), ((es - ef) / (slow - fast)).real.copy()


@njit(cache=True)
def target(
    torque: float,
    qdd: float,
    q: float,
    qd: float,
    led: float,
    stiffness: float,
    inertia: float,
    stays: float,
    drifts: float,
    period: float,
) -> float:
    """Position (rad) for a servo that holds it for one period.

    The joint is taken for a mass on its servo's spring and damper under a constant other load: what the wanted torque
    and acceleration leave over. A servo too soft to get far in one period is asked for the torque; one that settles
    within it goes where the motion leads: to `led` (rad) at the period's end.

    Args:
      stays, drifts: of `response`.
    """
    free = q + period * qd + 0.5 * period**2 * qdd
    end = stays * free + (1.0 - stays) * led
    settled = (end - stays * q - drifts * qd) / (1.0 - stays)
    return settled - (inertia * qdd - torque) / stiffness
