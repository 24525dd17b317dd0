"""What a training run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MAX_SEED, MAX_NSIM, MAX_LEGS = 2**15 - 1, 2**12, 2**12
_TRAINING, _EVALUATION = 2**41, 2**42
"""Seeds of cycles that are trained on begin here, and those on which a run is evaluated there: no score that a person
asks for with a seed of ordinary size is of a cycle that the policy has seen."""


@dataclass(frozen=True)
class Plan:
    """One training run; equal plans give equal policies.

    Attributes:
      trainer: name of the learner.
      params: its hyper-parameters.
      station, robot, actuators, control, pack: what is trained, by name, as for a Gymnasium environment.
      reads: entries of the observation that the network takes, in order; None for all.
      seed: of the run.
      nsim: simulations.
      leg_steps: control steps of all simulations together between two checkpoints.
      cycles: on which each leg's policy is evaluated.
    """

    trainer: str
    params: Mapping[str, Any]
    station: str
    robot: str
    actuators: str
    control: str
    pack: str
    reads: tuple[str, ...] | None
    seed: int
    nsim: int
    leg_steps: int
    cycles: int

    def document(self) -> dict[str, Any]:
        """In plain JSON types."""
        return {**asdict(self), "params": dict(self.params), "reads": None if self.reads is None else list(self.reads)}

    def training_seed(self, leg: int) -> int:
        """Seed of slot 0 in a leg; slot i has this plus i, and no other leg of no other run has any of them."""
        return _TRAINING + (self.seed * MAX_LEGS + leg) * MAX_NSIM

    @property
    def evaluation_seed(self) -> int:
        """Seed of the cycles on which the run's policies are evaluated, the same for all of them."""
        return _EVALUATION + self.seed
