"""Real workers at a quick station: the table is that of one process, whoever is killed; none outlives its driver."""

import json
import subprocess
from pathlib import Path

import pytest

from pilotline.benchmarks import campaign
from pilotline.benchmarks.crew import driver, processes
from pilotline.benchmarks.crew.bench import Worker
from pilotline.benchmarks.crew.shards import CrewError, Shard, event_of, request
from pilotline.benchmarks.crew.workers import Workers
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.store import opened


def job(**change: object) -> Job:
    asked = {"robot": "fixed", "actuators": "ideal", "stations": ("reach",), "policy": "reference", "seed": 2}
    return Job.of(asked | {"nsim": 4, "nthread": 1} | ({} if "hours" in change else {"cycles": 24}) | change)


@pytest.fixture(scope="module")
def alone():
    return campaign.run(job())


def test_a_worker_that_is_killed_is_replaced_and_the_table_stays_the_same(
    alone: list[CycleRow], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crews: list[processes.Processes] = []
    made = processes.Processes

    def begun(asked: Job, workers: int) -> processes.Processes:
        crews.append(made(asked, workers))
        return crews[0]

    monkeypatch.setattr(processes, "Processes", begun)
    killed: list[int] = []
    with opened(tmp_path) as store:
        store.begin({}, {})

        def told(done: int, total: int) -> None:
            if done and not killed:
                victim = crews[0]._members[0].process
                victim.kill()
                killed.append(victim.pid)

        assert driver.run(job(), Workers("local", 2), progress=told, store=store) == alone
        assert store.rows("reach") == alone
    assert killed
    assert crews[0]._members == []


def test_a_shift_shared_by_workers_is_that_of_one_process():
    shift = job(hours=0.01)
    assert driver.run(shift, Workers("local", 2)) == campaign.run(shift)


def test_tasks_of_ray_give_the_same_table(alone):
    pytest.importorskip("ray")
    assert driver.run(job(), Workers("ray", 2)) == alone


def test_a_worker_ends_with_its_driver_also_amid_a_shard():
    worker = subprocess.Popen(processes._COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdin is not None
    assert worker.stdout is not None
    asked = request(job(cycles=100_000), Shard(0, "reach", tuple(range(100_000))))
    worker.stdin.write(json.dumps(asked) + "\n")
    worker.stdin.flush()
    assert "rows" in json.loads(worker.stdout.readline())
    worker.stdin.close()
    assert worker.wait(60) == 0
    worker.stdout.close()


def test_what_no_worker_can_do_ends_the_campaign_in_a_line():
    shard = Shard(0, "nowhere", (0,))
    (told,) = Worker().work(request(job(stations=("nowhere",)), shard))
    with pytest.raises(CrewError, match="station 'nowhere' does not exist"):
        event_of(told, shard)


def test_a_worker_with_another_program_is_refused():
    asked = request(job(), Shard(0, "reach", (0,)))
    asked["program"] = asked["program"] | {"mujoco": "3.1.0"}
    (told,) = Worker().work(asked)
    assert "its mujoco is 4.0.0, the driver's 3.1.0; allowed: one program on all of them" in told["refused"]
