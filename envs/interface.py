"""What a policy and a station say to each other: every number of observation and action by name, order, scale, unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilotline.envs.columns import Columns
from pilotline.envs.control import Channel
from pilotline.envs.observation import senses
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots.actuators.servo import servo_gains


@dataclass(frozen=True)
class Entry:
    """A named part of the observation.

    Attributes:
      name: its key.
      parts: what each of its numbers is, in order; of a station's own entries 0, 1, 2, ...
      unit: of its numbers; empty for a station's own entries, of which its page tells.
    """

    name: str
    parts: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class Interface:
    """Everything that must agree for a policy to mean the same in two places.

    Attributes:
      station: Gymnasium id of the station.
      robot: name of the robot.
      actuators: selection as text.
      control: action layout.
      period_s: of the control step.
      observation: entries, in order.
      action: channels, in order.
      gains: stiffness (N m/rad) and damping (N m s/rad) of the position servos, by joint.
    """

    station: str
    robot: str
    actuators: str
    control: str
    period_s: float
    observation: tuple[Entry, ...]
    action: tuple[Channel, ...]
    gains: Mapping[str, tuple[float, float]]


def interface_of(batch: StationBatch) -> Interface:
    """The interface of a batch of simulations."""
    world, obs = batch.world, batch.observe()
    assert isinstance(obs, Columns)
    known = senses(world.robot)
    entries = []
    for name, values in obs.items():
        parts, unit = known.get(name, (tuple(str(i) for i in range(values.shape[1])), ""))
        entries.append(Entry(name, parts, unit))
    return Interface(
        station=world.station.card.id,
        robot=world.robot.name,
        actuators=world.actuators,
        control=batch.kind,
        period_s=CONTROL_PERIOD_S,
        observation=tuple(entries),
        action=batch.control.channels,
        gains=servo_gains(world.robot, world.model.opt.timestep),
    )
