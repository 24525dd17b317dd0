"""A policy folder at work."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from pilotline.policies.remote.errors import RemoteError
from pilotline.policies.remote.policy import RemotePolicy, Source
from pilotline.policies.sandbox.cage.order import LAYERS, Order
from pilotline.policies.sandbox.errors import SandboxError
from pilotline.policies.sandbox.limits import Limits, granted
from pilotline.policies.sandbox.link import CagedLink
from pilotline.policies.sandbox.manifest import Manifest, hashes, read_manifest
from pilotline.policies.sandbox.place import Folder
from pilotline.robots import Robot

GIVEN = Path(__file__).resolve().parent / "given"
"""What programs are given beside their folder: a module that speaks the protocol."""

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/alternatives",
)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True)
class FolderSource:
    """What a policy folder is and what it may take.

    Attributes:
      title: as its manifest says.
      files: name and SHA-256 of everything in it.
      notes: the limits, and where they are less than was asked for; a line each.
    """

    title: str
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def check(folder: Folder) -> None:
    """Whether a policy folder can be run on any machine like this, without running it.

    Raises:
      SandboxError: it cannot; one line.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(f"policy=sandbox:{folder.path}: needs Linux; this is {sys.platform}")
    read_manifest(Path(folder.path))


def source_of(folder: Folder) -> FolderSource:
    """What a scorecard says of a policy folder; it is not run for that.

    Raises:
      SandboxError: it cannot be used.
    """
    path = Path(folder.path)
    manifest = read_manifest(path)
    limits, notes = _limits(manifest, folder)
    said = f"runs as a process of its own within {limits.text()}, fork={'yes' if manifest.fork else 'no'}"
    return FolderSource(manifest.title, hashes(path), (said, *notes))


class FolderPolicy(RemotePolicy):
    """The program of a policy folder, in a cage, as a policy; what it does wrong ends the cycles that it concerns.

    One process serves all simulations. It is started again for the next cycle when it ends or is ended.

    Args:
      folder: and what it may take.
      station, robot, nsim, actuators: as of `RemotePolicy`.
      layers: of the cage that may be used.

    Raises:
      RemoteError: a folder that cannot be used here, or for something else; one line.
    """

    def __init__(
        self,
        folder: Folder,
        station: str,
        robot: Robot,
        nsim: int,
        actuators: str = "ideal",
        layers: tuple[str, ...] = LAYERS,
    ) -> None:
        check(folder)
        path = Path(folder.path).resolve()
        manifest = read_manifest(Path(folder.path))
        hashes(path)  # refuses links and devices
        limits, _ = _limits(manifest, folder)
        self._layers: set[tuple[str, ...]] = set()

        def order(temporary: str, outside: str) -> Order:
            return _order(path, manifest, limits, folder.need, layers, temporary, outside)

        source = Source(
            f"sandbox:{folder.path}",
            f"sandbox:{folder.path}",
            "refused",
            connect=lambda answered: CagedLink(order, limits, answered, self._layers.add),
            replan=folder.replan,
            shared=True,
        )
        super().__init__(source, station, robot, nsim, actuators)

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers that every one of its cages had, sorted."""
        return tuple(sorted(set.intersection(*map(set, self._layers)))) if self._layers else ()

    def remarks(self) -> tuple[str, ...]:
        """Layers of the cage, those that this machine does not give, the latency, and why cycles were ended."""
        held = [each.partition(" ")[0] for each in self.layers]
        missing = [name for name in LAYERS if name not in held]
        without = f"; not given by this machine: {', '.join(missing)}" if missing else ""
        return (f"kept by {', '.join(self.layers)}{without}", *super().remarks())


def _limits(manifest: Manifest, folder: Folder) -> tuple[Limits, tuple[str, ...]]:
    asked = {name: value for name, value in manifest.limits.model_dump().items() if value is not None}
    return granted(asked, folder.most)


def _order(
    path: Path,
    manifest: Manifest,
    limits: Limits,
    need: tuple[str, ...],
    layers: tuple[str, ...],
    temporary: str,
    outside: str,
) -> Order:
    if manifest.python is not None:
        command: tuple[str, ...] = (sys.executable, "-B", f"{{folder}}/{manifest.python}")
    else:
        first, *rest = manifest.command or ("",)
        command = (first if os.path.isabs(first) else f"{{folder}}/{first}", *rest)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "{scratch}",
        "TMPDIR": "{scratch}",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(GIVEN),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONHASHSEED": "0",
        **dict.fromkeys(_THREADS, "1"),
        **manifest.environment,
        "PILOTLINE_FD": "3",
    }
    return Order(
        command=command,
        folder=str(path),
        read=_read(path),
        environment=environment,
        temporary=temporary,
        outside=outside,
        fork=manifest.fork,
        layers=layers,
        need=need,
        memory_mb=limits.memory_mb,
        start_cpu_s=limits.start_s,
        cpu_s=limits.cpu_s,
        tasks=limits.tasks,
        scratch_mb=limits.scratch_mb,
    )


def _read(path: Path) -> tuple[str, ...]:
    """What programs need of this machine: its libraries, our Python, the module of ours; none within another.

    Raises:
      RemoteError: the folder is so high up that all of that would lie in it.
    """
    wanted = sorted({*_SYSTEM, sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix), str(GIVEN)})
    if os.path.dirname(str(path)) == "/" and any(each.startswith(f"{path}/") or each == str(path) for each in wanted):
        raise RemoteError(f"policy=sandbox:{path}: a folder of the system; allowed: one of its own")
    kept: list[str] = []
    for each in wanted:
        if not any(each.startswith(f"{other}/") for other in kept):
            kept.append(each)
    return tuple(kept)
