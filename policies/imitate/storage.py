"""Demonstrations on disk: a Minari dataset (HDF5) in a folder of one's own choice."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pilotline.envs.interface import Interface
from pilotline.policies.imitate.demos import SCHEMA, Demos, DemosError, Episode, interface_document

DATA = "data"
"""Folder of the dataset inside that of the recording, where Minari looks for it."""
_OURS = "pilotline"
_METADATA = "metadata.json"
_ALLOWED = "allowed: a folder as `pilotline record` left it"


def write(folder: Path, here: Interface, about: Mapping[str, Any], episodes: Iterable[Episode]) -> int:
    """Write a dataset, whole or not at all; returns how many episodes it has.

    Args:
      folder: exists; gets `data/`.
      here: interface of the recording.
      about: the rest of its document: policy, station, robot, actuators, pack, seed, versions.
      episodes: one or more; taken one at a time.

    Raises:
      DemosError: the folder holds demonstrations already, or there is no episode.
      ImportError: Minari is not installed.
    """
    if (folder / DATA).exists():
        raise DemosError(f"{folder}: holds demonstrations already; allowed: another folder, or take {DATA}/ away")
    storage_class = _minari().dataset.minari_storage.MinariStorage
    temporary = Path(tempfile.mkdtemp(prefix=f".{DATA}.", dir=folder.resolve()))  # Minari needs whole paths
    try:
        observation, action = _spaces(here)
        storage = storage_class.new(temporary, observation, action, env_spec=_spec(here, about))
        kept: list[dict[str, Any]] = []
        storage.update_episodes(_buffers(episodes, int(about["seed"]), kept))
        if not kept:
            raise DemosError(f"{folder}: no cycle to keep; allowed: one or more, keep=all keeps those with faults too")
        storage.update_episode_metadata(kept, range(len(kept)))
        document = {"schema": SCHEMA, "interface": interface_document(here), **about}
        storage.update_metadata(
            {
                "dataset_id": f"{folder.resolve().name}-v0",
                "minari_version": _minari().__version__,
                "algorithm_name": str(about["policy"]),
                "description": f"{here.station}, {here.robot}, {here.actuators}: {about['policy']}",
                "requirements": ["pilotline"],
                _OURS: document,
            }
        )
        temporary.chmod(0o755)
        temporary.replace(folder / DATA)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return len(kept)


def read(folder: Path) -> Demos:
    """Read the demonstrations of a folder, all of them into memory.

    Raises:
      DemosError: no such folder, or one that was not written here or is damaged; the message names it.
      ImportError: Minari is not installed.
    """
    about = _document(folder)
    try:
        dataset = _minari().MinariDataset(folder / DATA)
        outcomes = list(dataset.storage.get_episode_metadata(range(dataset.total_episodes)))
        entries = {entry["name"]: len(entry["parts"]) for entry in about["interface"]["observation"]}
        width = len(about["interface"]["action"])
        episodes = tuple(_episode(one, outcome, entries, width) for one, outcome in zip(dataset, outcomes, strict=True))
    except ImportError:
        raise
    except Exception as error:  # whatever the readers of JSON and HDF5 say of a damaged file
        first = " ".join(str(error).split())[:120] or type(error).__name__
        raise DemosError(f"{folder}: cannot be read ({first}); {_ALLOWED}") from None
    if not episodes:
        raise DemosError(f"{folder}: holds no episodes; {_ALLOWED}")
    return Demos(about, episodes)


def version() -> str:
    """Of Minari.

    Raises:
      ImportError: it is not installed; the message names the extra.
    """
    return str(_minari().__version__)


def _document(folder: Path) -> dict[str, Any]:
    """Our part of the metadata.

    Minari would make an environment by the entry point that a file names where the file gives no spaces, so one
    without them is refused before it is opened.
    """
    path = folder / DATA / _METADATA
    try:
        metadata = json.loads(path.read_text(encoding="utf-8"))
        about = metadata[_OURS]
        if about["schema"] != SCHEMA:
            raise DemosError(f"{path}: schema {str(about['schema'])[:40]!r}; allowed: {SCHEMA}")
        if not all(isinstance(metadata[name], str) for name in ("observation_space", "action_space")):
            raise TypeError("spaces are no text")
        if metadata["data_format"] != "hdf5":
            raise DemosError(f"{path}: data_format {str(metadata['data_format'])[:40]!r}; allowed: hdf5")
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, DemosError):
            raise
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise DemosError(f"{folder}: no demonstrations there ({reason}); {_ALLOWED}") from None
    found: dict[str, Any] = about
    return found


def _episode(given: Any, outcome: Mapping[str, Any], entries: Mapping[str, int], width: int) -> Episode:
    observations = {name: np.asarray(given.observations[name], np.float32) for name in entries}
    actions, steps = np.asarray(given.actions, np.float32), len(given.rewards)
    for name, k in entries.items():
        if observations[name].shape != (steps + 1, k):
            raise ValueError(f"{name} has shape {observations[name].shape}, {(steps + 1, k)} was asked")
    if actions.shape != (steps, width) or not steps:
        raise ValueError(f"actions have shape {actions.shape}, {(steps, width)} was asked")
    return Episode(
        cycle=int(outcome["cycle"]),
        observations=observations,
        actions=actions,
        rewards=np.asarray(given.rewards, np.float64),
        success=bool(outcome["success"]),
        faults=tuple(name for name in str(outcome["faults"]).split(",") if name),
        truncated=bool(given.truncations[-1]),
        time_s=float(outcome["time_s"]),
    )


def _buffers(episodes: Iterable[Episode], seed: int, kept: list[dict[str, Any]]) -> Iterator[Any]:
    """Episodes as Minari takes them; their outcomes go into `kept`."""
    buffer = _minari().data_collector.EpisodeBuffer
    for episode in episodes:
        last = np.arange(len(episode.actions)) == len(episode.actions) - 1
        kept.append(
            {
                "cycle": episode.cycle,
                "success": episode.success,
                "faults": ",".join(episode.faults),
                "time_s": episode.time_s,
            }
        )
        yield buffer(
            seed=seed,
            observations=dict(episode.observations),
            actions=episode.actions,
            rewards=episode.rewards,
            terminations=last & (not episode.truncated),
            truncations=last & episode.truncated,
            infos={},
        )


def _spaces(here: Interface) -> tuple[Any, Any]:
    from gymnasium.spaces import Box, Dict

    entries = {e.name: Box(-np.inf, np.inf, (len(e.parts),), np.float32) for e in here.observation}
    return Dict(entries), Box(-1.0, 1.0, (len(here.action),), np.float32)


def _spec(here: Interface, about: Mapping[str, Any]) -> Any:
    """How Gymnasium makes the environment again: `dataset.recover_environment()`."""
    from gymnasium.envs.registration import EnvSpec

    own = {name: about[name] for name in ("station", "robot", "actuators", "pack")}
    return EnvSpec(
        id=here.station, entry_point="pilotline.envs.gym_env:StationEnv", kwargs={**own, "control": here.control}
    )


def _minari() -> Any:
    """The package Minari with its HDF5 storage.

    Raises:
      ImportError: it is not installed; the message names the extra.
    """
    try:
        import h5py  # noqa: F401  Minari asks for it late, in words of its own
        import minari
        import minari.data_collector
        import minari.dataset.minari_storage
    except ImportError as error:
        raise ImportError(
            f"{error.name} is not installed; it comes with: pip install 'pilotline[train]'", name=error.name
        ) from error
    return minari
