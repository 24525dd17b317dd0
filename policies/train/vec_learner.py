"""Learning with Stable-Baselines3 and with SBX, which share their loop and differ in what a network is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from pilotline import robots
from pilotline.envs.interface import Interface
from pilotline.policies.file import Layer, Normalisation
from pilotline.policies.file.present import present
from pilotline.policies.guided import GUIDED
from pilotline.policies.train.learner import Learned, TrainError, Widths, misfit
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.start import TRAINERS, Start

_NOT_THE_ALGORITHM_S = (
    *("net", "clip_obs", "critic_steps", "critic_rate", "rest", "rest_from", "fault_s", "reward", "gait"),
)
_MOMENTS = "moments.npz"
_REPLAY = "replay.npz"


@dataclass(frozen=True)
class Library:
    """How a library makes a model of a plan, keeps what it learned, and says what its network is.

    Attributes:
      make_env: normalised simulations of a plan and their interface, from plan, threads and `clip_obs`.
      make: model on an environment.
      reseed: every generator of a model.
      save, load: parameters and optimisers, to and from a folder.
      layers: from normalised observation to mean action.
      put: makes such layers those of a model; PPO's alone.
      critic_alone: as long as it is entered, training changes no more than the critic; PPO's alone.
      to_rest: from now on the loss of the actor has this times the squared magnitude of the mean action in it, summed
        over channels, in the mean over a batch; PPO's alone.
    """

    make_env: Callable[[Plan, int, float], tuple[VecNormalize, Interface]]
    make: Callable[[Plan, Any], Any]
    reseed: Callable[[Any, int], None]
    save: Callable[[Any, Path], None]
    load: Callable[[Any, Path], None]
    layers: Callable[[Any], tuple[Layer, ...]]
    put: Callable[[Any, Sequence[Layer]], None]
    critic_alone: Callable[[Any], AbstractContextManager[None]]
    to_rest: Callable[[Any, float], None]


class Shape(BaseModel):
    """Parameters that are neither the algorithm's nor its policy's.

    Attributes:
      net: widths of the hidden layers.
      clip_obs: standard deviations at which a normalised input is cut off.
      critic_steps: control steps of the run; only the critic learns from rollouts that begin earlier. PPO's alone.
      critic_rate: learning rate as long as it does.
      rest: weight, in the actor's loss, of the squared magnitude of the mean action. Channels for which the reward asks
        nothing stay near 0 by it; without, chance moves them. PPO's alone.
      rest_from: control steps of the run; rollouts that begin earlier are learned from without `rest`.
      fault_s: seconds that a fault is worth to whoever leads a script, see `LedEnv`; most of a cycle that has to be
        done again.
      reward: `station`, what the station pays in each step, or `verdict`, see `JudgedEnv`.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    net: Widths = (64, 64)
    clip_obs: float = Field(10.0, gt=0.0)
    critic_steps: int = Field(0, ge=0)
    critic_rate: float = Field(1e-3, gt=0.0)
    rest: float = Field(0.0, ge=0.0)
    rest_from: int = Field(0, ge=0)
    fault_s: float = Field(30.0, gt=0.0)
    reward: Literal["station", "verdict"] = "station"

    @classmethod
    def of(cls, plan: Plan) -> Shape:
        """Those of a plan.

        Raises:
          TrainError: a value that cannot be.
        """
        try:
            shape = cls.model_validate(dict(plan.params))
        except ValidationError as error:
            raise misfit(f"params of {plan.trainer}", error) from None
        for name in ("critic_steps", "rest"):
            if getattr(shape, name) and (plan.trainer not in TRAINERS or plan.params.get("gait")):
                raise TrainError(
                    f"{name}={getattr(shape, name)} of {plan.trainer}; "
                    f"allowed: 0, or {', '.join(TRAINERS)} without a gait"
                )
        if "fault_s" in plan.params and plan.control != GUIDED:
            raise TrainError(f"fault_s={shape.fault_s} with control={plan.control}; allowed: with control={GUIDED}")
        if "reward" in plan.params and (plan.control == GUIDED or plan.params.get("gait")):
            whose = f"control={GUIDED}" if plan.control == GUIDED else "a gait"
            raise TrainError(f"reward={shape.reward} with {whose}, which has its own; allowed: without")
        if "critic_rate" in plan.params and not shape.critic_steps:
            raise TrainError(f"critic_rate={shape.critic_rate} with critic_steps=0; allowed: with critic_steps")
        return shape


