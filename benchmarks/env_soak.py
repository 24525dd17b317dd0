"""Soak of an environment: millions of steps with random actions, some of them no numbers, in one vector environment.

`python -m pilotline.benchmarks.env_soak FILE.json steps=10_000_000` ends with status 0 if the memory that the process
took for itself grew by less than 1 % after its warm-up, every poisoned row ended its cycle as `bad_action`, and no
other row did.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import hardware, versions
from pilotline.benchmarks.speed.memory import own_bytes
from pilotline.envs.vector_env import StationVectorEnv

GROWTH_LIMIT = 0.01
_SAMPLES = 100
_WARM_SHARE = 0.1
_NOTE_S = 15.0

Bool = NDArray[np.bool_]


@dataclass(frozen=True)
class Soak:
    """What is run.

    Attributes:
      steps: environment steps over all simulations.
      nsim: simulations.
      nan_share: share of action rows in which a number is replaced by nan or an infinity.
      station, robot, actuators: by name.
      control: action layout, empty for the station's own.
      nthread: CPU threads, 0 for all.
      seed: of actions, poison and cycles.
    """

    steps: int = 10_000_000
    nsim: int = 512
    nan_share: float = 0.01
    station: str = "tote_destack"
    robot: str = "wheeled"
    actuators: str = "servo"
    control: str = ""
    nthread: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for a number out of range."""
        for name, low, high in (("steps", 1, 10**12), ("nsim", 1, 65_536), ("nan_share", 0.0, 1.0), ("seed", 0, 2**63)):
            if not low <= (value := getattr(self, name)) <= high:
                raise ValueError(f"{name}={value}: allowed: {low} to {high}")


