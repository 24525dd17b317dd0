"""What a training run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pilotline.envs.seeds import SCORED

MAX_SEED, MAX_NSIM, MAX_LEGS = 2**15 - 1, 2**12, 2**12
_TRAINING, _EVALUATION, _DEMOS = SCORED, 2**42, 2**43
"""Seeds of cycles that are trained on begin here, those on which a run is evaluated there, and those of demonstrations
at the last: no score that a person asks for with a seed of ordinary size is of a cycle that the policy has seen."""

_OPTIONAL = ("demos", "start")


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
      leg_steps: control steps of all simulations together between two checkpoints; where a script is led
        (`control=guided`) they are its decisions.
      cycles: on which each leg's policy is evaluated.
      demos: SHA-256 of the demonstrations that it learns from; None without any.
      start: SHA-256 of the policy file that it begins from; None without one.
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
    demos: str | None = None
    start: str | None = None

    def document(self) -> dict[str, Any]:
        """In plain JSON types; demos and start only where there are any."""
        whole = {
            **asdict(self),
            "params": dict(self.params),
            "reads": None if self.reads is None else list(self.reads),
        }
        return {name: value for name, value in whole.items() if name not in _OPTIONAL or value is not None}

    def training_seed(self, leg: int) -> int:
        """Seed of slot 0 in a leg; slot i has this plus i, and no other leg of no other run has any of them."""
        return _TRAINING + (self.seed * MAX_LEGS + leg) * MAX_NSIM

    @property
    def evaluation_seed(self) -> int:
        """Seed of the cycles on which the run's policies are evaluated, the same for all of them."""
        return _EVALUATION + self.seed


def demos_seed(seed: int) -> int:
    """Seed of the cycles of demonstrations that a person gave `seed` for, 0 to `MAX_SEED`."""
    return _DEMOS + seed