def make_model(
    plan: Plan,
    env: Any,
    algorithms: Mapping[str, Any],
    activations: Mapping[str, Any],
    policy: Mapping[str, Any],
    kind: Any = "MlpPolicy",
) -> Any:
    """The model of a plan on an environment.

    Its `params` are the keyword arguments of the algorithm, but for `net`, `activation` and `log_std_init`, which are
    the policy's, `clip_obs` and `gait`, which are the environment's, and those of `Shape`.

    Args:
      algorithms, activations: of the library, by name.
      policy: further keyword arguments of the policy.
      kind: of policy, by name or class.

    Raises:
      TrainError: a hyper-parameter that the algorithm doesn't have, or a value it doesn't take.
    """
    params = {name: value for name, value in plan.params.items() if name not in _NOT_THE_ALGORITHM_S}
    name = str(params.pop("activation", "tanh"))
    if name not in activations:
        raise TrainError(f"activation={name!r} of {plan.trainer}; allowed: {', '.join(activations)}")
    network = {**policy, "net_arch": list(Shape.of(plan).net), "activation_fn": activations[name]}
    if "log_std_init" in params:
        network["log_std_init"] = params.pop("log_std_init")
    try:
        return algorithms[plan.trainer](kind, env, seed=plan.seed, policy_kwargs=network, **params)
    except (TypeError, ValueError, AssertionError) as error:
        raise TrainError(f"params of {plan.trainer}: {error}; allowed: what its algorithm takes") from None


class VecLearner:
    """A `Learner` by a library with Stable-Baselines3's interface.

    Args:
      plan: what is trained; `params` are the keyword arguments of the library's algorithm, and those of its policy.
      library: which.
      nthread: CPU threads of the physics, 0 for all.
      board: folder for TensorBoard; None for none.
      start: the policy file that the plan begins from.

    Raises:
      TrainError: a parameter that there isn't, a value that it does not take, or a file that doesn't fit the plan.
      ReadsError: an entry that the station does not have.
    """

    def __init__(
        self, plan: Plan, library: Library, nthread: int = 0, board: Path | None = None, start: Start | None = None
    ) -> None:
        self._plan, self._library = plan, library
        if (given := start and start.sha256) != plan.start:
            raise TrainError(f"start of SHA-256 {given}, the plan says {plan.start}; allowed: the plan's")
        if start is not None:
            start.check(plan, present(plan.station, robots.load(plan.robot), plan.actuators, plan.control))
        self._shape = Shape.of(plan)
        self._env, self.interface = library.make_env(plan, nthread, self._shape.clip_obs)
        self._model = library.make(plan, self._env)
        self._resting = _Rest(self._shape, library.to_rest)
        if start is not None:
            library.put(self._model, start.layers)
            _keep_normalisation(self._env, start.normalisation)
        if board is not None:
            from stable_baselines3.common.logger import configure

            self._model.set_logger(configure(str(board), ["tensorboard"]))

    def learn(self, leg: int) -> Learned:
        """See `Learner`."""
        model, before, count = self._model, self._model.num_timesteps, _Count()
        self._library.reseed(model, self._plan.training_seed(leg))
        # without a last observation the library begins new cycles
        model._last_obs = None
        model.ep_info_buffer = None
        told = [count, _CriticFirst(self._shape, self._library.critic_alone), self._resting]
        model.learn(self._plan.leg_steps, callback=told, reset_num_timesteps=False)
        returns = [info["r"] for info in model.ep_info_buffer or ()]
        return Learned(
            steps=int(model.num_timesteps - before),
            episodes=count.episodes,
            mean_return=float(np.mean(returns)) if returns else None,
        )

    def save(self, folder: Path) -> None:
        """See `Learner`."""
        self._library.save(self._model, folder)
        rms = self._env.obs_rms
        steps = np.array([self._model.num_timesteps, self._model._n_updates])
        np.savez(folder / _MOMENTS, mean=rms.mean, var=rms.var, count=rms.count, steps=steps)
        if (buffer := getattr(self._model, "replay_buffer", None)) is not None:
            end = buffer.buffer_size if buffer.full else buffer.pos
            arrays = {name: value[:end] for name, value in _arrays(buffer).items()}
            np.savez(folder / _REPLAY, allow_pickle=False, pos=buffer.pos, full=buffer.full, **arrays)

    def restore(self, folder: Path) -> None:
        """See `Learner`."""
        self._library.load(self._model, folder)
        rms = self._env.obs_rms
        with np.load(folder / _MOMENTS, allow_pickle=False) as kept:
            rms.mean, rms.var, rms.count = kept["mean"], kept["var"], float(kept["count"])
            self._model.num_timesteps, self._model._n_updates = (int(value) for value in kept["steps"])
        if (buffer := getattr(self._model, "replay_buffer", None)) is not None:
            with np.load(folder / _REPLAY, allow_pickle=False) as kept:
                buffer.pos, buffer.full = int(kept["pos"]), bool(kept["full"])
                for name, value in _arrays(buffer).items():
                    value[: len(kept[name])] = kept[name]

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """See `Learner`."""
        rms, layers = self._env.obs_rms, self._library.layers(self._model)
        # a critic may see more
        own = slice(len(layers[0].weights))
        normalisation = Normalisation(
            mean=tuple(float(value) for value in rms.mean[own]),
            scale=tuple(float(value) for value in np.sqrt(rms.var[own] + self._env.epsilon)),
            clip=float(self._env.clip_obs),
        )
        return layers, normalisation


