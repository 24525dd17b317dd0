"""The pure functions of a world, compiled for the arrays of one batch: commands, what follows from a step, observation.

Nothing here says what a station does; `pilotline.envs.transition` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.cell import ALONE, Cell
from pilotline.envs.columns import Columns
from pilotline.envs.control import ActionLayout, TargetLayout
from pilotline.envs.engine import Engine
from pilotline.envs.fused import Kernel, Store, Traced, namespace, trace
from pilotline.envs.fused.tracing import TracedNoise
from pilotline.envs.sense import Sense
from pilotline.envs.station import Verdict
from pilotline.envs.transition import Progress, Rules, Step, follow, observe

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_SENSED = ("time", "last", "peaks", "qpos", "qvel", "act", "torque")


@dataclass(frozen=True)
class Buffers:
    """Arrays of a batch that keep their place in memory, (n, ...) each.

    Attributes:
      engine: state, sensors and commands.
      progress: of the cycles, written by the step.
      draw: of the cycles.
      action: (n, k) as it was given.
      given: (n, k) finite and within [-1, 1].
      broken: (n,) the action was not finite.
      begun_s: (n,) simulation time at which the cycles began.
      columns: of sensors, by the names of the station.
      qpos_shift: (nq,) to be taken off qpos where the station shares its world, else None.
      cell: where it stands.
    """

    engine: Engine
    progress: Progress
    draw: Mapping[str, NDArray[Any]]
    action: Float
    given: Float
    broken: Bool
    begun_s: Float
    columns: Mapping[str, slice]
    qpos_shift: Float | None = None
    cell: Cell = ALONE

    def inputs(self) -> dict[str, NDArray[Any]]:
        """By name, for a tracer."""
        sense, progress = self.engine.sense(), self.progress
        return {
            **{f"sense/{name}": getattr(sense, name) for name in _SENSED},
            **{f"memory/{name}": value for name, value in progress.memory.items()},
            **{f"faults/{name}": value for name, value in progress.faults.items()},
            **{f"draw/{name}": value for name, value in self.draw.items()},
            "tipping_s": progress.tipping_s,
            "steps": progress.steps,
            "limit_s": progress.limit_s,
            "keys": progress.keys,
            "begun_s": self.begun_s,
            "action": self.action,
            "broken": self.broken,
            "diverged": self.engine.diverged,
        }

    def sense(self, found: Mapping[str, Any]) -> Sense:
        """Traced inputs as what a station reads."""
        sensed = {name: found[f"sense/{name}"] for name in _SENSED}
        return self._own(sensed, found["begun_s"])

    def now(self) -> Sense:
        """What the station reads, as it is now."""
        sense = self.engine.sense()
        return self._own({name: getattr(sense, name) for name in _SENSED}, self.begun_s)

    def _own(self, sensed: dict[str, Any], begun_s: Any) -> Sense:
        """In the station's time and coordinates."""
        if self.qpos_shift is not None:
            sensed["time"] = sensed["time"] - begun_s
            sensed["qpos"] = sensed["qpos"] - self.qpos_shift
        return Sense(columns=self.columns, **sensed)

    def output(self, kind: str, name: str) -> tuple[Float, int, Float | float]:
        """Where a machine's output goes, as in `Engine.output`, and what is added to it on the way."""
        scope = {"ctrl": "actuator", "belt": "geom"}.get(kind, "body")
        model, full = self.engine.model, self.cell.name(scope, name)
        inside = kind == "place" and self.cell.shared and model.body_parentid[model.body(full).id] == 0
        return *self.engine.output(kind, full), self.cell.shift_m if inside else 0.0


class Commands:
    """From actions to commands; a layout that remembers (`ee`) computes its own from actions made finite.

    Args:
      buffers: of the batch.
      control: its action layout.
    """

    def __init__(self, buffers: Buffers, control: ActionLayout) -> None:
        ctrl, inputs = buffers.engine.ctrl, buffers.inputs()

        def function(found: Mapping[str, Any]) -> tuple[Any, Any, Any]:
            xp, action = namespace, found["action"]
            broken = xp.logical_not(xp.isfinite(action).all(axis=-1))
            given = xp.where(broken[:, None], 0.0, xp.minimum(xp.maximum(action, -1.0), 1.0))
            if isinstance(control, TargetLayout):
                return broken, given, control.targets(xp, given, buffers.sense(found))
            return broken, given, None

        broken, given, targets = trace(function, inputs)
        stores = [Store(buffers.broken, 0, broken), Store(buffers.given, 0, given)]
        if isinstance(control, TargetLayout):
            stores += [Store(ctrl, int(at), targets[:, i]) for i, at in enumerate(control.actuators)]
        self._kernel = Kernel(stores, inputs)

    def __call__(self, rows: NDArray[np.int64]) -> None:
        """Write the commands of `rows`, or make their actions finite."""
        self._kernel(rows)


