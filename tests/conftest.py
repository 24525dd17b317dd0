"""Settings of every test run: property tests ignore the clock, and MuJoCo draws without a window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from pilotline.benchmarks.arithmetic import choose_arithmetic
from pilotline.benchmarks.cli.display import choose_backend

if TYPE_CHECKING:
    from pilotline.robots import Robot

settings.register_profile("pilotline", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("pilotline")

choose_backend()  # before any test imports mujoco
choose_arithmetic()  # and NumPy


@pytest.fixture(scope="session")
def tiny_biped() -> Robot:
    """A small robot on legs with straight knees and two grippers, of `tiny_biped.yaml`."""
    from pilotline.robots import builtin
    from pilotline.robots.card import RobotCard
    from pilotline.robots.cardfile import read_card

    return builtin.from_card(read_card(Path(__file__).parent / "tiny_biped.yaml", RobotCard))
