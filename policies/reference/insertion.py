"""Putting one part into another by feel: what a hand feels beyond what it carries, and how it gives way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import quat_conj, quat_mul, rotate
from pilotline.robots import Robot

Float = NDArray[np.float64]


def wrist_turns(robot: Robot) -> Float:
    """Quaternions (hands, 4) that take vectors of a wrist's force sensor into the frame of its tool."""
    model = robot.spec(shells=False).compile()
    sites = [(model.site(hand.tcp_site).quat, model.site(hand.wrist_site).quat) for hand in robot.hands.values()]
    return np.array([quat_mul(np, quat_conj(np, tool), wrist) for tool, wrist in sites])


def carried(tool: Float, to_tool: Float, force: Float) -> Float:
    """Force (n, 3) N with which a wrist carries its hand, base frame.

    What touches a hand pushes it by what this figure falls short of the one before.

    Args:
      tool: (n, 4) orientation of the tool in the base frame.
      to_tool: (n, 4), see `wrist_turns`.
      force: (n, 3) N, as the sensor tells it.
    """
    return rotate(np, quat_mul(np, tool, to_tool), force)


def press(push_n: Float, wanted_n: Float | float, free_m_per_s: Float | float) -> Float:
    """Speed (n,) m/s ahead that comes to rest where something pushes back with the wanted force.

    Args:
      push_n: (n,) N, felt against the motion.
      wanted_n: N.
      free_m_per_s: while nothing is felt; backwards it goes no faster.
    """
    return free_m_per_s * np.minimum(np.maximum(1.0 - push_n / wanted_n, -1.0), 1.0)


def give_way(push_n: Float, m_per_s_n: float, limit_m_per_s: float) -> Float:
    """Velocity (n, k) m/s away from what pushes with forces (n, k) N."""
    return np.minimum(np.maximum(m_per_s_n * push_n, -limit_m_per_s), limit_m_per_s)
