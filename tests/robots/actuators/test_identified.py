"""Friction of identified servos: the published forms, at rest and in motion, with the published controllers."""

from dataclasses import replace
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline.robots.actuators import native
from pilotline.robots.actuators.figures import (
    DriveFigures,
    EncoderFigures,
    GearFigures,
    IdentifiedFigures,
    JointFigures,
    MotorFigures,
)
from pilotline.robots.actuators.law import LawError
from pilotline.robots.actuators.laws import identified
from pilotline.robots.actuators.mount import mount
from pilotline.robots.actuators.pack import Setup
from pilotline.robots.actuators.pack_identified import PRESLIDING_RAD, friction_params, identified_params

GRAVITY = 9.81


def servo(controller=identified.DUTY_P, **coefficients):
    """A Dynamixel-like servo with M4 friction, or with the coefficients given."""
    gear = GearFigures(
        "gear", "planetary", 200.0, 6.0, 8.0, 10.0, 400.0, 900.0, 0.0, 1.0, 3.0, 3e3, 3e3, 3e3, 1e-3, 1e-3,
        (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1e-4, 1e-4, 10.0, 0.02, 0.0, 0.0, 0.0, 0.05, 1e9, 1e4, 0.1,
    )  # fmt: skip
    motor = MotorFigures(
        "motor", 1.663 / 200, 3.16, 0.011 / 200**2, 2.0, 5.0, 3.0, 3.0, 20.0, 200.0, 155.0, 0.0, 0.0, 0.1
    )
    drive = DriveFigures("drive", controller, 12.0, 5.0, 4000.0, 1000.0, 0.0, 0.0, 0.0, 120.0, 160.0)
    names = IdentifiedFigures.__dataclass_fields__
    zero: dict[str, Any] = dict.fromkeys(names, 0.0) | {"model": "m6", "stribeck_rad_s": 1.5, "stribeck_exponent": 1.3}
    given = coefficients or {
        "coulomb_nm": 0.06,
        "viscous_nms_per_rad": 0.015,
        "stribeck_nm": 0.024,
        "load_stribeck": 0.234,
    }
    return JointFigures(
        "servo", gear, motor, drive, EncoderFigures("encoder", "link", 1e7), IdentifiedFigures(**(zero | given)),
        6.0, 10.0, 10.0, (), (),
    )  # fmt: skip


def pendulum(figures, mass_kg=0.5, length_m=0.15, step_s=0.002, frequency_hz=6.0):
    """A point mass on a massless rod; zero is down."""
    spec = mujoco.MjSpec()
    spec.option.timestep = step_s
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    arm = spec.worldbody.add_body(name="arm")
    arm.add_joint(name="joint", type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0, 1, 0])
    arm.add_geom(size=[0.01, 0, 0], pos=[0, 0, -length_m], mass=mass_kg)
    mount(spec, "joint", figures, "harmonic", Setup(figures.armature_kgm2 + mass_kg * length_m**2, frequency_hz))
    model = spec.compile()
    native.check(model)
    return model


def run(model, commands, q0=0.0):
    """Angle (n,), speed (n,) and law states by name after each command."""
    data = mujoco.MjData(model)
    data.qpos[0] = q0
    law = native.law_of(model, 0)
    assert law is not None
    names = law.states
    q, v, act = [], [], []
    for command in commands:
        data.ctrl[0] = command
        mujoco.mj_step(model, data)
        q.append(data.qpos[0])
        v.append(data.qvel[0])
        act.append(data.act.copy())
    return np.array(q), np.array(v), dict(zip(names, np.array(act).T, strict=True))


def limit(motor_nm, load_nm, speed=0.0, **coefficients):
    return float(identified.friction_limit(friction_params(servo(**coefficients)), speed, motor_nm, load_nm))


