"""Agreement of MJX with the CPU engine: single steps and verdicts of whole cycles: `make mjx-parity`.

Steps: for every case, the relative differences of one physics step and of one control step from the same state and
action. Cycles: a scripted policy drives both engines, each from its own observations; counted is how often they agree.
Everything runs in 64-bit floats, on one core where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from pilotline import policies, robots
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.envs.mjx.pinned import pin

CASES = (
    ("walk", "biped contacts=feet", "ideal"),
    ("walk", "biped contacts=feet", "servo"),
    ("walk", "biped contacts=feet", "harmonic"),
    ("stand", "biped contacts=feet", "harmonic"),
    ("walk", "menagerie:unitree_g1 contacts=feet", "ideal"),
)
STATION, ROBOT, ACTUATORS = "stand", "biped contacts=feet", "ideal"
CONTACTS, SIMULATIONS, STEPS = 16, 4, 10
SETTLE = 5
"""Control steps after which a robot thrown off its start stands on its feet with weight."""


def one_step(station: str, robot: str, actuators: str) -> dict[str, Any]:
    """Largest relative differences of single steps of a world, in the air and on the ground."""
    from pilotline.envs import mjx
    from pilotline.envs.mjx.parity import Pair, Start

    began = time.monotonic()
    env = mjx.make(station, robot, actuators, cycles=SIMULATIONS, contacts=CONTACTS)
    pair = Pair(env, SIMULATIONS, "legs")
    found: dict[str, Any] = {"station": station, "robot": robot, "actuators": actuators}
    for case, away, settle in (("air", Start(lift_m=0.3), 1), ("ground", Start(velocity=0.01), SETTLE)):
        contacts = 0
        rows: dict[str, list[dict[str, float]]] = {"physics": [], "control": []}
        for _ in range(STEPS):
            pair.disturb(away)
            for _ in range(settle):
                rows["control"].append(pair.control_step(pair.action(away)))
            rows["physics"].append(pair.physics_step(pair.action(away)))
            contacts = max(contacts, pair.contacts())
        worst = {kind: {what: max(row[what] for row in of) for what in of[0]} for kind, of in rows.items()}
        found[case] = {"contacts": contacts, "simulations": SIMULATIONS, "starts": STEPS, **worst}
    return {**found, "seconds": round(time.monotonic() - began, 1)}


def cycles(count: int, duration_s: float | None = None) -> dict[str, Any]:
    """Verdicts of both engines on whole cycles, each driven from its own observations.

    Args:
      count: cycles, 0, 1, ... of seed 0.
      duration_s: of a cycle; None for the station's own.
    """
    import jax
    import jax.numpy as jnp

    from pilotline.envs import mjx, stations
    from pilotline.envs.seeds import cycle_seed
    from pilotline.envs.station_batch import StationBatch
    from pilotline.envs.world import build_world

    job: Any = stations.load(STATION)
    if duration_s is not None:
        job = replace(job, card=job.card.with_figures(duration_s=duration_s))
    world = build_world(job, robots.load(ROBOT), ACTUATORS)
    env = mjx.MjxStation(world, "legs", "D0", cycles=count, contacts=CONTACTS)
    host = StationBatch(env.world, count, nthread=1, control="legs")
    host.begin(np.arange(count), [cycle_seed(0, STATION, k) for k in range(count)])
    pilots = [policies.load("reference", STATION, env.world.robot, count) for _ in range(2)]
    for pilot in pilots:
        pilot.begin(np.arange(count))
    step = jax.jit(jax.vmap(env.step))
    state = jax.jit(jax.vmap(env.reset_to))(jnp.arange(count))
    told: dict[str, Any] = dict(host.observe())
    ended = {"cpu": np.zeros(count, np.int64), "mjx": np.zeros(count, np.int64)}
    verdicts = {"cpu": np.full(count, "", object), "mjx": np.full(count, "", object)}
    took = {"cpu": 0.0, "mjx": 0.0, "compile": 0.0}
    for number in range(1, env.episode_length + 1):
        seen = {name: np.asarray(value, np.float64) for name, value in env.named(state.obs).items()}
        began = time.monotonic()
        state = jax.block_until_ready(step(state, jnp.asarray(pilots[1].act(seen))))
        took["mjx" if number > 1 else "compile"] += time.monotonic() - began
        began = time.monotonic()
        result = host.step(pilots[0].act(told))
        took["cpu"] += time.monotonic() - began
        told = dict(result.obs)
        info = {name: np.asarray(value) for name, value in state.info.items()}
        faults = {name: value for name, value in info.items() if name != "success"}
        _judge("cpu", number, np.asarray(result.verdict.success), result.verdict.faults, ended, verdicts)
        _judge("mjx", number, info["success"], faults, ended, verdicts)
        if all(ends.all() for ends in ended.values()):
            break
    same = verdicts["cpu"] == verdicts["mjx"]
    return {
        "station": STATION,
        "robot": ROBOT,
        "actuators": ACTUATORS,
        "policy": "reference",
        "cycles": count,
        "duration_s": job.card.figure("duration_s"),
        "same_success": int(((verdicts["cpu"] == "success") == (verdicts["mjx"] == "success")).sum()),
        "same_verdict": int(same.sum()),
        "succeeded": {engine: int((found == "success").sum()) for engine, found in verdicts.items()},
        "differing": [
            {"cycle": int(k), "cpu": verdicts["cpu"][k], "mjx": verdicts["mjx"][k]} for k in np.flatnonzero(~same)
        ],
        "control_steps": int(number),
        "seconds": {name: round(value, 1) for name, value in took.items()},
    }


def _judge(engine: str, number: int, success: Any, faults: Any, ended: Any, verdicts: Any) -> None:
    """Note how the cycles that end with this step ended, by `success` or the first fault's name."""
    names = np.full(len(success), "", object)
    for name in sorted(faults, reverse=True):
        names[np.asarray(faults[name])] = name
    names[np.asarray(success)] = "success"
    new = (ended[engine] == 0) & (names != "")
    verdicts[engine][new] = names[new]
    ended[engine][new] = number


