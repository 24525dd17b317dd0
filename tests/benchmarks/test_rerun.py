"""A single cycle run by itself has the bits that it has among all others."""

import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks import campaign
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rerun import new_seed, run_cycles, sample
from pilotline.policies.file import Contract, Layer, write_policy
from pilotline.policies.file.present import present


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """Nine cycles of Reach by a network that does something or other."""
    here = present("reach", robots.load("fixed"), "ideal", "ee")
    given = Contract.of(here, [entry.name for entry in here.observation], title="made up")
    weights = np.random.default_rng(0).normal(0.0, 0.3, (given.inputs, len(given.action)))
    path = tmp_path_factory.mktemp("policy") / "p.onnx"
    write_policy(path, [Layer(weights, np.zeros(len(given.action)), "Tanh")], given)
    return Job(
        robot="fixed", actuators="ideal", stations=("reach",), policy=str(path), seed=5, cycles=9, nsim=4, nthread=1
    )


@pytest.fixture(scope="module")
def whole(job):
    return campaign.run(job)


def test_cycles_run_by_themselves_have_the_bits_they_have_among_all_others(job, whole):
    told = []
    rows = run_cycles(job.model_copy(update={"nsim": 2}), {"reach": [1, 4, 8]}, lambda *at: told.append(at))
    assert rows == [whole[1], whole[4], whole[8]]
    assert told[-1] == (3, 3)


def test_more_slots_than_cycles_do_no_harm(job, whole):
    assert run_cycles(job, {"reach": [7]}) == [whole[7]]


def test_a_draw_is_a_function_of_its_seed_and_of_the_rows(whole):
    assert sample(whole, 4, 11) == sample(whole, 4, 11)
    (cycles,) = sample(whole, 4, 11).values()
    assert len(set(cycles)) == 4
    assert sample(whole, 100, 0) == {"reach": list(range(9))}
    drawn = {cycle for seed in range(40) for cycle in sample(whole, 2, seed)["reach"]}
    assert drawn == set(range(9))


def test_a_seed_nobody_gave_is_another_one_each_time():
    assert len({new_seed() for _ in range(20)}) == 20
