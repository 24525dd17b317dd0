"""What the Gymnasium faces of a station share: its batch, its spaces, and float32 copies of observations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.columns import Columns
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import Step
from pilotline.envs.world import build_world

Float32 = NDArray[np.float32]


def make_batch(
    station: str,
    robot: str | None,
    actuators: str,
    control: str | None,
    pack: str,
    nsim: int,
    nthread: int,
    shells: bool = True,
) -> StationBatch:
    """Compile a station's world, everything by name, and fill it with simulations.

    With no robot or control the station's card says which; `joint` where it says none. `shells`: see `build_world`.

    Raises:
      ValueError: an unknown name, which the message lists with the choices.
    """
    job = stations.load(station)
    world = build_world(job, robots.load(robot or job.card.robot), actuators, shells)
    return StationBatch(world, nsim, nthread, control or job.card.control or "joint", pack)


class Layout:
    """Observation of one simulation: a dict of named float32 vectors, or all of them in one.

    The flat observation is the named ones end to end, in the order of `widths`: the robot's own senses as
    `RobotObserver` lists them, then what the station tells.

    Args:
      obs: named observations, (n, k) each.
      flatten: one vector instead of a dict.
    """

    def __init__(self, obs: Mapping[str, NDArray[np.float64]], flatten: bool) -> None:
        self.widths = {name: value.shape[1] for name, value in obs.items()}
        self.flatten = flatten
        self._width = sum(self.widths.values())

    def space(self) -> gymnasium.Space[Any]:
        """Observation space of one simulation; sensors have no bounds here."""
        if self.flatten:
            return _unbounded(self._width)
        return gymnasium.spaces.Dict({name: _unbounded(width) for name, width in self.widths.items()})

    def cast(self, obs: Mapping[str, NDArray[np.float64]], tidy: bool = False) -> Any:
        """New float32 arrays (n, k) of observations; `tidy` puts numbers where diverged physics left none."""
        assert isinstance(obs, Columns)
        flat = _float32(obs.block, tidy)
        return flat if self.flatten else {name: flat[:, place] for name, place in obs.places.items()}

    def only(self, obs: Mapping[str, NDArray[np.float64]], tidy: bool = False) -> Any:
        """Observation of the only simulation, likewise."""
        assert isinstance(obs, Columns)
        flat = _float32(obs.block[0], tidy)
        return flat if self.flatten else {name: flat[place] for name, place in obs.places.items()}

    def row(self, cast: Any, i: int) -> Any:
        """Observation of simulation i alone, out of a `cast`; shares memory with it."""
        return cast[i] if self.flatten else {name: value[i] for name, value in cast.items()}


def action_space(batch: StationBatch) -> gymnasium.spaces.Box:
    """Action space of one simulation."""
    return gymnasium.spaces.Box(-1.0, 1.0, (len(batch.control.names),), np.float32)


def endings(step: Step) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Terminated and truncated, (n,) each: running out of time cuts a cycle off, everything else ends it."""
    late = step.verdict.faults["timeout"]
    return step.verdict.done & ~late, np.array(late)


def report(step: Step) -> dict[str, Any]:
    """What Gymnasium calls info: success, faults by name, reward terms by name, (n,) each."""
    return {
        "success": step.verdict.success,
        "faults": dict(step.verdict.faults),
        "terms": dict(step.terms),
    }


def report_one(step: Step) -> dict[str, Any]:
    """The same of a batch of one simulation, as plain Python values."""
    faults, terms = step.verdict.faults, step.terms
    assert isinstance(faults, Columns)
    assert isinstance(terms, Columns)
    return {"success": bool(step.verdict.success[0]), "faults": faults.row(0), "terms": terms.row(0)}


def _float32(values: NDArray[np.float64], tidy: bool) -> Float32:
    if not tidy:
        return values.astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.nan_to_num(values.astype(np.float32), copy=False)


def _unbounded(width: int) -> gymnasium.spaces.Box:
    return gymnasium.spaces.Box(-np.inf, np.inf, (width,), np.float32)
