"""One line at work, in physics: a hall, its stations, a robot that drives between them and works at one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.blame import blamed
from pilotline.envs.control import JointControl
from pilotline.envs.line.flow import PartFlow
from pilotline.envs.line.world import LineWorld
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import ENGINE_FAULTS
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots.load_chart import load_chart

Float = NDArray[np.float64]
_ONE = np.zeros(1, np.int64)


class Skill(Protocol):
    """Work at a station; what `pilotline.policies.Policy` is."""

    control: str

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts."""

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (1, k)."""


class Driver(Protocol):
    """Way from station to station; what `pilotline.policies.reference.travel.Travel` is."""

    def go(self, ids: NDArray[np.int64], places_m: Float) -> None:
        """Send the robot to a place of the hall."""

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (1, k) of the joint layout."""

    def there(self) -> NDArray[np.bool_]:
        """(1,), whether it has arrived."""


class LineSim:
    """A line from time 0 on. What takes time is an iterator that gives way after every control step of 20 ms.

    Args:
      world: the hall.
      skills: who works at a station, by its place in the flow.
      driver: who drives between stations.
      seed: of the line; cycle k of a station has the seed that it has in a campaign of stations.
      nthread: CPU threads.
      pack: disturbance pack that all cycles are drawn from.

    Attributes:
      flow: the parts.
      skills: who works at each station.
      batches: of the stations, one simulation each, on one engine.
      at: place in the flow of the station whose cell the robot is in, None on the way.
      left_out: per station, parts that were left to a person.
      verdict: of the last cycle.
      down: whether the robot itself failed, so that a person must put it up again.
    """

    def __init__(
        self,
        world: LineWorld,
        skills: Callable[[int], Skill],
        driver: Driver,
        seed: int,
        nthread: int = 0,
        pack: str = "D0",
    ) -> None:
        self.line, self._world, self._driver, self._seed = world.line, world, driver, seed
        self.skills = [skills(k) for k in range(len(world.worlds))]
        self.batches: list[StationBatch] = []
        for own, cell, skill in zip(world.worlds, world.cells, self.skills, strict=True):
            host = self.batches[0].engine if self.batches else None
            self.batches.append(StationBatch(own, 1, nthread, skill.control, pack, host, cell))
        self.engine = self.batches[0].engine
        self._chart = load_chart(world.robot)
        self._joints = JointControl(world.model, world.robot)
        self._rules = self.batches[0].rules
        self.flow = PartFlow(world.line)
        self._cycles = [0] * len(self.batches)
        self.left_out = [0] * len(self.batches)
        self.at: int | None = 0
        self.down = False
        self._set = True
        self.verdict: Verdict | None = None
        self._tipping_s = 0.0
        self.batches[0].stance.put_up(self.engine, _ONE, world.cells[0].at_m)

    @property
    def now_s(self) -> float:
        """Time since the line began."""
        return round(float(self.engine.time[0]) / CONTROL_PERIOD_S) * CONTROL_PERIOD_S

    def drive(self, k: int) -> Iterator[None]:
        """Stand ready at station k, hands home; a robot that tips over on the way is `down`."""
        if self.at == k and self._set:
            return
        self.at, self._set = None, False
        self._driver.go(_ONE, np.array([self._world.cells[k].at_m]))
        while not self._driver.there()[0] and not self.down:
            obs = self._rules.observer(np, self.engine.sense())
            action = self._driver.act(obs)
            self._step(np.clip(action, -1.0, 1.0))
            self.down = self._fallen()
            yield
        if not self.down:
            self.at, self._set = k, True

    def begin(self, k: int) -> tuple[int, int]:
        """Present the next part at station k, where the robot stands; the numbers of cycle and part.

        A load that is more than the robot's own chart allows is left to a person, and the next one comes.
        """
        batch = self.batches[k]
        self._set = False
        self.flow.advance(self.now_s)
        part = self.flow.begin(k)
        while True:
            cycle = self._cycles[k]
            self._cycles[k] += 1
            batch.begin(_ONE, [cycle_seed(self._seed, batch.station.card.name, cycle)])
            if self._chart.allows_each(batch.metrics(), 1)[0]:
                break
            self.left_out[k] += 1
        self.skills[k].begin(_ONE)
        return cycle, part

    def work(self, k: int) -> Iterator[None]:
        """Do the cycle that has begun at station k; `verdict` tells how it ended."""
        batch, skill = self.batches[k], self.skills[k]
        obs = batch.observe()
        while True:
            step = batch.step(skill.act(obs))
            obs, verdict = step.obs, blamed(step.verdict, skill)
            if verdict.done[0]:
                break
            yield
        faults = [name for name, value in verdict.faults.items() if value[0]]
        # a bad action ends like any other fault of the engine, whoever explains it
        self.verdict, self.down = verdict, any(step.verdict.faults[name][0] for name in ENGINE_FAULTS)
        self.flow.advance(self.now_s)
        self.flow.end(k, bool(verdict.success[0]) and not faults, faults)
        yield

    def wait(self, until_s: float) -> Iterator[None]:
        """Stand still until a time or the first control step after it; parts and machines go on."""
        # to the last bit: a wait that ends just before something happens would be the next wait's again, for ever
        while self.now_s < until_s:
            self.engine.step()
            yield
        self.flow.advance(self.now_s)

    def put_up(self, k: int) -> None:
        """A person stands the robot in front of station k."""
        self.batches[k].stance.put_up(self.engine, _ONE, self._world.cells[k].at_m)
        self.engine.diverged[:] = False
        self.at, self._set, self.down, self._tipping_s = k, True, False, 0.0

    def saved(self) -> dict[str, Any]:
        """All that the line goes on from between two cycles, arrays and what JSON takes."""
        return {
            "physics": self.engine.saved(),
            "flow": self.flow.saved(),
            "cycles": list(self._cycles),
            "left_out": list(self.left_out),
            "at": self.at,
            "set": self._set,
            "down": self.down,
            "tipping_s": self._tipping_s,
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from what the same line has saved between two cycles; policies and driver begin anew with each.

        Raises:
          ValueError: it is of another world.
        """
        self.engine.restore(saved["physics"])
        self.flow.restore(saved["flow"])
        self._cycles, self.left_out = list(saved["cycles"]), list(saved["left_out"])
        self.at, self._set, self.down = saved["at"], saved["set"], saved["down"]
        self._tipping_s = saved["tipping_s"]

    def _step(self, action: Float) -> None:
        """A control step under joint targets."""
        targets = self._joints.targets(np, action, self.engine.sense())
        self.engine.ctrl[:, self._joints.actuators] = targets
        self.engine.step()

    def _fallen(self) -> bool:
        """Whether the robot has tipped over, or physics broke down."""
        outside = bool(self._rules.stability.outside(np, self.engine.sense())[0])
        self._tipping_s = self._tipping_s + CONTROL_PERIOD_S if outside else 0.0
        return self._tipping_s > self._rules.stability.patience_s or bool(self.engine.diverged[0])
