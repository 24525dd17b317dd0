"""Moves that every scripted controller is made of, over batches, in the base frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.control import BASE_SPEED
from pilotline.envs.frames import quat_conj, quat_mul, rotation_vector, turn_planar
from pilotline.envs.hand_control import HAND_SPEED_M_PER_S, HAND_TURN_RAD_PER_S
from pilotline.envs.world import CONTROL_PERIOD_S

Float = NDArray[np.float64]


def limited(v: Float, limit: Float | float) -> Float:
    """Vectors (n, k) shortened to at most `limit`, a number or (n,), direction kept."""
    size = np.sqrt((v * v).sum(axis=-1))
    return v * np.minimum(1.0, limit / np.maximum(size, 1e-9))[:, None]


def hand_errors(hand: Float, position: Float, quat: Float) -> tuple[Float, Float]:
    """Position error (n, 3) m and rotation error (n, 3) rad from a hand pose (n, 7) to a goal, base frame."""
    return position - hand[:, :3], rotation_vector(np, quat_mul(np, quat, quat_conj(np, hand[:, 3:])))


def hand_twist(
    hand: Float, position: Float, quat: Float, speed: Float | float, turn: float = 1.5, gain: float = 5.0
) -> Float:
    """Action entries (n, 6) that bring a hand to a goal pose, proportional, with limits.

    Args:
      hand: (n, 7) measured pose in the base frame.
      position, quat: (n, 3), (n, 4) goal.
      speed: m/s, a number or (n,).
      turn: rad/s.
      gain: 1/s.
    """
    move, spin = hand_errors(hand, position, quat)
    linear = limited(gain * move, speed) / HAND_SPEED_M_PER_S
    angular = limited(gain * spin, turn) / HAND_TURN_RAD_PER_S
    return np.concatenate([linear, angular], axis=-1)


def reach_twist(
    move: Float, spin: Float, speed: Float | float, turn: float = 1.5, gain: float = 8.0, brake: float = 1.5
) -> Float:
    """Hand velocity (n, 6), m/s and rad/s, that takes out errors: full speed, even braking, proportional.

    Each axis goes at its own pace, so that a long way along one doesn't slow the correction of another.

    Args:
      move, spin: (n, 3) m and (n, 3) rad still to go.
      speed: m/s along an axis, a number or (n,).
      turn: rad/s.
      gain: 1/s, of the last stretch.
      brake: m/s^2.
    """
    top = np.minimum(np.reshape(speed, (-1, 1)), np.sqrt(2.0 * brake * np.abs(move)))
    linear = np.minimum(np.maximum(gain * move, -top), top)
    return np.concatenate([linear, limited(gain * spin, turn)], axis=-1)


def slew(now: Float, wanted: Float, acceleration: tuple[float, float, float]) -> Float:
    """Base velocity (n, 3) on its way to the wanted one, no faster than the acceleration (m/s^2, m/s^2, rad/s^2)."""
    step = np.array(acceleration) * CONTROL_PERIOD_S
    return now + np.minimum(np.maximum(wanted - now, -step), step)


def base_action(velocity: Float) -> Float:
    """Action entries (n, 3) of a base velocity (m/s, m/s, rad/s)."""
    return velocity / np.array(BASE_SPEED)


def grip_action(opening_m: Float, opening_max_m: Float | float) -> Float:
    """Action entries of a distance between two fingers (m), each of which opens to `opening_max_m`."""
    return opening_m / opening_max_m - 1.0


def stay(post: Float, base: Float, speed: Float, hold_per_s: float = 15.0, brake: float = 2.0) -> Float:
    """Action entries (n, 3) of a base that holds its place against the arms' reaction.

    Args:
      post, base: (n, 3) x, y, yaw where it shall stand and where it is, odometry.
      speed: (n, 3) of the base, odometry.
      hold_per_s: speed back per metre off the place.
      brake: against the speed that it has.
    """
    back = turn_planar(np, -base[:, 2], post - base)
    velocity = turn_planar(np, -base[:, 2], speed)
    return base_action(hold_per_s * back - brake * velocity)
