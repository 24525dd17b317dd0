"""Behaviour cloning: a network learns to give the action that was shown for what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilotline.envs.interface import Interface
from pilotline.policies.file import Inputs, Layer, Normalisation
from pilotline.policies.file.contract import Read, segments
from pilotline.policies.file.reading import problem
from pilotline.policies.file.torch_export import dense_layers
from pilotline.policies.imitate.demos import Demos, DemosError, Episode, held_against
from pilotline.policies.train.learner import Learned, TrainError, Widths
from pilotline.policies.train.plan import Plan

_ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "elu": torch.nn.ELU, "swish": torch.nn.SiLU}
_FILE = "cloning.pt"
_STILL = 1e-6
"""Standard deviation, in the unit of an input, below which it counts as one that never changed."""


class CloningParams(BaseModel):
    """Hyper-parameters of behaviour cloning."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    net: Widths = (256, 256)
    activation: str = Field("elu", pattern=f"^({'|'.join(_ACTIVATIONS)})$")
    learning_rate: float = Field(1e-3, gt=0.0)
    batch_size: int = Field(256, ge=1)
    weight_decay: float = Field(0.0, ge=0.0)
    clip_obs: float = Field(10.0, gt=0.0)


class Cloning:
    """A `Learner` from demonstrations: mean squared error of the action, Adam, minibatches drawn at random.

    A step is one control step of the demonstrations that a gradient was taken of; a leg takes them in whole batches.

    Args:
      plan: what is trained.
      demos: what was shown.
      interface: of the station that it is for.
      board: folder for TensorBoard; None for none.

    Raises:
      DemosError: demonstrations of another interface, or with numbers that are not finite.
      TrainError: a hyper-parameter that there isn't, or a value that it does not take.
      ReadsError: an entry that the station does not have.
    """

    def __init__(self, plan: Plan, demos: Demos, interface: Interface, board: Path | None = None) -> None:
        held_against(demos, interface)
        self._plan, self.interface, self._params = plan, interface, _params(plan.params)
        pairs = [vectors(episode, interface, plan.reads) for episode in demos.episodes]
        inputs = np.concatenate([seen for seen, _ in pairs])
        actions = np.concatenate([done for _, done in pairs])
        if not (np.isfinite(inputs).all() and np.isfinite(actions).all()):
            raise DemosError("demos: hold numbers that are not finite; allowed: finite ones, as keep=good leaves them")
        self._normalisation = normalisation_of(inputs, self._params.clip_obs)
        # networks this small lose time to threads, and results would depend on their number
        torch.set_num_threads(1)
        self._inputs = torch.from_numpy(_normalised(inputs, self._normalisation))
        self._actions = torch.from_numpy(actions)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            self._module = _network(inputs.shape[1], actions.shape[1], self._params)
        self._adam = torch.optim.Adam(
            self._module.parameters(), lr=self._params.learning_rate, weight_decay=self._params.weight_decay
        )
        self._steps = 0
        self._board = None
        if board is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(board))

    def learn(self, leg: int) -> Learned:
        """See `Learner`; there are no cycles and no return."""
        size = self._params.batch_size
        rng = np.random.default_rng(self._plan.training_seed(leg))
        batches = -(-self._plan.leg_steps // size)
        total = 0.0
        for _ in range(batches):
            rows = torch.from_numpy(rng.integers(len(self._inputs), size=size))
            error = torch.nn.functional.mse_loss(self._module(self._inputs[rows]), self._actions[rows])
            self._adam.zero_grad()
            error.backward()
            self._adam.step()
            total += float(error.detach())
        self._steps += batches * size
        if self._board is not None:
            self._board.add_scalar("train/mean_squared_error", total / batches, self._steps)
            self._board.flush()
        return Learned(steps=batches * size, episodes=0, mean_return=None)

    def save(self, folder: Path) -> None:
        """See `Learner`."""
        kept = {"network": self._module.state_dict(), "adam": self._adam.state_dict(), "steps": self._steps}
        torch.save(kept, folder / _FILE)

    def restore(self, folder: Path) -> None:
        """See `Learner`."""
        kept = torch.load(folder / _FILE, weights_only=True)
        self._module.load_state_dict(kept["network"])
        self._adam.load_state_dict(kept["adam"])
        self._steps = int(kept["steps"])

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """See `Learner`."""
        return dense_layers(self._module), self._normalisation


def vectors(
    episode: Episode, interface: Interface, reads: tuple[Read, ...] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the network would have taken at each step of a cycle, (T, width), and what was done then, (T, m).

    The vectors are made by the code that makes them where the policy works, told the actions that were shown.
    """
    actions = episode.actions
    seen = {name: values.astype(np.float64) for name, values in episode.observations.items()}
    inputs = Inputs(segments(interface, reads), interface.observation, actions.shape[1], 1, interface.period_s)
    inputs.begin(np.zeros(1, np.int64))
    rows = []
    for t in range(len(actions)):
        rows.append(inputs({name: values[t : t + 1] for name, values in seen.items()}))
        inputs.took(actions[t : t + 1])
    return np.concatenate(rows), actions


def normalisation_of(inputs: NDArray[np.float32], clip: float) -> Normalisation:
    """Mean and standard deviation of vectors (n, width); an input that never changed keeps its unit."""
    values = inputs.astype(np.float64)
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    scale = np.where(deviation > _STILL, deviation, 1.0)
    return Normalisation(mean=tuple(mean.tolist()), scale=tuple(scale.tolist()), clip=clip)


def _normalised(inputs: NDArray[np.float32], by: Normalisation) -> NDArray[np.float32]:
    assert by.clip is not None
    # in single precision, as the graph of a policy file does it
    mean, inverse = np.asarray(by.mean, np.float32), (1.0 / np.asarray(by.scale)).astype(np.float32)
    return np.clip((inputs - mean) * inverse, -np.float32(by.clip), np.float32(by.clip))


def _network(inputs: int, outputs: int, params: CloningParams) -> torch.nn.Sequential:
    parts: list[torch.nn.Module] = []
    for width in params.net:
        parts += [torch.nn.Linear(inputs, width), _ACTIVATIONS[params.activation]()]
        inputs = width
    return torch.nn.Sequential(*parts, torch.nn.Linear(inputs, outputs))


def _params(given: Mapping[str, Any]) -> CloningParams:
    try:
        return CloningParams.model_validate(dict(given))
    except ValidationError as error:
        names = ", ".join(CloningParams.model_fields)
        raise TrainError(f"params of bc: {problem(error)}; there are: {names}") from None
