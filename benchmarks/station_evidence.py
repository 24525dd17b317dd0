"""What every station must bear: random actions without a warning, contacts that hold, parts that stay.

    python -m pilotline.benchmarks.station_evidence docs/results/stations.json [station=NAME,NAME] ...

Keys: `station` (all), `robot` (wheeled), `seed` (0), `nthread` (0). Figures of stations that are not named stay as they
are in the file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilotline import policies, robots
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.penetration import Probe
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import CONTROL_PERIOD_S, build_world

_RANDOM_SIMS, _RANDOM_STEPS = 64, 1000
_PROBED, _PROBE_EVERY = 16, 1
_IDLE_S = 3.0
_CELL_M = 3.2
"""A part further out than this has left its cell."""


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    station: str = ""
    robot: str = "wheeled"
    seed: int = Field(default=0, ge=0)
    nthread: int = Field(default=0, ge=0)

    def stations(self) -> tuple[str, ...]:
        """Those that are asked for."""
        there = tuple(name for name in stations.names() if stations.load(name).card.kind == "station")
        return tuple(self.station.split(",")) if self.station else there


def random_actions(name: str, settings: Settings) -> dict[str, int]:
    """Simulations with random actions: MuJoCo's warnings, simulations that diverged, cycles begun."""
    batch = _batch(name, settings, _RANDOM_SIMS, "joint")
    rng = np.random.default_rng((settings.seed, 0xAC7))
    ids = np.arange(batch.nsim)
    batch.begin(ids, [cycle_seed(settings.seed, name, k) for k in range(batch.nsim)])
    begun, warned, diverged = batch.nsim, 0, 0
    for _ in range(_RANDOM_STEPS):
        step = batch.step(rng.uniform(-1.0, 1.0, (batch.nsim, len(batch.control.names))))
        ended = np.flatnonzero(step.verdict.done)
        diverged += int(step.verdict.faults["diverged"].sum())
        if len(ended):
            warned += int(batch.engine.batch.warning[ended, :, 1].sum())
            batch.begin(ended, [cycle_seed(settings.seed, name, begun + k) for k in range(len(ended))])
            begun += len(ended)
    warned += int(batch.engine.batch.warning[:, :, 1].sum())
    return {
        "simulations": batch.nsim,
        "steps": _RANDOM_STEPS,
        "cycles": begun,
        "warnings": warned,
        "diverged": diverged,
    }


def contacts_and_parts(name: str, settings: Settings) -> dict[str, Any]:
    """Cycles of the reference policy: the deepest contacts by pair, and loose parts that left the cell."""
    robot = robots.load(settings.robot)
    policy = policies.load("reference", name, robot, _PROBED)
    batch = _batch(name, settings, _PROBED, policy.control)
    ids = np.arange(_PROBED)
    batch.begin(ids, [cycle_seed(settings.seed, name, k) for k in range(batch.nsim)])
    policy.begin(ids)
    probe, obs = Probe(batch.engine.batch), batch.observe()
    deepest: dict[tuple[str, str], tuple[float, int]] = {}
    mass, lost, active, k = _mass(batch), 0, ids, 0
    while len(active):
        step = batch.step(policy.act(obs), active)
        obs, k = step.obs, k + 1
        if k % _PROBE_EVERY == 0:
            for slot, found in zip(active.tolist(), probe(active), strict=True):
                if found.depth_m > deepest.get(found.between, (0.0, 0))[0]:
                    deepest[found.between] = (found.depth_m, slot)
        ended = active[step.verdict.done[active]]
        lost += _outside(batch, ended)
        active = np.setdiff1d(active, ended)
    worst = sorted(((depth, *pair) for pair, (depth, _) in deepest.items()), reverse=True)[:5]
    return {
        "cycles": _PROBED,
        "deepest_mm": [[round(1000.0 * depth, 4), *pair] for depth, *pair in worst],
        "parts_outside_cell": lost,
        "mass_kept": bool(np.array_equal(mass, _mass(batch))),
    }


