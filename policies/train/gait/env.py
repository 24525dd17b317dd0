"""A task on legs as a walker learns it: its own input and, for the critic, the truth; rewarded as a gait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnvWrapper

from pilotline.envs.interface import Interface
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.envs.stations.walk import Walk
from pilotline.envs.work.balance import GRAVITY
from pilotline.envs.work.motion import RANDOM
from pilotline.policies.file.inputs import Inputs
from pilotline.policies.file.segments import MemorySegment, Segment
from pilotline.policies.train.gait.aim import Aim
from pilotline.policies.train.gait.mirror import PLANAR, Mirror, join, of_joints, of_reads
from pilotline.policies.train.gait.pushes import TrainingPushes
from pilotline.policies.train.gait.reads import CLOCK, SWING
from pilotline.policies.train.gait.reward import Motion, motion_of, terms
from pilotline.policies.train.gait.settings import Gait
from pilotline.policies.train.gait.smooth import HELD, share, step
from pilotline.policies.train.learner import TrainError

Float = NDArray[np.float64]

_FAR = 1e6
REWARD_SCALE = 0.05
"""Of the terms' weighted mean, so that returns are some units."""


class GaitEnv(VecEnvWrapper):
    """Many simulations, each observed as one vector (width + truth,).

    The first `width` numbers are the input of the policy, see `pilotline.policies.file.Inputs`; the others are what
    only a simulation knows, for the critic. An action is an output of the network, see `Aim`. A cycle whose time, or
    `cycle_s` of the gait, is over counts as cut off, with the vector before its last step as the last one.

    Args:
      envs: of a task on legs, with named observations.
      interface: of the task.
      reads: of the policy, as `pilotline.policies.train.gait.reads` gives them.
      gait: figures.

    Attributes:
      batch: of the simulations.
      width: numbers that the policy sees.
      aim: from the network's filtered output to the action.
      share: of the filter, see `pilotline.policies.train.gait.smooth`.
      held: columns where the vector has the filtered output, in its own unit; None without a filter.
      plain: columns (p,) of clock and filtered output, which are not to be normalised.
      action_mirror, mirror: of output and of the whole vector.

    Raises:
      TrainError: a robot that is not the same on both sides.
    """

    def __init__(self, envs: StationSB3VecEnv, interface: Interface, reads: tuple[Segment, ...], gait: Gait) -> None:
        self._envs, self.batch, self._gait = envs.envs, envs.envs.batch, gait
        task, model, robot = self.batch.station, self.batch.world.model, self.batch.robot
        if not isinstance(task, Walk) or task.fit is None:
            raise TrainError(f"gait at {interface.station}; allowed: pilotline/Walk-v1 and its like")
        self._task, self._sides, self._height_m = task, tuple(robot.feet), task.fit.height_m
        self._weight_n = task.fit.mass_kg * GRAVITY
        legs = tuple(channel.name for channel in interface.action)
        self.aim = Aim.of(interface, [robot.home[joint] for joint in legs], gait.reach_rad)
        self._inputs = Inputs(reads, interface.observation, len(legs), envs.num_envs, interface.period_s)
        self.width, self.share = self._inputs.width, share(gait.smooth_s, interface.period_s)
        self.held = _memory(reads)
        columns = np.arange(self.width)
        self.plain = np.concatenate([columns[CLOCK], columns[self.held or slice(0)]])
        self.action_mirror = of_joints(model, legs)
        self.mirror = join([of_reads(model, reads, self.action_mirror), _TRUTH])
        positions = next(entry.parts for entry in interface.observation if entry.name == "joint_pos")
        aside = [joint for joint, sign in zip(legs, self.action_mirror.sign, strict=True) if sign < 0.0]
        self._aside = np.array([positions.index(joint) for joint in aside])
        self._aside_home = np.array([robot.home[joint] for joint in aside])
        space = gymnasium.spaces.Box(-np.inf, np.inf, (len(self.mirror.take),), np.float32)
        super().__init__(envs, observation_space=space, action_space=self._outputs())
        self._action = self._output = self._before = np.zeros((envs.num_envs, len(legs)))
        self._command = np.zeros((envs.num_envs, 3))
        self._seen = np.zeros((envs.num_envs, *space.shape), np.float32)
        self._steps = np.zeros(envs.num_envs, np.int64)
        self._last = min(task.steps, round(gait.cycle_s / interface.period_s))
        self._root, self._pushes = model.body(robot.root).id, None
        if gait.push_ns_per_kg:
            seconds, mass_kg = self._last * interface.period_s, task.fit.mass_kg
            self._pushes = TrainingPushes(gait.push_ns_per_kg, seconds, interface.period_s, mass_kg, envs.num_envs)
        weights = gait.weights.model_dump()
        self._weights = {name: weight / sum(weights.values()) for name, weight in weights.items()}

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed cycles, and pushes if there are any."""
        if self._pushes is not None:
            self._pushes.seed(seed)
        return self.venv.seed(seed)

    def reset(self) -> NDArray[np.float32]:
        """Start a cycle in every slot."""
        obs = self._lively(self.venv.reset(), np.ones(self.num_envs, np.bool_))
        self._begin(np.arange(self.num_envs))
        return self._vectors(obs, self._motion(), self._off())

    def step_async(self, actions: NDArray[np.floating]) -> None:
        """Take the outputs (num_envs, k) of the step that `step_wait` makes."""
        self._output = step(self._before, actions, self.share) if self.held else np.asarray(actions, np.float64)
        self._action = self.aim(self._output)
        if self._pushes is not None:
            self.batch.engine.push[:, self._root] = self._pushes.wrench(self._steps)
        self.venv.step_async(self._action)

    def step_wait(self) -> tuple[NDArray[np.float32], Float, NDArray[np.bool_], list[dict[str, Any]]]:
        """Advance 20 ms."""
        obs, _, done, infos = self.venv.step_wait()
        late = ~done & (self._steps + 1 >= self._last)
        if late.any():
            done = done | late
            obs, _ = self._envs.reset(options={"reset_mask": late})
        obs = self._lively(obs, done)
        assert isinstance(obs, dict)
        kept = self._output / HELD if self.held else self._output[:, :0]
        self._inputs.took(np.concatenate([self._action, kept], axis=1))
        self._steps += 1
        motion, command, off, change = self._motion(), self._command, self._off(), self._output - self._before
        aside = obs["joint_pos"][:, self._aside] - self._aside_home
        self._before = self._output.copy()
        ended = np.flatnonzero(done)
        for slot in ended.tolist():
            infos[slot]["terminal_observation"] = self._seen[slot].copy()
            infos[slot]["TimeLimit.truncated"] = bool(self._steps[slot] >= self._last)
        self._begin(ended)
        vectors = self._vectors(obs, motion, off)
        swing = vectors[:, SWING].astype(np.float64)
        each = terms(motion, command, off, swing, aside, change, self._height_m, self._gait)
        reward = REWARD_SCALE * sum(self._weights[name] * value for name, value in each.items())
        # where a slot has begun anew, the motion is that of its new cycle
        return vectors, np.where(done, 0.0, reward), done, infos

    def _outputs(self) -> gymnasium.spaces.Box:
        """Bounds to which Stable-Baselines3 clips outputs: the joints' ranges, where the action ends too.

        With a filter the action ends there after it, in the policy's file and so in training: none that matter.
        """
        if self.held:
            return gymnasium.spaces.Box(-_FAR, _FAR, (len(self.aim.gain),), np.float32)
        low, high = ((edge - self.aim.offset) / self.aim.gain for edge in (-1.0, 1.0))
        return gymnasium.spaces.Box(low.astype(np.float32), high.astype(np.float32))

    def _lively(self, obs: Any, begun: NDArray[np.bool_]) -> Any:
        """Observations after other cycles were begun in place of the calm ones among those that have `begun`."""
        calm = begun & (self.batch.draw["motion"] != RANDOM)
        if not self._gait.lively or not calm.any():
            return obs
        return self._envs.reset(options={"reset_mask": calm})[0]

    def _begin(self, ids: NDArray[np.int64]) -> None:
        self._inputs.begin(ids)
        self._before[ids] = 0.0
        self._steps[ids] = 0
        if self._pushes is not None:
            self._pushes.begin(ids)

    def _motion(self) -> Motion:
        sense = self.batch.sense()
        return motion_of(sense, self._task.velocity(np, sense), self._sides, self._weight_n)

    def _off(self) -> Float:
        memory = self.batch.memory
        return np.asarray(memory["moved"] - memory["told"])

    def _vectors(self, obs: Any, motion: Motion, off: Float) -> NDArray[np.float32]:
        self._command = obs["command"].copy()
        truth = (motion.velocity, off, motion.height_m[:, None], motion.sole_m, motion.load)
        self._seen = np.concatenate([self._inputs(obs), *truth], axis=1).astype(np.float32)
        return self._seen


def _memory(reads: tuple[Segment, ...]) -> slice | None:
    """Columns of the vector that hold the network's memory; None without one."""
    begun = 0
    for read in reads:
        if isinstance(read, MemorySegment):
            return slice(begun, begun + read.width)
        begun += read.width
    return None


_TRUTH = join([Mirror.signs(*PLANAR), Mirror.signs(*PLANAR), Mirror.signs(1.0), Mirror.swap(), Mirror.swap()])
"""Of what the critic sees more: velocity, how far off it is, height, soles, loads."""