class _Count(BaseCallback):
    """Counts cycles that end."""

    def __init__(self) -> None:
        super().__init__()
        self.episodes = 0

    def _on_step(self) -> bool:
        self.episodes += int(np.sum(self.locals["dones"]))
        return True


class _CriticFirst(BaseCallback):
    """Keeps the actor as it is in training on rollouts that begin before `critic_steps` control steps of the run."""

    def __init__(self, shape: Shape, critic_alone: Callable[[Any], AbstractContextManager[None]]) -> None:
        super().__init__()
        self._shape, self._critic_alone, self._held = shape, critic_alone, ExitStack()

    def _on_rollout_start(self) -> None:
        self._held.close()
        # the steps of the run are in the checkpoint, so a leg knows where it is
        if self.model.num_timesteps < self._shape.critic_steps:
            self._held.enter_context(self._critic_alone(self.model))
            self._held.callback(setattr, self.model, "lr_schedule", self.model.lr_schedule)
            self.model.lr_schedule = lambda _: self._shape.critic_rate

    def _on_step(self) -> bool:
        return True

    def _on_training_end(self) -> None:
        self._held.close()


class _Rest(BaseCallback):
    """Has the actor come to rest from the first rollout that begins at `rest_from` steps of the run or later."""

    def __init__(self, shape: Shape, to_rest: Callable[[Any, float], None]) -> None:
        super().__init__()
        self._shape, self._to_rest, self._on = shape, to_rest, False

    def _on_rollout_start(self) -> None:
        if self._shape.rest and not self._on and self.model.num_timesteps >= self._shape.rest_from:
            self._to_rest(self.model, self._shape.rest)
            self._on = True

    def _on_step(self) -> bool:
        return True


def _keep_normalisation(env: VecNormalize, by: Normalisation) -> None:
    """Normalise by the figures of a policy file, from now on and for good.

    Moments that went on with what is met would change what the actor computes while its weights are kept, and most
    where it hurts: an input that hardly changed in the demonstrations, of scale 1e-6, say, meets a spread many times
    that, at once. Here it is cut off at `clip`, as it is wherever the file is used.
    """
    env.training, env.epsilon = False, 0.0
    # the graph of the file subtracts in single precision, which shows where a scale is small
    env.obs_rms.mean = np.array(by.mean, np.float32).astype(np.float64)
    env.obs_rms.var = np.array(by.scale) ** 2


def _arrays(buffer: Any) -> dict[str, np.ndarray]:
    """The arrays of a replay buffer."""
    return {name: value for name, value in vars(buffer).items() if isinstance(value, np.ndarray)}
