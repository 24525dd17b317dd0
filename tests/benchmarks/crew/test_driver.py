"""Workers that end whenever they like give the table that one process gives."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.benchmarks import cards
from pilotline.benchmarks.crew import driver, processes
from pilotline.benchmarks.crew.shards import CrewError, Ended, Event, Finished, Lost, Shard, Warned
from pilotline.benchmarks.crew.workers import Workers
from pilotline.benchmarks.facts import LineFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow
from pilotline.policies import PolicyWarning

STATIONS = tuple(
    StationFacts(name=name, title=name, version="1", tau_h_s=5.0, tau_l_s=18.0, fidelity="K1") for name in "ab"
)
LINE = LineFacts(name="a+b", title="Both", version="1", stations=STATIONS, takt_s=18.0, buffers=(5,))


def row(station: str, cycle: int) -> CycleRow:
    return CycleRow(station, cycle, (0,), True, (), 10.0 + cycle * 7 % 5, True, {}, 0.0, {}, 0.0, f"{cycle:016x}")


def job(**end: object) -> Job:
    asked = {"robot": "fixed", "actuators": "ideal", "stations": ("a", "b"), "policy": "reference", "seed": 0}
    return Job(**asked, **(end or {"cycles": 30}), nsim=7)


class Made:
    """Workers without physics; `what(choices)` says which of the things that may happen does."""

    def __init__(self, workers: int, what: Callable[[int], int], lose: int) -> None:
        self.workers, self._what, self._lose = workers, what, lose
        self._left: dict[Shard, list[int]] = {}
        self.run: list[tuple[str, int]] = []
        self.closed = False

    @property
    def free(self) -> int:
        return self.workers - len(self._left)

    def start(self, shard: Shard) -> None:
        assert self.free
        self._left[shard] = list(shard.cycles)

    def wait(self) -> Event:
        shard = list(self._left)[self._what(len(self._left))]
        left = self._left[shard]
        if self._lose and self._what(4) == 0:
            self._lose -= 1
            del self._left[shard]
            return Lost(shard.number, "status -9")
        if not left:
            del self._left[shard]
            return Ended(shard.number, shard.station, "w", ("latency 3 ms",))
        cycle = left.pop(self._what(len(left)))
        self.run.append((shard.station, cycle))
        return Finished(shard.number, (row(shard.station, cycle),))

    def close(self) -> None:
        self.closed = True


def driven(asked: Job, crew: Made, **more: Any) -> list[CycleRow]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "Processes", lambda job, workers: crew)
        patch.setattr(cards, "line_of", lambda job: LINE)
        return driver.run(asked, Workers("local", crew.workers), **more)


@pytest.mark.parametrize("end", [{"cycles": 30}, {"hours": 0.05}])
@given(workers=st.integers(1, 5), lose=st.integers(0, driver.LOSSES - 1), data=st.data())
def test_any_split_with_any_losses_gives_the_same_table(end, workers, lose, data):
    asked = job(**end)
    crew = Made(workers, lambda n: data.draw(st.integers(0, n - 1)), lose)
    found = driven(asked, crew)
    alone = driven(asked, Made(1, lambda n: n - 1, 0))
    assert found == alone
    assert crew.closed
    assert len(set(crew.run)) == len(crew.run), "no cycle that ended is run again"


def test_a_campaign_that_is_done_needs_no_workers():
    class Full:
        def rows(self, station: str) -> list[CycleRow]:
            return [row(station, cycle) for cycle in range(30)]

    crew = Made(2, lambda n: 0, 0)
    told = []
    found = driven(job(), crew, store=Full(), progress=lambda done, total: told.append((done, total)))
    assert len(found) == 60
    assert crew.run == []
    assert told == [(60, 60)]


def test_progress_goes_up_to_the_end_and_remarks_name_their_worker():
    told: list[tuple[int, int]] = []
    said: list[str] = []
    driven(
        job(),
        Made(3, lambda n: n - 1, 0),
        progress=lambda done, total: told.append((done, total)),
        told=said.append,
    )
    assert told[0] == (0, 60)
    assert told[-1] == (60, 60)
    assert told == sorted(told)
    assert said == ["worker w at a: latency 3 ms", "worker w at b: latency 3 ms"]


def test_workers_that_end_again_and_again_end_the_campaign_in_a_line():
    with pytest.raises(CrewError, match="8 workers in a row ended before any cycle did, the last with status -9"):
        driven(job(), Made(2, lambda n: 0, 100))


def test_a_warning_of_a_policy_in_a_worker_is_heard_here():
    crew = Made(1, lambda n: 0, 0)
    usual, once = crew.wait, [Warned("trained at another rate")]
    crew.wait = lambda: once.pop() if once else usual()  # type: ignore[method-assign]
    with pytest.warns(PolicyWarning, match="trained at another rate"):
        driven(job(), crew)
