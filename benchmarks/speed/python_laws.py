"""What is often done where MuJoCo has no actuator of the wanted kind: the law in Python, its torque given to each step.

One simulation per object; the law joint by joint, as it is mostly written, or for all joints at once on NumPy arrays,
which is as well as that can be. Its motion is that of our environments; its observation and reward are plain and
nothing is judged, so that it does less than they.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium
import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilotline import robots
from pilotline.benchmarks.speed.ours import SEED
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world, substeps_of
from pilotline.robots.actuators import native
from pilotline.robots.actuators.law import Law, Motion, flatten, unflatten

Float = NDArray[np.float64]


class NoLawError(ValueError):
    """A selection of actuators that this environment cannot do."""


@dataclass
class _Driven:
    """Joints with the same law, k of them."""

    law: Law
    params: Any
    state: Any
    actuators: NDArray[np.int64]
    qpos: NDArray[np.int64]
    dofs: NDArray[np.int64]
    compensated: Float


class PythonLawEnv(gymnasium.Env[Any, Any]):
    """One simulation of a station's world whose actuator laws run in Python; position targets as actions.

    Args:
      station, robot, actuators: by name.
      at_once: the law runs for all joints at once, not joint by joint.

    Raises:
      NoLawError: no joint has a law, or a law has a partner (`twin`).
    """

    def __init__(self, station: str, robot: str, actuators: str, at_once: bool = True) -> None:
        batch = StationBatch(build_world(stations.load(station), robots.load(robot), actuators), 1, 1)
        batch.begin(np.zeros(1, np.int64), [cycle_seed(SEED, station, 0)])
        self._model = batch.engine.batch.get_model(0)
        self._data = batch.engine.batch.get_data(0)
        self._groups = _driven(self._model, actuators, at_once)
        ids = np.concatenate([group.actuators for group in self._groups])
        self._targets = self._model.actuator_ctrlrange[ids].T
        self._ids = ids
        _take_off(self._model, ids)
        mujoco.mj_forward(self._model, self._data)
        self._begun = [np.array(getattr(self._data, name)) for name in ("qpos", "qvel", "ctrl")]
        low, high = self._targets
        self.still = np.asarray(2.0 * (self._data.ctrl[ids] - low) / (high - low) - 1.0, np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, self.still.shape, np.float32)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, self._observed().shape, np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Back to where the first cycle began."""
        super().reset(seed=seed)
        self._data.qpos[:], self._data.qvel[:], self._data.ctrl[:] = self._begun
        for group in self._groups:
            group.state = _at_rest(group.law, len(group.dofs))
        mujoco.mj_forward(self._model, self._data)
        return self._observed(), {}

    def step(self, action: ArrayLike) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Advance 20 ms; a non-finite action ends the episode."""
        action = np.asarray(action, np.float64)
        terminated = not np.isfinite(action).all()
        low, high = self._targets
        action = np.where(np.isfinite(action), np.minimum(np.maximum(action, -1.0), 1.0), 0.0)
        self._data.ctrl[self._ids] = low + 0.5 * (action + 1.0) * (high - low)
        with np.errstate(all="ignore"):
            for _ in range(substeps_of(self._model)):
                for group in self._groups:
                    self._apply(group)
                mujoco.mj_step(self._model, self._data)
        away = self._data.ctrl[self._ids] - np.concatenate([self._data.qpos[group.qpos] for group in self._groups])
        return self._observed(), float(-np.abs(away).mean()), terminated, False, {}

    def _apply(self, group: _Driven) -> None:
        """Torque of the next physics step, from the law's own state and the joints' motion."""
        data, h = self._data, self._model.opt.timestep
        gravity = data.qfrc_gravcomp[group.dofs] * group.compensated
        none: Any = np.zeros(len(group.dofs))
        motion = Motion(
            command=data.ctrl[group.actuators],
            q=data.qpos[group.qpos],
            v=data.qvel[group.dofs],
            feedforward=gravity,
            q_far=none,
            v_far=none,
            far_torque_nm=none,
            far_reaction_nm=none,
        )
        group.state = group.law.step(group.state, group.params, motion, h)
        # MuJoCo adds gravity compensation to the joint itself, but here the motor has provided it already
        data.qfrc_applied[group.dofs] = flatten(group.state)[0] - gravity

    def _observed(self) -> NDArray[np.float32]:
        data = self._data
        return np.concatenate([data.qpos, data.qvel, data.qfrc_applied, data.sensordata]).astype(np.float32)


def _driven(model: mujoco.MjModel, actuators: str, at_once: bool) -> list[_Driven]:
    """Joints that have a law, those of one law together or each alone."""
    by_law: dict[Law, list[int]] = {}
    for i in range(model.nactuator):
        law = native.law_of(model, i)
        if law is None:
            continue
        if model.actuator_dynprm[i, native.PARTNER]:
            raise NoLawError(f"actuators={actuators}: law {law.name} has a partner; allowed: servo, harmonic")
        by_law.setdefault(law, []).append(i)
    if not by_law:
        raise NoLawError(f"actuators={actuators}: no joint has a law; allowed: servo, harmonic")
    together = [(law, [ids] if at_once else [[i] for i in ids]) for law, ids in by_law.items()]
    return [_group(model, law, np.array(ids)) for law, groups in together for ids in groups]


def _group(model: mujoco.MjModel, law: Law, ids: NDArray[np.int64]) -> _Driven:
    joints = model.actuator_trnid[ids, 0]
    params = model.actuator_user[ids, : len(law.parameters)].T.copy()
    return _Driven(
        law,
        unflatten(law.params, list(params)),
        _at_rest(law, len(ids)),
        ids,
        model.jnt_qposadr[joints],
        model.jnt_dofadr[joints],
        model.jnt_actgravcomp[joints].astype(np.float64),
    )


def _at_rest(law: Law, k: int) -> Any:
    """State of k joints at reset."""
    return unflatten(law.state, [np.zeros(k) for _ in law.states])


def _take_off(model: mujoco.MjModel, ids: NDArray[np.int64]) -> None:
    """Leave the actuators in the model without any force: their torque comes from Python."""
    model.actuator_dyntype[ids] = mujoco.mjtDyn.mjDYN_NONE
    model.actuator_biastype[ids] = mujoco.mjtBias.mjBIAS_NONE
    model.actuator_gainprm[ids] = 0.0
