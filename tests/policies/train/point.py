"""A point that is to come to a target: a station for JAX small enough to be compiled within seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry, Interface
from pilotline.envs.mjx.state import State

INTERFACE = Interface(
    station="pilotline/Reach-v1",
    robot="fixed",
    actuators="ideal",
    control="ee",
    period_s=0.02,
    observation=(Entry("point", ("x", "y"), "m"), Entry("target", ("0", "1"))),
    action=(Channel("vx", -1.0, 1.0, "m/s"), Channel("vy", -1.0, 1.0, "m/s")),
    gains={},
)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class PointSim:
    """Where it is, where it is to come to, and control steps since the cycle began."""

    point: Any
    target: Any
    steps: Any


class Point:
    """As `MjxStation` looks to a trainer."""

    # Brax's PPO learns no value for the last step before a cycle is cut off, so that cycles are not to be too short
    action_size, episode_length = 2, 25

    def reset(self, rng: Any) -> State:
        target = jax.random.uniform(rng, (2,), minval=-1.0)
        return self._state(PointSim(jnp.zeros(2), target, jnp.zeros((), jnp.int32)), jnp.zeros(()))

    def step(self, state: State, action: Any) -> State:
        sim: Any = state.data
        moved = PointSim(sim.point + 0.3 * action, sim.target, sim.steps + 1)
        fresh = self._state(moved, jnp.exp(-jnp.linalg.norm(moved.point - moved.target)))
        away = (jnp.abs(moved.point) > 0.8).any().astype(jnp.float32)
        return fresh.replace(done=away, info={**state.info}, metrics={**state.metrics, **fresh.metrics})

    def named(self, obs: Any) -> dict[str, Any]:
        return {"point": obs[..., :2], "target": obs[..., 2:]}

    def _state(self, sim: PointSim, reward: Any) -> State:
        obs = jnp.concatenate([sim.point, sim.target])
        data: Any = sim
        return State(data, obs, reward, jnp.zeros(()), {"near": reward}, {})
