"""Where, when and with what something was computed."""

import os
import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from pilotline.benchmarks import code
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.schema import Header

_PACKAGES = ("pilotline", "mujoco", "numpy", "scipy", "numba", "gymnasium", "simpy")


def header(job: Job, wall_s: float, date: datetime | None = None) -> Header:
    """Header of a card computed now (or at `date`, with a time zone) on this machine in wall_s seconds."""
    when = (date or datetime.now(UTC)).astimezone(UTC)
    return Header(
        date=when.strftime("%Y-%m-%dT%H:%M:%SZ"),
        hardware=hardware(),
        versions=versions(),
        wall_s=round(wall_s, 3),
        nsim=job.nsim,
        nthread=job.nthread,
    )


def hardware() -> dict[str, str]:
    """Processor, cores, operating system and C library of this machine, and the vector instructions that NumPy uses.

    Sines, exponentials and the like come from the C library, or from NumPy itself where it uses AVX-512
    (`pilotline.benchmarks.arithmetic`), and differ in their last bit between them.
    """
    import numpy as np  # not where a command only tells of itself

    own = {"processor": _processor(), "cores": str(os.cpu_count()), "system": platform.system()}
    own["libc"] = " ".join(platform.libc_ver()).strip() or "unknown"
    extensions: Any = np.show_config(mode="dicts")["SIMD Extensions"]
    return own | {"vectors": " ".join(extensions.get("found", ()))}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on; commit and hash of our own code."""
    own = {"commit": code.commit(), "code": code.sha256()}
    return {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES} | own


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Model name where the system tells it, else the architecture."""
    listing = Path("/proc/cpuinfo")
    if listing.is_file():
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
