"""Energy, heat and load of the drives that have a data sheet, cycle by cycle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.heat import endless_rise, path_of
from pilotline.benchmarks.rows import GroupDrives
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots.actuators.pack import AMBIENT_C

Float = NDArray[np.float64]
Ids = NDArray[np.int64]

NODES = ("winding", "housing")


class DriveMeter:
    """Watches the drives of a batch at every control step; each cycle starts with them at ambient temperature.

    Energies and peaks are states of the drives themselves, summed at every physics step.

    Args:
      batch: the simulations; without data sheets the meter has nothing to say.
    """

    def __init__(self, batch: StationBatch) -> None:
        self._drives, self._act = batch.drives, batch.engine.act
        self.joints = batch.drives.joints
        figures = [batch.world.drives[joint].figures for joint in self.joints]
        self._path = path_of([each.motor for each in figures])
        self._allowed_k = np.array([each.motor.winding_max_c for each in figures]) - AMBIENT_C
        self._derate_k = np.array([each.drive.derate_from_c for each in figures]) - AMBIENT_C
        robot = batch.robot
        self._rated_nm = np.array(
            [
                robot.rated(joint) if each.name == robot.joints[joint].sheet else each.rated_nm
                for joint, each in zip(self.joints, figures, strict=True)
            ]
        )
        members = {
            group: [self.joints.index(joint) for joint in joints if joint in self.joints]
            for group, joints in batch.robot.groups.items()
        }
        self._groups = {group: np.array(columns) for group, columns in members.items() if columns}
        shape = batch.nsim, len(self.joints)
        self._hottest = {node: np.zeros(shape) for node in NODES}
        self._summed = {node: np.zeros(shape) for node in NODES}

    def begin(self, ids: Ids) -> None:
        """Cycles start in the slots `ids`."""
        for store in (*self._hottest.values(), *self._summed.values()):
            store[ids] = 0.0

    def add(self, ids: Ids) -> None:
        """Note the temperatures after a control step of the slots `ids`."""
        if not self.joints:
            return
        for node, hottest in self._hottest.items():
            rise = self._rise(node, ids)
            hottest[ids] = np.fmax(hottest[ids], rise)
            self._summed[node][ids] += rise

    def energy_j(self, slot: int) -> float:
        """Net energy that the drives took from the bus in the cycle of a slot."""
        return float((self._read("drawn_j", slot) - self._read("returned_j", slot)).sum())

    def peak_ratios(self, slot: int) -> Float:
        """Largest |torque| at each joint in the cycle of a slot / continuous torque of its actuator, (joints,)."""
        return self._read("peak_nm", slot) / self._rated_nm

    def groups(self, slot: int, time_s: float) -> dict[str, GroupDrives]:
        """What the drives of each joint group did in the cycle of a slot, which took `time_s`."""
        if not self.joints:
            return {}
        drawn, returned, heat = (self._read(name, slot) for name in ("drawn_j", "returned_j", "heat_j"))
        tripped = self._read("tripped", slot) > 0.5
        winding, housing = (self._hottest[node][slot] for node in NODES)
        ends = {node: self._rise(node, np.array([slot]))[0] for node in NODES}
        # trapezoids: the rise is zero when the cycle begins
        areas = {node: (self._summed[node][slot] - 0.5 * ends[node]) * CONTROL_PERIOD_S for node in NODES}
        endless_winding, endless_housing = endless_rise(
            self._path, ends["winding"], ends["housing"], areas["winding"], areas["housing"], time_s
        )
        load = endless_winding / self._allowed_k
        return {
            group: GroupDrives(
                drawn_j=_plain(drawn[own].sum()),
                returned_j=_plain(returned[own].sum()),
                heat_j=_plain(heat[own].sum()),
                winding_c=_plain(AMBIENT_C + winding[own].max()),
                housing_c=_plain(AMBIENT_C + housing[own].max()),
                endless_winding_c=_plain(AMBIENT_C + endless_winding[own].max()),
                endless_housing_c=_plain(AMBIENT_C + endless_housing[own].max()),
                heat_load=_plain(load[own].max()),
                derated=int((winding[own] > self._derate_k[own]).sum()),
                tripped=int(tripped[own].sum()),
            )
            for group, own in self._groups.items()
        }

    def _rise(self, node: str, ids: Ids) -> Float:
        """Rise of a node over ambient, (m, joints)."""
        return self._drives.read(self._act, f"drive.{node}_k", ids)

    def _read(self, state: str, slot: int) -> Float:
        """A state of every drive of a slot, (joints,)."""
        return self._drives.read(self._act, f"drive.{state}", np.array([slot]))[0]


def _plain(value: float) -> float:
    """The value as a plain number; 0 where diverged physics left none, the fault `diverged` tells."""
    return float(value) if math.isfinite(value) else 0.0
