"""From what a batch does to cycle rows: sums over control steps, figures at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.drive_meter import DriveMeter
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.robots.load_chart import LoadChart

Ids = NDArray[np.int64]


class Recorder:
    """Keeps account of the cycles that a batch works on.

    Energy of a cycle: what the drives that meter it took from their bus less what they gave back, plus the positive
    mechanical work of all other joints.

    Args:
      seed: of the campaign.
      batch: the simulations.
      chart: what the robot's own card says it can lift; a `mass_kg` above its limit at the cycle's grip heights
        (`grip_from_m`, `grip_to_m`) marks the cycle as beyond it.
    """

    def __init__(self, seed: int, batch: StationBatch, chart: LoadChart) -> None:
        self._seed, self._batch, self._chart = seed, batch, chart
        groups = {group: batch.robot.groups[group] for group in batch.groups}
        joints = [joint for names in groups.values() for joint in names]
        self._rated = np.array([batch.robot.rated(joint) for joint in joints])
        ends = np.cumsum([len(names) for names in groups.values()])
        self._columns = {
            group: slice(int(end) - len(names), int(end))
            for (group, names), end in zip(groups.items(), ends, strict=True)
        }
        self._meter = DriveMeter(batch)
        self._metered = np.array([joints.index(joint) for joint in self._meter.joints], np.int64)
        self._cycle = np.zeros(batch.nsim, np.int64)
        self._energy_j = np.zeros(batch.nsim)
        self._peak = np.zeros((batch.nsim, len(self._rated)))

    def begin(self, ids: Ids, cycles: Sequence[int]) -> None:
        """Cycles start in the slots `ids`."""
        self._cycle[ids] = cycles
        self._energy_j[ids] = 0.0
        self._peak[ids] = 0.0
        self._meter.begin(ids)

    def add(self, ids: Ids) -> None:
        """Count the control step that the slots `ids` have just made."""
        engine = self._batch.engine
        self._energy_j[ids] += engine.energy_j[ids]
        self._peak[ids] = np.maximum(self._peak[ids], engine.peak_torque[ids])
        self._meter.add(ids)

    def rows(self, ids: Ids, verdict: Verdict) -> list[CycleRow]:
        """Rows of the cycles that have ended in the slots `ids`."""
        metrics, elapsed = self._batch.metrics(), self._batch.elapsed_s()
        return [self._row(slot, verdict, metrics, float(elapsed[slot])) for slot in ids.tolist()]

    def _row(self, slot: int, verdict: Verdict, metrics: dict[str, NDArray[np.float64]], elapsed_s: float) -> CycleRow:
        batch, cycle = self._batch, int(self._cycle[slot])
        station = batch.station.card.name
        faults = tuple(sorted(name for name, value in verdict.faults.items() if value[slot]))
        success = bool(verdict.success[slot]) and not faults
        figures = {name: _finite(value[slot]) for name, value in metrics.items()}
        ratio = self._peak[slot] / self._rated
        ratio[self._metered] = self._meter.peak_ratios(slot)
        time_s = round(elapsed_s, 6)
        seed = cycle_seed(self._seed, station, cycle)
        return CycleRow(
            station=station,
            cycle=cycle,
            seed=(self._seed, *seed.spawn_key),
            success=success,
            faults=() if success else faults or ("unfinished",),
            time_s=time_s,
            within_payload=self._chart.allows(figures),
            metrics={name: v for name, v in figures.items() if name != "peak_force_n"}
            | {"falls": float("fall" in faults)},
            energy_j=_finite(self._energy_j[slot] + self._meter.energy_j(slot)),
            peak_torque_ratio={group: _finite(ratio[columns].max()) for group, columns in self._columns.items()},
            drives=self._meter.groups(slot, time_s),
            peak_force_n=figures.get("peak_force_n", 0.0),
            digest=f"{int(batch.engine.digest[slot]):016x}",
        )


def _finite(value: float) -> float:
    """The value as a plain number; 0 where diverged physics left none, the fault `diverged` tells."""
    return float(value) if math.isfinite(value) else 0.0
