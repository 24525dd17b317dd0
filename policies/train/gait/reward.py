"""What a gait is rewarded for, each term in [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import norm
from pilotline.envs.sense import Sense
from pilotline.policies.file.inputs import gravity
from pilotline.policies.train.gait.settings import Gait

Float = NDArray[np.float64]

_STANDS = 0.05
"""Share of the weight above which a foot stands."""
_SOLE_M = 0.1
"""From the middle of a sole to its edges, about."""


@dataclass(frozen=True, eq=False)
class Motion:
    """True motion of n robots, of which their policies know nothing, right foot before left.

    Attributes:
      velocity: (n, 3) of the base in its heading's frame: ahead, left (m/s), turning (rad/s).
      down: (n, 3) direction of gravity in the frame of the base.
      height_m: (n,) of the base over the floor's zero.
      sole_m: (n, 2) height of the soles.
      load: (n, 2) force on each foot, of the weight.
      slip_m_per_s: (n, 2) horizontal speed of the soles.
      spin_rad_per_s: (n, 2) rate of the soles about the vertical.
      tilt: (n, 2) 1 - cosine of the soles' angles to the floor.
    """

    velocity: Float
    down: Float
    height_m: Float
    sole_m: Float
    load: Float
    slip_m_per_s: Float
    spin_rad_per_s: Float
    tilt: Float


def motion_of(sense: Sense, velocity: Float, sides: tuple[str, ...], weight_n: float) -> Motion:
    """What the sensors of a task on legs say; `velocity` (n, 3) is what the task makes of them."""

    def feet(name: str) -> list[Float]:
        return [sense[f"{side}_{name}"] for side in sides]

    return Motion(
        velocity=velocity,
        down=gravity(sense["base_quat"]),
        height_m=sense["base_pos"][:, 2],
        sole_m=np.stack([place[:, 2] for place in feet("sole_pos")], axis=-1),
        load=np.stack([norm(np, force) for force in feet("foot_force")], axis=-1) / weight_n,
        slip_m_per_s=np.stack([norm(np, velocity[:, :2]) for velocity in feet("sole_vel")], axis=-1),
        spin_rad_per_s=np.stack([rate[:, 2] for rate in feet("sole_rate")], axis=-1),
        tilt=np.stack([gravity(quat)[:, 2] + 1.0 for quat in feet("sole_quat")], axis=-1),
    )


def terms(
    motion: Motion, command: Float, off: Float, swing: Float, aside: Float, change: Float, height_m: float, gait: Gait
) -> dict[str, Float]:
    """Terms (n,) by the names of `Weights`.

    Args:
      command: (n, 3) ahead, left, turning.
      off: (n, 3) filtered velocity less filtered command, by which the task judges.
      swing: (n, 2) height that each foot is to have, of `swing_m`.
      aside: (n, j) rad from home of the joints that turn the legs sideways or about the vertical.
      change: (n, k) of the filtered output since the last step.
      height_m: of the base at home.
    """
    speed = ((motion.velocity[:, :2] - command[:, :2]) ** 2).sum(axis=-1)
    turn = (motion.velocity[:, 2] - command[:, 2]) ** 2
    wanted = gait.swing_m * swing
    edges = np.sqrt(motion.slip_m_per_s**2 + (_SOLE_M * motion.spin_rad_per_s) ** 2)
    slides = (motion.slip_m_per_s**2 * (motion.load > _STANDS)).sum(axis=-1)
    return {
        "speed": np.exp(-speed / 0.5**2),
        "speed_near": np.exp(-(off[:, :2] ** 2).sum(axis=-1) / 0.15**2),
        "turn": np.exp(-turn / 0.5**2),
        "turn_near": np.exp(-((off[:, 2] / 0.15) ** 2)),
        "upright": np.exp(-(motion.down[:, :2] ** 2).sum(axis=-1) / 0.03),
        "height": np.exp(-(((motion.height_m - height_m) / 0.05) ** 2)),
        "swing": np.exp(-(((motion.sole_m - wanted) / 0.03) ** 2)).mean(axis=-1),
        "rhythm": ((wanted > 0.01) == (motion.load < 0.02)).mean(axis=-1),
        "flat": np.exp(-motion.tilt / 0.02).mean(axis=-1),
        "straight": np.exp(-(aside**2).sum(axis=-1) / 0.1),
        "grip": np.exp(-slides / 0.05),
        "smooth": np.exp(-(change**2).sum(axis=-1) / 4.0),
        # with long tails, so that a foot that slides far, and legs that shake, have something to gain too
        "planted": (1.0 / (1.0 + edges * (motion.load > _STANDS) / 0.1)).mean(axis=-1),
        "quiet": 1.0 / (1.0 + (change**2).sum(axis=-1) / 0.5),
        "alive": np.ones_like(speed),
    }
