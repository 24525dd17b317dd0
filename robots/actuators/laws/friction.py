"""Friction of a strain-wave or planetary gear, at its input side.

The limit of friction, with w the input speed, T_out the transmitted torque and T_g the grease temperature:

    F(w) = F_c + (F_s - F_c) / (1 + (w / w_s)^2) + D (|w| / w_ref)^(2/3) exp(-c (T_g - 20)) + mu |T_out| / N

Stribeck's dip near zero in the form of Hess and Soom, drag of the grease that grows with speed^(2/3) (roller-bearing
churning law) and falls as it warms, and a share of the load. After a reversal friction builds up over a pre-sliding
angle.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as xp


class FrictionParams(NamedTuple):
    """Figures of the gear's friction, see `figures.GearFigures`; all at the input.

    Attributes:
      per_stribeck_speed, per_drag_speed, per_presliding_rad: inverse of w_s, of w_ref and of the pre-sliding angle.
      presliding_damping: viscous torque per speed while the contact sticks, N m s/rad; damps the rotor on
        the pre-sliding spring.
    """

    starting_nm: float
    coulomb_nm: float
    per_stribeck_speed: float
    per_presliding_rad: float
    presliding_damping: float
    drag_nm: float
    per_drag_speed: float
    grease_per_k: float
    load_loss_over_ratio: float


def thinned(x):
    """exp(-x), within 2e-4 for |x| < 2: the fourth power of Pade's quotient for x / 4, cheaper than a call."""
    down, up = 12.0 - x, 12.0 + x
    quotient = (down * down + 48.0) / (up * up + 48.0)
    square = quotient * quotient
    return square * square


def friction_limit(p: FrictionParams, speed, grease_c, load_nm):
    """Largest friction torque, N m at the input.

    Args:
      p: figures.
      speed: rad/s at the input.
      grease_c: C.
      load_nm: torque transmitted at the output.
    """
    slow, fast = speed * p.per_stribeck_speed, speed * p.per_drag_speed
    stribeck = (p.starting_nm - p.coulomb_nm) / (1.0 + slow * slow)
    drag = p.drag_nm * xp.cbrt(fast * fast) * thinned(p.grease_per_k * (grease_c - 20.0))
    return p.coulomb_nm + stribeck + drag + p.load_loss_over_ratio * xp.abs(load_nm)


def friction(stick, p: FrictionParams, speed, limit, h):
    """Friction torque of one step.

    Args:
      stick: share of the limit that the contact holds, -1...1: the state of pre-sliding.
      p: figures.
      speed: rad/s at the input.
      limit: of `friction_limit`.
      h: s.

    Returns:
      (next stick, torque that opposes positive speed, N m at the input).
    """
    after = xp.minimum(xp.maximum(stick + speed * h * p.per_presliding_rad, -1.0), 1.0)
    return after, limit * after + p.presliding_damping * speed * (1.0 - after * after)
