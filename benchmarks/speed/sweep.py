"""Speed against the number of simulations: raw `mujoco.batch` and our faces over it, in turns at every size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pilotline.benchmarks import turns
from pilotline.benchmarks.speed import ours, raw
from pilotline.benchmarks.speed.compare import BATCH, SB3, TITLES, VECTOR, Progress
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Spread

_TURN_S = 0.15
_FEWEST_ROUNDS = 5


def measure(setting: Setting, sizes: Sequence[int], progress: Progress = lambda text: None) -> list[dict[str, Any]]:
    """Env-steps per second at every number of simulations, a row each with the ratios to raw `mujoco.batch`.

    Args:
      setting: its nsim is not used.
      sizes: numbers of simulations.
    """
    begin = raw.start(setting)
    found = []
    for size in sizes:
        progress(f"measuring {size} simulations")
        at = replace(setting, nsim=size)
        ways = [ours.sb3(at, SB3, size)] if find_spec("stable_baselines3") else []
        ways += [raw.batch(at, BATCH, begin, size), ours.vector(at, VECTOR, size)]
        rates = turns.rates(ways, setting.seconds, _TURN_S, _FEWEST_ROUNDS)
        found += [
            {
                "way": way,
                "nsim": size,
                "env_steps_per_s": Spread.of(values).plain(),
                "of_raw": Spread.of_ratio(values, rates[BATCH]).plain(),
            }
            for way, values in rates.items()
        ]
    return found


def plot(rows: Sequence[dict[str, Any]], table: dict[str, Any], path: Path) -> None:
    """Env-steps per second against number of simulations, both logarithmic; bands are the middle half of the turns.

    Args:
      rows: of `measure`.
      table: of `compare.measure`; its other ways are single points.
      path: .svg or .png.
    """
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "speed", "svg.fonttype": "path", "font.size": 10}):
        figure = Figure(figsize=(8.0, 5.0), layout="constrained")
        axes = figure.add_subplot()
        for way, colour in ((BATCH, "#555555"), (VECTOR, "#0b6e4f"), (SB3, "#b5651d")):
            line = sorted((row["nsim"], row["env_steps_per_s"]) for row in rows if row["way"] == way)
            if not line:
                continue
            sizes = [nsim for nsim, _ in line]
            axes.plot(sizes, [rate["median"] for _, rate in line], "o-", ms=4, color=colour, label=TITLES[way])
            low, high = ([rate[key] for _, rate in line] for key in ("quarter", "three_quarters"))
            axes.fill_between(sizes, low, high, color=colour, alpha=0.2, lw=0)
        others = [row for row in table["rows"] if row["way"] not in (BATCH, VECTOR, SB3)]
        for row, mark in zip(others, "sD^v<>pPXd*h", strict=False):
            rate = row["env_steps_per_s"]["median"]
            axes.plot([row["nsim"]], [rate], mark, ms=6, ls="", label=TITLES[row["way"]])
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xlabel("simulations (or environments) at once")
        axes.set_ylabel("environment steps of 20 ms per second, all together")
        axes.set_title(
            f"{table['station']}, {table['robot']} ({table['actuators']}), {table['nthread']} threads", fontsize=10
        )
        axes.grid(True, which="major", alpha=0.4)
        axes.grid(True, which="minor", alpha=0.15)
        axes.legend(fontsize=7.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
