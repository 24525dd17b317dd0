"""A line as a Gymnasium environment for planners: an action sends the robot to work at a station."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import NDArray

from pilotline import robots
from pilotline.configs.lines import load
from pilotline.envs.line.flow import State
from pilotline.envs.line.sim import LineSim
from pilotline.envs.line.world import build_line_world
from pilotline.envs.rendering import Painter
from pilotline.policies.staffed import staffed

_IDLE_S = 5.0
"""Longest wait of one step, s: a planner that waits for nothing gets to think again."""


class LineEnv(gymnasium.Env[NDArray[np.float32], np.int64]):
    """One line; an episode is a run of `hours`, a step is a skill: a trip and a cycle at a station, or a wait.

    Action k < K: go to station k and do a cycle there; K: wait until something happens, at most 5 s. A station that
    cannot be served is waited for likewise; `action_mask` in the info says which can be.

    Observation, float32, named by `names`: for each station the parts that wait, the state as one of six, and whether
    the robot is there; then the share of the run that is over. Reward: good parts that left the line in the step, less
    one for each part scrapped. Truncated when the time is over; never terminated. Info: `duration_s` of the step (from
    seconds to minutes, so discount by it), `action_mask`, `success` and `faults` of the cycle if there was one, and the
    counts `entered`, `good`, `first_pass`, `scrap`, `in_process`.

    Args:
      line: by name.
      robot, actuators: by name.
      policy: who works at the stations, by name or file.
      pack: disturbance pack of all cycles.
      hours: length of a run.
      render_mode: `rgb_array` or None.
      width, height: pixels of a rendered frame.

    Raises:
      ValueError: an unknown name, or a robot that cannot serve the line; one line with the choices.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"]}

    def __init__(
        self,
        line: str,
        robot: str = "wheeled",
        actuators: str = "ideal",
        policy: str = "reference",
        pack: str = "D0",
        hours: float = 1.0,
        render_mode: str | None = None,
        width: int = 640,
        height: int = 480,
    ) -> None:
        if not 0.0 < hours <= 10_000.0:
            raise ValueError(f"hours={hours}; allowed: more than 0, at most 10000")
        self.line = load(line)
        self._world = build_line_world(self.line, robots.load(robot), actuators, shells=render_mode is not None)
        self._policy, self._pack, self._horizon_s = policy, pack, hours * 3600.0
        self.render_mode, self._size = render_mode, (width, height)
        self._painter: Painter | None = None
        self._sim: LineSim | None = None
        stations = self.line.station_names
        kinds = ("parts", *(str(state) for state in State), "robot_here")
        self.names = (*(f"{station}_{kind}" for station in stations for kind in kinds), "time_share")
        self.action_space = gymnasium.spaces.Discrete(len(stations) + 1)
        high = np.ones(len(self.names), np.float32)
        high[[name.endswith("_parts") for name in self.names]] = np.inf
        self.observation_space = gymnasium.spaces.Box(np.zeros_like(high), high, dtype=np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """A new run; its cycles follow from the seed."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(2**53)) if seed is None else seed
        self._sim = staffed(self._world, self._policy, drawn, nthread=1, pack=self._pack)
        return self._observation(self._sim), self._info(self._sim, 0.0)

    def step(self, action: np.int64) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Do one skill; what the end of the run cuts off is left unfinished."""
        sim = self._sim
        if sim is None:
            raise gymnasium.error.ResetNeeded("step was called before reset")
        if not self.action_space.contains(action):
            raise ValueError(f"action {action}; allowed: 0 to {len(self.line.stations)}")
        begun_s, good, scrap = sim.now_s, sim.flow.good, sim.flow.scrap
        sim.verdict = None
        k = int(action)
        if k < len(self.line.stations) and sim.flow.ready(k):
            self._serve(sim, k)
        else:
            self._until(sim, sim.wait(min(sim.flow.next_change_s(), sim.now_s + _IDLE_S)))
        sim.flow.advance(min(sim.now_s, self._horizon_s))
        reward = float(sim.flow.good - good - (sim.flow.scrap - scrap))
        return self._observation(sim), reward, False, self._over(sim), self._info(sim, sim.now_s - begun_s)

    def render(self) -> NDArray[np.uint8] | None:
        """The hall as it is now, (height, width, 3)."""
        if self.render_mode is None or self._sim is None:
            return None
        if self._painter is None:
            self._painter = Painter(self._sim.batches[0], *self._size, view=self._world.view())
        return self._painter.paint()

    def close(self) -> None:
        """Release the renderer."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None

    def _serve(self, sim: LineSim, k: int) -> None:
        self._until(sim, sim.drive(k))
        if not (sim.down or self._over(sim)):
            sim.begin(k)
            self._until(sim, sim.work(k))
        if sim.down:
            self._until(sim, sim.wait(sim.now_s + self.line.clear_s))
            sim.put_up(k)

    def _until(self, sim: LineSim, steps: Any) -> None:
        for _ in steps:
            if self._over(sim):
                break

    def _over(self, sim: LineSim) -> bool:
        return sim.now_s >= self._horizon_s - 1e-9

    def _observation(self, sim: LineSim) -> NDArray[np.float32]:
        values: list[float] = []
        for k in range(len(self.line.stations)):
            state = sim.flow.state(k)
            values += [sim.flow.waiting(k), *(state is each for each in State), sim.at == k]
        return np.array([*values, min(sim.now_s / self._horizon_s, 1.0)], np.float32)

    def _info(self, sim: LineSim, duration_s: float) -> dict[str, Any]:
        flow = sim.flow
        ready = [flow.ready(k) for k in range(len(self.line.stations))]
        info: dict[str, Any] = {
            "duration_s": duration_s,
            "action_mask": np.array([*ready, True], np.int8),
            "entered": flow.entered,
            "good": flow.good,
            "first_pass": flow.first_pass,
            "scrap": flow.scrap,
            "in_process": flow.in_process(),
        }
        if sim.verdict is not None:
            info["success"] = bool(sim.verdict.success[0])
            info["faults"] = [name for name, value in sim.verdict.faults.items() if value[0]]
        return info
