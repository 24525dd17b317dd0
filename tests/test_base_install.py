"""Without any extra: who scores, checks, compares and ranks needs no more than the base install."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

ALONE = """
import sys
from importlib.machinery import PathFinder
found = PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in {absent!r} else found(name, path, target)
PathFinder.find_spec = find_spec
from pilotline.benchmarks.cli import main
sys.exit(main(sys.argv[1:]))
"""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_by(requirements: list[str]) -> set[str]:
    """Distributions that come with some, and with those in turn."""
    found: set[str] = set()
    todo = [Requirement(each) for each in requirements]
    while todo:
        each = todo.pop()
        if normal(each.name) in found or (each.marker and not each.marker.evaluate({"extra": ""})):
            continue
        found.add(normal(each.name))
        try:
            todo += [Requirement(further) for further in requires(each.name) or ()]
        except PackageNotFoundError:
            continue
    return found


@pytest.fixture(scope="module")
def alone() -> str:
    """A program that runs `pilotline` as if nothing but the base install were there."""
    base = installed_by(PROJECT["project"]["dependencies"])
    modules = packages_distributions().items()
    absent = {name for name, owners in modules if name != "pilotline" and not base & {normal(own) for own in owners}}
    assert {"torch", "onnx", "statsmodels", "pandas", "pytest"} <= absent
    assert not absent & {"mujoco", "numpy", "scipy", "hydra", "pydantic"}
    return ALONE.format(absent=absent)


def test_a_score_is_verified_compared_and_ranked_without_extras(alone: str, tmp_path: Path) -> None:
    def pilotline(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", alone, *words], cwd=tmp_path, capture_output=True, text=True, timeout=600
        )
        assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
        return " ".join(ran.stdout.split())

    asked = ("station=reach", "robot=fixed", "cycles=80", "nsim=80", "video=false")
    for tier in ("ideal", "servo"):
        pilotline("score", *asked, f"actuators={tier}", f"out=cards/{tier}")
    card = "cards/ideal/scorecard.json"
    assert "holds bit for bit" in pilotline("verify", card, "out=again")
    assert "holds by equivalence" in pilotline("verify", card, "platform=other", "out=elsewhere")
    pilotline("compare", "cards/ideal", "cards/servo", "out=compared")
    pilotline("leaderboard", "cards", "out=board")
    assert (tmp_path / "board" / "index.html").is_file()


def test_what_needs_an_extra_says_which(alone: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", alone, "train", "station=reach", "steps=1000", "out=run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert "pip install 'pilotline[" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