def run(soak: Soak, note: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Step the environment; actions are uniform in [-1, 1].

    A slot that is about to begin its next cycle does not look at its action, so its row is not counted as poisoned.

    Returns:
      Counts of steps, poisoned rows, cycles by how they ended, memory samples, and `ok`.
    """
    envs = StationVectorEnv(
        soak.station,
        soak.nsim,
        soak.robot,
        soak.actuators,
        soak.control or None,
        flatten=True,
        nthread=soak.nthread,
        autoreset_mode=AutoresetMode.NEXT_STEP,
    )
    rng = np.random.default_rng(np.random.SeedSequence(soak.seed, spawn_key=(0,)))
    envs.reset(seed=soak.seed)
    calls = max(-(-soak.steps // soak.nsim), 1)
    tally = _Tally(soak.nsim)
    memory = [_sample(0)]
    begun = noted = time.monotonic()
    for call in range(1, calls + 1):
        actions, poisoned = _actions(rng, envs.action_space.shape, soak.nan_share)
        obs, reward, terminated, truncated, info = envs.step(actions)
        tally.add(poisoned, terminated, truncated, info, finite=_finite(obs, reward))
        if call % max(calls // _SAMPLES, 1) == 0 or call == calls:
            memory.append(_sample(call * soak.nsim))
        if time.monotonic() - noted > _NOTE_S:
            noted = time.monotonic()
            note(_progress(call, calls, noted - begun, memory[-1][1], tally))
    wall_s = time.monotonic() - begun
    envs.close()
    warm = next(bytes_ for steps, bytes_ in memory if steps >= _WARM_SHARE * calls * soak.nsim)
    growth = max(bytes_ for steps, bytes_ in memory if steps >= _WARM_SHARE * calls * soak.nsim) / warm - 1.0
    return {
        "setting": asdict(soak),
        "env_steps": calls * soak.nsim,
        "wall_s": round(wall_s, 1),
        **tally.figures(),
        "own_bytes": memory,
        "own_growth": growth,
        "ok": growth < GROWTH_LIMIT and tally.clean,
    }


class _Tally:
    """What came of the steps."""

    def __init__(self, nsim: int) -> None:
        self._fresh: Bool = np.zeros(nsim, np.bool_)
        self.poisoned = self.missed = self.blamed = self.not_numbers = 0
        self.endings: Counter[str] = Counter()

    def add(self, poisoned: Bool, terminated: Bool, truncated: Bool, info: dict[str, Any], finite: Bool) -> None:
        """One call: which rows were poisoned, which cycles ended and as what, (nsim,) each."""
        poisoned = poisoned & ~self._fresh
        faults = {name: value & ~self._fresh for name, value in info["faults"].items() if not name.startswith("_")}
        bad = faults["bad_action"]
        self.poisoned += int(poisoned.sum())
        self.missed += int((poisoned & ~(bad & terminated)).sum())
        self.blamed += int((bad & ~poisoned).sum())
        self.not_numbers += int((~finite).sum())
        ended = terminated | truncated
        for name, value in {**faults, "success": info["success"]}.items():
            self.endings[name] += int((value & ended).sum())
        self.endings["all"] += int(ended.sum())
        self._fresh = ended

    @property
    def clean(self) -> bool:
        """Poison always told, nobody blamed without it, and only numbers returned."""
        return not (self.missed or self.blamed or self.not_numbers)

    def figures(self) -> dict[str, Any]:
        """For the result."""
        return {
            "poisoned_rows": self.poisoned,
            "poisoned_without_fault": self.missed,
            "bad_action_without_poison": self.blamed,
            "rows_with_non_finite_output": self.not_numbers,
            "cycles_ended": dict(sorted(self.endings.items())),
        }


def _actions(rng: np.random.Generator, shape: tuple[int, int], nan_share: float) -> tuple[NDArray[np.float32], Bool]:
    """Random actions (nsim, k), and the rows (nsim,) in which one of them is no number."""
    actions = rng.uniform(-1.0, 1.0, shape).astype(np.float32)
    poisoned = rng.uniform(size=shape[0]) < nan_share
    rows = np.flatnonzero(poisoned)
    poison = np.array([np.nan, np.inf, -np.inf], np.float32)
    actions[rows, rng.integers(shape[1], size=len(rows))] = poison[rng.integers(3, size=len(rows))]
    return actions, poisoned


def _finite(obs: NDArray[np.float32], reward: NDArray[np.float64]) -> Bool:
    """Rows (nsim,) in which everything returned is a number."""
    return np.isfinite(obs).all(axis=1) & np.isfinite(reward)


def _sample(steps: int) -> tuple[int, int]:
    """Environment steps so far and memory of this process."""
    return steps, own_bytes()


def _progress(call: int, calls: int, spent_s: float, memory: int, tally: _Tally) -> str:
    left = time.strftime("%H:%M:%S", time.gmtime(spent_s / call * (calls - call)))
    return (
        f"{100.0 * call / calls:5.1f} %  {left} left  {memory / 2**20:,.0f} MiB  "
        f"{tally.endings['all']:,} cycles ended, {tally.poisoned:,} by poison, {tally.missed + tally.blamed} wrong"
    )


def parse(words: Sequence[str]) -> Soak:
    """The soak of `key=value` words.

    Raises:
      ValueError: an unknown key, or a value that is not one.
    """
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Soak)}
    given: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in kinds:
            raise ValueError(f"{word}: allowed: key=value with {', '.join(kinds)}")
        try:
            given[key] = kinds[key](value)
        except ValueError:
            raise ValueError(f"{word}: allowed: {kinds[key].__name__}") from None
    return Soak(**given)


def main(arguments: Sequence[str]) -> int:
    """Run a soak and write its result to the file named first."""
    if not arguments or "=" in arguments[0]:
        print("usage: python -m pilotline.benchmarks.env_soak FILE.json [key=value ...]", file=sys.stderr)
        return 2
    try:
        soak = parse(arguments[1:])
        figures = run(soak, lambda text: print(text, flush=True))
    except ValueError as error:
        print(f"env_soak: {error}", file=sys.stderr)
        return 2
    result = {
        "schema": "pilotline/result/1",
        "command": shlex.join(["python", "-m", "pilotline.benchmarks.env_soak", *arguments]),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "versions": versions(),
        "hardware": hardware(),
        "figures": figures,
    }
    write_atomically(Path(arguments[0]), (json.dumps(result, indent=1, allow_nan=False) + "\n").encode())
    print(
        f"{figures['env_steps']:,} env-steps in {figures['wall_s']:,.0f} s, memory grew by "
        f"{100.0 * figures['own_growth']:.2f} %, {figures['poisoned_rows']:,} poisoned rows, "
        f"{figures['poisoned_without_fault']} without a fault, {figures['bad_action_without_poison']} blamed unpoisoned"
    )
    return 0 if figures["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
