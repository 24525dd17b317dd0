"""Cloning on the clone's own cycles: an expert says what it would do wherever the clone has got itself to.

DAgger: Ross, Gordon, Bagnell, "A Reduction of Imitation Learning and Structured Prediction to No-Regret Online
Learning" (2011), with the rule of SafeDAgger: Zhang and Cho, "Query-Efficient Imitation Learning for End-to-End
Autonomous Driving" (2016). The expert is the station's scripted reference policy. It rides along in every cycle, sees
what the clone sees, keeps its own count of where it is in the work, and acts itself where the clone would do something
else: a script that has counted on is no good adviser to a clone that was left behind.

A clone that reads a memory learns to remember what the script remembers: the script says after each step what that is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.episodes import Episodes
from pilotline.envs.interface import interface_of
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.file import Inputs, Layer, Normalisation
from pilotline.policies.file.segments import MemorySegment, memory_of
from pilotline.policies.file.words import segments
from pilotline.policies.imitate.last import Last
from pilotline.policies.imitate.student import Student, StudentParams, moments, normalisation_of, normalised
from pilotline.policies.train.board import Board
from pilotline.policies.train.learner import Learned, TrainError
from pilotline.policies.train.plan import Plan

EXPERT = "reference"
_SHOWN = "shown.npz"
_WHOLE_UNIT = 0.3
"""Error that counts 1 in a number of the memory, which is lost from 0.5 on."""


@runtime_checkable
class Remembers(Protocol):
    """A script that says what it remembers, for n simulations."""

    def memory(self) -> NDArray[np.float64]:
        """(n, k), 0 or 1: what it has after `act` that no observation tells."""

    def took(self, action: NDArray[np.float64], memory: NDArray[np.float64]) -> None:
        """What was done (n, m) in place of what `act` gave, and what is remembered (n, k) in place of its memory.

        Each number of that is as it was before `act` or as it is after it.
        """


class DaggerParams(StudentParams):
    """Hyper-parameters.

    Attributes:
      leash: largest difference of any channel, in units of how much it varied in the first leg, at which the clone's
        action is still taken instead of the expert's.
      memory_leash_s: time for which the expert waits with a clone whose memory hasn't changed yet as its own has. A
        clone that is always set right at once never sees what it looks like to be late, and stays where it is when it
        is.
      change_weight: so many times the error of a memory counts in steps in which it changes. They are one in a hundred,
        and a number stays as it is until its change is found likelier than not: with 1, what is likely in no single
        step never happens.
    """

    leash: float = Field(1.0, gt=0.0)
    memory_leash_s: float = Field(0.5, ge=0.0)
    change_weight: float = Field(10.0, ge=1.0)


class Dagger:
    """A `Learner` from an expert that is asked.

    A leg runs one cycle in each simulation, from its beginning to its verdict, keeps every step with what the expert
    would have done, and takes gradients of `leg_steps` samples of all that was kept so far. The expert runs the cycles
    of the first leg, whose moments normalise the inputs; in later ones the clone acts, on its leash. A step is one
    sample of a gradient, as in cloning.

    Args:
      plan: what is trained; its control is the expert's.
      nthread: threads of the physics.
      board: folder for TensorBoard; None for none.

    Raises:
      TrainError: a hyper-parameter that there isn't, a value that it does not take, another control than the
        expert's, or a memory that the expert does not have.
      ValueError: a station or robot without a reference policy.
    """

    def __init__(self, plan: Plan, nthread: int = 0, board: Path | None = None) -> None:
        self._plan = plan
        self._params = DaggerParams.of(plan.params, plan.trainer)
        robot = robots.load(plan.robot)
        self._expert = policies.load(EXPERT, plan.station, robot, plan.nsim, plan.actuators)
        if plan.control != self._expert.control:
            raise TrainError(
                f"control={plan.control} with trainer={plan.trainer}; allowed: {self._expert.control}, "
                f"which the reference policy of {plan.station} speaks"
            )
        world = build_world(stations.load(plan.station), robot, plan.actuators)
        self._batch = StationBatch(world, plan.nsim, nthread, plan.control, plan.pack)
        self._episodes = Episodes(self._batch, graded=True)
        self.interface = interface_of(self._batch)
        self._reads, period_s = segments(self.interface, plan.reads), self.interface.period_s
        asked = memory_of(self._reads)
        self._script = self._remembering(asked) if asked else None
        self._late = round(self._params.memory_leash_s / period_s)
        self._outputs = len(self.interface.action)
        self._vectors = Inputs(self._reads, self.interface.observation, self._outputs, plan.nsim, period_s)
        self._inputs = np.zeros((0, self._vectors.width), np.float32)
        self._actions = np.zeros((0, self._outputs + self._vectors.memory.shape[1]), np.float32)
        self._student: Student | None = None
        self._normalisation: Normalisation | None = None
        self._first, self._spread = 0, np.zeros(self._outputs)
        self._board = Board(board)

    def learn(self, leg: int) -> Learned:
        """See `Learner`; there is no return."""
        seed = self._plan.training_seed(leg)
        inputs, actions, own = self._run(seed)
        if self._normalisation is None:
            self._normalisation = normalisation_of(inputs, self._params.clip_obs)
            self._first = len(inputs)
        self._inputs = np.concatenate([self._inputs, normalised(inputs, self._normalisation)])
        self._actions = np.concatenate([self._actions, actions])
        if self._student is None:
            self._student = self._beginner(self._normalisation)
        before, rows = self._student.steps, (torch.from_numpy(self._inputs), torch.from_numpy(self._actions))
        error = self._student.fit(*rows, self._plan.leg_steps, np.random.default_rng(seed))
        self._board.add(self._student.steps, {"mean_squared_error": error, "own_share": own})
        return Learned(steps=self._student.steps - before, episodes=self._plan.nsim, mean_return=None)

    def save(self, folder: Path) -> None:
        """See `Learner`."""
        assert self._normalisation is not None
        assert self._student is not None
        self._student.save(folder)
        mean_and_scale = (self._normalisation.mean, self._normalisation.scale)
        np.savez(
            folder / _SHOWN,
            inputs=self._inputs,
            actions=self._actions,
            moments=np.array(mean_and_scale),
            first=self._first,
        )

    def restore(self, folder: Path) -> None:
        """See `Learner`."""
        with np.load(folder / _SHOWN, allow_pickle=False) as kept:
            self._inputs, self._actions = kept["inputs"], kept["actions"]
            mean, scale = kept["moments"].tolist()
            self._first = int(kept["first"])
        self._normalisation = Normalisation(mean=tuple(mean), scale=tuple(scale), clip=self._params.clip_obs)
        self._student = self._beginner(self._normalisation)
        self._student.restore(folder)

    def network(self) -> tuple[tuple[Layer, ...], Normalisation]:
        """See `Learner`."""
        assert self._normalisation is not None
        assert self._student is not None
        return self._student.layers(), self._normalisation

    def _remembering(self, asked: MemorySegment) -> Remembers:
        """The expert, if its memory is as wide as is read."""
        if not isinstance(self._expert, Remembers):
            raise TrainError(
                f"reads a memory with trainer={self._plan.trainer}; allowed: at stations whose reference policy says "
                f"what it remembers, which that of {self._plan.station} does not"
            )
        width = self._expert.memory().shape[1]
        if asked != MemorySegment(memory=width, adds=True, whole=width, timer_s=asked.timer_s):
            raise TrainError(
                f"reads a memory of {asked.memory} numbers, {asked.whole} of them whole; allowed: "
                f"memory:{width}:{width}, what the reference policy of {self._plan.station} remembers, or "
                f"memory:{width}:{width}:SECONDS, with a timer"
            )
        return self._expert

    def _beginner(self, by: Normalisation) -> Student:
        """A network that has learned nothing yet; its units are from the first leg.

        A memory's are small beside what is remembered: it hardly ever changes, and would be counted in units of next to
        nothing.
        """
        shown, m, params = self._actions[: self._first], self._outputs, self._params
        last = Last.of(self._reads, by, params.activation)
        mean, unit = moments(shown - last(self._inputs[: self._first], shown.shape[1]))
        mean[m:], unit[m:] = 0.0, _WHOLE_UNIT
        _, self._spread = moments(shown[:, :m])
        memory = shown.shape[1] - m
        return Student(self._vectors.width, params, self._plan.seed, (mean, unit), last, memory, params.change_weight)

    def _run(self, seed: int) -> tuple[NDArray[np.float32], NDArray[np.float32], float]:
        """One cycle in each simulation.

        Returns:
          Inputs (n, width), what the expert would have done (n, m) and by how much the clone's memory should have
          changed (n, k) beside each other, and the share of the steps that the clone made.
        """
        batch, nsim = self._batch, self._plan.nsim
        active = np.arange(nsim)
        # what a script does with a load that the arms cannot hold is no example
        self._episodes.reseed(active, [seed + slot for slot in range(nsim)])
        self._episodes.begin(active)
        self._expert.begin(active)
        self._vectors.begin(active)
        obs, inputs, actions, own = batch.observe(), [], [], 0
        off, m = np.zeros(nsim, np.int64), self._outputs
        while len(active):
            seen = self._vectors(obs)
            action = np.clip(self._expert.act(obs), -1.0, 1.0)
            kept = self._vectors.memory
            recalled = self._script.memory() if self._script else kept
            wanted = np.concatenate([action, recalled - kept], axis=-1)
            done = wanted.copy()
            if self._normalisation and self._student:
                tried = self._student(normalised(seen, self._normalisation))
                leash = self._params.leash * self._spread
                near = np.all(np.abs(tried - wanted)[:, :m] <= leash, axis=-1)
                done[near, :m] = tried[near, :m]
                found = self._vectors.kept(tried[:, m:])
                off = np.where(np.all(found == recalled, axis=-1), 0, off + 1)
                let = np.all((found == recalled) | (found == kept), axis=-1) & (off <= self._late)
                done[let, m:] = tried[let, m:]
                own += int(near[active].sum())
            inputs.append(seen[active])
            actions.append(wanted[active].astype(np.float32))
            told = batch.step(done[:, :m], active)
            self._vectors.took(done)
            if self._script:
                self._script.took(done[:, :m], self._vectors.memory)
            obs = told.obs
            active = active[~told.verdict.done[active]]
        shown = np.concatenate(inputs)
        return shown, np.concatenate(actions), own / len(shown)
