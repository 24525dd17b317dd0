"""Where the time of a step goes: physics, what the station computes, our faces."""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pilotline.envs
from pilotline.benchmarks.speed import ours
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Way

PHYSICS = "physics (mujoco.batch)"
ENGINE = "engine around it: records, digest, sensors"
FUSED = "station and robot, compiled"
STATION = "station and robot, Python on arrays"
BEGIN = "beginning new cycles"
FACES = "face: actions, observation, info"
REST = "libraries and the measurement"

_ENVS = Path(str(pilotline.envs.__file__)).parent
_BEGINNING = ("begin", "randomise", "place", "start", "take", "refresh", "clear", "_restart", "_begin")
_FACE_FILES = ("vector_env.py", "gym_env.py", "sb3_env.py", "face.py", "episodes.py")


def measure(setting: Setting) -> list[dict[str, Any]]:
    """Shares of a step of the vector environment and of a single one, by what the time is spent on.

    Python's own profiler tells who spends it; what it costs itself is taken off in proportion, as
    `profiler_slowdown` says.
    """
    found = []
    for title, way in (
        ("vector_env", ours.vector(setting, "vector_env", setting.nsim)),
        ("single_env", ours.single(setting, "single_env")),
    ):
        found.append({"way": title, "nsim": way.steps, **shares(way, setting.seconds / 2.0)})
    return found


def shares(way: Way, seconds: float) -> dict[str, Any]:
    """Time of a call in seconds and the share of each of the names above."""
    for _ in range(3):
        way.step()
    plain_s, calls = _time(way.step, seconds)
    profiler = cProfile.Profile()
    profiled_s, _ = profiler.runcall(_time, way.step, seconds, calls)
    parts: dict[str, float] = {}
    for where, (_, _, own_s, _, callers) in pstats.Stats(profiler).stats.items():  # type: ignore[attr-defined]
        for name, share_s in _parts(where, own_s, callers):
            parts[name] = parts.get(name, 0.0) + share_s
    total = sum(parts.values())
    order = (PHYSICS, ENGINE, FUSED, STATION, BEGIN, FACES, REST)
    return {
        "step_s": plain_s / calls,
        "shares": {name: parts[name] / total for name in order if parts.get(name)},
        "profiler_slowdown": profiled_s / plain_s,
    }


def _time(step: Callable[[], Any], seconds: float, calls: int = 0) -> tuple[float, int]:
    """Time of so many calls, or of as many as fill the seconds."""
    count, begun = 0, time.perf_counter()
    while count < calls or (not calls and time.perf_counter() - begun < seconds):
        step()
        count += 1
    return time.perf_counter() - begun, count


def _parts(where: tuple[str, int, str], own_s: float, callers: dict[Any, Any]) -> list[tuple[str, float]]:
    """What a function's own time belongs to; that of a library's function to whoever of ours called it."""
    name = _name(where)
    if name is not None:
        return [(name, own_s)]
    total = sum(entry[2] for entry in callers.values())
    if not callers or total <= 0.0:
        return [(REST, own_s)]
    return [(_name(caller) or REST, own_s * entry[2] / total) for caller, entry in callers.items()]


def _name(where: tuple[str, int, str]) -> str | None:
    """What a function of ours or of MuJoCo's batch belongs to, None for a library's."""
    file, _, function = where
    if file == "~":
        return PHYSICS if "batch" in function.lower() and "mujoco" in function.lower() else None
    path = Path(file)
    if not path.is_relative_to(_ENVS):
        return PHYSICS if "mujoco" in path.parts and "batch" in path.stem else None
    if function in _BEGINNING:
        return BEGIN
    if path.parent.name == "fused" or path.name == "compiled.py":
        return FUSED
    if path.name in _FACE_FILES:
        return FACES
    return ENGINE if path.name in ("engine.py", "sense.py", "station_batch.py") else STATION
