"""A network that learns to give the actions that were shown, by gradients of their squared error.

A channel's error counts in units of how much that channel varied in what was shown: else a gripper that opens and shuts
would outweigh a hand that moves with care.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilotline.policies.file import Layer, Normalisation
from pilotline.policies.file.reading import problem
from pilotline.policies.file.torch_export import dense_layers
from pilotline.policies.imitate.last import Last, with_last
from pilotline.policies.train.averaging import averaged
from pilotline.policies.train.learner import TrainError, Widths

_ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "elu": torch.nn.ELU, "swish": torch.nn.SiLU}
_FILE = "cloning.pt"
_STILL = 1e-6
"""Standard deviation, in the unit of an input, below which it counts as one that never changed."""

Units = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Mean and standard deviation (m,) of what is learned, in which it is counted."""


class StudentParams(BaseModel):
    """Hyper-parameters of the network and its gradients.

    Attributes:
      half_steps: samples of gradients after which the learning rate is half of what it was; None keeps it.
      average_updates: time constant, in gradients, of the averaged weights that act and are written; 0 for the last
        ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    net: Widths = (256, 256)
    activation: str = Field("elu", pattern=f"^({'|'.join(_ACTIVATIONS)})$")
    learning_rate: float = Field(1e-3, gt=0.0)
    half_steps: int | None = Field(None, ge=1)
    average_updates: int = Field(0, ge=0)
    batch_size: int = Field(256, ge=1)
    weight_decay: float = Field(0.0, ge=0.0)
    clip_obs: float = Field(10.0, gt=0.0)

    @classmethod
    def of(cls, given: Mapping[str, Any], trainer: str) -> Self:
        """Those of a plan.

        Raises:
          TrainError: one that there isn't, or a value that it does not take.
        """
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            names = ", ".join(cls.model_fields)
            raise TrainError(f"params of {trainer}: {problem(error)}; there are: {names}") from None


class Student:
    """Network and Adam.

    Args:
      inputs: numbers that it takes.
      params: figures.
      seed: of its first weights.
      units: of its outputs.
      last: outputs that are changes from what they were.
      memory: so many of its outputs, the last ones, are changes of a memory.
      change_weight: so many times their error counts in steps in which any of them is not 0.

    Attributes:
      steps: samples that gradients were taken of.
    """

    def __init__(
        self,
        inputs: int,
        params: StudentParams,
        seed: int,
        units: Units,
        last: Last,
        memory: int = 0,
        change_weight: float = 1.0,
    ) -> None:
        # networks this small lose time to threads, and results would depend on their number
        torch.set_num_threads(1)
        self._params, self._last, self._memory, self._change_weight = params, last, memory, change_weight
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._module = _network(inputs, len(units[0]), params)
        self._adam = torch.optim.Adam(
            self._module.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay
        )
        count = params.average_updates
        self._averaged = averaged(self._module, self._adam, count) if count else None
        self._mean, self._unit = (part.astype(np.float32) for part in units)
        self.steps = 0

    def fit(self, inputs: torch.Tensor, actions: torch.Tensor, samples: int, rng: np.random.Generator) -> float:
        """Take gradients of so many samples at least, in whole batches drawn at random; their mean squared error.

        The error is in units of the deviations.

        Args:
          inputs: (n, width), normalised.
          actions: (n, m).
        """
        size = self._params.batch_size
        batches = -(-samples // size)
        total = 0.0
        for k in range(batches):
            self._pace(self.steps + k * size)
            rows = torch.from_numpy(rng.integers(len(inputs), size=size))
            seen = inputs[rows]
            error = self._error(self._module(seen), self._wanted(seen, actions[rows]))
            self._adam.zero_grad()
            error.backward()
            self._adam.step()
            total += float(error.detach())
        self.steps += batches * size
        return total / batches

    def _wanted(self, inputs: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """What the network is to give (n, m), in its units."""
        last = self._last(inputs.numpy(), actions.shape[1]).astype(np.float32)
        change = actions - torch.from_numpy(last) - torch.from_numpy(self._mean)
        return change / torch.from_numpy(self._unit)

    def _error(self, found: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        square = (found - wanted) ** 2
        if self._memory:
            changes = (wanted[:, -self._memory :] != 0.0).any(dim=1, keepdim=True)
            square[:, -self._memory :] *= torch.where(changes, self._change_weight, 1.0)
        return square.mean()

    def _pace(self, steps: int) -> None:
        """Set the learning rate after so many samples."""
        params = self._params
        share = 1.0 if params.half_steps is None else 0.5 ** (steps / params.half_steps)
        for group in self._adam.param_groups:
            group["lr"] = params.learning_rate * share

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Actions (n, m) for normalised inputs (n, width), within -1 to 1."""
        with torch.no_grad():
            found: NDArray[np.float32] = self._acting(torch.from_numpy(inputs)).numpy()
        change = (found * self._unit + self._mean).astype(np.float64)
        return np.clip(change + self._last(inputs, change.shape[1]), -1.0, 1.0)

    def save(self, folder: Path) -> None:
        """Write network, optimiser and steps."""
        kept = {"network": self._module.state_dict(), "adam": self._adam.state_dict(), "steps": self.steps}
        if self._averaged:
            kept["averaged"] = self._averaged.state_dict()
        torch.save(kept, folder / _FILE)

    def restore(self, folder: Path) -> None:
        """Read them."""
        kept = torch.load(folder / _FILE, weights_only=True)
        self._module.load_state_dict(kept["network"])
        self._adam.load_state_dict(kept["adam"])
        if self._averaged:
            self._averaged.load_state_dict(kept["averaged"])
        self.steps = int(kept["steps"])

    @property
    def _acting(self) -> torch.nn.Module:
        """The network that acts and is written."""
        return self._averaged.module if self._averaged else self._module

    def layers(self) -> tuple[Layer, ...]:
        """From the normalised input to the action."""
        *hidden, last = dense_layers(self._acting)
        return with_last((*hidden, Layer(last.weights * self._unit, last.bias * self._unit + self._mean)), self._last)


def normalisation_of(inputs: NDArray[np.float32], clip: float) -> Normalisation:
    """Mean and standard deviation of vectors (n, width); an input that never changed keeps its unit."""
    mean, scale = moments(inputs)
    return Normalisation(mean=tuple(mean.tolist()), scale=tuple(scale.tolist()), clip=clip)


def normalised(inputs: NDArray[np.float32], by: Normalisation) -> NDArray[np.float32]:
    """Vectors (n, width) in single precision, as the graph of a policy file makes them."""
    assert by.clip is not None
    mean, inverse = np.asarray(by.mean, np.float32), (1.0 / np.asarray(by.scale)).astype(np.float32)
    return np.clip((inputs - mean) * inverse, -np.float32(by.clip), np.float32(by.clip))


def moments(values: NDArray[np.floating]) -> Units:
    """Mean and standard deviation (k,) of rows (n, k); 1 in place of the deviation of what never changed."""
    exact = values.astype(np.float64)
    deviation = exact.std(axis=0)
    return exact.mean(axis=0), np.where(deviation > _STILL, deviation, 1.0)


def _network(inputs: int, outputs: int, params: StudentParams) -> torch.nn.Sequential:
    parts: list[torch.nn.Module] = []
    for width in params.net:
        parts += [torch.nn.Linear(inputs, width), _ACTIVATIONS[params.activation]()]
        inputs = width
    return torch.nn.Sequential(*parts, torch.nn.Linear(inputs, outputs))
