"""One drive on one link: the bench on which the laws are checked, and figures of a size-25 drive to vary."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline.benchmarks.soak import empty, pendulum
from pilotline.robots.actuators import native
from pilotline.robots.actuators.figures import (
    DriveFigures,
    EncoderFigures,
    GearFigures,
    JointFigures,
    MotorFigures,
)
from pilotline.robots.actuators.law import Law, Motion, unflatten
from pilotline.robots.actuators.mount import GEAR, mount
from pilotline.robots.actuators.pack import Setup

ARCSEC = math.pi / 180.0 / 3600.0
ARCMIN = 60.0 * ARCSEC

ERROR_RAD = 2.9e-4

SIZE_25 = JointFigures(
    name="bench",
    gear=GearFigures(
        name="size-25-100",
        kind="harmonic",
        ratio=100.0,
        rated_nm=87.0,
        repeated_peak_nm=204.0,
        momentary_nm=369.0,
        rated_input_rad_s=209.4,
        max_input_rad_s=586.0,
        inertia_input_kgm2=4.13e-5,
        knee_1_nm=14.0,
        knee_2_nm=48.0,
        k1_nm_per_rad=3.1e4,
        k2_nm_per_rad=5.0e4,
        k3_nm_per_rad=5.7e4,
        hysteresis_rad=2.9e-4,
        error_pp_rad=ERROR_RAD,
        error_sin_rad=(0.075 * ERROR_RAD, 0.35 * ERROR_RAD, 0.075 * ERROR_RAD),
        error_cos_rad=(0.0, 0.0, 0.0),
        starting_input_nm=0.06,
        coulomb_input_nm=0.045,
        stribeck_input_rad_s=10.0,
        presliding_input_rad=0.02,
        drag_input_nm=0.1,
        grease_per_k=0.0233,
        load_loss=0.12,
        damping_ratio=0.05,
        ratcheting_nm=650.0,
        l10_h=10000.0,
        mass_kg=1.5,
    ),
    motor=MotorFigures(
        name="frameless",
        kt_nm_per_a=0.124,
        resistance_ohm=0.4,
        inertia_kgm2=2.52e-5,
        continuous_a=5.7,
        peak_a=21.3,
        winding_to_housing_k_per_w=1.0,
        housing_to_ambient_k_per_w=2.0,
        winding_j_per_k=100.0,
        housing_j_per_k=800.0,
        winding_max_c=155.0,
        copper_per_k=0.0039,
        magnet_per_k=0.001,
        mass_kg=0.377,
    ),
    drive=DriveFigures(
        name="servo",
        controller="cascade-pi 1",
        bus_v=48.0,
        current_limit_a=30.0,
        current_bandwidth_hz=1500.0,
        loop_hz=4000.0,
        delay_s=0.0,
        standby_w=3.0,
        loss_share=0.03,
        derate_from_c=110.0,
        trip_c=165.0,
    ),
    encoder=EncoderFigures(name="17-bit", side="motor", counts_per_rad=2**17 * 100.0 / (2.0 * math.pi)),
    identified=None,
    rated_nm=70.0,
    peak_nm=204.0,
    speed_rad_s=3.0,
    fallbacks=(),
    sheets=(),
)


def varied(figures: JointFigures, **changes: dict[str, Any]) -> JointFigures:
    """The figures with some replaced: `varied(f, gear={"load_loss": 0.0}, joint={"peak_nm": 50.0})`."""
    joint = changes.pop("joint", {})
    parts = {name: dataclasses.replace(getattr(figures, name), **change) for name, change in changes.items()}
    return dataclasses.replace(figures, **parts, **joint)


FINE = {"counts_per_rad": 1e12}
"""An encoder without steps."""

LOSSLESS = {
    "starting_input_nm": 1e-12,
    "coulomb_input_nm": 1e-12,
    "drag_input_nm": 0.0,
    "load_loss": 0.0,
    "error_sin_rad": (0.0, 0.0, 0.0),
}
"""A gear without friction and kinematic error."""


@dataclass(frozen=True)
class Bench:
    """A compiled link with its drive, and its state."""

    model: mujoco.MjModel
    data: mujoco.MjData

    def order(self, value: float) -> None:
        """Set the drive's command."""
        self.data.ctrl[self.model.actuator_ctrladr[self.model.actuator("joint").id]] = value

    def place(self, angle: float, speed: float = 0.0) -> None:
        """Put the link somewhere, its rotor along with it."""
        self.data.joint("joint").qpos[0] = angle
        self.data.joint("joint").qvel[0] = speed

    def run(self, seconds: float) -> None:
        """Step on."""
        mujoco.mj_step(self.model, self.data, nstep=max(1, round(seconds / self.model.opt.timestep)))

    def history(self, seconds: float, read: Callable[[], Any], order: Callable[[float], float] | None = None) -> Any:
        """What `read` returns after every step, as an array; `order` gives the command by time."""
        rows = []
        for _ in range(round(seconds / self.model.opt.timestep)):
            if order is not None:
                self.order(order(self.data.time))
            mujoco.mj_step(self.model, self.data)
            rows.append(read())
        return np.array(rows)

    @property
    def angle(self) -> float:
        return float(self.data.joint("joint").qpos[0])

    @property
    def speed(self) -> float:
        return float(self.data.joint("joint").qvel[0])

    def __getitem__(self, name: str) -> float:
        """A state of the law by name, `torque_nm` or `drive.current_a`; of the gear by `gear.twist_rad`."""
        actuator = "joint"
        if name.startswith("gear."):
            actuator, name = "joint" + GEAR, name.removeprefix("gear.")
        number = self.model.actuator(actuator).id
        law = native.law_of(self.model, number)
        assert law is not None
        return float(self.data.act[self.model.actuator_actadr[number] + law.states.index(name)])

    @property
    def stored_j(self) -> float:
        """Kinetic and potential energy: link, rotor and MuJoCo's springs."""
        mujoco.mj_energyPos(self.model, self.data)
        mujoco.mj_energyVel(self.model, self.data)
        return float(self.data.energy.sum())


