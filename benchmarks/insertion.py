"""How hard an insertion is, by clearance and by friction, on the peg rig without a robot: `make insertion`.

A peg of 8 mm on a compliant holder comes down beside its hole by an error of the pose source and tilted by that of a
grasp. A script lowers it to touch, feels for the hole on a spiral under a light press, and pushes it home under a
force limit. Every condition is tried with the same starts and edges, so that conditions differ by their figure alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from mujoco import batch as mjbatch
from numpy.typing import NDArray
from scipy import stats

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.benchmarks.statistics import wilson
from pilotline.envs import stations
from pilotline.envs.placement import Placement
from pilotline.envs.sense import sensor_columns
from pilotline.envs.stations.peg_holes import STAVES, place_friction, place_hole
from pilotline.envs.stations.peg_layout import HOLE_DEPTH_M
from pilotline.envs.stations.peg_rig import OUTER_M, Fit, Holder, rig_model
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.search import spiral

Float = NDArray[np.float64]

PEG_M = 0.003993
CLEARANCES_MM = (0.5, 0.3, 0.2, 0.114, 0.08, 0.05)
"""Diametral."""
FRICTIONS = (0.1, 0.2, 0.3, 0.45, 0.6, 0.8)
NOMINAL_CLEARANCE_MM, NOMINAL_FRICTION = 0.114, 0.3
TRIES = 200
SEED = 20261122

HOLDER = Holder(across_n_per_m=5_000.0, along_n_per_m=20_000.0, turn_nm_per_rad=30.0, mass_kg=0.5, drag_ns_per_m=5.0)
"""Estimate: a servoed arm's wrist with a grip, as a remote-centre compliance."""
PLACE_SIGMA_M, TILT_SIGMA_RAD = 0.0003, np.deg2rad(0.5)
"""Error of the station's pose source, and estimate of a grasp's."""
AXIAL_LIMIT_N, LATERAL_LIMIT_N, SEATED_M = 50.0, 30.0, 0.001
"""Limits of station B1."""
LIMIT_S = 20.0
_START_M = 0.001
_LOWER_M_PER_S, _TOUCH_N = 0.010, 3.0
_FEEL_N, _PUSH_N = 6.0, 35.0
_CAUGHT_M = 0.0005
_PITCH_M, _WALK_M_PER_S, _REACH_M = 0.0001, 0.004, 0.0012
_GAIN_M_PER_S_N = 0.0006
"""Speed along per newton that the press is off."""


@dataclass(frozen=True)
class Tries:
    """n insertions: what was set and what came out.

    Attributes:
      clearance_m: (n,) diametral.
      friction: (n,).
      seated: (n,) bool, home within limits of force and time.
      time_s: (n,), the limit where it was not.
      axial_n, lateral_n: (n,) peaks.
    """

    clearance_m: Float
    friction: Float
    seated: NDArray[np.bool_]
    time_s: Float
    axial_n: Float
    lateral_n: Float


