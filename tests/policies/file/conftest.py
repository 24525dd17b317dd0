"""A small contract, and networks for it."""

from typing import Any

import numpy as np
import pytest

from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry, Interface
from pilotline.policies.file import Contract, Layer, Normalisation, Training
from pilotline.policies.file.contract import SCHEMA, ChannelGiven, EntryGiven
from pilotline.policies.file.segments import EntrySegment

INPUTS, CHANNELS = 7, 3


def contract(**changes: Any) -> Contract:
    """Seven numbers in, three out."""
    values: dict[str, Any] = {
        "schema": SCHEMA,
        "title": "made up",
        "stations": ("pilotline/Made-v1",),
        "robot": "made",
        "actuators": "ideal",
        "control": "joint",
        "period_s": 0.02,
        "observation": (
            EntryGiven(name="joint_pos", parts=("a", "b", "c"), unit="rad"),
            EntryGiven(name="imu", parts=("rate_x", "rate_y", "rate_z"), unit="rad/s"),
            EntryGiven(name="told", parts=("0", "1"), unit=""),
        ),
        "reads": (
            EntrySegment(entry="joint_pos", parts=("a", "b", "c")),
            EntrySegment(entry="imu", parts=("rate_z", "rate_x")),
            EntrySegment(entry="told", parts=("0", "1")),
        ),
        "action": tuple(
            ChannelGiven(name=name, low=low, high=high, unit="rad")
            for name, low, high in (("a", -1.0, 2.0), ("b", -2.0, 2.0), ("c", 0.0, 1.0))
        ),
        "gains": {"a": (100.0, 5.0), "b": (80.0, 4.0), "c": (60.0, 3.0)},
        "training": Training(trainer="none", seeds=(1,), config={"lr": 1e-3, "net": [32, 32]}),
    }
    return Contract(**values | changes)


def network(inputs=INPUTS, outputs=CHANNELS, seed=0, width=32):
    """A random network of two hidden layers."""
    rng = np.random.default_rng(seed)
    sizes = (inputs, width, width, outputs)
    kinds = ("Tanh", "Elu", None)
    return tuple(
        Layer(rng.normal(0.0, a**-0.5, (a, b)), rng.normal(0.0, 0.1, b), kind)
        for a, b, kind in zip(sizes, sizes[1:], kinds, strict=False)
    )


@pytest.fixture
def normalised():
    rng = np.random.default_rng(5)
    mean, scale = rng.normal(size=INPUTS), rng.uniform(0.2, 3.0, INPUTS)
    return contract(normalisation=Normalisation(mean=tuple(mean.tolist()), scale=tuple(scale.tolist()), clip=2.0))


def interface(**changes: Any) -> Interface:
    """The place that `contract` was trained for."""
    given = contract()
    values: dict[str, Any] = {
        "station": given.stations[0],
        "robot": given.robot,
        "actuators": "harmonic",
        "control": given.control,
        "period_s": given.period_s,
        "observation": tuple(Entry(e.name, e.parts, e.unit) for e in given.observation),
        "action": tuple(Channel(c.name, c.low, c.high, c.unit) for c in given.action),
        "gains": dict(given.gains),
    }
    return Interface(**values | changes)


def observation(here: Interface, n: int, seed: int = 1) -> dict[str, np.ndarray]:
    """Numbers that follow from entry and part, so that another order holds the same ones."""
    found = {}
    for entry in here.observation:
        rows = [np.random.default_rng([seed, *f"{entry.name}.{part}".encode()]).normal(size=n) for part in entry.parts]
        found[entry.name] = np.stack(rows, axis=1)
    return found
