"""What a station is: one job with its parts, its randomness, its sensors and its judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.placement import Placement
from pilotline.envs.sense import Sense
from pilotline.robots import Robot

Array = Any
"""An array of the namespace `xp` that a station's functions are called with: NumPy's, JAX's, or a traced one."""

Arrays = Mapping[str, Array]
"""Named arrays, each `(n, ...)` with the simulation first."""

Noise = Any
"""`noise(key, k) -> (n, k)`: standard normal draws of this step, see `pilotline.envs.noise`."""


@dataclass(frozen=True)
class Verdict:
    """Judgement of n cycles, read from physics alone.

    Attributes:
      success: (n,) bool, the job is done and in tolerance.
      done: (n,) bool, the cycle is over (success, or a fault that ends it).
      faults: named faults, each (n,) bool; a fault once true stays true within a cycle.
    """

    success: Array
    done: Array
    faults: Mapping[str, Array]


class Station(Protocol):
    """One job of a production line.

    `build`, `randomise`, `place` and `start` make a cycle; `advance`, `observe`, `reward` and `judge` are
    pure functions of batched state in the array namespace `xp`: they are compiled for the CPU (`pilotline.envs.fused`)
    and traced by JAX, so they use what `xp` has there, never ask for a value (`if`) and never write into an array. A
    station is named nowhere else than in its
    own file, its card, its config and its tests. One whose work depends on the robot also has `fitted(robot)`,
    which gives the station that a world is built of.
    """

    @property
    def card(self) -> StationCard:
        """Figures of the station, with sources."""

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Add fixtures, parts, sensors and machine actuators to the world; the robot stands at the origin."""

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Draw one cycle. Keys and shapes never vary."""

    def place(self, draw: Arrays, put: Placement) -> None:
        """Write part poses and model fields of m simulations whose draws are `(m, ...)`."""

    def start(self, draw: Arrays) -> dict[str, Array]:
        """Memory of machine and judge at the start of m cycles."""

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
        """Run the station's machine for one control step and update what the judge remembers.

        Returns:
          The new memory, and machine outputs by kind and name: `("ctrl", actuator)` and `("belt", geom)` to `(n,)`
          values, `("push", body)` to force and torque `(n, 6)` at its centre of mass, world axes, `("place", body)`
          to where a fixed body stands in its parent, `(n, 3)` m. Each holds until it is given again.
        """

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Array]:
        """What the cell tells the robot: signals and the declared pose source, `(n, k)` each."""

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Array]:
        """Named terms in [0, 1], `(n,)` each; the environment's reward is their mean."""

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Success and faults of n cycles."""

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Array]:
        """Figures of a finished cycle for the scorecard, `(n,)` each, units in the names."""
