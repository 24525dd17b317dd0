"""A plan hands out every cycle that is needed, none twice, whoever runs them, loses them and in whatever order."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.plan import Plan
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.scorecard import filled

FACTS = StationFacts(name="a", title="A", version="1", tau_h_s=5.0, tau_l_s=18.0, fidelity="K1")
ROW = CycleRow("a", 0, (0,), True, (), 1.0, True, {}, 0.0, {}, 0.0, "0" * 16)


def row(cycle: int) -> CycleRow:
    """Cycles of uneven length; every fourth fails and takes the takt."""
    failed = cycle % 4 == 3
    return dataclasses.replace(
        ROW, cycle=cycle, time_s=10.0 + cycle * 7 % 5, success=not failed, faults=("drop",) if failed else ()
    )


def job(**end: object) -> Job:
    asked = {"robot": "fixed", "actuators": "ideal", "stations": ("a",), "policy": "reference", "seed": 0}
    return Job(**asked, **end)


def needed(asked: Job) -> list[CycleRow]:
    if asked.cycles is not None:
        return [row(cycle) for cycle in range(asked.cycles)]
    assert asked.hours is not None
    rows: list[CycleRow] = []
    while not rows or not filled(FACTS, rows, asked.hours):
        rows.append(row(len(rows)))
    return rows


ENDS = st.one_of(
    st.builds(lambda n: job(cycles=n), st.integers(1, 40)), st.builds(lambda h: job(hours=h), st.floats(0.001, 0.15))
)


@given(ENDS, st.sets(st.integers(0, 30)), st.integers(1, 9), st.data())
def test_any_order_with_any_losses_gives_the_cycles_that_are_needed(asked, known, most, data):
    wanted = needed(asked)
    if asked.cycles is not None:
        known = {cycle for cycle in known if cycle < asked.cycles}
    plan = Plan(asked, FACTS, map(row, known))
    out: list[int] = []
    losses = 20
    while not plan.complete:
        got = plan.take(data.draw(st.integers(0 if out else 1, most)))
        assert got == sorted(got)
        assert not set(got) & (set(out) | known)
        out += got
        assert out, "nothing is at work, something is needed, and nothing is handed out"
        cycle = out.pop(data.draw(st.integers(0, len(out) - 1)))
        if losses and data.draw(st.booleans()):
            losses -= 1
            plan.back([cycle])
        else:
            known.add(cycle)
            plan.done([row(cycle)])
    assert plan.rows() == wanted
    assert plan.take(9) == []


def test_a_shift_that_is_nearly_full_is_not_given_cycles_that_it_has_no_room_for():
    plan = Plan(job(hours=0.1), FACTS)
    begun = plan.take(100)
    assert len(begun) == 72, "as many as a human would do"
    plan.back(begun[20:])
    plan.done(map(row, begun[:20]))
    assert abs(len(plan.take(100)) - (len(needed(job(hours=0.1))) - 20)) <= 2


@pytest.mark.parametrize("cycles", [7, 1])
def test_what_is_back_is_handed_out_before_all_else_and_what_was_done_meanwhile_is_not(cycles):
    plan = Plan(job(cycles=9), FACTS)
    assert plan.take(4) == [0, 1, 2, 3]
    plan.done([row(1)])
    plan.back([0, 1, 2])
    assert plan.take(cycles) == [0, 2, 4, 5, 6, 7, 8][:cycles]
