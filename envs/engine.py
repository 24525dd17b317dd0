"""The engine: n copies of one world on CPU threads, stepped by native code."""

from __future__ import annotations

import logging

import mujoco
import numpy as np
from mujoco import batch
from numba import njit
from numpy.typing import NDArray

from pilotline.envs.sense import Sense, sensor_columns

_log = logging.getLogger("pilotline.physics")

Float = NDArray[np.float64]


@njit(cache=True)
def _fold(digest: NDArray[np.uint64], ids: NDArray[np.int64], state: NDArray[np.uint64]) -> None:
    """Fold the bits of each simulation's state into its digest (FNV-1a over 64-bit words)."""
    for i in ids:
        h = digest[i]
        for j in range(state.shape[1]):
            h = (h ^ state[i, j]) * np.uint64(0x100000001B3)
        digest[i] = h


@njit(cache=True)
def _reduce_work(
    torque: Float, velocity: Float, dofs: NDArray[np.int64], dt: float, energy: Float, peak: Float
) -> None:
    """Positive mechanical work (n,) and peak |torque| (n, len(dofs)) over the physics steps of a control step."""
    for i in range(torque.shape[0]):
        work = 0.0
        for k in range(len(dofs)):
            d = dofs[k]
            highest = 0.0
            for s in range(torque.shape[1]):
                t = torque[i, s, d]
                p = t * velocity[i, s, d]
                if p > 0.0:
                    work += p * dt
                if abs(t) > highest:
                    highest = abs(t)
            peak[i, k] = highest
        energy[i] = work


class Engine:
    """n simulations of one model with substep records.

    A simulation that diverges stops alone; the others go on. Everything read after `step` is one physics step old,
    as with `mj_step`.

    Args:
      model: the compiled world.
      nsim: number of simulations, >= 1.
      nthread: threads; results do not depend on it.
      substeps: physics steps in one control step.
      dofs: (k,) degrees of freedom whose work and peak torque are recorded.
    """

    def __init__(
        self, model: mujoco.MjModel, nsim: int, nthread: int, substeps: int, dofs: NDArray[np.int64]
    ) -> None:
        mujoco.set_mju_user_warning(_log.debug)
        self.model = model
        self.nsim = nsim
        self.substeps = substeps
        self.batch = batch.Batch(model, nsim, nthread)
        self.qpos: Float = self.batch.bind("qpos")
        self.qvel: Float = self.batch.bind("qvel")
        self.ctrl: Float = self.batch.bind("ctrl")
        self.time: Float = self.batch.bind("time")
        self.xanchor: Float = self.batch.bind("xanchor")
        self.xaxis: Float = self.batch.bind("xaxis")
        self.sensordata: Float = self.batch.bind("sensordata")
        self.torque: Float = self.batch.bind("qfrc_actuator")
        self.columns = sensor_columns(model)
        self.digest = np.zeros(nsim, np.uint64)
        self.energy_j = np.zeros(nsim)
        self.peak_torque = np.zeros((nsim, len(dofs)))
        self._dofs = dofs
        self._all = np.arange(nsim)
        self._records: dict[str | int | mujoco.mjtState, np.ndarray] = {}
        self._peaks = np.zeros((nsim, model.nsensordata))
        self._warned = np.zeros(nsim, np.int64)

    def step(self, ids: NDArray[np.int64] | None = None) -> NDArray[np.bool_]:
        """Advance the simulations `ids` (all by default) by one control step.

        Returns:
          (nsim,) bool, True where the physics diverged in this step.
        """
        rows = self._all if ids is None else ids
        if len(self._records) and len(self._records["sensordata"]) != len(rows):
            self._records = {}
        self._records = self.batch.rollout(
            self.substeps,
            record=("sensordata", "qfrc_actuator", "qvel"),
            ids=None if ids is None else ids,
            out=self._records,
        )
        sensors = self._records["sensordata"]
        self._peaks[rows] = np.maximum(sensors.max(axis=1), -sensors.min(axis=1))
        energy, peak = np.empty(len(rows)), np.empty((len(rows), len(self._dofs)))
        _reduce_work(
            self._records["qfrc_actuator"],
            self._records["qvel"],
            self._dofs,
            self.model.opt.timestep,
            energy,
            peak,
        )
        self.energy_j[rows] = energy
        self.peak_torque[rows] = peak
        _fold(self.digest, rows, self.batch.state.view(np.uint64))
        warned = self.batch.warning[:, :, 1].sum(axis=1)
        diverged = warned > self._warned
        self._warned = warned
        return diverged

    def clear(self, ids: NDArray[np.int64]) -> None:
        """Bring simulations back to the model's defaults, without computing anything yet."""
        self.batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self._warned[ids] = 0

    def refresh(self, ids: NDArray[np.int64], constants: bool) -> None:
        """Compute derived quantities of simulations whose state or model fields were written."""
        if constants:
            self.batch.set_const(ids)
        self.batch.forward(ids)
        self._peaks[ids] = np.abs(self.sensordata[ids])
        self._warned[ids] = self.batch.warning[ids, :, 1].sum(axis=1)
        self.energy_j[ids] = 0.0
        self.peak_torque[ids] = 0.0
        self.digest[ids] = np.uint64(0xCBF29CE484222325)

    def sense(self) -> Sense:
        """Sensors of all simulations, as they are now."""
        return Sense(self.time, self.sensordata, self._peaks, self.columns)
