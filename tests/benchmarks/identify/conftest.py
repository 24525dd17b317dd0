"""A servo with known friction on a pendulum, and logs of it with a seed of their own."""

from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.identify import synthetic
from pilotline.benchmarks.identify.bench import Pendulum
from pilotline.benchmarks.identify.simulate import Gains
from pilotline.benchmarks.identify.synthetic import Noise
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.laws.identified import DUTY_P

SEED = 20261122
PENDULUM = Pendulum(0.8, 0.12, 0.05)


@pytest.fixture(scope="session")
def servo():
    """`servo("m1")`: an MX-64 with the friction of that model, driven by voltage."""

    def make(model="m1"):
        sheet = catalogue.joint(f"mx-64-{model}")
        return replace(sheet, drive=replace(sheet.drive, controller=DUTY_P))

    return make


@pytest.fixture(scope="session")
def logs():
    """`logs(figures, *key)`: two trajectories of a 0.8 kg pendulum; the key chooses the noise."""

    def make(figures, *key, pendulums=(PENDULUM,), trajectories=("sin_sin", "up_and_down"), **more):
        return synthetic.logs(
            figures,
            pendulums,
            Gains(20.0),
            Noise(position_rad=2e-3, velocity_rad_s=0.05, current_a=0.05),
            np.random.SeedSequence(SEED, spawn_key=key),
            trajectories,
            step_s=0.002,
            **more,
        )

    return make
