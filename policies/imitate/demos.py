"""Demonstrations: what a policy saw and did, cycle by cycle, and for which interface that holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Interface

SCHEMA = "pilotline/demos/1"
Float32 = NDArray[np.float32]


class DemosError(ValueError):
    """Demonstrations that cannot be made or used; one line with the value and what is allowed."""


@dataclass(frozen=True)
class Episode:
    """One cycle of T control steps.

    Attributes:
      cycle: its number in the recording; with the recording's seed and the station it fixes every draw.
      observations: by entry, (T + 1, k) each; the last row is what was seen after the last step.
      actions: (T, m), within -1 to 1, as the simulation took them.
      rewards: (T,), float64.
      success: good: right the first time and without a fault.
      faults: names, sorted; empty exactly when the cycle is good.
      truncated: it ran out of time.
      time_s: from its start to its verdict.
    """

    cycle: int
    observations: Mapping[str, Float32]
    actions: Float32
    rewards: NDArray[np.float64]
    success: bool
    faults: tuple[str, ...]
    truncated: bool
    time_s: float


@dataclass(frozen=True)
class Demos:
    """A dataset that was read.

    Attributes:
      about: document of the recording, see `document`.
      episodes: in the order of their cycles.
    """

    about: Mapping[str, Any]
    episodes: tuple[Episode, ...]

    @property
    def interface(self) -> Mapping[str, Any]:
        """What it was recorded at, as `interface_document` has it."""
        found: Mapping[str, Any] = self.about["interface"]
        return found

    @property
    def steps(self) -> int:
        """Control steps of all cycles."""
        return sum(len(episode.actions) for episode in self.episodes)

    def sha256(self) -> str:
        """Hash of interface, cycles, arrays and outcomes: of the content, which a library may lay out as it likes."""
        found = hashlib.sha256()
        for part in _parts(self):
            found.update(len(part).to_bytes(8, "little") + part)
        return found.hexdigest()


def interface_document(interface: Interface) -> dict[str, Any]:
    """An interface in plain JSON types."""
    document: dict[str, Any] = json.loads(json.dumps(asdict(interface), allow_nan=False))
    return document


def held_against(demos: Demos, here: Interface) -> None:
    """Refuse demonstrations of another interface than the one that they are to be learned for.

    Raises:
      DemosError: the first thing that differs, with both values.
    """
    wanted = interface_document(here)
    for name, value in wanted.items():
        given = demos.interface.get(name)
        if given != value:
            told, expected = _difference(given, value)
            raise DemosError(f"demos: recorded with {name} {told}; here it is {expected}, allowed: the same")


def _difference(given: Any, value: Any) -> tuple[str, str]:
    """Two values that differ, of lists and dicts the first place where they do."""
    if isinstance(given, list) and isinstance(value, list):
        pairs = [pair for pair in zip(given, value, strict=False) if pair[0] != pair[1]]
        if pairs:
            return _short(pairs[0][0]), _short(pairs[0][1])
        return f"of {len(given)} parts", f"of {len(value)}"
    if isinstance(given, dict) and isinstance(value, dict):
        key = min(key for key in given.keys() | value.keys() if given.get(key) != value.get(key))
        return f"{key}={_short(given.get(key))}", f"{key}={_short(value.get(key))}"
    return _short(given), _short(value)


def _short(value: Any) -> str:
    if isinstance(value, dict) and "name" in value:
        value = " ".join([str(value["name"]), *(str(value[key]) for key in ("low", "high", "unit") if key in value)])
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _parts(demos: Demos) -> Iterator[bytes]:
    yield json.dumps(demos.interface, sort_keys=True).encode()
    for episode in demos.episodes:
        outcome = [episode.cycle, episode.success, list(episode.faults), episode.truncated]
        yield json.dumps(outcome).encode()
        arrays = {**episode.observations, "/actions": episode.actions, "/rewards": episode.rewards}
        for name in sorted(arrays):
            array = np.ascontiguousarray(arrays[name])
            yield f"{name} {array.shape}".encode()
            yield array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
