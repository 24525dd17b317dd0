"""Worlds whose robot has drives from data sheets: what they report, and that cycles stay pure functions of seeds."""

from collections.abc import Mapping
from pathlib import Path

import mujoco
import numpy as np
import pytest

from pilotline.envs.control import JointControl
from pilotline.envs.face import make_batch
from pilotline.envs.station_batch import StationBatch
from pilotline.robots.actuators.closed_forms import windup_rad

JOINT = "right_arm_3"


def home(batch: StationBatch) -> np.ndarray:
    """The action that holds the home pose, one row per simulation."""
    assert isinstance(batch.control, JointControl)
    return np.tile(batch.control.home, (batch.nsim, 1))


def stepped(
    actuators: str, nsim: int = 2, nthread: int = 1, steps: int = 25
) -> tuple[StationBatch, Mapping[str, np.ndarray]]:
    """A batch that holds home for some control steps while the right elbow moves, and its last observation."""
    batch = make_batch("device_test", "wheeled", actuators, "joint", "D0", nsim, nthread)
    action = home(batch)
    action[:, batch.control.names.index(JOINT)] += 0.2
    for _ in range(steps):
        step = batch.step(action)
    assert not step.verdict.faults["diverged"].any()
    return batch, step.obs


@pytest.mark.parametrize("tier", ["servo", "harmonic", "twin"])
def test_motion_draws_energy_and_heats_the_motor(tier):
    batch, obs = stepped(tier)
    which = batch.drives.joints.index(JOINT)
    ids = np.arange(2)
    drawn = batch.drives.read(batch.engine.act, "drive.drawn_j", ids)[:, which]
    heat = batch.drives.read(batch.engine.act, "drive.heat_j", ids)[:, which]
    assert (drawn > 0.0).all()
    assert (heat > 0.0).all()
    moved = obs["winding_c"][0]
    assert moved.shape == (22,)
    assert moved.max() > 25.0
    assert np.all(obs["housing_c"] >= 25.0)
    # nothing that accounts for energy is left to the mechanical meter but base and grippers
    assert batch.engine.energy_j.max() < drawn.max()


@pytest.mark.parametrize("tier", ["servo", "harmonic", "twin"])
def test_the_joints_torque_carries_gravity_as_ideal_servos_do(tier):
    held = {}
    for actuators in ("ideal", tier):
        batch = make_batch("device_test", "wheeled", actuators, "joint", "D0", 1, 1)
        for _ in range(100):
            obs = batch.step(home(batch)).obs
        held[actuators] = obs["joint_torque"][0]
    np.testing.assert_allclose(held[tier], held["ideal"], atol=2.0)
    assert np.abs(held["ideal"]).max() > 10.0


def test_without_a_gear_the_motors_encoder_reads_what_the_links_does():
    for tier in ("ideal", "servo"):
        _, obs = stepped(tier, nsim=1)
        np.testing.assert_array_equal(obs["motor_pos"], obs["joint_pos"])


@pytest.mark.parametrize("tier", ["harmonic", "twin"])
def test_the_motors_encoder_is_ahead_by_what_the_gear_winds_up(tier):
    batch = make_batch("device_test", "wheeled", tier, "joint", "D0", 1, 1)
    for _ in range(100):
        obs = batch.step(home(batch)).obs
    joints = batch.robot.driven
    ahead = (obs["motor_pos"] - obs["joint_pos"])[0]
    for joint in ("torso_1", "torso_2"):
        column = joints.index(joint)
        gear = batch.world.drives[joint].figures.gear
        torque = float(obs["joint_torque"][0, column])
        assert abs(torque) > 10.0
        # within hysteresis and transmission error the wind-up is that of the catalogue's stiffness
        play = gear.hysteresis_rad + gear.error_pp_rad
        assert ahead[column] == pytest.approx(float(windup_rad(gear, torque)), abs=play)


@pytest.mark.parametrize("tier", ["harmonic", "twin"])
def test_a_cycle_has_the_same_bits_in_any_batch_on_any_threads(tier):
    one, _ = stepped(tier, nsim=1, nthread=1)
    many, _ = stepped(tier, nsim=5, nthread=2)
    assert many.engine.digest[0] == one.engine.digest[0]
    assert len(set(many.engine.digest.tolist())) == 1


def test_a_new_cycle_starts_cold_and_with_nothing_drawn():
    batch, _ = stepped("harmonic")
    batch.begin(np.array([1]), [np.random.SeedSequence(5)])
    assert batch.drives.read(batch.engine.act, "drive.drawn_j", np.array([0, 1]))[1].max() == 0.0
    assert batch.drives.read(batch.engine.act, "drive.drawn_j", np.array([0, 1]))[0].max() > 0.0
    assert batch.observe()["winding_c"][1].max() == 25.0


def test_only_a_twin_needs_the_integrator_that_is_implicit_in_position():
    kinds = {}
    for actuators in ("ideal", "harmonic", "harmonic head=twin"):
        batch = make_batch("device_test", "wheeled", actuators, "joint", "D0", 1, 1)
        kinds[actuators] = batch.engine.model.opt.integrator
    assert kinds["ideal"] == kinds["harmonic"] == mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    assert kinds["harmonic head=twin"] == mujoco.mjtIntegrator.mjINT_DISCRETE


def test_a_network_drives_a_joint_by_its_path(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from pilotline.robots.actuators.network import Figures, Layer, write

    # a spring: 2000 N m/rad on the present error, 60 N m s/rad of damping, one linear layer
    weights = np.array([[2000.0], [-60.0]], np.float32)
    file = tmp_path / "spring.onnx"
    figures = Figures((0,), 0.002, 1.0, 1.0, 1.0, 36.0)
    write(file, (Layer(weights, np.zeros(1, np.float32), None, 1.0),), figures)
    batch, _ = stepped(f"harmonic {JOINT}={file}", steps=60)
    assert JOINT not in batch.drives.joints
    elbow = batch.world.model.joint(JOINT)
    asked = batch.engine.ctrl[0, batch.world.model.actuator(JOINT).id]
    assert batch.engine.qpos[0, elbow.qposadr[0]] == pytest.approx(asked, abs=0.02)
    assert str(file) in dict(batch.world.drives[JOINT].figures.sheets)


def test_a_tripped_drive_ends_the_cycle() -> None:
    batch, _ = stepped("harmonic")
    column = batch.drives._column(JOINT, "drive.winding_k")
    batch.engine.act[1, column] = 150.0
    step = batch.step(home(batch))
    assert step.verdict.faults["drive_trip"].tolist() == [False, True]
    assert step.verdict.done.tolist() == [False, True]


def test_parameters_of_a_drive_may_differ_between_simulations() -> None:
    plain, _ = stepped("servo", steps=1)
    batch, _ = stepped("servo", steps=1)
    elbow = batch.world.model.actuator(JOINT).id
    batch.engine.batch.expand("actuator_user")[1, elbow, :] *= 1.2
    for each in (plain, batch):
        for _ in range(5):
            each.step(home(each))
    assert batch.engine.digest[0] == plain.engine.digest[0]
    assert batch.engine.digest[1] != plain.engine.digest[1]
    act = [each.drives.read(each.engine.act, "torque_nm", np.array([0, 1])) for each in (plain, batch)]
    others = np.array(batch.drives.joints) != JOINT
    assert act[1][1, ~others] != pytest.approx(act[0][1, ~others], rel=1e-3)
