"""The engine: n copies of one world on CPU threads, stepped by native code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
from mujoco import batch
from numpy.typing import NDArray

from pilotline.envs.accounting import Accountant, Accounts
from pilotline.envs.sense import Sense, sensor_columns
from pilotline.robots.actuators import native

_log = logging.getLogger("pilotline.physics")

Float = NDArray[np.float64]
_NONE = np.zeros(0, np.int64)


class Engine:
    """n simulations of one model with substep records.

    A simulation that diverges stops alone; the others go on. What is read after `step` is one physics step
    old, as with `mj_step`.

    Args:
      model: the compiled world.
      nsim: number of simulations, >= 1.
      nthread: threads; results do not depend on it.
      substeps: physics steps in one control step.
      dofs: (k,) degrees of freedom whose peak torque is recorded.
      unmetered: (k,) bool, those whose mechanical work is recorded because no drive meters its own energy.

    Raises:
      LawError: an actuator of the model was built for a law that this process does not have.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        nsim: int,
        nthread: int,
        substeps: int,
        dofs: NDArray[np.int64],
        unmetered: NDArray[np.bool_],
    ) -> None:
        mujoco.set_mju_user_warning(_log.debug)
        native.check(model)
        self.model = model
        self.nsim = nsim
        self.substeps = substeps
        self.batch = batch.Batch(model, nsim, nthread)
        self.qpos: Float = self.batch.bind("qpos")
        self.qvel: Float = self.batch.bind("qvel")
        self.ctrl: Float = self.batch.bind("ctrl")
        self.push: Float = self.batch.bind("xfrc_applied")
        self.act: Float = self.batch.bind("act")
        self.time: Float = self.batch.bind("time")
        self.sensordata: Float = self.batch.bind("sensordata")
        self.torque: Float = self.batch.bind("qfrc_actuator")
        self.columns = sensor_columns(model)
        self.digest = np.zeros(nsim, np.uint64)
        self.energy_j = np.zeros(nsim)
        self.peak_torque = np.zeros((nsim, len(dofs)))
        self._all = np.arange(nsim)
        self.peaks = np.zeros((nsim, model.nsensordata))
        self._warned = np.zeros(nsim, np.int64)
        self.diverged = np.zeros(nsim, np.bool_)
        shapes = {"sensordata": model.nsensordata, "qfrc_actuator": model.nv, "qvel": model.nv}
        # of as many simulations as are stepped, the first rows are used
        self._records = {name: np.zeros((nsim, substeps, k)) for name, k in shapes.items()}
        accounts = Accounts(
            sensors=self._records["sensordata"],
            torque=self._records["qfrc_actuator"],
            velocity=self._records["qvel"],
            state=self.batch.state.view(np.uint64),
            warnings=self.batch.warning,
            dofs=dofs,
            unmetered=unmetered,
            peaks=self.peaks,
            energy_j=self.energy_j,
            peak_torque=self.peak_torque,
            digest=self.digest,
            warned=self._warned,
            diverged=self.diverged,
        )
        self._account = Accountant(accounts, float(model.opt.timestep))

    def step(self, ids: NDArray[np.int64] | None = None) -> None:
        """Advance the simulations `ids` (all by default) by one control step; `diverged` tells where physics broke."""
        rows = self._all if ids is None else ids
        failed = self._roll(ids, len(rows))
        self._account(rows)
        if len(failed):
            self.diverged[failed] = True

    def _roll(self, ids: NDArray[np.int64] | None, m: int) -> NDArray[np.int64]:
        """Step the m simulations `ids` into the records; simulations in which MuJoCo raised an error."""
        records = self._records if ids is None else {name: record[:m] for name, record in self._records.items()}
        try:
            self.batch.rollout(self.substeps, record=tuple(records), ids=ids, out=records)
        except batch.SimulationError as error:
            failed = np.asarray(error.ids, np.int64)
            for record in records.values():
                record[failed if ids is None else np.searchsorted(ids, failed)] = 0.0
            return failed
        return _NONE

    def clear(self, ids: NDArray[np.int64]) -> None:
        """Bring simulations back to the model's defaults, without computing anything yet."""
        self.batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self._warned[ids] = 0

    def refresh(self, ids: NDArray[np.int64], constants: bool) -> None:
        """Compute derived quantities of simulations whose state or model fields were written."""
        if constants:
            self.batch.set_const(ids)
        self.batch.forward(ids)
        self.peaks[ids] = np.abs(self.sensordata[ids])
        self._warned[ids] = self.batch.warning[ids, :, 1].sum(axis=1)
        self.energy_j[ids] = 0.0
        self.peak_torque[ids] = 0.0
        self.digest[ids] = np.uint64(0xCBF29CE484222325)

    def saved(self) -> dict[str, NDArray[Any]]:
        """All that the simulations go on from once `refresh` has computed what follows from it: copies, by name."""
        found = {"state": self.batch.state, "diverged": self.diverged}
        for field in batch.MODEL_FIELDS:
            if (values := self.batch.expanded(field)) is not None:
                found[f"model.{field}"] = values
        return {name: values.copy() for name, values in found.items()}

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what an engine of the same world has saved.

        Raises:
          ValueError: it is not of the same world.
        """
        for name, values in saved.items():
            kind, _, field = name.rpartition(".")
            own = self.batch.expand(field) if kind else {"state": self.batch.state, "diverged": self.diverged}[name]
            if own.shape != values.shape:
                raise ValueError(f"{name} of another world: it has shape {values.shape}, here {own.shape}")
            own[:] = values
        self.refresh(self._all, constants=False)

    def output(self, kind: str, name: str) -> tuple[Float, int]:
        """Where a machine's output goes: an array (n, ...) that physics reads, and the element of its row.

        Raises:
          KeyError: a kind that is not among those of `Station.advance`, or a name that the model does not have.
        """
        model, expand = self.model, self.batch.expand
        if kind == "ctrl":
            array, index = self.ctrl, model.actuator(name).id
        elif kind == "belt":
            array, index = expand("geom_surfacevel"), model.geom(name).id
        elif kind == "push":
            array, index = self.push, model.body(name).id
        elif kind == "place":
            array, index = expand("body_pos"), model.body(name).id
        else:
            raise KeyError(f"machine output {(kind, name)!r}: the kind must be 'ctrl', 'belt', 'push' or 'place'")
        return array, int(index) * int(np.prod(array.shape[2:]))

    def sense(self) -> Sense:
        """Sensors of all simulations, as they are now."""
        return Sense(
            time=self.time,
            last=self.sensordata,
            peaks=self.peaks,
            columns=self.columns,
            qpos=self.qpos,
            qvel=self.qvel,
            act=self.act,
            torque=self.torque,
        )
