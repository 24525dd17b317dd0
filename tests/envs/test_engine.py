"""One simulation that breaks ends as a fault of its own; the others never notice."""

import mujoco
import numpy as np
import pytest
from mujoco import batch as mjbatch

from pilotline.envs.world import CONTROL_PERIOD_S

CYCLES = [0, 1, 2]


@pytest.fixture
def pair(begun):
    return begun(CYCLES), begun(CYCLES)


@pytest.mark.parametrize("poison", [np.nan, 1e12, -np.inf])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_simulation_is_alone(pair, wave, poison):
    ill, well = pair
    k = len(ill.control.names)
    ill.engine.qvel[1, 7] = poison
    for step in range(10):
        sick, sound = ill.step(wave(CYCLES, step, k)), well.step(wave(CYCLES, step, k))
        assert sick.verdict.faults["diverged"].tolist() == [False, True, False]
        assert sick.verdict.done.tolist() == [False, True, False]
        assert sick.reward[1] == 0.0
        assert not sound.verdict.done.any()
    assert (ill.engine.digest == well.engine.digest).tolist() == [True, False, True]
    for name, value in sick.obs.items():
        assert value[[0, 2]].tobytes() == sound.obs[name][[0, 2]].tobytes()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_slot_recovers_from_divergence_with_its_next_cycle(pair, wave):
    from pilotline.envs.seeds import cycle_seed

    ill, well = pair
    k = len(ill.control.names)
    ill.engine.qpos[1] = np.nan
    ill.step(wave(CYCLES, 0, k))
    for batch in pair:
        batch.begin(np.array([1]), [cycle_seed(5, "tote_destack", 4)])
    for step in range(5):
        sick, _ = ill.step(wave(CYCLES, step, k)), well.step(wave(CYCLES, step, k))
    assert not sick.verdict.done.any()
    assert ill.engine.digest[1] == well.engine.digest[1]


def test_an_error_inside_mujoco_is_the_fault_of_that_simulation(begun, wave, monkeypatch):
    batch = begun(CYCLES)
    native = batch.engine.batch.rollout

    def rollout(*args, **kwargs):
        native(*args, **kwargs)
        raise mjbatch.SimulationError(np.array([2]), "stack overflow")

    monkeypatch.setattr(batch.engine.batch, "rollout", rollout)
    result = batch.step(wave(CYCLES, 0, len(batch.control.names)))
    assert result.verdict.faults["diverged"].tolist() == [False, False, True]
    assert batch.engine.energy_j[2] == 0.0


def test_an_action_that_is_no_number_ends_that_cycle_only(pair, wave):
    ill, well = pair
    k = len(ill.control.names)
    for step in range(5):
        action = wave(CYCLES, step, k)
        sound = well.step(action)
        action[1, 3] = np.inf if step else np.nan
        sick = ill.step(action)
        assert sick.verdict.faults["bad_action"].tolist() == [False, True, False]
        assert np.isfinite(ill.engine.qpos).all()
    assert not sound.verdict.done.any()
    assert (ill.engine.digest == well.engine.digest)[[0, 2]].all()


def test_actions_beyond_the_range_are_clipped(pair, wave):
    clipped, beyond = pair
    k = len(clipped.control.names)
    clipped.step(np.sign(wave(CYCLES, 0, k)))
    beyond.step(1e30 * np.sign(wave(CYCLES, 0, k)))
    assert (clipped.engine.digest == beyond.engine.digest).all()


def test_an_action_of_another_shape_names_both(begun):
    batch = begun(CYCLES)
    k = len(batch.control.names)
    with pytest.raises(ValueError, match=rf"\(3, {k - 1}\).*\(3, {k}\)"):
        batch.step(np.zeros((3, k - 1)))


def test_a_control_step_is_ten_physics_steps_of_plain_mujoco(begun, wave):
    batch = begun([0])
    model, data = batch.engine.batch.get_model(0), batch.engine.batch.get_data(0)
    mujoco.mj_forward(model, data)
    batch.step(wave([0], 0, len(batch.control.names)))
    data.ctrl[:] = batch.engine.ctrl[0]
    mujoco.mj_step(model, data, 10)
    assert data.qpos.tobytes() == batch.engine.qpos[0].tobytes()
    assert batch.elapsed_s()[0] == pytest.approx(data.time) == pytest.approx(CONTROL_PERIOD_S)


def test_running_out_of_time_is_a_fault_and_only_that(begun, wave):
    batch = begun([0, 1])
    batch.limit_s[:] = 3 * CONTROL_PERIOD_S
    k = len(batch.control.names)
    for step in range(3):
        action = wave([0, 1], step, k)
        action[1, 0] = np.nan if step == 2 else 0.0
        result = batch.step(action)
    assert result.verdict.done.all()
    assert result.verdict.faults["timeout"].tolist() == [True, False]
    assert result.verdict.faults["bad_action"].tolist() == [False, True]
