"""A station as a Gymnasium vector environment: one batch of simulations in one process, no workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import ArrayLike, NDArray

from pilotline.envs.episodes import Episodes
from pilotline.envs.face import Layout, action_space, endings, make_batch, report
from pilotline.envs.gym_env import StationEnv
from pilotline.envs.rendering import Painter

Bool = NDArray[np.bool_]
Transition = tuple[Any, NDArray[np.float64], Bool, Bool, dict[str, Any]]


class StationVectorEnv(VectorEnv[Any, Any, Any]):
    """Many simulations of a station; slot i gives the same bits as a `StationEnv` with the same seed.

    Seeds: an integer s seeds slot i with s + i; a list gives one seed (or None) per slot; None goes on.
    `options={"reset_mask": mask}` resets those slots only. Each automatic reset starts the slot's next cycle.

    Args:
      station: by name.
      num_envs: simulations.
      robot, actuators, control, pack, flatten, render_mode, width, height, graded: as in `StationEnv`.
      nthread: CPU threads, 0 for all; results do not depend on it.
      autoreset_mode: `AutoresetMode`, or its value as text.

    Raises:
      ValueError: num_envs < 1 or an unknown name, which the message lists with the choices.
    """

    def __init__(
        self,
        station: str,
        num_envs: int = 1,
        robot: str | None = None,
        actuators: str = "ideal",
        control: str | None = None,
        pack: str = "D0",
        flatten: bool = False,
        nthread: int = 0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        width: int = 640,
        height: int = 480,
        graded: bool = False,
    ) -> None:
        seen = render_mode is not None
        self.batch = make_batch(station, robot, actuators, control, pack, num_envs, nthread, shells=seen)
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**StationEnv.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = render_mode
        self._layout = Layout(self.batch.observe(), flatten)
        self.single_observation_space = self._layout.space()
        self.single_action_space = action_space(self.batch)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._episodes = Episodes(self.batch, graded)
        self._ended = np.ones(num_envs, np.bool_)
        self._size = (width, height)
        self._painter: Painter | None = None

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Start a cycle in every slot, or in those of `options["reset_mask"]`, (num_envs,) bool.

        Raises:
          ValueError, TypeError: as many seeds as there are slots are needed, or a mask that is none.
        """
        mask = _reset_mask(options, self.num_envs)
        super().reset(seed=seed if isinstance(seed, int) else None)
        seeds = _seeds(seed, self.num_envs)
        ids = np.flatnonzero(mask)
        self._episodes.reseed(ids, [seeds[i] for i in ids], self.np_random)
        self._begin(ids)
        return self._layout.cast(self.batch.observe()), {}

    def step(self, actions: ArrayLike) -> Transition:
        """Advance 20 ms, (num_envs, k) actions. Slots whose cycle has ended follow the autoreset mode.

        Raises:
          ValueError: wrong shape, or, with autoreset disabled, a slot whose cycle has ended.
          ResetNeeded: called before the first reset.
        """
        actions = np.asarray(actions, np.float64)
        if actions.shape != self.action_space.shape:
            raise ValueError(f"actions have shape {actions.shape}, {self.action_space.shape} was expected")
        fresh, ids = self._ended, None
        if fresh.any():
            self._refuse_if_disabled(fresh)
            self._begin(np.flatnonzero(fresh))
            ids = np.flatnonzero(~fresh)
        step = self.batch.step(actions, ids)
        terminated, truncated = (ending & ~fresh for ending in endings(step))
        self._ended = terminated | truncated
        obs = self._layout.cast(step.obs, tidy=bool(step.verdict.faults["diverged"].any()))
        info = _masked(report(step), ~fresh)
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._ended.any():
            obs, info = self._restart(obs, report(step))
        return obs, np.where(fresh, 0.0, step.reward), terminated, truncated, info

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """A frame of each simulation, in `rgb_array` mode.

        Raises:
          RenderError: OpenGL does not work here.
        """
        if self.render_mode is None:
            return None
        if self._painter is None:
            self._painter = Painter(self.batch, *self._size)
        return tuple(self._painter.paint(slot) for slot in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """Give back what rendering holds."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None

    def _restart(self, last: Any, values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Begin the next cycle of slots that have just ended; what they ended with goes into the info."""
        ended = self._ended
        final = np.full(self.num_envs, None, dtype=object)
        for slot in np.flatnonzero(ended).tolist():
            final[slot] = self._layout.row(last, slot)
        self._begin(np.flatnonzero(ended))
        info = _masked({"final_obs": final, "final_info": values}, ended)
        return self._layout.cast(self.batch.observe()), {**_masked(values, ~ended), **info}

    def _begin(self, ids: NDArray[np.int64]) -> None:
        self._episodes.begin(ids)
        self._ended = self._ended.copy()
        self._ended[ids] = False

    def _refuse_if_disabled(self, ended: Bool) -> None:
        if self.autoreset_mode is AutoresetMode.DISABLED:
            slots = np.flatnonzero(ended).tolist()
            raise ValueError(f"slots {slots} have ended and autoreset is disabled; reset them before the next step")


def _masked(values: Mapping[str, Any], mask: Bool) -> dict[str, Any]:
    """Gymnasium's vector info: beside every key `k`, `_k` (n,) says which slots it speaks of."""
    info: dict[str, Any] = {}
    for key, value in values.items():
        info[key] = _masked(value, mask) if isinstance(value, dict) else value.copy()
        info[f"_{key}"] = mask.copy()
    return info


def _seeds(seed: int | Sequence[int | None] | None, n: int) -> list[int | None]:
    """One seed per slot."""
    if seed is None:
        return [None] * n
    if isinstance(seed, int):
        return [seed + i for i in range(n)]
    if len(seed) != n:
        raise ValueError(f"{len(seed)} seeds were given; one for each of the {n} simulations was expected")
    return list(seed)


def _reset_mask(options: Mapping[str, Any] | None, n: int) -> Bool:
    """Slots to reset, (n,)."""
    mask = (options or {}).get("reset_mask")
    if mask is None:
        return np.ones(n, np.bool_)
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        what = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"options['reset_mask'] is {what}; a NumPy array of bool was expected")
    if mask.shape != (n,) or not mask.any():
        raise ValueError(
            f"options['reset_mask'] has shape {mask.shape} and {mask.sum()} true entries; "
            f"shape {(n,)} with at least one was expected"
        )
    return mask
