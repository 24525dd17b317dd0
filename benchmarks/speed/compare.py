"""Every way of stepping the same physics, in turns in one run, each beside the raw MuJoCo that it could be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from pilotline.benchmarks import turns
from pilotline.benchmarks.speed import mjx_way, ours, raw, workers
from pilotline.benchmarks.speed.python_laws import NoLawError
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Spread, Way
from pilotline.envs import stations
from pilotline.envs.station_batch import SetupError

LOOP, LOOPS, BATCH = "mj_step_one_thread", "mj_step_all_threads", "mujoco_batch"
SINGLE, VECTOR, HANDS, SB3 = "single_env", "vector_env", "vector_env_hands", "sb3_vec_env"
ASYNC, ASYNC_MANY, SUBPROC = "async_vector_env", "async_vector_env_many", "sb3_subproc_vec_env"
LAW_JOINTS, LAW_ARRAYS, LAW_WORKERS = "python_law_joint_by_joint", "python_law_arrays", "python_law_workers"
MJX = "mjx"

TITLES = {
    LOOP: "mj_step, C loop, one thread",
    LOOPS: "mj_step, C loop, all threads",
    BATCH: "mujoco.batch",
    VECTOR: "our vector env",
    HANDS: "our vector env, hand motion",
    SB3: "our Stable-Baselines3 VecEnv",
    SINGLE: "our single env",
    ASYNC: "Gymnasium AsyncVectorEnv",
    ASYNC_MANY: "Gymnasium AsyncVectorEnv, many",
    SUBPROC: "Stable-Baselines3 SubprocVecEnv",
    LAW_WORKERS: "laws in Python, a process each",
    LAW_ARRAYS: "law in Python, joints at once",
    LAW_JOINTS: "law in Python, joint by joint",
    MJX: "our MJX env",
}
"""Every way, in the order of tables."""

_TURN_ORDER = (SUBPROC, ASYNC, ASYNC_MANY, LOOPS, SB3, BATCH, VECTOR, HANDS, MJX, SINGLE, LOOP, LAW_ARRAYS, LAW_JOINTS)
"""Those that are compared most closely follow each other."""

_ALONE = (SINGLE, LOOP)
"""Ways that are measured against `mj_step` on one thread, the others against `mujoco.batch`."""

_TURN_S = 0.15
"""A turn is short, so that ways which are compared meet the same mood of the machine."""
_FEWEST_ROUNDS = 6

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One way of stepping as it was measured.

    Attributes:
      way: key of `TITLES`.
      nsim: simulations or environments at once.
      substeps: physics steps in a control step.
      env_steps_per_s: control steps of all of them.
      of_raw: its rate over that of `raw_way`.
      ours_over: rate of our vector environment over its own.
    """

    way: str
    nsim: int
    substeps: int
    raw_way: str
    env_steps_per_s: Spread
    of_raw: Spread
    ours_over: Spread | None

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "way": self.way,
            "nsim": self.nsim,
            "env_steps_per_s": self.env_steps_per_s.plain(),
            "physics_steps_per_s": self.substeps * self.env_steps_per_s.median,
            "raw_way": self.raw_way,
            "of_raw": self.of_raw.plain(),
            "vector_env_over_this": self.ours_over.plain() if self.ours_over else None,
        }


