"""What the cycles of a job depend on: cycles of two settings never go into one table."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata
from typing import Any

from pydantic import TypeAdapter

from pilotline.benchmarks import code
from pilotline.benchmarks.facts import LineFacts, PolicyFacts, RobotFacts
from pilotline.benchmarks.job import Job

_PACKAGES = ("pilotline", "mujoco", "numpy", "scipy", "numba")
_FOLDERS = ("robots", "envs", "policies")
_OWN = ("campaign.py", "drive_meter.py", "line_run.py", "recorder.py", "rows.py")
"""Of this package: what turns trajectories into rows."""
_SUFFIXES = (".py", ".yaml", ".npz")


def setting_of(job: Job, line: LineFacts, robot: RobotFacts, policy: PolicyFacts | None) -> dict[str, Any]:
    """Everything that the rows of a job follow from, in plain JSON types.

    That is the job, the files and cards that it names, and the program. The processor is not in it: that it changes
    no bit is promised on one platform, and a campaign may move to another machine.
    """
    return {
        "job": job.body(),
        "policy": TypeAdapter(PolicyFacts | None).dump_python(policy, mode="json"),
        "robot": TypeAdapter(RobotFacts).dump_python(robot, mode="json"),
        "line": TypeAdapter(LineFacts).dump_python(line, mode="json"),
        "program": program(),
    }


def program() -> dict[str, str]:
    """System, versions of the packages that cycles are computed with, and a hash of our code for them."""
    here = {"system": f"{platform.system()} {platform.machine()}", "python": platform.python_version()}
    return here | {name: metadata.version(name) for name in _PACKAGES} | {"code": _code()}


@cache
def _code() -> str:
    """SHA-256 over the files that cycles are computed with."""
    found = [path for folder in _FOLDERS for path in code.files_of(code.root_of(folder)) if path.suffix in _SUFFIXES]
    own = [code.root_of("benchmarks") / name for name in _OWN]
    return code.hashed((path.name, path) for path in [*found, *own])
