"""What the drives of n robots report: motor angle, torque, temperature, energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.sense import Sense
from pilotline.robots.actuators import Drive, native
from pilotline.robots.actuators.law import rebind
from pilotline.robots.actuators.laws.torsion import ErrorParams, transmission_error
from pilotline.robots.actuators.mount import GEAR, TWIST
from pilotline.robots.actuators.pack import AMBIENT_C, error_params

Float = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class _Gears:
    """Joints by where their motor is: at the link; ahead of it by a twist of its own; ahead by wind-up and error.

    `order` puts the three kinds, one after the other, back into the order of the joints.
    """

    stiff: Ids
    twins: Ids
    twists: Ids
    wound: Ids
    wind_ups: Ids
    order: Ids
    ratio: Float
    errors: ErrorParams


@dataclass(frozen=True)
class _Picked:
    """A state of some joints: columns in `act` of those with a sheet, degrees of freedom of those without.

    `order` puts those without, followed by those with a sheet, back into the order of the joints.
    """

    columns: Ids
    dofs_without: Ids
    order: Ids


class Drives:
    """Reads the states of the joints whose drives keep account; a learned actuator keeps none.

    Args:
      model: the compiled world.
      drives: what drives which joint.
    """

    def __init__(self, model: mujoco.MjModel, drives: Mapping[str, Drive]) -> None:
        self._model = model
        self._drives = drives
        self.joints = tuple(joint for joint, drive in drives.items() if drive.metered)
        self._picked: dict[tuple[tuple[str, ...], str], _Picked] = {}
        self._gears: dict[tuple[str, ...], _Gears] = {}

    def motor_pos(self, xp: Any, sense: Sense, joints: tuple[str, ...], link: Any) -> Any:
        """Motor angles over the gear's ratio of `joints`, (n, len(joints)), rad, at link angles of the same shape.

        A `harmonic` joint's motor is ahead of its link by the gear's wind-up and transmission error, a `twin`'s by its
        twist; every other joint is taken as stiff.
        """
        if joints not in self._gears:
            self._gears[joints] = self._geared(joints)
        gears = self._gears[joints]
        twisted = link[:, gears.twins] + sense.qpos[:, gears.twists]
        wound = link[:, gears.wound] + sense.act[:, gears.wind_ups]
        wound = wound + _error_in(xp)(gears.errors, gears.ratio * wound)[0]
        return xp.concatenate([link[:, gears.stiff], twisted, wound], axis=-1)[:, gears.order]

    def _geared(self, joints: tuple[str, ...]) -> _Gears:
        tiers = [self._drives[joint].tier if joint in self._drives else "" for joint in joints]
        twins = [i for i, tier in enumerate(tiers) if tier == "twin" and self._id(joints[i] + GEAR) >= 0]
        wound = [i for i, tier in enumerate(tiers) if tier == "harmonic" and "twist_rad" in self._states(joints[i])]
        stiff = [i for i in range(len(joints)) if i not in {*twins, *wound}]
        figures = [self._drives[joints[i]].figures for i in wound]
        errors = [error_params(each.gear) for each in figures]
        return _Gears(
            stiff=np.array(stiff, np.int64),
            order=np.argsort([*stiff, *twins, *wound]),
            twins=np.array(twins, np.int64),
            twists=np.array([int(self._model.joint(joints[i] + TWIST).qposadr[0]) for i in twins], np.int64),
            wound=np.array(wound, np.int64),
            wind_ups=np.array([self._column(joints[i], "twist_rad") for i in wound], np.int64),
            ratio=np.array([each.gear.ratio for each in figures]),
            errors=ErrorParams(*np.array(errors, np.float64).reshape(-1, len(ErrorParams._fields)).T),
        )

    def torque(self, xp: Any, sense: Sense, joints: tuple[str, ...]) -> Any:
        """Torque on each of `joints`, (n, len(joints)), N m: on a twin's link; without a sheet MuJoCo's own."""
        found = self._pick(joints, "torque_nm")
        parts = [sense.torque[:, found.dofs_without], sense.act[:, found.columns]]
        return xp.concatenate(parts, axis=-1)[:, found.order]

    def temperature_c(self, xp: Any, sense: Sense, joints: tuple[str, ...], node: str) -> Any:
        """Temperature of a node, `winding` or `housing`, of `joints`, (n, len(joints)), C; ambient without a sheet."""
        found = self._pick(joints, f"drive.{node}_k")
        ambient = xp.full((len(sense.time), len(found.dofs_without)), AMBIENT_C)
        return xp.concatenate([ambient, AMBIENT_C + sense.act[:, found.columns]], axis=-1)[:, found.order]

    def read(self, act: Float, state: str, ids: Ids) -> Float:
        """A state of the drives in simulations `ids`, (m, len(self.joints)), such as `drive.drawn_j`, from `act`."""
        return np.asarray(act[np.ix_(ids, self._pick(self.joints, state).columns)])

    def tripped(self, xp: Any, sense: Sense) -> Any:
        """Simulations in which a drive has switched off, (n,)."""
        columns = self._pick(self.joints, "drive.tripped").columns
        return (sense.act[:, columns] > 0.5).any(axis=-1) if len(columns) else xp.zeros(len(sense.time), dtype=bool)

    def _pick(self, joints: tuple[str, ...], state: str) -> _Picked:
        """Where a state of `joints` is."""
        key = (joints, state)
        if key not in self._picked:
            own = [i for i, joint in enumerate(joints) if joint in self.joints]
            without = [i for i in range(len(joints)) if i not in own]
            self._picked[key] = _Picked(
                columns=np.array([self._column(joints[i], state) for i in own], np.int64),
                dofs_without=np.array([int(self._model.joint(joints[i]).dofadr[0]) for i in without], np.int64),
                order=np.argsort([*without, *own]),
            )
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


@cache
def _error_in(xp: Any) -> Any:
    """The gears' transmission error in an array namespace."""
    return rebind(transmission_error, xp, lambda f: f)
