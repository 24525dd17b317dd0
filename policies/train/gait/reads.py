"""What a walking policy reads: only what the robot can sense, the command, and its own clock."""

from __future__ import annotations

from typing import Literal

from pilotline.envs.interface import Interface
from pilotline.policies.file.segments import (
    Clock,
    ClockSegment,
    EntrySegment,
    GravitySegment,
    MemorySegment,
    PreviousSegment,
    Segment,
)
from pilotline.policies.train.gait.settings import Gait
from pilotline.policies.train.gait.smooth import HELD
from pilotline.policies.train.learner import TrainError

_NEEDED = ("imu", "imu_quat", "command", "joint_pos", "joint_vel")
_FUNCTIONS: tuple[Literal["swing"], Literal["sin"], Literal["cos"]] = ("swing", "sin", "cos")
_SCALES = {"wrist_wrench": 0.01, "foot_wrench": 0.01, "balance": 1.0}
"""Of what a gait may feel."""
_PHASES = (0.0, 0.5)
"""Of the clocks of the right foot and the left; a foot is to be in the air in the first half of its turn."""
SWING = slice(0, len(_PHASES))
"""Where the input says how high each foot is to be."""
CLOCK = slice(0, len(_PHASES) * len(_FUNCTIONS))
"""Where its clock is, which is not normalised."""


def reads(interface: Interface, gait: Gait) -> tuple[Segment, ...]:
    """Clock, gravity's direction, rates of turning, command, angles and rates of all joints, the last output.

    And what the gait `feels`. Where the output is filtered, the last output is what the filter has come to.

    Raises:
      TrainError: a station without a command, or a robot without legs.
    """
    parts = {entry.name: entry.parts for entry in interface.observation}
    if missing := [name for name in (*_NEEDED, *gait.feels) if name not in parts]:
        raise TrainError(
            f"gait at {interface.station} with robot {interface.robot}: no {', '.join(missing)}; "
            "allowed: robots on legs at stations that command a velocity"
        )
    legs = tuple(channel.name for channel in interface.action)
    return (
        ClockSegment(clock=Clock(period_s=gait.period_s, phases=_PHASES, functions=_FUNCTIONS)),
        GravitySegment(gravity="imu_quat"),
        EntrySegment(entry="imu", parts=("rate_x", "rate_y", "rate_z")),
        EntrySegment(entry="command", parts=parts["command"]),
        EntrySegment(entry="joint_pos", parts=parts["joint_pos"]),
        EntrySegment(entry="joint_vel", parts=parts["joint_vel"], scale=0.1),
        MemorySegment(memory=len(legs), scale=HELD) if gait.smooth_s else PreviousSegment(previous_action=len(legs)),
        *(EntrySegment(entry=name, parts=parts[name], scale=_SCALES[name]) for name in gait.feels),
    )