def idle(name: str, settings: Settings) -> dict[str, float]:
    """Robots that hold their pose: the largest gain of the loose parts' mechanical energy, J, over what it was before.

    Belts do work on what lies on them; where there is none, parts may only settle.
    """
    batch = _batch(name, settings, 8, "joint")
    ids = np.arange(batch.nsim)
    batch.begin(ids, [cycle_seed(settings.seed, name, k) for k in range(batch.nsim)])
    home = np.asarray(batch.control.home)[None] * np.ones((batch.nsim, 1))  # type: ignore[attr-defined]
    lowest = energy = _energy(batch)
    gain = np.zeros(batch.nsim)
    for _ in range(round(_IDLE_S / CONTROL_PERIOD_S)):
        batch.step(home)
        energy = _energy(batch)
        lowest = np.minimum(lowest, energy)
        gain = np.maximum(gain, energy - lowest)
    return {"seconds": _IDLE_S, "energy_gain_max_j": float(gain.max())}


def _batch(name: str, settings: Settings, nsim: int, control: str) -> StationBatch:
    world = build_world(stations.load(name), robots.load(settings.robot), "ideal", shells=False)
    return StationBatch(world, nsim, settings.nthread, control)


def _loose(model: mujoco.MjModel) -> list[tuple[int, int, int]]:
    """Free bodies but the robot's root: body, first qpos and first dof."""
    joints = np.flatnonzero(model.jnt_type == int(mujoco.mjtJoint.mjJNT_FREE))
    return [(int(model.jnt_bodyid[j]), int(model.jnt_qposadr[j]), int(model.jnt_dofadr[j])) for j in joints]


def _mass(batch: StationBatch) -> NDArray[np.float64]:
    """Masses of all bodies of all simulations, (n, nbody)."""
    return np.stack([batch.engine.batch.get_model(k).body_mass for k in range(batch.nsim)])


def _outside(batch: StationBatch, ids: NDArray[np.int64]) -> int:
    """Loose parts of simulations that have left the cell, or gone through the floor."""
    qpos = batch.engine.qpos[ids]
    at = [qpos[:, q : q + 3] for _, q, _ in _loose(batch.world.model)]
    return int(sum(((np.abs(p[:, :2]).max(axis=1) > _CELL_M) | (p[:, 2] < -0.02)).sum() for p in at))


def _energy(batch: StationBatch) -> NDArray[np.float64]:
    """Kinetic energy of the loose bodies about their frames' motion, and their height in gravity, (n,) J."""
    engine, model = batch.engine, batch.world.model
    mass = _mass(batch)
    total = np.zeros(batch.nsim)
    for body, q, v in _loose(model):
        speed2 = (engine.qvel[:, v : v + 3] ** 2).sum(axis=1)
        spin2 = (engine.qvel[:, v + 3 : v + 6] ** 2 * model.body_inertia[body]).sum(axis=1)
        total += mass[:, body] * (0.5 * speed2 - model.opt.gravity[2] * engine.qpos[:, q + 2]) + 0.5 * spin2
    return total


def _refused(reason: str) -> int:
    print(f"station_evidence: {reason}; use: FILE [key=value ...]", file=sys.stderr)
    return 2


def main(arguments: Sequence[str]) -> int:
    """Run and write the result file; 2 on wrong arguments."""
    try:
        if not arguments:
            raise ValueError("no result file is named")
        path, pairs = Path(arguments[0]), dict(pair.split("=", 1) for pair in arguments[1:])
        settings = Settings.model_validate(pairs)
        names = [name for name in settings.stations() if stations.load(name)]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        return _refused(f"{'.'.join(str(part) for part in first['loc'])}={first['input']}: {first['msg']}")
    except ValueError as error:
        return _refused(" ".join(str(error).split()))
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"stations": {}}
    for name in names:
        print(f"{name}: random actions", flush=True)
        found: dict[str, Any] = {"random": random_actions(name, settings)}
        print(f"{name}: contacts", flush=True)
        found |= {"contacts": contacts_and_parts(name, settings), "idle": idle(name, settings)}
        document["stations"][name] = {
            **found,
            "command": f"python -m pilotline.benchmarks.station_evidence {' '.join(arguments)}",
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "hardware": hardware(),
            "versions": versions(),
        }
        write_atomically(path, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
