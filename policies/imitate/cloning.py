"""Behaviour cloning: a network learns to give the action that was shown for what was seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pilotline.envs.interface import Interface
from pilotline.policies.file import Inputs, Layer, Normalisation
from pilotline.policies.file.words import Read, segments
from pilotline.policies.imitate.demos import Demos, DemosError, Episode, held_against
from pilotline.policies.imitate.last import Last
from pilotline.policies.imitate.student import Student, StudentParams, moments, normalisation_of, normalised
from pilotline.policies.train.board import Board
from pilotline.policies.train.learner import Learned
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.reads import without_memory


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
      TrainError: a hyper-parameter that there isn't, a value that it does not take, or a memory that is read.
      ReadsError: an entry that the station does not have.
    """

    def __init__(self, plan: Plan, demos: Demos, interface: Interface, board: Path | None = None) -> None:
        held_against(demos, interface)
        without_memory(plan, interface)
        self._plan, self.interface = plan, interface
        reads = segments(interface, plan.reads)
        params = StudentParams.of(plan.params, plan.trainer)
        pairs = [vectors(episode, interface, plan.reads) for episode in demos.episodes]
        inputs = np.concatenate([seen for seen, _ in pairs])
        actions = np.concatenate([done for _, done in pairs])
        if not (np.isfinite(inputs).all() and np.isfinite(actions).all()):
            raise DemosError("demos: hold numbers that are not finite; allowed: finite ones, as keep=good leaves them")
        self._normalisation = normalisation_of(inputs, params.clip_obs)
        seen, last = normalised(inputs, self._normalisation), Last.of(reads, self._normalisation, params.activation)
        self._inputs, self._actions = torch.from_numpy(seen), torch.from_numpy(actions)
        units = moments(actions - last(seen, actions.shape[1]))
        self._student = Student(inputs.shape[1], params, plan.seed, units, last)
        self._board = Board(board)

    def learn(self, leg: int) -> Learned:
        """See `Learner`; there are no cycles and no return."""
        before = self._student.steps
        rng = np.random.default_rng(self._plan.training_seed(leg))
        error = self._student.fit(self._inputs, self._actions, self._plan.leg_steps, rng)
        self._board.add(self._student.steps, {"mean_squared_error": error})
        return Learned(steps=self._student.steps - before, episodes=0, mean_return=None)

    def save(self, folder: Path) -> None:
        """See `Learner`."""
        self._student.save(folder)

    def restore(self, folder: Path) -> None:
        """See `Learner`."""
        self._student.restore(folder)

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """See `Learner`."""
        return self._student.layers(), self._normalisation


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