def insert(clearance_m: Float, friction: Float, start: Mapping[str, Float], nthread: int) -> Tries:
    """Try n insertions.

    Args:
      clearance_m, friction: (n,).
      start: `beside` (n, 2) m, `tilt` (n, 2) rad, `edge` (n,) m of the hole's rim.
      nthread: threads; results do not depend on it.
    """
    n = len(clearance_m)
    step_s = CONTROL_PERIOD_S / stations.load("peg_gear").card.substeps
    widest = Fit(PEG_M, PEG_M + float(clearance_m.max()) / 2, 0.3, edge_m=float(start["edge"].max()))
    model = rig_model(widest, HOLDER, step_s, sized_later=True)
    sims = mjbatch.Batch(model, n, nthread)
    ids = np.arange(n)
    sims.reset(ids)
    put = Placement(sims, ids)
    place_hole(put, "hole", PEG_M + clearance_m / 2, HOLE_DEPTH_M, OUTER_M, start["edge"], np.zeros((n, STAVES)))
    place_friction(put, "hole", friction)
    rest = sims.expand("qpos_spring")
    acts, ctrl, data = sims.bind("act"), sims.bind("ctrl"), sims.bind("sensordata")
    for k, name in enumerate(("rx", "ry")):
        rest[:, int(model.joint(name).qposadr[0])] = start["tilt"][:, k]
        put.qpos(name, start["tilt"][:, k])
    began = np.concatenate([start["beside"], np.full((n, 1), _START_M)], axis=-1)
    for k, name in enumerate(("go_x", "go_y", "go_z")):
        put.qpos(name, began[:, k])
        acts[:, k] = began[:, k]
    sims.forward(ids)

    columns, substeps = sensor_columns(model), round(CONTROL_PERIOD_S / step_s)
    touched, caught = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    felt_s, time_s = np.zeros(n), np.full(n, LIMIT_S)
    axial, lateral, seated = np.zeros(n), np.zeros(n), np.zeros(n, np.bool_)
    going = ids
    for tick in range(round(LIMIT_S / CONTROL_PERIOD_S)):
        force, tip = data[going, columns["force"]], data[going, columns["tip"]]
        press = np.abs(force[:, 2])
        touched[going] |= press > _TOUCH_N
        caught[going] |= tip[:, 2] < -_CAUGHT_M
        feels = touched[going] & ~caught[going]
        aim = np.where(caught[going], _PUSH_N, _FEEL_N)
        servo = np.clip(_GAIN_M_PER_S_N * (press - aim), -_LOWER_M_PER_S, _LOWER_M_PER_S)
        ctrl[going, 2] = np.where(touched[going] | caught[going], servo, -_LOWER_M_PER_S)
        walk = [spiral(felt_s[going] + ahead, _PITCH_M, _WALK_M_PER_S, _REACH_M) for ahead in (0.0, CONTROL_PERIOD_S)]
        ctrl[going, :2] = np.where(feels[:, None], (walk[1] - walk[0]) / CONTROL_PERIOD_S, 0.0)
        felt_s[going] += np.where(feels, CONTROL_PERIOD_S, 0.0)

        record = sims.rollout(substeps, record=("sensordata",), ids=going)["sensordata"]
        forces = record[:, :, columns["force"]]
        axial[going] = np.maximum(axial[going], np.abs(forces[:, :, 2]).max(axis=1))
        lateral[going] = np.maximum(lateral[going], np.hypot(forces[:, :, 0], forces[:, :, 1]).max(axis=1))
        home = record[:, -1, columns["tip"]][:, 2] < -HOLE_DEPTH_M + SEATED_M
        broken = (axial[going] > AXIAL_LIMIT_N) | (lateral[going] > LATERAL_LIMIT_N)
        seated[going] = home & ~broken
        time_s[going] = np.where(seated[going], (tick + 1) * CONTROL_PERIOD_S, LIMIT_S)
        going = going[~(home | broken)]
        if not len(going):
            break
    return Tries(clearance_m, friction, seated, time_s, axial, lateral)


def starts(n: int, seed: int) -> dict[str, Float]:
    """Errors and edges of n tries, the same for every condition."""
    rng = np.random.default_rng(seed)
    low, high = stations.load("peg_gear").card.figure_range("chamfer_mm")
    return {
        "beside": rng.normal(size=(n, 2)) * PLACE_SIGMA_M,
        "tilt": rng.normal(size=(n, 2)) * TILT_SIGMA_RAD,
        "edge": np.maximum(rng.uniform(low, high, size=n) / 1000.0, 5e-5),
    }


def sweep(tries: int, nthread: int, seed: int = SEED) -> dict[str, Any]:
    """Both sweeps, with intervals, and how difficulty orders."""
    start = starts(tries, seed)
    rows = {}
    for name, values in (("clearance_mm", CLEARANCES_MM), ("friction", FRICTIONS)):
        k = len(values)
        each = np.repeat(values, tries)
        clearance = each / 1000.0 if name == "clearance_mm" else np.full(k * tries, NOMINAL_CLEARANCE_MM / 1000.0)
        friction = each if name == "friction" else np.full(k * tries, NOMINAL_FRICTION)
        repeated = {key: np.concatenate([value] * k) for key, value in start.items()}
        done = insert(clearance, friction, repeated, nthread)
        rows[name] = [summary(name, value, done, each == value) for value in values]
    return {"by_clearance": rows["clearance_mm"], "by_friction": rows["friction"], "difficulty": difficulty(rows)}


