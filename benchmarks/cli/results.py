"""The folder that a verb writes, and its machine-readable `result.json`."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

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


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees the whole of it or nothing: temporary name, then rename."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


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
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "hardware": hardware(),
        "figures": dict(figures),
        "files": [path.name for path in files],
    }
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    return write_bytes(out / "result.json", text.encode())


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def hardware() -> dict[str, Any]:
    """Processor, cores usable by this process and memory, as far as the system tells."""
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.exists():
        for line in info.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None
