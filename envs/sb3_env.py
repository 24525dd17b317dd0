"""A station as a Stable-Baselines3 vector environment: the batch of `StationVectorEnv`, without workers.

Stable-Baselines3 brings PyTorch, so nothing else of this package imports this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from pilotline.envs.vector_env import StationVectorEnv

try:
    from stable_baselines3.common.vec_env.base_vec_env import VecEnv
except ImportError as error:
    raise ImportError(
        "Stable-Baselines3 is not installed; it comes with: pip install 'pilotline[train]'", name=error.name
    ) from error

Slots = int | Iterable[int] | None


class StationSB3VecEnv(VecEnv):
    """Many simulations of a station for Stable-Baselines3; the same bits as `StationVectorEnv`.

    A slot whose cycle has ended starts its next one in the same step. Its info then holds `terminal_observation`,
    `TimeLimit.truncated`, `success`, `faults` and reward `terms` by name; all other infos are empty. A dict of
    observations goes with `MultiInputPolicy`, `flatten=True` with `MlpPolicy`.

    All slots are one batch: `get_attr` and `env_method` ask it once and give each slot its own entry of an answer
    that has one per slot, else the answer itself.

    Args:
      station, num_envs, options: as in `StationVectorEnv`, whose autoreset mode is `SAME_STEP` here.

    Attributes:
      envs: the batch as a Gymnasium vector environment.

    Raises:
      ValueError: num_envs < 1 or an unknown name, which the message lists with the choices.
    """

    def __init__(self, station: str, num_envs: int = 1, **options: Any) -> None:
        self.envs = StationVectorEnv(station, num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._actions: Any = None
        super().__init__(num_envs, self.envs.single_observation_space, self.envs.single_action_space)

    def reset(self) -> Any:
        """Start a cycle in every slot: cycle 0 of the seeds given to `seed` since the last reset, else the next one."""
        obs, _ = self.envs.reset(seed=self._seeds)
        self.reset_infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        self._reset_seeds()
        self._reset_options()
        return obs

    def step_async(self, actions: NDArray[np.floating]) -> None:
        """Take the actions (num_envs, k) of the step that `step_wait` makes."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms.

        Raises:
          ValueError: actions of another shape.
          ResetNeeded: called before the first reset.
        """
        obs, reward, terminated, truncated, info = self.envs.step(self._actions)
        done = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for slot in np.flatnonzero(done).tolist():
            infos[slot] = {
                **_of_slot(info["final_info"], slot),
                "terminal_observation": _copy(info["final_obs"][slot]),
                "TimeLimit.truncated": bool(truncated[slot] and not terminated[slot]),
            }
        return obs, reward, done, infos

    def close(self) -> None:
        """Give back what rendering holds."""
        self.envs.close()

    def get_images(self) -> Sequence[NDArray[np.uint8] | None]:
        """A frame of each simulation, in `rgb_array` mode."""
        return self.envs.render() or [None] * self.num_envs

    def get_attr(self, attr_name: str, indices: Slots = None) -> list[Any]:
        """An attribute of the batch, one entry for each of the slots `indices`, all by default.

        Raises:
          AttributeError: the batch has no such attribute.
        """
        value = self._asked(attr_name)
        return [_row(value, slot, self.num_envs) for slot in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Slots = None) -> None:
        """Set an attribute of the batch.

        Raises:
          ValueError: only some slots are named, though they share it.
        """
        slots = sorted(self._get_indices(indices))
        if slots != list(range(self.num_envs)):
            raise ValueError(f"set_attr {attr_name!r} on slots {slots}: slots share their batch; allowed: all of them")
        setattr(self.envs, attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Slots = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the batch once; one answer for each of the slots `indices`, all by default.

        Raises:
          AttributeError: the batch has no such method.
        """
        value = self._asked(method_name)(*method_args, **method_kwargs)
        return [_row(value, slot, self.num_envs) for slot in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: Slots = None) -> list[bool]:
        """False for each slot: a batch has no wrappers inside."""
        return [False for _ in self._get_indices(indices)]

    def _asked(self, name: str) -> Any:
        """Attribute of the vector environment or its batch; of the spaces, those of one slot."""
        if name in ("observation_space", "action_space"):
            return getattr(self.envs, f"single_{name}")
        return getattr(self.envs, name) if hasattr(self.envs, name) else getattr(self.envs.batch, name)


def _of_slot(info: dict[str, Any], slot: int) -> dict[str, Any]:
    """One slot's entries of Gymnasium's vector info, as plain Python values; `_key` says nothing more here."""
    return {
        key: _of_slot(value, slot) if isinstance(value, dict) else value[slot].item()
        for key, value in info.items()
        if not key.startswith("_")
    }


def _row(value: Any, slot: int, n: int) -> Any:
    """Entry of a slot where the value has one per slot, else the value."""
    if isinstance(value, dict):
        return {key: _row(entry, slot, n) for key, entry in value.items()}
    per_slot = isinstance(value, np.ndarray | list | tuple) and np.ndim(value) > 0 and len(value) == n
    return value[slot] if per_slot else value


def _copy(obs: Any) -> Any:
    """An observation of one slot that does not keep that of all slots alive."""
    return {key: value.copy() for key, value in obs.items()} if isinstance(obs, dict) else obs.copy()
