"""Record demonstrations: cycles as a campaign runs them, kept step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pilotline import policies, robots
from pilotline.benchmarks import campaign, provenance
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.recorder import Recorder
from pilotline.benchmarks.rows import CycleRow
from pilotline.envs import stations
from pilotline.envs.blame import blamed
from pilotline.envs.interface import interface_of
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies import Policy
from pilotline.policies.imitate import storage
from pilotline.policies.imitate.demos import Episode

Keep = Literal["good", "all"]


def record(
    job: Job, keep: Keep, folder: Path, told: Callable[[CycleRow], None] = lambda row: None
) -> tuple[int, list[CycleRow]]:
    """Run the cycles of a job at its one station and write those to be kept as a dataset into `folder`.

    What is written depends on the job's body and `keep` alone, not on nsim and threads.

    Args:
      told: given the row of each cycle, in their order.

    Returns:
      How many were kept, and the rows of all, those of a score of the same job.

    Raises:
      DemosError: nothing to keep, or a folder that holds demonstrations already.
      ImportError: Minari is not installed.
      ValueError: an unknown robot, actuator tier, station, policy or pack; the message has the choices.
    """
    assert job.cycles is not None
    storage.version()  # without the library there is nothing to run for
    (station,), robot = job.stations, robots.load(job.robot)
    nsim = min(job.nsim, job.cycles)
    policy = policies.load(job.policy, station, robot, nsim, job.actuators)
    world = build_world(stations.load(station), robot, job.actuators)
    batch = StationBatch(world, nsim, job.nthread, policy.control, job.pack)
    rows: list[CycleRow] = []

    def kept() -> Iterator[Episode]:
        for row, episode in cycles(job, batch, policy):
            rows.append(row)
            told(row)
            if row.success or keep == "all":
                yield episode

    count = storage.write(folder, interface_of(batch), _about(job, keep), kept())
    return count, rows


def cycles(job: Job, batch: StationBatch, policy: Policy) -> Iterator[tuple[CycleRow, Episode]]:
    """The cycles 0, 1, ... of a job in that order, each as a score has it and step by step."""
    assert job.cycles is not None
    station, total = batch.station.card.name, job.cycles
    recorder = Recorder(job.seed, batch, campaign.chart_of(job.robot))
    slots = [_Slot(-1) for _ in range(batch.nsim)]
    done: dict[int, tuple[CycleRow, Episode]] = {}
    begun = given = 0

    def start(free: list[int]) -> NDArray[np.int64]:
        nonlocal begun
        ids = np.array(free[: total - begun], np.int64)
        if len(ids):
            numbers = list(range(begun, begun + len(ids)))
            batch.begin(ids, [cycle_seed(job.seed, station, cycle) for cycle in numbers])
            policy.begin(ids)
            recorder.begin(ids, numbers)
            begun += len(ids)
            for slot, cycle in zip(ids.tolist(), numbers, strict=True):
                slots[slot] = _Slot(cycle)
        return ids

    active = start(list(range(batch.nsim)))
    obs = batch.observe()
    while len(active):
        action = policy.act(obs)
        seen = _float32(obs)
        step = batch.step(action, None if len(active) == batch.nsim else active)
        recorder.add(active)
        taken = np.clip(action, -1.0, 1.0).astype(np.float32)
        for slot in active.tolist():
            slots[slot].add({name: values[slot] for name, values in seen.items()}, taken[slot], step.reward[slot])
        obs = step.obs
        verdict = blamed(step.verdict, policy)
        ended = active[verdict.done[active]]
        if len(ended):
            last, late = _float32(obs), verdict.faults["timeout"]
            for slot, row in zip(ended.tolist(), recorder.rows(ended, verdict), strict=True):
                final = {name: values[slot] for name, values in last.items()}
                done[row.cycle] = row, slots[slot].episode(row, final, bool(late[slot]))
            fresh = start(ended.tolist())
            active = np.union1d(np.setdiff1d(active, ended), fresh)
            if callable(rest := getattr(policy, "rest", None)):
                rest(np.setdiff1d(ended, fresh))
            obs = batch.observe()
        while given in done:
            yield done.pop(given)
            given += 1


class _Slot:
    """The cycle that a simulation works on, as far as it is."""

    def __init__(self, cycle: int) -> None:
        self.cycle = cycle
        self._seen: list[dict[str, NDArray[np.float32]]] = []
        self._actions: list[NDArray[np.float32]] = []
        self._rewards: list[float] = []

    def add(self, seen: dict[str, NDArray[np.float32]], action: NDArray[np.float32], reward: float) -> None:
        self._seen.append(seen)
        self._actions.append(action)
        self._rewards.append(float(reward))

    def episode(self, row: CycleRow, final: dict[str, NDArray[np.float32]], late: bool) -> Episode:
        seen = [*self._seen, final]
        return Episode(
            cycle=row.cycle,
            observations={name: np.stack([one[name] for one in seen]) for name in final},
            actions=np.stack(self._actions),
            rewards=np.array(self._rewards),
            success=row.success,
            faults=row.faults,
            truncated=late,
            time_s=row.time_s,
        )


def _float32(obs: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float32]]:
    return {name: values.astype(np.float32) for name, values in obs.items()}


def _about(job: Job, keep: Keep) -> dict[str, Any]:
    """What is told of a recording beside its interface."""
    facts = campaign.policy_facts(job)
    return {
        "station": job.stations[0],
        "robot": job.robot,
        "actuators": job.actuators,
        "pack": job.pack,
        "policy": job.policy,
        "policy_files": [asdict(file) for file in facts.files] if facts else [],
        "seed": job.seed,
        "cycles": job.cycles,
        "keep": keep,
        "versions": {**provenance.versions(), "minari": storage.version()},
    }
