"""Cycles of scripts have the same bits whichever kernels NumPy and OpenBLAS would choose for a processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from pilotline import policies
from pilotline.envs import stations

STEPS = 60
ROBOTS = {"reach": "fixed", "stand": "biped"}


def _has_script(station: str) -> bool:
    try:
        policies.scripted(station)
    except policies.PolicyError:
        return False
    return True


SCRIPTED = [station for station in stations.names() if _has_script(station)]

_DIGESTS = """
import json, sys
from pilotline.benchmarks.arithmetic import choose_arithmetic
choose_arithmetic()
import numpy as np
from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
steps, wanted = json.loads(sys.argv[1])
ids, found = np.arange(2), {}
for station, name in wanted.items():
    robot = robots.load(name)
    policy = policies.load("reference", station, robot, len(ids), "harmonic")
    world = build_world(stations.load(station), robot, "harmonic")
    batch = StationBatch(world, len(ids), control=policy.control, nthread=1)
    batch.begin(ids, [cycle_seed(0, station, int(i)) for i in ids])
    policy.begin(ids)
    for _ in range(steps):
        batch.step(policy.act(batch.observe()))
    found[station] = batch.engine.digest.tolist()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def digests() -> list[dict[str, list[int]]]:
    """Of two cycles of every station that has a script: by this processor's own kernels, and by OpenBLAS's oldest."""
    asked = json.dumps([STEPS, {station: ROBOTS.get(station, "wheeled") for station in SCRIPTED}])
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS_", "NPY_"))}
    running = [
        subprocess.Popen([sys.executable, "-c", _DIGESTS, asked], env=own | more, stdout=subprocess.PIPE)
        for more in ({}, {"OPENBLAS_CORETYPE": "Prescott"})
    ]
    return [json.loads(process.communicate(timeout=600)[0]) for process in running]


@pytest.mark.slow
@pytest.mark.parametrize("station", SCRIPTED)
def test_no_kernel_of_openblas_shows_in_a_cycle(digests: list[dict[str, list[int]]], station: str) -> None:
    own, other = digests
    assert own[station] == other[station]


def test_numpy_does_without_avx_512() -> None:
    code = (
        "from pilotline.benchmarks.arithmetic import choose_arithmetic; choose_arithmetic();"
        "import numpy as np; print(*np.show_config(mode='dicts')['SIMD Extensions'].get('found', ()))"
    )
    own = {name: value for name, value in os.environ.items() if not name.startswith("NPY_")}
    told = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0
    assert "AVX512" not in told.stdout
    assert "X86_V4" not in told.stdout


def test_tests_reckon_as_commands_do() -> None:
    extensions: Any = np.show_config(mode="dicts")["SIMD Extensions"]
    found = extensions.get("found", ())
    assert not {"X86_V4", "AVX512_SKX"} & set(found), (
        "a plugin of pytest imported NumPy first; leave it out with -p no:"
    )


@pytest.mark.parametrize("name", ["NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"])
def test_what_numpy_is_told_already_stays(name: str) -> None:
    code = "from pilotline.benchmarks.arithmetic import choose_arithmetic, chosen; choose_arithmetic(); print(chosen())"
    own = {name: value for name, value in os.environ.items() if not name.startswith("NPY_")}
    told = subprocess.run(
        [sys.executable, "-c", code], env=own | {name: "X86_V3"}, capture_output=True, text=True, timeout=120
    )
    assert told.stdout.strip() == str({name: "X86_V3"})