def build_bench(
    tier: str,
    figures: JointFigures = SIZE_25,
    *,
    inertia_kgm2: float = 1.0,
    gravity_nm: float = 0.0,
    frequency_hz: float = 4.0,
    timestep_s: float = 0.002,
    integrator: str | None = None,
    gravcomp: float = 0.0,
    **setup: Any,
) -> Bench:
    """A link of an inertia and weight on a drive of a tier."""
    spec = empty(tier, timestep_s, integrator)
    if gravity_nm == 0.0:
        spec.option.gravity = [0.0, 0.0, 0.0]
    pendulum(spec, "joint", inertia_kgm2, gravity_nm).gravcomp = gravcomp
    moved = inertia_kgm2 + figures.armature_kgm2
    mount(spec, "joint", figures, tier, Setup(inertia_kgm2=moved, frequency_hz=frequency_hz, **setup))
    model = spec.compile()
    native.check(model)
    return Bench(model, mujoco.MjData(model))


def evaluate(law: Law, params: Any, motions: Iterable[Motion], step_s: float) -> list[Any]:
    """States of a law, on NumPy, for prescribed motions from reset on."""
    state = unflatten(law.state, [0.0] * len(law.states))
    states = []
    for motion in motions:
        state = law.step(state, params, motion, step_s)
        states.append(state)
    return states


def moving(command: Any, angle: Any = 0.0, speed: Any = 0.0, feedforward: Any = 0.0) -> Motion:
    """A motion without partner."""
    return Motion(command, angle, speed, feedforward, 0.0, 0.0, 0.0, 0.0)


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Builds a Bench; see `build_bench`."""
    return build_bench


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20260914)
