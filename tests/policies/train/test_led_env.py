"""Learning to lead a script: the same script, told the same, as where the file is used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs.card import load_card
from pilotline.envs.sb3_env import StationSB3VecEnv
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.guided import guide_of
from pilotline.policies.reference.peg_trim import HOLD, TELLS, TRIMS, risk
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.led_env import LedEnv
from pilotline.policies.train.plan import Plan
from pilotline.policies.train.sb3 import LIBRARY
from pilotline.policies.train.vec_learner import VecLearner

STATION = "peg_gear"


@pytest.fixture
def env() -> LedEnv:
    """Two slots at the board; a fault is worth 20 s."""
    envs = StationSB3VecEnv(STATION, 2, robot="wheeled", nthread=1)
    made = LedEnv(envs, guide_of(STATION, robots.load("wheeled"), 2, "ideal"), 20.0)
    made.seed(3)
    made.reset()
    return made


def test_a_step_is_as_long_as_a_trim_is_held(env: LedEnv) -> None:
    env.step(np.zeros((2, len(TRIMS))))
    batch = env.venv.envs.batch
    np.testing.assert_allclose(batch.elapsed_s(), HOLD * CONTROL_PERIOD_S)


def test_time_is_paid_for_where_trims_have_an_effect_and_nowhere_else(env: LedEnv) -> None:
    seen, cost = [], []
    feels = [TELLS.parts.index(f"right_{name}") for name in ("touch", "search", "push")]
    for _ in range(45):
        obs, reward, _, _ = env.step(np.zeros((2, len(TRIMS))))
        seen.append(obs["script"][:, feels].any(axis=1))
        cost.append(-reward)
    held_s = HOLD * CONTROL_PERIOD_S
    within = np.array(seen)[:-1] & np.array(seen)[1:]
    outside = ~np.array(seen)[:-1] & ~np.array(seen)[1:]
    assert within.any()
    assert outside.any()
    # beside the time there is the risk of forces that rise
    assert (10.0 * np.array(cost)[1:][within] > 0.99 * held_s).all()
    assert (np.array(cost)[1:][outside] == 0.0).all()


def test_a_slot_that_begins_anew_has_a_script_that_begins_anew_and_pays_for_the_fault(env: LedEnv) -> None:
    action = np.zeros((2, len(TRIMS)))
    batch, guide = env.venv.envs.batch, env._guide
    env.step(action)
    batch.limit_s[0] = 0.0
    obs, reward, done, infos = env.step(action)
    assert done.tolist() == [True, False]
    assert infos[0]["terminal_observation"]["script"].shape == (len(TELLS.parts),)
    np.testing.assert_allclose(reward, [-20.0 / 10.0, 0.0])
    assert guide._since[0] < guide._since[1]  # type: ignore[attr-defined]
    assert obs["script"].shape == (2, len(TELLS.parts))


def test_risk_is_nothing_far_from_a_limit_and_one_at_it() -> None:
    card = load_card(STATION)
    calm = {"peak_axial_n": 0.0, "peak_lateral_n": 0.0, "max_bump_n": 0.0}
    for name, limit in (("peak_axial_n", "axial_limit_n"), ("peak_lateral_n", "lateral_limit_n")):
        shares = np.array([0.0, 0.6, 0.8, 0.9, 1.0, 1.5])
        found = risk({**{key: np.zeros(6) for key in calm}, name: shares * card.figure(limit)})
        np.testing.assert_allclose(found, [0.0, 0.0, 0.5**4, 0.75**4, 1.0, 1.0], atol=1e-12)


def plan(**changes: Any) -> Plan:
    params = {
        "n_steps": 8,
        "batch_size": 16,
        "n_epochs": 1,
        "net": [8],
        "log_std_init": -2.0,
        "gamma": 0.95,
        "fault_s": 20.0,
    }
    values: dict[str, Any] = {
        "trainer": "sb3_ppo",
        "params": params,
        "station": STATION,
        "robot": "wheeled",
        "actuators": "ideal",
        "control": "guided",
        "pack": "D0",
        "reads": ("script",),
        "seed": 0,
        "nsim": 2,
        "leg_steps": 16,
        "cycles": 1,
    }
    return Plan(**{**values, **changes})


def test_leading_is_learned_and_is_the_files_own_action() -> None:
    learner = VecLearner(plan(), LIBRARY, nthread=1)
    assert learner.learn(0).steps == 16
    layers, normalisation = learner.network()
    assert layers[-1].weights.shape[1] == len(TRIMS)
    assert len(normalisation.mean) == len(TELLS.parts)
    assert learner.interface.control == "guided"


def test_a_script_that_cannot_be_led_is_refused() -> None:
    with pytest.raises(TrainError, match="whose reference policy cannot be led"):
        VecLearner(plan(station="reach", robot="fixed"), LIBRARY, nthread=1)


def test_seconds_of_a_fault_are_for_scripts_that_are_led() -> None:
    with pytest.raises(TrainError, match=r"fault_s=20.0 with control=joint; allowed: with control=guided"):
        VecLearner(plan(control="joint", reads=None), LIBRARY, nthread=1)


@pytest.mark.parametrize("seconds", [None, 0.0, -1.0, float("nan")])
def test_seconds_that_no_fault_can_be_worth_are_refused(seconds: float | None) -> None:
    with pytest.raises(TrainError, match=r"params of sb3_ppo: fault_s is "):
        VecLearner(plan(params={"fault_s": seconds}), LIBRARY, nthread=1)