class Report:
    """Blocks that the compiled functions write: observation, reward and terms, verdict.

    What is handed out is a fresh copy of a block, so that it does not change under whoever holds it.
    """

    def __init__(self, n: int, obs: Mapping[str, Traced], step: Step) -> None:
        ends = np.cumsum([value.shape[1] for value in obs.values()]).tolist()
        starts = [0, *ends[:-1]]
        self._seen = {name: slice(*ends) for name, *ends in zip(obs, starts, ends, strict=True)}
        self._terms = {name: i for i, name in enumerate(step.terms)}
        self._faults = {name: i for i, name in enumerate(step.verdict.faults)}
        self._obs = np.zeros((n, ends[-1]))
        self._reward, self._term = np.zeros(n), np.zeros((n, len(self._terms)))
        self._ending, self._fault = np.zeros((n, 2), np.bool_), np.zeros((n, len(self._faults)), np.bool_)

    def observation_stores(self, obs: Mapping[str, Traced]) -> list[Store]:
        """Where named observations go."""
        return [Store(self._obs, self._seen[name].start, value) for name, value in obs.items()]

    def step_stores(self, step: Step) -> list[Store]:
        """Where everything that a step gives goes."""
        return [
            *self.observation_stores(step.obs),
            Store(self._reward, 0, step.reward),
            *(Store(self._term, i, step.terms[name]) for name, i in self._terms.items()),
            Store(self._ending, 0, step.verdict.success),
            Store(self._ending, 1, step.verdict.done),
            *(Store(self._fault, i, step.verdict.faults[name]) for name, i in self._faults.items()),
        ]

    def observation(self) -> Columns:
        """Named observations (n, k)."""
        return Columns(self._obs.copy(), self._seen)

    def step(self) -> Step:
        """What the last step gave."""
        ending = self._ending.copy()
        faults = Columns(self._fault.copy(), self._faults)
        verdict = Verdict(success=ending[:, 0], done=ending[:, 1], faults=faults)
        return Step(self.observation(), self._reward.copy(), Columns(self._term.copy(), self._terms), verdict)


class Consequences:
    """What follows from a control step, and observation, compiled for the buffers of a batch.

    Args:
      buffers: of the batch.
      rules: of its world.
    """

    def __init__(self, buffers: Buffers, rules: Rules) -> None:
        inputs, draws, progress = buffers.inputs(), buffers.draw, buffers.progress

        def unpacked(found: Mapping[str, Any]) -> tuple[Sense, Progress, dict[str, Traced]]:
            before = Progress(
                memory={name: found[f"memory/{name}"] for name in progress.memory},
                faults={name: found[f"faults/{name}"] for name in progress.faults},
                tipping_s=found["tipping_s"],
                steps=found["steps"],
                limit_s=found["limit_s"],
                keys=found["keys"],
            )
            return buffers.sense(found), before, {name: found[f"draw/{name}"] for name in draws}

        def stepped(found: Mapping[str, Any]) -> Any:
            sense, before, draw = unpacked(found)
            noise = TracedNoise
            return follow(namespace, rules, sense, before, draw, found["broken"], found["diverged"], noise)

        def seen(found: Mapping[str, Any]) -> Any:
            sense, before, draw = unpacked(found)
            return observe(namespace, rules, sense, before, draw, TracedNoise)

        after, outputs, step = trace(stepped, inputs)
        obs = trace(seen, inputs)
        self.report = Report(buffers.engine.nsim, obs, step)
        stores = [
            *self.report.step_stores(step),
            *(Store(progress.memory[name], 0, value) for name, value in after.memory.items()),
            *(Store(progress.faults[name], 0, value) for name, value in after.faults.items()),
            Store(progress.tipping_s, 0, after.tipping_s),
            Store(progress.steps, 0, after.steps),
            *(_machine(buffers, kind, name, value) for (kind, name), value in outputs.items()),
        ]
        self._step = Kernel(stores, inputs)
        self._observe = Kernel(self.report.observation_stores(obs), inputs)

    def step(self, rows: NDArray[np.int64]) -> None:
        """Work out what followed in `rows` and write it to the report, the progress and the machines."""
        self._step(rows)

    def observe(self, rows: NDArray[np.int64]) -> None:
        """Write the observation of `rows` to the report."""
        self._observe(rows)


def _machine(buffers: Buffers, kind: str, name: str, value: Traced) -> Store:
    array, at, shift = buffers.output(kind, name)
    shifted: Any = value if isinstance(shift, float) else value + shift
    return Store(array, at, shifted)
