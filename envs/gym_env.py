"""A station as a Gymnasium environment with one simulation."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pilotline.envs.episodes import Episodes
from pilotline.envs.face import Layout, action_space, make_batch, report_one
from pilotline.envs.rendering import Painter
from pilotline.envs.world import CONTROL_PERIOD_S

_ONLY = np.zeros(1, np.int64)


class StationEnv(gymnasium.Env[Any, Any]):
    """One simulation of a station; an episode is a cycle, a step is 20 ms.

    Observation: dict of named float32 vectors, or one vector with `flatten`. Action: (k,) in [-1, 1], named
    by `batch.control.names`. Terminated: success, or a fault that ends the cycle, such as `bad_action` for an
    action that is not finite. Truncated: out of time. Info: `success`, `faults`, reward `terms` by name.

    `reset(seed=s)` starts cycle 0 of seed s; further resets without a seed go on with cycles 1, 2, ...

    Args:
      station: by name.
      robot, actuators: by name; without a robot the one on the station's card.
      control: action layout, `joint`, `ee` or `legs`; None for the one that the card asks for, or `joint`.
      pack: disturbance pack.
      flatten: one observation vector instead of a dict.
      render_mode: `rgb_array` or None.
      width, height: pixels of a rendered frame.
      graded: cycles whose load is beyond the robot's load chart are passed over, as a score does not grade them.

    Raises:
      ValueError: an unknown name, which the message lists with the choices; in `reset`, no cycle that is graded.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": ["rgb_array"],
        "render_fps": round(1.0 / CONTROL_PERIOD_S),
    }

    def __init__(
        self,
        station: str,
        robot: str | None = None,
        actuators: str = "ideal",
        control: str | None = None,
        pack: str = "D0",
        flatten: bool = False,
        render_mode: str | None = None,
        width: int = 640,
        height: int = 480,
        graded: bool = False,
    ) -> None:
        seen = render_mode is not None
        self.batch = make_batch(station, robot, actuators, control, pack, nsim=1, nthread=1, shells=seen)
        self.render_mode = render_mode
        self._layout = Layout(self.batch.observe(), flatten)
        self.observation_space = self._layout.space()
        self.action_space = action_space(self.batch)
        self._episodes = Episodes(self.batch, graded)
        self._size = (width, height)
        self._painter: Painter | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start the next cycle, or cycle 0 of `seed`."""
        super().reset(seed=seed)
        self._episodes.reseed(_ONLY, [seed], self.np_random)
        self._episodes.begin(_ONLY)
        return self._layout.only(self.batch.observe()), {}

    def step(self, action: ArrayLike) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Advance 20 ms.

        Raises:
          ValueError: an action of another shape.
        """
        action = np.asarray(action, np.float64)
        if action.shape != self.action_space.shape:
            raise ValueError(f"action has shape {action.shape}, {self.action_space.shape} was expected")
        step = self.batch.step(action[None])
        info = report_one(step)
        late = info["faults"]["timeout"]
        obs = self._layout.only(step.obs, tidy=info["faults"]["diverged"])
        return obs, float(step.reward[0]), bool(step.verdict.done[0]) and not late, late, info

    def render(self) -> NDArray[np.uint8] | None:
        """The scene as it is, (height, width, 3), in `rgb_array` mode.

        Raises:
          RenderError: OpenGL does not work here.
        """
        if self.render_mode is None:
            return None
        if self._painter is None:
            self._painter = Painter(self.batch, *self._size)
        return self._painter.paint()

    def close(self) -> None:
        """Give back what rendering holds."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None
