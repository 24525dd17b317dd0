"""Every number that a policy reads or gives has a name, and the names fit what robots sense and obey."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.interface import Interface, interface_of
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world

CASES = [
    ("device_test", "wheeled", "joint"),
    ("device_test", "wheeled", "ee"),
    ("device_test", "fixed", "joint"),
    ("device_test", "wheeled hands=five_finger", "joint"),
    ("stand", "biped", "legs"),
    ("walk", "biped", "legs"),
]


def batch_of(station: str, robot: str, control: str, actuators: str = "ideal") -> StationBatch:
    world = build_world(stations.load(station), robots.load(robot), actuators, shells=False)
    return StationBatch(world, 1, 1, control)


@pytest.mark.parametrize(("station", "robot", "control"), CASES)
def test_names_fit_what_is_sensed_and_obeyed(station: str, robot: str, control: str) -> None:
    batch = batch_of(station, robot, control)
    faces = interface_of(batch)
    assert {e.name: len(e.parts) for e in faces.observation} == {k: v.shape[1] for k, v in batch.observe().items()}
    assert tuple(channel.name for channel in faces.action) == batch.control.names
    assert all(channel.low < channel.high for channel in faces.action)
    assert faces.control == control
    assert set(faces.gains) == set(batch.robot.driven)


def test_a_channel_says_what_its_ends_command() -> None:
    batch = batch_of("device_test", "wheeled", "joint")
    channels = interface_of(batch).action
    k = next(i for i, channel in enumerate(channels) if channel.name == "right_arm_3")
    actuator = batch.world.model.actuator("right_arm_3").id
    for end, value in ((-1.0, channels[k].low), (1.0, channels[k].high)):
        action = np.zeros((1, len(channels)))
        action[0, k] = end
        batch.command(action, np.arange(1))
        np.testing.assert_allclose(batch.engine.ctrl[0, actuator], value, atol=1e-12)


def test_other_drives_are_asked_for_the_same_motion() -> None:
    """A policy that learned with ideal joints meets the same servos in harmonic ones."""

    def gains(actuators: str) -> Interface:
        return interface_of(batch_of("device_test", "wheeled", "joint", actuators))

    assert gains("ideal").gains == gains("harmonic").gains