def main(arguments: Sequence[str]) -> int:
    """Compare, say what was found, and write it to the file named."""
    parser = argparse.ArgumentParser(prog="python -m pilotline.benchmarks.parity", description=__doc__)
    parser.add_argument("file", type=Path, help="result, JSON")
    parser.add_argument("--cycles", type=int, default=100, help="whole cycles to be judged by both engines")
    parser.add_argument("--cases", type=int, default=len(CASES), help="so many of the worlds for single steps")
    parser.add_argument("--duration", type=float, default=None, help="seconds of a cycle, if not the station's own")
    options = parser.parse_args(arguments)
    pin()
    import jax

    jax.config.update("jax_enable_x64", True)
    rows = []
    for case in CASES[: options.cases]:
        rows.append(one_step(*case))
        print(_line(rows[-1]), flush=True)
    judged = cycles(options.cycles, options.duration) if options.cycles else None
    if judged:
        print(
            f"{judged['station']}: {judged['same_success']} of {judged['cycles']} cycles with the same success, "
            f"{judged['same_verdict']} with the same verdict; {judged['seconds']} s"
        )
    result = {
        "schema": "pilotline/result/1",
        "command": shlex.join(["python", "-m", "pilotline.benchmarks.parity", *arguments]),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": {**versions(), "jax": jax.__version__, "mujoco-mjx": metadata.version("mujoco-mjx")},
        "hardware": hardware(),
        "figures": {"steps": rows, "cycles": judged},
    }
    write_atomically(options.file, (json.dumps(result, indent=1) + "\n").encode())
    return 0


def _line(row: dict[str, Any]) -> str:
    parts = [
        f"{case} {kind} {max(value for what, value in row[case][kind].items() if what != 'verdict'):.1e}"
        for case in ("air", "ground")
        for kind in ("physics", "control")
    ]
    return f"{row['station']}, {row['robot']}, {row['actuators']}: {', '.join(parts)} ({row['seconds']} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
