"""The simulator in the loop is the shipped law: the same as stepping the mounted model, for any batch and threads."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.parameters import applied, available
from pilotline.benchmarks.identify.simulate import Simulator, Start, check_controller, first_guess
from pilotline.robots.actuators.laws.identified import CASCADE_PI, RELEASED


def starts(trials, n=1):
    return [[first_guess(trial.log) for trial in trials]] * n


def test_a_log_is_simulated_as_the_mounted_law_steps(servo, logs):
    trials = logs(servo("m4"), 0)
    simulator = Simulator(trials, servo("m4"), exact=True)
    (run,) = simulator.run([{}], [[Start(0.1, 0.0)] * 2])
    model = simulator._copies[0]
    data = mujoco.MjData(model)
    data.qpos[0] = 0.1
    q = [0.1]
    for control in simulator._control(0, {}, simulator._steps[0]):
        data.ctrl[:] = control
        mujoco.mj_step(model, data)
        q.append(data.qpos[0])
    times = simulator.step_s * np.arange(len(q))
    np.testing.assert_array_equal(run[0]["position"], np.interp(trials[0].log.t, times, q))


def test_candidates_do_not_disturb_each_other_at_any_number_of_threads(servo, logs):
    trials = logs(servo("m4"), 0)
    candidates = [{}, {"motor.kt_nm_per_a": 1.4}, {"identified.coulomb_nm": 0.2, "rig.delay_s": 0.004}]
    alone = [Simulator(trials, servo("m4"), nthread=1).run([c], starts(trials))[0] for c in candidates]
    together = Simulator(trials, servo("m4"), nthread=2).run(candidates, starts(trials, 3))
    for one, many in zip(alone, together, strict=True):
        for a, b in zip(one, many, strict=True):
            np.testing.assert_array_equal(a["position"], b["position"])
            np.testing.assert_array_equal(a["current"], b["current"])


@pytest.mark.parametrize("name", ["motor.kt_nm_per_a", "motor.inertia_kgm2", "identified.load_stribeck"])
def test_a_candidate_is_the_actuator_with_those_figures(servo, logs, name):
    trials = logs(servo("m4"), 0)
    changed = {name: 1.3 * available(servo("m4"), "m4", {})[name].start}
    ((as_candidate, _),) = Simulator(trials, servo("m4")).run([changed], starts(trials))
    ((as_figures, _),) = Simulator(trials, applied(servo("m4"), changed)).run([{}], starts(trials))
    np.testing.assert_array_equal(as_candidate["position"], as_figures["position"])


def test_the_response_is_smooth_in_every_parameter(servo, logs):
    """Forward and backward differences agree: the encoder's steps are not in the way."""
    trials = logs(servo("m4"), 0)
    simulator = Simulator(trials, servo("m4"))
    for parameter in available(servo("m4"), "m4", {}).values():
        if parameter.start - 1e-3 * parameter.scale < parameter.low:
            continue
        points = [{parameter.name: parameter.start + k * 1e-3 * parameter.scale} for k in (-1, 0, 1)]
        low, here, high = (
            np.concatenate([r["position"] for r in run]) for run in simulator.run(points, starts(trials, 3))
        )
        up, down = high - here, here - low
        assert np.linalg.norm(up) > 0.0
        assert np.linalg.norm(up - down) < 0.1 * np.linalg.norm(up), parameter.name


def test_halving_the_step_hardly_changes_the_motion(servo, logs):
    trials = logs(servo("m4"), 0)
    ((coarse, _),) = Simulator(trials, servo("m4"), 0.005 / 3).run([{}], starts(trials))
    ((fine, _),) = Simulator(trials, servo("m4"), 0.005 / 6).run([{}], starts(trials))
    assert np.abs(coarse["position"] - fine["position"]).max() < 5e-4


def test_a_command_is_late_by_the_delay(servo, logs):
    trials = logs(servo("m4"), 0)
    simulator = Simulator(trials, servo("m4"))
    now, late = (simulator._control(0, {"rig.delay_s": d}, 500)[:, 0] for d in (0.0, 0.01))
    shift = round(0.01 / simulator.step_s)
    np.testing.assert_allclose(late[shift:], now[:-shift], atol=2e-3)


def test_a_drive_is_off_where_the_log_says_so(servo, logs):
    (trial,) = logs(servo("m4"), 0, trajectories=("lift_and_drop",))
    simulator = Simulator([trial], servo("m4"))
    ((run,),) = simulator.run([{}], starts([trial]))
    control = simulator._control(0, {}, simulator._steps[0])[:, 0]
    assert (control == RELEASED).any()
    # where the swing is so fast that the back-EMF exceeds the bus, some current flows back
    slow = 1.663 * np.abs(run["velocity"]) < 11.0
    assert np.abs(run["current"][(trial.log.t > 2.1) & slow]).max() < 1e-9
    assert np.ptp(run["position"]) > 1.0


def test_pieces_of_a_log_follow_it_from_their_own_first_rows(servo, logs):
    trials = logs(servo("m4"), 0)
    masks = [np.ones(len(trial.log.t), bool) for trial in trials]
    masks[1][:] = False
    pieces, parts = Simulator(trials, servo("m4")).cut(masks, 0.6, 0.002)
    assert len(pieces.trials) == 10
    assert sum(part.sum() for part in parts) > 1180
    (runs,) = pieces.run([{}], starts(pieces.trials))
    worst = max(
        np.abs(run["position"] - trial.log.channels["position"]).max()
        for run, trial in zip(runs, pieces.trials, strict=True)
    )
    assert worst < 0.05


def test_a_form_that_the_controller_cannot_have_is_refused(servo, logs):
    trials = logs(servo("m1"), 0, trajectories=("lift_and_drop",))
    with pytest.raises(IdentifyError, match="model_form=harmonic: the controller is 'duty-p 1'"):
        check_controller(servo("m1"), "harmonic", trials)
    cascade = replace(servo("m1"), drive=replace(servo("m1").drive, controller=CASCADE_PI))
    with pytest.raises(IdentifyError, match=r"enabled: is 0 in places; 'cascade-pi 1' cannot be switched off"):
        check_controller(cascade, "m1", trials)