def summary(name: str, value: float, done: Tries, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """One condition: yield with its Wilson interval; means with 95 % intervals of Student's t."""
    seated, n = int(done.seated[chosen].sum()), int(chosen.sum())

    def mean(values: Float) -> dict[str, float]:
        spread = 0.0 if n < 2 else float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
        middle = float(values.mean())
        return {"mean": round(middle, 4), "low": round(middle - spread, 4), "high": round(middle + spread, 4)}

    return {
        name: value,
        "n": n,
        "seated": seated,
        "yield": round(seated / n, 4),
        "yield_interval": [round(bound, 4) for bound in wilson(seated, n)],
        "time_s": mean(done.time_s[chosen]),
        "peak_axial_n": mean(done.axial_n[chosen]),
        "peak_lateral_n": mean(done.lateral_n[chosen]),
    }


def difficulty(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Whether each condition is harder than the one before: in order of means, and beyond their intervals."""

    def ordered(means: Sequence[Mapping[str, float]]) -> dict[str, Any]:
        pairs = list(pairwise(means))
        return {
            "monotone": all(later["mean"] >= earlier["mean"] for earlier, later in pairs),
            "no_step_easier_beyond_intervals": all(later["high"] >= earlier["low"] for earlier, later in pairs),
            "last_over_first": round(means[-1]["mean"] / max(means[0]["mean"], 1e-9), 3),
        }

    return {
        name: {key: ordered([row[key] for row in found]) for key in ("time_s", "peak_axial_n")}
        | {"yields": [row["yield"] for row in found]}
        for name, found in rows.items()
    }


def plot(result: Mapping[str, Any], path: Path) -> None:
    """Yield, time and peak force over clearance and over friction, as SVG."""
    with matplotlib.rc_context({"svg.hashsalt": "insertion", "svg.fonttype": "path", "font.size": 9}):
        figure = Figure(figsize=(8.0, 6.0), layout="constrained")
        axes = figure.subplots(3, 2, sharex="col", sharey="row")
        sides = (
            ("by_clearance", "clearance_mm", "diametral clearance (mm)"),
            ("by_friction", "friction", "friction (-)"),
        )
        for column, (rows, key, label) in enumerate(sides):
            x = [row[key] for row in result[rows]]
            low, high = np.array([row["yield_interval"] for row in result[rows]]).T
            axes[0, column].fill_between(x, 100 * low, 100 * high, alpha=0.25)
            axes[0, column].plot(x, [100 * row["yield"] for row in result[rows]], marker="o")
            for line, what in ((1, "time_s"), (2, "peak_axial_n")):
                mean = [row[what] for row in result[rows]]
                axes[line, column].fill_between(x, [m["low"] for m in mean], [m["high"] for m in mean], alpha=0.25)
                axes[line, column].plot(x, [m["mean"] for m in mean], marker="o")
            axes[2, column].set_xlabel(label)
        axes[2, 0].invert_xaxis()
        for line, name in enumerate(("seated (%)", "time (s)", "peak axial force (N)")):
            axes[line, 0].set_ylabel(name)
        for one in axes.flat:
            one.grid(alpha=0.3)
        count = result["by_clearance"][0]["n"]
        figure.suptitle(f"Insertion of an 8 mm peg, scripted, n = {count} a point, bands are 95 % intervals")
        figure.savefig(path, format="svg", metadata={"Date": None})


def main(arguments: Sequence[str]) -> int:
    """Run both sweeps; write the result and the plot to the files named."""
    if len(arguments) not in (2, 3):
        print("usage: python -m pilotline.benchmarks.insertion RESULT.json PLOT.svg [TRIES]", file=sys.stderr)
        return 2
    tries = int(arguments[2]) if len(arguments) == 3 else TRIES
    figures = {"peg_mm": 2000 * PEG_M, "tries": tries, "seed": SEED, "limit_s": LIMIT_S}
    result = {"figures": figures, "versions": versions(), "hardware": hardware(), **sweep(tries, nthread=2)}
    write_atomically(Path(arguments[0]), (json.dumps(result, indent=1, sort_keys=True) + "\n").encode())
    plot(result, Path(arguments[1]))
    for row in (*result["by_clearance"], *result["by_friction"]):
        print(json.dumps(row))
    print(json.dumps(result["difficulty"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
