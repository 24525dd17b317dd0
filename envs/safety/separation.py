"""Speed and separation monitoring: how far a robot must be from a person to come to rest in time."""

from __future__ import annotations

from typing import Any

import numpy as np


def protective_m(
    person_m_s: Any, robot_m_s: Any, reaction_s: Any, stopping_s: Any, braking_m: Any, uncertainty_m: Any
) -> Any:
    """Protective separation distance of ISO/TS 15066, 5.5.4, S_p = S_h + S_r + S_s + C + Z_d + Z_r, in metres.

    S_h = v_h (t_r + t_s) is what the person walks until the robot rests, S_r = v_r t_r what the robot moves before it
    brakes, S_s the way of braking. Intrusion distance C and the uncertainties Z_d of where the person and Z_r of where
    the robot is are given together. Any shapes that broadcast.

    Args:
      person_m_s: v_h, speed of the person towards the robot.
      robot_m_s: v_r, speed of the robot towards the person; moving away counts as 0.
      reaction_s: t_r, from the person's being there to the first braking torque.
      stopping_s: t_s, from then to rest.
      braking_m: S_s.
      uncertainty_m: C + Z_d + Z_r.
    """
    return person_m_s * (reaction_s + stopping_s) + robot_m_s * reaction_s + braking_m + uncertainty_m


def apart_m(points: Any, radii: Any, person: Any, person_radius_m: float) -> tuple[Any, Any]:
    """Distance on the floor between balls (n, k, 3) of radii (k,) and the upright cylinder round persons (n, 2).

    Returns:
      (n, k) m, below 0 where they overlap, and unit vectors (n, k, 2) from each ball towards the person.
    """
    away = person[:, None, :] - points[..., :2]
    length = np.sqrt(away[..., 0] ** 2 + away[..., 1] ** 2)
    return length - radii - person_radius_m, away / np.maximum(length, 1e-9)[..., None]


def towards_m_s(velocity: Any, direction: Any) -> Any:
    """Speed (n, k) of balls with velocity (n, k, 3) along unit vectors (n, k, 2); 0 where they move away."""
    along = velocity[..., 0] * direction[..., 0] + velocity[..., 1] * direction[..., 1]
    return np.maximum(along, 0.0)