@pytest.mark.parametrize(
    ("coefficients", "expected"),
    [
        ({"coulomb_nm": 0.3}, 0.3),
        ({"stribeck_nm": 0.3}, 0.3),
        ({"load": 0.1}, 0.1 * 5.0),
        ({"load_stribeck": 0.1}, 0.1 * 5.0),
        ({"load_motor": 0.2, "load_external": 0.1}, 0.2 * 3.0 + 0.1 * 2.0),
        ({"load_stribeck_motor": 0.2, "load_stribeck_external": 0.1}, 0.2 * 3.0 + 0.1 * 2.0),
        ({"quadratic_external_per_nm": 0.01, "quadratic_motor_per_nm": 0.5}, 0.01 * 2.0**2),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_each_term_of_the_published_models_stands_alone(coefficients, expected):
    assert limit(3.0, -2.0, **coefficients) == pytest.approx(expected)


def test_the_quadratic_term_follows_the_weaker_torque_and_needs_opposite_signs():
    both = {"quadratic_external_per_nm": 0.01, "quadratic_motor_per_nm": 0.02}
    assert limit(3.0, -2.0, **both) == pytest.approx(0.01 * 4.0)
    assert limit(2.0, -3.0, **both) == pytest.approx(0.02 * 4.0)
    assert limit(2.0, 3.0, **both) == 0.0


def test_stribeck_terms_fade_with_speed():
    for speed in (0.0, 0.7, 1.5, 6.0):
        expected = 0.3 * np.exp(-((speed / 1.5) ** 1.3)) + 0.1
        assert limit(0.0, 0.0, speed, stribeck_nm=0.3, coulomb_nm=0.1) == pytest.approx(expected)


def test_at_rest_the_load_is_gravity_and_friction_carries_what_the_motor_does_not():
    model = pendulum(servo())
    q, v, s = run(model, np.full(2000, 1.2))
    gravity = 0.5 * GRAVITY * 0.15 * np.sin(q[-1])
    assert abs(v[-1]) < 1e-6
    assert s["torque_nm"][-1] == pytest.approx(gravity, rel=1e-6)
    assert s["contact_nm"][-1] == pytest.approx(s["motor_nm"][-1] - gravity, abs=1e-6)


def test_a_released_servo_stays_where_friction_holds_it_and_falls_from_where_it_does_not():
    model = pendulum(servo(coulomb_nm=0.2))
    hold = np.arcsin(0.2 / (0.5 * GRAVITY * 0.15))
    q, v, s = run(model, np.full(5000, identified.RELEASED), q0=0.7 * hold)
    assert np.ptp(q) < PRESLIDING_RAD
    assert abs(v[-1]) < 1e-9
    assert np.abs(s["motor_nm"]).max() == 0.0
    q, _, _ = run(model, np.full(5000, identified.RELEASED), q0=2.0)
    assert abs(q[-1]) < hold + PRESLIDING_RAD


@pytest.mark.parametrize("step_s", [0.001, 0.002, 0.004, 0.01])
def test_friction_gives_no_energy_at_any_step(step_s):
    """Released from 2 rad: energy of the swing only falls, up to the discretisation of the free swing itself."""
    model = pendulum(servo(coulomb_nm=0.05, load_stribeck=0.3, stribeck_nm=0.05), step_s=step_s)
    q, v, _ = run(model, np.full(int(8.0 / step_s), identified.RELEASED), q0=2.0)
    energy = 0.5 * (0.011 + 0.5 * 0.15**2) * v**2 + 0.5 * GRAVITY * 0.15 * (1.0 - np.cos(q))
    later = energy[int(0.5 / step_s) :]
    assert later.max() <= energy[0]
    assert abs(v[-1]) < 1e-6
    assert np.isfinite(energy).all()


@pytest.mark.parametrize("mass_kg", [0.001, 0.05, 5.0])
def test_contact_does_not_ring_with_a_light_or_a_heavy_link(mass_kg):
    model = pendulum(servo(coulomb_nm=3.0, load_stribeck=0.4), mass_kg=mass_kg, step_s=0.004)
    _, v, s = run(model, np.full(1500, 1.0), q0=0.2)
    assert np.ptp(v[-200:]) < 1e-5
    assert np.ptp(s["torque_nm"][-200:]) < 1e-3


def test_what_a_released_arm_can_rest_against_grows_with_the_load_only_in_the_models_that_say_so():
    """A share K_ls of the load makes friction carry any load: |t_e| <= K_c + K_ls |t_e|, all of it at K_ls = 1."""

    def moved(mass_kg, **friction):
        q, _, _ = run(pendulum(servo(**friction), mass_kg), np.full(500, identified.RELEASED), q0=0.1)
        return bool(abs(q[-1] - 0.1) > 5 * PRESLIDING_RAD)

    light, heavy = 0.2, 3.0  # 0.03 and 0.44 N m
    assert [moved(mass, coulomb_nm=0.05) for mass in (light, heavy)] == [False, True]
    assert [moved(mass, coulomb_nm=0.05, load_stribeck=0.5) for mass in (light, heavy)] == [False, True]
    assert [moved(mass, coulomb_nm=0.05, load_stribeck=1.0) for mass in (light, heavy)] == [False, False]


def test_duty_control_is_a_voltage_divided_by_resistance_less_back_emf():
    figures = servo(coulomb_nm=0.0)
    model = pendulum(figures, frequency_hz=3.0)
    p = identified_params(figures, Setup(0.011 + 0.5 * 0.15**2, 3.0))
    _, v, s = run(model, np.full(100, 0.3))
    q, _, _ = run(model, np.full(100, 0.3))
    k = 40
    in_step = v[k - 1] + 0.5 * (v[k - 1] - v[k - 2])
    expected = (p.control.gain * (0.3 - q[k - 1]) - 1.663 * in_step) / 3.16
    assert s["drive.current_a"][k] == pytest.approx(expected, rel=0.05, abs=5e-3)


def test_current_control_takes_error_and_speed():
    figures = servo(identified.CURRENT_PD, coulomb_nm=0.0)
    setup = Setup(0.011 + 0.5 * 0.15**2, 3.0)
    model = pendulum(figures, frequency_hz=3.0)
    p = identified_params(figures, setup).control
    q, v, s = run(model, np.full(100, 0.3))
    k = 40
    expected = p.gain * (0.3 - q[k - 1]) - p.damping * v[k - 1]
    assert s["drive.current_a"][k] == pytest.approx(expected, rel=0.05, abs=5e-3)


@pytest.mark.parametrize("tier", ["harmonic", "twin"])
def test_an_identified_servo_is_driven_by_this_law_in_the_upper_tiers(tier):
    spec = mujoco.MjSpec()
    arm = spec.worldbody.add_body()
    arm.add_joint(name="joint", type=mujoco.mjtJoint.mjJNT_HINGE)
    arm.add_geom(size=[0.1, 0, 0])
    mount(spec, "joint", servo(), tier, Setup(0.02, 5.0))
    assert native.law_of(spec.compile(), 0) is identified.LAW


def on_a_joint(figures, tier):
    spec = mujoco.MjSpec()
    arm = spec.worldbody.add_body()
    arm.add_joint(name="joint", type=mujoco.mjtJoint.mjJNT_HINGE)
    arm.add_geom(size=[0.1, 0, 0])
    mount(spec, "joint", figures, tier, Setup(0.02, 5.0))
    law = native.law_of(spec.compile(), 0)
    assert law is not None
    return law.name


def test_a_servo_without_friction_law_keeps_its_gear():
    figures = replace(servo(controller="cascade-pi 1"), identified=None)
    assert on_a_joint(figures, "harmonic") == "harmonic"


@pytest.mark.parametrize(("whole", "tier"), [(False, "harmonic"), (True, "servo")])
def test_a_controller_that_the_tier_does_not_have_is_refused(whole, tier):
    figures = servo(controller="duty-p 1") if whole else replace(servo(controller="duty-p 1"), identified=None)
    with pytest.raises(LawError, match=r"runs controller 'duty-p 1', which tier .* allowed: cascade-pi 1"):
        on_a_joint(figures, tier)
