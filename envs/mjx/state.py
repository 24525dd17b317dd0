"""State of one simulation under JAX: what the physics and the station remember, and what a learner is told."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import jax


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Sim:
    """Everything that a simulation goes on from; fields of MuJoCo have MuJoCo's names and shapes.

    A trainer's automatic reset that puts an earlier one back brings back the whole cycle, judge and machine included.

    Attributes:
      cycle: (), which cycle of the bank it works on.
      time, qpos, qvel, act, qacc_warmstart, ctrl, xfrc_applied: state.
      qfrc_actuator, sensordata: one physics step old, as with `mj_step`.
      peaks: (nsensordata,) largest magnitudes within the last control step.
      placed: bodies that the station's machine has moved, id to place in the parent (3,) m.
      memory: of the station.
      faults: of the engine, () bool each.
      tipping_s, steps: (), see `pilotline.envs.transition.Progress`.
    """

    cycle: Any
    time: Any
    qpos: Any
    qvel: Any
    act: Any
    qacc_warmstart: Any
    ctrl: Any
    xfrc_applied: Any
    qfrc_actuator: Any
    sensordata: Any
    peaks: Any
    placed: dict[str, Any]
    memory: dict[str, Any]
    faults: dict[str, Any]
    tipping_s: Any
    steps: Any

    def replace(self, **changes: Any) -> Sim:
        """A copy with other values."""
        return dataclasses.replace(self, **changes)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class State:
    """What `reset` and `step` return, in the form that Brax and MuJoCo Playground agree on.

    Attributes:
      data: the simulation; Brax knows it as `pipeline_state`.
      obs: (observation_size,).
      reward: ().
      done: () 1.0 where the cycle ended other than by running out of time.
      metrics: reward terms by name, `success`, `contacts_full` (1.0 where every slot for a contact was taken, so that
        some may have been left out).
      info: `success`, `timeout` and each fault, () bool; wrappers add to it.
    """

    data: Sim
    obs: Any
    reward: Any
    done: Any
    metrics: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def pipeline_state(self) -> Sim:
        """The simulation by Brax's name."""
        return self.data

    def replace(self, **changes: Any) -> State:
        """A copy with other values; `pipeline_state` stands for `data`."""
        if "pipeline_state" in changes:
            changes["data"] = changes.pop("pipeline_state")
        return dataclasses.replace(self, **changes)
