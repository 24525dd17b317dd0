"""A campaign's rows depend on the job alone: not on batch size, slot or threads, nor on who ends first."""

import numpy as np
import pytest

from pilotline.benchmarks import campaign
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.scorecard import filled
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.robots.load_chart import LoadChart

FLAT_CHART = LoadChart(np.array([0.0, 3.0]), np.array([7.5, 7.5]))


class Quitter:
    """Moves its hands a little and gives up after as many steps as three times the kilograms of the tote."""

    control = "ee"

    def __init__(self, nsim):
        self._steps = np.zeros(nsim, int)

    def begin(self, ids):
        self._steps[ids] = 0

    def act(self, obs):
        patience = (3.0 * obs["tote_mass"][:, 0]).astype(int)
        action = 0.1 * np.sin(0.1 * self._steps[:, None] + np.arange(17))
        self._steps += 1
        return np.where((self._steps > patience)[:, None], np.nan, action)


@pytest.fixture(autouse=True)
def quitter(monkeypatch):
    monkeypatch.setattr(campaign.policies, "load", lambda name, station, robot, nsim, actuators: Quitter(nsim))
    monkeypatch.setattr(campaign, "chart_of", lambda robot: FLAT_CHART)


def job(**changes):
    values = {
        "robot": "wheeled",
        "actuators": "ideal",
        "stations": ("tote_destack",),
        "policy": "reference",
        "seed": 4,
        "cycles": 7,
        "nsim": 3,
        "nthread": 1,
    }
    return Job(**(values | changes))


@pytest.fixture(scope="module")
def rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign.policies, "load", lambda name, station, robot, nsim, actuators: Quitter(nsim))
        patch.setattr(campaign, "chart_of", lambda robot: FLAT_CHART)
        return campaign.run(job())


@pytest.mark.parametrize(("nsim", "nthread"), [(1, 1), (2, 2), (7, 2), (64, 1)])
def test_batch_size_and_threads_change_no_bit(rows, nsim, nthread):
    again = campaign.run(job(nsim=nsim, nthread=nthread))
    assert [repr(row.to_json()) for row in again] == [repr(row.to_json()) for row in rows]


def test_rows_come_in_the_order_of_their_cycles_though_they_end_in_another(rows):
    assert [row.cycle for row in rows] == list(range(7))
    times = [row.time_s for row in rows]
    assert times != sorted(times)


def test_more_cycles_begin_with_the_same_ones(rows):
    assert campaign.run(job(cycles=3)) == rows[:3]


def test_another_seed_gives_other_cycles(rows):
    other = campaign.run(job(seed=5, cycles=2))
    assert {row.digest for row in other}.isdisjoint(row.digest for row in rows)


def test_a_row_says_what_its_cycle_was_drawn_from(rows):
    for row in rows:
        sequence = cycle_seed(4, "tote_destack", row.cycle)
        assert row.seed == (sequence.entropy, *sequence.spawn_key)
        draw = stations.load("tote_destack").randomise(np.random.default_rng(sequence), "D0")
        assert row.metrics["mass_kg"] == draw["gross"][0]


def test_a_policy_that_sends_no_number_fails_its_cycle_with_that_fault(rows):
    for row in rows:
        assert row.faults == ("bad_action",)
        assert not row.success
        assert row.time_s == pytest.approx(0.02 * (int(3.0 * row.metrics["mass_kg"]) + 1))


def test_load_energy_and_torque_are_accounted_for(rows):
    for row in rows:
        assert row.within_payload is (row.metrics["mass_kg"] <= 7.5)
        assert row.energy_j > 0.0
        assert set(row.peak_torque_ratio) == {
            "base",
            "torso",
            "right_arm",
            "left_arm",
            "head",
            "right_hand",
            "left_hand",
        }
        assert 0.0 < row.peak_torque_ratio["right_arm"] < 10.0
        assert row.metrics["falls"] == 0.0
        assert "peak_force_n" not in row.metrics
    assert len({row.digest for row in rows}) == len(rows)


def test_a_shift_holds_the_cycles_that_fill_it_and_none_beyond():
    planned = job(cycles=None, hours=0.05)
    rows = campaign.run(planned)
    (facts,) = campaign.facts(planned)[0].stations
    assert filled(facts, rows, 0.05)
    assert not filled(facts, rows[:-1], 0.05)
    assert campaign.run(planned.model_copy(update={"nsim": 1})) == rows


def test_progress_counts_up_to_the_end():
    told = []
    campaign.run(job(cycles=4), progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)
    assert told == sorted(told)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_cycle_gives_a_row_of_plain_numbers(monkeypatch):
    class Breaker(campaign.StationBatch):
        def step(self, action, ids=None):
            self.engine.qvel[0] = np.nan
            return super().step(action, ids)

    monkeypatch.setattr(campaign, "StationBatch", Breaker)
    row = campaign.run(job(cycles=1))[0]
    assert "diverged" in row.faults
    assert row.time_s == pytest.approx(0.02)
