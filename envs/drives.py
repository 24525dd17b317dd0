"""What the drives of n robots report: motor angle, torque, temperature, energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.actuators import Drive, native
from pilotline.robots.actuators.laws.torsion import ErrorParams, transmission_error
from pilotline.robots.actuators.mount import GEAR, TWIST
from pilotline.robots.actuators.pack import AMBIENT_C, error_params

Float = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class _Gears:
    """Joints whose motor is not where the link is: twins and their twist, and harmonic ones with their figures."""

    twins: Ids
    twists: Ids
    wound: Ids
    wind_ups: Ids
    ratio: Float
    errors: ErrorParams


class Drives:
    """Reads the states of the joints whose drives keep account; a learned actuator keeps none.

    Args:
      model: the compiled world.
      drives: what drives which joint.
      qpos: (n, nq) positions of all simulations, a live view.
      act: (n, na) activation, likewise.
      torque: (n, nv) MuJoCo's own actuator forces, likewise; of the joints without a data sheet.
    """

    def __init__(
        self, model: mujoco.MjModel, drives: Mapping[str, Drive], qpos: Float, act: Float, torque: Float
    ) -> None:
        self._model = model
        self._drives = drives
        self._qpos, self._act, self._torque = qpos, act, torque
        self.joints = tuple(joint for joint, drive in drives.items() if drive.metered)
        self._picked: dict[tuple[tuple[str, ...], str], tuple[Ids, Ids]] = {}
        self._dof: dict[tuple[str, ...], Ids] = {}
        self._gears: dict[tuple[str, ...], _Gears] = {}

    def motor_pos(self, joints: tuple[str, ...], link: Float) -> Float:
        """Motor angles over the gear's ratio of `joints`, (n, len(joints)), rad, at link angles of the same shape.

        A `harmonic` joint's motor is ahead of its link by the gear's wind-up and transmission error, a `twin`'s by its
        twist; every other joint is taken as stiff.
        """
        if joints not in self._gears:
            self._gears[joints] = self._geared(joints)
        gears, out = self._gears[joints], link.copy()
        out[:, gears.twins] += self._qpos[:, gears.twists]
        wound = link[:, gears.wound] + self._act[:, gears.wind_ups]
        out[:, gears.wound] = wound + transmission_error(gears.errors, gears.ratio * wound)[0]
        return out

    def _geared(self, joints: tuple[str, ...]) -> _Gears:
        tiers = [self._drives[joint].tier if joint in self._drives else "" for joint in joints]
        twins = [i for i, tier in enumerate(tiers) if tier == "twin" and self._id(joints[i] + GEAR) >= 0]
        wound = [i for i, tier in enumerate(tiers) if tier == "harmonic" and "twist_rad" in self._states(joints[i])]
        figures = [self._drives[joints[i]].figures for i in wound]
        errors = [error_params(each.gear) for each in figures]
        return _Gears(
            twins=np.array(twins, np.int64),
            twists=np.array([int(self._model.joint(joints[i] + TWIST).qposadr[0]) for i in twins], np.int64),
            wound=np.array(wound, np.int64),
            wind_ups=np.array([self._column(joints[i], "twist_rad") for i in wound], np.int64),
            ratio=np.array([each.gear.ratio for each in figures]),
            errors=ErrorParams(*np.array(errors, np.float64).reshape(-1, len(ErrorParams._fields)).T),
        )

    def torque(self, joints: tuple[str, ...]) -> Float:
        """Torque on each of `joints`, (n, len(joints)), N m: on a twin's link; without a sheet MuJoCo's own."""
        own, columns = self._pick(joints, "torque_nm")
        out = self._torque[:, self._dofs(joints)]
        out[:, own] = self._act[:, columns]
        return out

    def temperature_c(self, joints: tuple[str, ...], node: str) -> Float:
        """Temperature of a node, `winding` or `housing`, of `joints`, (n, len(joints)), C; ambient without a sheet."""
        own, columns = self._pick(joints, f"drive.{node}_k")
        out = np.full((len(self._act), len(joints)), AMBIENT_C)
        out[:, own] += self._act[:, columns]
        return out

    def read(self, state: str, ids: Ids) -> Float:
        """A state of the drives in simulations `ids`, (m, len(self.joints)), such as `drive.drawn_j`."""
        _, columns = self._pick(self.joints, state)
        return np.asarray(self._act[np.ix_(ids, columns)])

    def tripped(self) -> NDArray[np.bool_]:
        """Simulations in which a drive has switched off, (n,)."""
        _, columns = self._pick(self.joints, "drive.tripped")
        return np.asarray((self._act[:, columns] > 0.5).any(axis=-1))

    def _pick(self, joints: tuple[str, ...], state: str) -> tuple[Ids, Ids]:
        """Which of `joints` have a sheet, and the columns in `act` of their state."""
        key = (joints, state)
        if key not in self._picked:
            own = [i for i, joint in enumerate(joints) if joint in self.joints]
            columns = [self._column(joints[i], state) for i in own]
            self._picked[key] = np.array(own, np.int64), np.array(columns, np.int64)
        return self._picked[key]

    def _states(self, joint: str) -> tuple[str, ...]:
        law = native.law_of(self._model, self._model.actuator(joint).id)
        return () if law is None else law.states

    def _column(self, joint: str, state: str) -> int:
        which = self._model.actuator(joint).id
        if state == "torque_nm" and (gear := self._id(joint + GEAR)) >= 0:
            which = gear
        law = native.law_of(self._model, which)
        assert law is not None
        return int(self._model.actuator_actadr[which]) + law.states.index(state)

    def _id(self, actuator: str) -> int:
        return int(mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_ACTUATOR, actuator))

    def _dofs(self, joints: tuple[str, ...]) -> Ids:
        if joints not in self._dof:
            self._dof[joints] = np.array([int(self._model.joint(name).dofadr[0]) for name in joints], np.int64)
        return self._dof[joints]
