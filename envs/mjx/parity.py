"""Agreement of MJX with the CPU engine, from the same state and action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.mjx.state import Sim
from pilotline.envs.mjx.station import MjxStation
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import substeps_of
from pilotline.robots.actuators import native

Float = NDArray[np.float64]

_FLOOR = 1e-3
"""What is smaller than this in all simulations and steps is compared with this instead, in units of its own."""


@dataclass(frozen=True)
class Start:
    """How simulations are thrown off their start before they are compared.

    Attributes:
      lift_m: root of a robot on legs raised by so much, out of every contact; 0 leaves it where it stands.
      velocity: standard deviation of every velocity, rad/s and m/s.
      action: standard deviation of the action about the one that holds home.
    """

    lift_m: float = 0.0
    velocity: float = 0.1
    action: float = 0.05


class Pair:
    """The same cycles in both engines, physics set equal before each step.

    Args:
      env: under JAX with 64-bit floats.
      control, pack, seed: it was made with; its first n cycles are compared.
      n: simulations.

    `advance(state, action, substeps)` steps all under JAX.
    """

    def __init__(self, env: MjxStation, n: int, control: str, pack: str = "D0", seed: int = 0) -> None:
        self.env, self._seed = env, seed
        self.host = StationBatch(env.world, n, nthread=1, control=control, pack=pack)
        self._reset = jax.jit(jax.vmap(env.reset_to))
        self._begin()
        self.advance = jax.jit(jax.vmap(env.advance, (0, 0, None)))
        self._rng = np.random.default_rng(seed)

    def disturb(self, start: Start) -> None:
        """Begin all cycles anew and throw them off their start."""
        engine, model = self.host.engine, self.env.world.model
        self._begin()
        engine.qvel[...] = start.velocity * self._rng.normal(size=engine.qvel.shape)
        free = np.flatnonzero(model.jnt_type[: model.njnt] == mujoco.mjtJoint.mjJNT_FREE)
        root = model.body(self.env.world.robot.root).id
        for joint in free[model.jnt_bodyid[free] == root]:
            engine.qpos[:, model.jnt_qposadr[joint] + 2] += start.lift_m

    def _begin(self) -> None:
        name, n = self.env.world.station.card.name, self.host.nsim
        self.host.begin(np.arange(n), [cycle_seed(self._seed, name, k) for k in range(n)])
        self.state = self._reset(jnp.arange(n))

    def contacts(self) -> int:
        """Contacts that all simulations together have in the CPU's engine."""
        count = 0
        for i in range(self.host.nsim):
            data = self.host.engine.batch.get_data(i)
            mujoco.mj_forward(self.host.engine.batch.get_model(i), data)
            count += int(data.ncon)
        return count

    def action(self, start: Start) -> Float:
        """Actions (n, action_size) about the one that holds home."""
        home = np.asarray(self.host.control.home)  # type: ignore[attr-defined]
        noise = self._rng.normal(size=(self.host.nsim, len(home)))
        return np.asarray(np.clip(home + start.action * noise, -1.0, 1.0))

    def physics_step(self, action: Float) -> dict[str, float]:
        """Relative differences after one physics step; the cycles are of no use for anything else afterwards."""
        self._equal()
        self.state = self.advance(self.state, jnp.asarray(action), 1)
        self.host.command(action, np.arange(self.host.nsim))
        batch = self.host.engine.batch
        batch.step()
        return self._differences(np.array(batch.sensordata), np.abs(batch.sensordata))

    def control_step(self, action: Float) -> dict[str, float]:
        """Relative differences after one control step, observation, reward and verdict among them."""
        self._equal()
        self.state = self.advance(self.state, jnp.asarray(action), substeps_of(self.host.world.model))
        step = self.host.step(action)
        sense = self.host.engine.sense()
        found = self._differences(np.asarray(sense.last), np.asarray(sense.peaks))
        obs = self.env.named(np.asarray(self.state.obs))
        found["obs"] = max(relative(obs[name], value) for name, value in step.obs.items())
        found["reward"] = relative(self.state.reward, step.reward)
        faults = {"success": step.verdict.success, **step.verdict.faults}
        wrong = sum(int((np.asarray(self.state.info[name]) != fault).sum()) for name, fault in faults.items())
        return {**found, "verdict": float(wrong)}

    def _equal(self) -> None:
        """Set the physics of MJX to the CPU's."""
        engine = self.host.engine
        physics = {name: np.array(getattr(engine.batch, name)) for name in ("qpos", "qvel", "act", "qacc_warmstart")}
        data: Sim = self.state.data.replace(**{name: jnp.asarray(value) for name, value in physics.items()})
        self.state = self.state.replace(data=data)

    def _differences(self, sensordata: Float, peaks: Float) -> dict[str, float]:
        batch, data, model = self.host.engine.batch, self.state.data, self.env.world.model
        columns, acts = _sensor_columns(model), _act_columns(model)
        return {
            "qpos": relative(data.qpos, batch.qpos),
            "qvel": relative(data.qvel, batch.qvel),
            "act": _worst(data.act, batch.act, acts),
            "torque": relative(data.qfrc_actuator, batch.qfrc_actuator),
            "sensors": _worst(data.sensordata, sensordata, columns),
            "peaks": _worst(data.peaks, peaks, columns),
        }


def relative(found: Any, wanted: Any) -> float:
    """Largest difference over the largest magnitude that is wanted, of quantities of one kind; NaN equals NaN."""
    found, wanted = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    if not wanted.size:
        return 0.0
    both = np.isnan(found) & np.isnan(wanted)
    gap = np.where(both, 0.0, found - wanted)
    if not np.isfinite(gap).all():
        return float("inf")
    return float(np.abs(gap).max() / max(np.abs(np.where(both, 0.0, wanted)).max(), _FLOOR))


def _worst(found: Any, wanted: Any, columns: Mapping[str, NDArray[np.int64]]) -> float:
    found, wanted = np.asarray(found), np.asarray(wanted)
    return max((relative(found[:, some], wanted[:, some]) for some in columns.values()), default=0.0)


def _sensor_columns(model: mujoco.MjModel) -> dict[str, NDArray[np.int64]]:
    """Columns of `sensordata` by kind of sensor."""
    found: dict[str, list[int]] = {}
    for kind, first, width in zip(model.sensor_type, model.sensor_adr, model.sensor_dim, strict=True):
        found.setdefault(str(kind), []).extend(range(first, first + width))
    return {kind: np.array(columns) for kind, columns in found.items()}


def _act_columns(model: mujoco.MjModel) -> dict[str, NDArray[np.int64]]:
    """Columns of `act` by law and state, quantities of one kind each."""
    found: dict[str, list[int]] = {}
    for i in range(model.nactuator):
        law = native.law_of(model, i)
        if law is not None:
            for k, state in enumerate(law.states):
                found.setdefault(f"{law.name}.{state}", []).append(int(model.actuator_actadr[i]) + k)
    return {name: np.array(columns) for name, columns in found.items()}
