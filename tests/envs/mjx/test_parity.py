"""MJX takes the same step as the CPU engine, from the same state and action, with the same laws, judge and reward.

One process of its own does all, on one core and with a hard time limit: see `pilotline.envs.mjx.pinned`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jax")
pytest.importorskip("mujoco.mjx")

LIMIT_S = 900.0
CLOSE = 1e-4
PHYSICS = ("qpos", "qvel", "act", "torque", "sensors", "peaks")


def test_one_step_is_the_cpus() -> None:
    """Everything in one test, because what it takes is compiling."""
    probe = Path(__file__).with_name("probe.py")
    run = subprocess.run([sys.executable, str(probe)], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    check_agreement(found)
    check_ways(found)


def check_agreement(found: dict[str, Any]) -> None:
    assert found["air contacts"] == 0
    assert found["ground contacts"] > 0
    for case in ("air", "ground"):
        for what in PHYSICS:
            assert found[f"{case} physics"][what] < CLOSE, (case, what)
        for what in (*PHYSICS, "obs", "reward"):
            assert found[f"{case} control"][what] < CLOSE, (case, what)
        assert found[f"{case} control"]["verdict"] == 0


def check_ways(found: dict[str, Any]) -> None:
    """A NaN action and broken physics end their own cycle; actions beyond the range are clipped."""
    assert found["bad_action"] == [False, True, False]
    assert found["diverged"] == [True, False, False]
    assert found["done"] == [1.0, 1.0, 0.0]
    assert found["reward"][:2] == [0.0, 0.0]
    assert found["reward"][2] > 0.0
    assert found["finite"]
    assert found["clipped"]