def measure(
    setting: Setting, *, others: bool = True, many: int = 0, mjx: int = 0, progress: Progress = lambda text: None
) -> dict[str, Any]:
    """Control steps of all simulations per second, for raw MuJoCo, our environments and what others do.

    Physics is the same everywhere: the first cycle's world with the robot holding its home pose, ten physics steps a
    control step, one observation vector a simulation. (A station that moves part of the robot itself has more
    contacts and motion than raw MuJoCo, where everything holds still.) The ways take turns, and a ratio is the median
    of the ratios within each turn: a shared machine changes its speed.

    Args:
      setting: what is measured.
      others: also the libraries' workers and laws in Python, else raw MuJoCo and our own faces only.
      many: environments of a second `AsyncVectorEnv`, beyond one per core; 0 for none.
      mjx: simulations of the MJX environment, 0 for none.
      progress: told what is going on.

    Returns:
      `rows` (see `Row`), `missing` (way: reason) and the setting.
    """
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        ways = _workers(setting, many, stack, missing, progress) if others else []
        progress("compiling worlds")
        ways += _raw(setting, stack) + _ours(setting, missing, others)
        if mjx:
            progress("compiling for MJX")
            _add(ways, missing, MJX, lambda: mjx_way.start(setting, MJX, mjx, stack))
        ordered = sorted(ways, key=lambda way: (*_TURN_ORDER, LAW_WORKERS).index(way.name))
        progress(f"measuring {len(ordered)} ways ({setting.actuators})")
        rates = turns.rates(ordered, setting.seconds, _TURN_S, _FEWEST_ROUNDS)
    counts = {way.name: mjx if way.name == MJX else _count(setting, way.name, many) for way in ways}
    substeps = stations.load(setting.station).card.substeps
    rows = [_row(name, counts[name], rates, substeps) for name in TITLES if name in rates]
    return {
        "station": setting.station,
        "robot": setting.robot,
        "actuators": setting.actuators,
        "nthread": setting.threads,
        "physics_steps_per_env_step": substeps,
        "rows": [row.plain() for row in rows],
        "missing": missing,
    }


def _count(setting: Setting, way: str, many: int) -> int:
    """Simulations at once."""
    if way in (BATCH, VECTOR, HANDS, SB3):
        return setting.nsim
    if way in (LOOP, SINGLE, LAW_ARRAYS, LAW_JOINTS):
        return 1
    return many if way == ASYNC_MANY else setting.threads


def _row(name: str, nsim: int, rates: dict[str, list[float]], substeps: int) -> Row:
    reference = LOOP if name in _ALONE else BATCH
    over = None if name == VECTOR else Spread.of_ratio(rates[VECTOR], rates[name])
    ratio = Spread.of_ratio(rates[name], rates[reference])
    return Row(name, nsim, substeps, reference, Spread.of(rates[name]), ratio, over)


def _workers(setting: Setting, many: int, stack: ExitStack, missing: dict[str, str], progress: Progress) -> list[Way]:
    """Processes first, while this one has no threads."""
    ways: list[Way] = []
    progress("starting worker processes")
    count = setting.threads
    _add(ways, missing, ASYNC, lambda: workers.gymnasium_workers(setting, ASYNC, count, stack))
    if many:
        _add(ways, missing, ASYNC_MANY, lambda: workers.gymnasium_workers(setting, ASYNC_MANY, many, stack))
    _add(ways, missing, SUBPROC, lambda: workers.sb3_workers(setting, SUBPROC, count, stack))
    _add(ways, missing, LAW_WORKERS, lambda: workers.python_law_workers(setting, LAW_WORKERS, count, stack))
    return ways


def _raw(setting: Setting, stack: ExitStack) -> list[Way]:
    begin = raw.start(setting)
    return [
        raw.loop(LOOP, begin),
        raw.loops(setting, LOOPS, begin, stack),
        raw.batch(setting, BATCH, begin, setting.nsim),
    ]


def _ours(setting: Setting, missing: dict[str, str], others: bool) -> list[Way]:
    only = stations.load(setting.station).card.control
    ways = [ours.single(setting, SINGLE), ours.vector(setting, VECTOR, setting.nsim)]
    if others:
        if only is None:
            _add(ways, missing, HANDS, lambda: ours.vector(setting, HANDS, setting.nsim, "ee"))
        _add(ways, missing, SB3, lambda: ours.sb3(setting, SB3, setting.nsim))
        _add(ways, missing, LAW_ARRAYS, lambda: workers.python_law(setting, LAW_ARRAYS, at_once=True))
        _add(ways, missing, LAW_JOINTS, lambda: workers.python_law(setting, LAW_JOINTS, at_once=False))
    return ways


def _add(ways: list[Way], missing: dict[str, str], name: str, make: Callable[[], Way]) -> None:
    """Add a way, or note why it cannot be had here."""
    try:
        ways.append(make())
    except (ImportError, NoLawError, SetupError, mjx_way.NoMjxError) as error:
        missing[name] = " ".join(str(error).split())
