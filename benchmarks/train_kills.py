"""Kill training again and again: `python -m pilotline.benchmarks.train_kills RESULT.json [kills=10] [trainer=sb3_ppo]`.

A run is killed (SIGKILL, with all its threads) at random moments, goes on each time, and is compared with one that was
left alone: the same curve, the same networks, no checkpoint that cannot be read.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pilotline.benchmarks import evidence
from pilotline.benchmarks.process import PILOTLINE
from pilotline.policies.train import legs

_WORDS = ("station=reach", "nsim=8", "leg_steps=512", "cycles=8", "nthread=1")


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kills: int = Field(default=10, ge=1, le=1000)
    trainer: str = "sb3_ppo"
    steps: int = Field(default=32_768, ge=512)
    seed: int = Field(default=0, ge=0)


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Train once undisturbed and once with kills; what came out, by name.

    Times to the next kill are drawn so that all of them together are about what the undisturbed run took: some fall
    into its start, some into legs, evaluations and checkpoints.
    """
    whole, broken = folder / "whole", folder / "broken"
    command = [*PILOTLINE, "train", f"trainer={settings.trainer}", *_WORDS]
    command.append(f"steps={settings.steps}")
    begun = time.perf_counter()
    _finish(command, whole)
    alone_s = time.perf_counter() - begun
    rng = np.random.default_rng(settings.seed)
    rows: list[dict[str, Any]] = []
    for _ in range(settings.kills):
        moment = float(rng.uniform(0.0, 2.0 * alone_s / settings.kills))
        ended = _kill_after(command, broken, moment)
        left = legs.newest(broken) if broken.exists() else None
        # a checkpoint that cannot be read ends this with an error
        rows.append({"after_s": round(moment, 2), "legs_kept": len(legs.read(left)[1].rows) if left else 0})
        if ended:
            break
    _finish(command, broken)
    one, other = (legs.read(found)[1] for found in map(legs.newest, (whole, broken)) if found)
    return {
        "trainer": settings.trainer,
        "kills": rows,
        "legs": len(one.rows),
        "same_curve": _untimed(one) == _untimed(other),
        "same_networks": all(_network(whole / name) == _network(broken / name) for name in (legs.BEST, legs.LAST)),
    }


def _finish(command: list[str], out: Path) -> None:
    subprocess.run([*command, f"out={out}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _kill_after(command: list[str], out: Path, seconds: float) -> bool:
    """Whether the run ended by itself before."""
    process = subprocess.Popen([*command, f"out={out}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def _untimed(state: legs.State) -> list[Any]:
    return [(row.leg, row.steps, row.episodes, row.mean_return, row.evaluation) for row in state.rows] + [state.best]


def _network(path: Path) -> list[bytes]:
    """Weights of a policy file; its training record has times in it."""
    import onnx

    return [tensor.raw_data for tensor in onnx.load(path, load_external_data=False).graph.initializer]


def _harmless(found: dict[str, Any]) -> bool:
    return bool(found["same_curve"] and found["same_networks"])


def main(words: list[str]) -> int:
    """Write the result file; 1 where a kill did harm."""
    return evidence.main("train_kills", words, Settings, run, _harmless)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
