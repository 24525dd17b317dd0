"""The folder that a verb writes, and its machine-readable `result.json`."""

from __future__ import annotations

import json
import os
import platform
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.cli.errors import CommandError

SCHEMA = "pilotline/result/1"
_PACKAGES = ("pilotline", "mujoco", "numpy", "numba", "gymnasium", "scipy")


def open_out(out: Path) -> Path:
    """Make the folder that a verb writes into, before the long work begins.

    Raises:
      CommandError: it cannot be made or written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            return out
    except OSError as error:
        raise CommandError(f"out={out}: cannot be written to: {error.strerror}") from None


def write_result(
    out: Path, command: Sequence[str], figures: Mapping[str, Any], files: Sequence[Path] = ()
) -> Path:
    """Write `out/result.json`: what was run, where, with what, and the figures it gave.

    Args:
      out: existing folder.
      command: the command line, a word each.
      figures: what the verb measured or found; plain JSON types, finite numbers.
      files: other files the verb wrote, in `out`.
    """
    content = {
        "schema": SCHEMA,
        "command": shlex.join(command),
        **stamp(),
        "figures": dict(figures),
        "files": [path.name for path in files],
    }
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    path = out / "result.json"
    write_atomically(path, text.encode())
    return path


def stamp() -> dict[str, Any]:
    """When, with what and on what something was computed: date, versions, hardware."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "hardware": hardware(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def hardware() -> dict[str, str]:
    """Processor, cores usable by this process and memory, as far as the system tells."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(cores or "unknown"),
        "memory": _memory(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
    except (AttributeError, ValueError, OSError):
        return "unknown"
