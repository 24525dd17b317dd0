"""Known figures are found again from noisy logs, within the intervals that are stated, and the right form wins.

The long version, 100 trials of an M4 servo, is `make identify-evidence`; its figures are in `docs/results`.
"""

from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.identify import synthetic
from pilotline.benchmarks.identify.bench import Arm, Pendulum
from pilotline.benchmarks.identify.evidence import MX64, recovered
from pilotline.benchmarks.identify.fit import fit
from pilotline.benchmarks.identify.intervals import confidence
from pilotline.benchmarks.identify.parameters import applied, available, choose, in_form
from pilotline.benchmarks.identify.simulate import Gains, Simulator, Start, Trial
from pilotline.benchmarks.identify.study import FITTED_CHANNELS, Plan, identify
from pilotline.benchmarks.identify.synthetic import Noise
from pilotline.robots.actuators import catalogue

SMALL = replace(
    MX64,
    sheet="mx-64-m1",
    runs=((Pendulum(0.8, 0.12, 0.05), ("sin_sin",)),),
)


def test_stated_intervals_hold_the_truth():
    """Six trials of five figures: 95 % of 30 are 28 or 29; fewer than 25 would be a chance of 1 in 300."""
    trials = [recovered(SMALL, child) for child in np.random.SeedSequence(3).spawn(6)]
    rows = [row for trial in trials for row in trial]
    assert len(rows) == 30
    assert sum(row["covered"] for row in rows) >= 25
    for row in rows:
        assert row["value"] == pytest.approx(row["truth"], rel=0.3), row["name"]


def test_a_form_with_load_terms_wins_on_logs_of_a_servo_that_has_them(servo, logs):
    """Two masses, M4 friction: M1 cannot serve both, and loses by more than a factor of two on what was kept back."""
    trials = logs(servo("m4"), 1, pendulums=(Pendulum(0.3, 0.1, 0.05), Pendulum(1.3, 0.15, 0.05)))
    plan = Plan(forms=("m1", "m4"), free="friction", holdout="time", share=0.3, starts=1, seed=1)
    worn = applied(servo("m4"), {"identified.coulomb_nm": 0.15, "identified.load_stribeck": 0.08})
    found = identify(trials, worn, plan)
    assert [outcome.form for outcome in found.outcomes] == ["m4", "m1"]
    m4, m1 = found.outcomes
    assert m1.on_holdout.mae["position"] > 2.0 * m4.on_holdout.mae["position"]
    assert found.shipped_on_holdout.score > m4.on_holdout.score
    assert m4.on_holdout.rmse["position"] == pytest.approx(2e-3, rel=0.25), "nothing but the sensor's noise is left"


@pytest.fixture(scope="module")
def joint():
    return catalogue.joint("csg-20-100+tbm-6025+ethercat-48v+motor-17bit")


def test_friction_of_a_harmonic_gear_is_found_on_a_pendulum(joint):
    expected = {"gear.coulomb_input_nm": 0.03, "gear.drag_input_nm": 0.09, "gear.load_loss": 0.2}
    truth = applied(joint, expected)
    noise = Noise(position_rad=1e-4, velocity_rad_s=0.01, current_a=0.03)
    gains = Gains(15.0, 300.0)
    trials = synthetic.logs(
        truth,
        (Pendulum(5.0, 0.5, 1.0),),
        gains,
        noise,
        np.random.SeedSequence(4),
        ("sin_sin", "up_and_down"),
        step_s=0.002,
    )
    start = in_form(joint, "harmonic")
    free = choose("coulomb_input_nm,drag_input_nm,load_loss,kt_nm_per_a", available(start, "harmonic", {}))
    rows = [np.ones(len(trial.log.t), bool) for trial in trials]
    found = fit(Simulator(trials, start), free, rows, FITTED_CHANNELS, np.random.SeedSequence(1), starts=1)
    for interval in confidence(found).intervals:
        true = expected.get(interval.name, joint.motor.kt_nm_per_a)
        assert interval.value == pytest.approx(true, rel=0.1), interval.name


def test_a_joint_of_an_arm_is_identified_while_another_joint_moves(tmp_path, servo):
    (tmp_path / "arm.xml").write_text("""
      <mujoco><worldbody><body name="upper"><joint name="shoulder" axis="0 1 0"/>
        <geom type="capsule" fromto="0 0 0 0 0 -0.12" size="0.01" mass="0.2"/>
        <body name="lower" pos="0 0 -0.12"><joint name="elbow" axis="0 1 0"/>
          <geom type="capsule" fromto="0 0 0 0 0 -0.12" size="0.01" mass="0.3"/></body></body></worldbody></mujoco>""")
    truth = servo("m1")
    t = np.arange(0.0, 6.0, 0.005)
    blank = synthetic.blank(Arm(tmp_path / "arm.xml", "shoulder"), "sin_sin", t, Gains(20.0))
    elbow = 0.8 * np.sin(2.0 * t)
    blank = replace(blank, log=replace(blank.log, others={"elbow": elbow}))
    ((channels,),) = Simulator([blank], truth, exact=True).run([{}], [[Start(0.0, 0.0)]])
    rng = np.random.default_rng(5)
    noisy = {name: column + rng.normal(0.0, 2e-3, len(column)) for name, column in channels.items()}
    trial = Trial(replace(blank.log, channels=noisy), blank.bench, blank.gains)
    start = applied(truth, {"identified.coulomb_nm": 0.15, "motor.kt_nm_per_a": 1.4})
    free = choose("coulomb_nm,viscous_nms_per_rad,kt_nm_per_a", available(start, "m1", {}))
    found = fit(
        Simulator([trial], start), free, [np.ones(len(t), bool)], FITTED_CHANNELS, np.random.SeedSequence(1), starts=1
    )
    assert found.values["identified.coulomb_nm"] == pytest.approx(0.0904, rel=0.05)
    assert found.values["motor.kt_nm_per_a"] == pytest.approx(1.622, rel=0.02)
