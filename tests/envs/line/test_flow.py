"""Parts on a line: none vanishes or doubles, no buffer overflows, every second of a station is accounted for."""

import itertools
import math
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.configs.lines import Line
from pilotline.envs.line.flow import FlowError, PartFlow, State


def line_of(stations, **rules):
    """A line of stations a, b, c, ... given by what differs from the default: no machine, buffers of 2."""
    last = len(stations) - 1
    places = [
        {"station": "abcdef"[k]} | ({} if k == last else {"buffer_after": 2}) | given
        for k, given in enumerate(stations)
    ]
    base = {
        "name": "made_up",
        "version": 1,
        "title": "t",
        "takt_s": 60.0,
        "shift_h": 8.0,
        "clear_s": 30.0,
        "source": "t",
    }
    return Line.model_validate(base | {"stations": places} | rules)


def cycle(flow, k, time_s, *faults):
    """A cycle at station k that begins now; the part."""
    part = flow.begin(k)
    flow.advance(flow.now_s + time_s)
    flow.end(k, not faults, faults)
    return part


def kinds(flow, part):
    return [event.kind for event in flow.events if event.part == part]


def counts(flow):
    return flow.entered, flow.good, flow.first_pass, flow.scrap, flow.in_process()


def test_a_part_passes_two_stations_in_the_time_that_machines_and_transfer_take():
    flow = PartFlow(line_of([{"machine_s": 20.0}, {"machine_s": 5.0}], transfer_s=3.0))
    part = cycle(flow, 0, 10.0)
    flow.advance(33.0)
    assert (flow.ready(1), flow.now_s) == (True, 33.0)
    assert cycle(flow, 1, 7.0) == part
    assert counts(flow) == (1, 0, 0, 0, 1)
    flow.advance(45.0)
    assert counts(flow) == (1, 1, 1, 0, 0)
    assert [(event.time_s, event.kind, event.station) for event in flow.events] == [
        (0.0, "entered", "a"),
        (0.0, "begun", "a"),
        (10.0, "done", "a"),
        (30.0, "passed", "a"),
        (33.0, "arrived", "b"),
        (33.0, "begun", "b"),
        (40.0, "done", "b"),
        (45.0, "good", "b"),
    ]


def test_a_station_is_not_to_be_served_while_its_machine_works():
    flow = PartFlow(line_of([{"machine_s": 20.0}]))
    cycle(flow, 0, 10.0)
    assert flow.state(0) is State.MACHINE
    with pytest.raises(FlowError, match="station a is machine; allowed: waiting"):
        flow.begin(0)
    flow.advance(30.0)
    assert flow.ready(0)


def test_a_full_buffer_blocks_until_the_next_station_takes_a_part():
    flow = PartFlow(line_of([{}, {}]))
    for _ in range(3):
        cycle(flow, 0, 10.0)
    assert (flow.waiting(1), flow.state(0)) == (2, State.BLOCKED)
    flow.advance(100.0)
    assert flow.spent_s(0)[State.BLOCKED] == pytest.approx(70.0)
    assert flow.begin(1) == 0
    assert flow.ready(0)
    flow.advance(100.0)
    assert flow.waiting(1) == 2


def test_parts_on_their_way_hold_their_place():
    flow = PartFlow(line_of([{}, {}], transfer_s=50.0))
    for _ in range(3):
        cycle(flow, 0, 10.0)
    assert (flow.waiting(1), flow.state(0), flow.in_process()) == (0, State.BLOCKED, 3)


def test_without_a_buffer_a_part_waits_where_it_is_until_the_next_station_is_free():
    flow = PartFlow(line_of([{"buffer_after": 0}, {"machine_s": 40.0}]))
    cycle(flow, 0, 10.0)
    assert flow.ready(1)
    cycle(flow, 0, 10.0)
    assert flow.state(0) is State.BLOCKED
    cycle(flow, 1, 5.0)
    assert (flow.state(0), flow.state(1)) == (State.BLOCKED, State.MACHINE)
    flow.advance(25.0 + 40.0)
    assert (flow.ready(0), flow.ready(1), flow.good) == (True, True, 1)
    assert flow.spent_s(0)[State.BLOCKED] == pytest.approx(5.0 + 40.0)


def test_a_station_starves_until_a_raw_part_is_supplied():
    flow = PartFlow(line_of([{}], supply_s=25.0))
    cycle(flow, 0, 10.0)
    assert flow.state(0) is State.STARVED
    assert flow.next_change_s() == 25.0
    flow.advance(40.0)
    assert flow.ready(0)
    assert flow.spent_s(0) == pytest.approx(
        dict.fromkeys(State, 0.0) | {State.WORKING: 10.0, State.STARVED: 15.0, State.WAITING: 15.0}
    )


def test_raw_parts_do_not_heap_up_before_the_line():
    """The next raw part comes `supply_s` after the one before it was taken, however long that lay there."""
    flow = PartFlow(line_of([{}], supply_s=25.0))
    flow.advance(100.0)
    cycle(flow, 0, 10.0)
    assert flow.next_change_s() == 125.0


def test_a_part_is_done_again_at_its_station_before_others_and_is_no_first_pass():
    flow = PartFlow(line_of([{}, {}], rework_limit=1))
    cycle(flow, 0, 10.0)
    cycle(flow, 0, 10.0)
    assert cycle(flow, 1, 5.0, "misplaced") == 0
    assert (flow.state(1), flow.waiting(1)) == (State.CLEARING, 2)
    flow.advance(25.0 + 30.0)
    assert cycle(flow, 1, 5.0) == 0
    assert cycle(flow, 1, 5.0) == 1
    assert counts(flow) == (2, 2, 1, 0, 0)
    assert kinds(flow, 0) == ["entered", "begun", "done", "passed", "arrived", "begun", "failed", "reworked", "begun",
                              "done", "good"]  # fmt: skip


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_part_that_failed_too_often_is_scrap(limit):
    flow = PartFlow(line_of([{}], rework_limit=limit))
    for _ in range(limit + 1):
        assert flow.scrap == 0
        assert cycle(flow, 0, 10.0, "misplaced") == 0
        flow.advance(flow.now_s + 30.0)
    assert counts(flow) == (1, 0, 0, 1, 0)
    assert cycle(flow, 0, 10.0) == 1


def test_rework_counts_over_the_whole_line():
    flow = PartFlow(line_of([{}, {}], rework_limit=1))
    cycle(flow, 0, 10.0, "misplaced")
    flow.advance(40.0)
    cycle(flow, 0, 10.0)
    cycle(flow, 1, 10.0, "misplaced")
    assert counts(flow) == (1, 0, 0, 1, 0)


def test_a_fault_that_destroys_the_part_is_scrap_at_once_where_the_card_says_so():
    stations = [{"scrap": ["drop"]}, {}]
    kept, lost = PartFlow(line_of(stations)), PartFlow(line_of(stations))
    cycle(kept, 0, 10.0, "late")
    cycle(lost, 0, 10.0, "drop", "late")
    assert (kept.scrap, lost.scrap) == (0, 1)
    other = PartFlow(line_of(stations))
    cycle(other, 0, 10.0)
    cycle(other, 1, 10.0, "drop")
    assert other.scrap == 0


def test_after_a_failure_the_station_is_cleared_and_only_then_served():
    flow = PartFlow(line_of([{}], clear_s=45.0))
    cycle(flow, 0, 10.0, "drop")
    with pytest.raises(FlowError, match="station a is clearing"):
        flow.begin(0)
    flow.advance(54.999)
    assert not flow.ready(0)
    flow.advance(55.0)
    assert flow.ready(0)
    assert flow.events[-1].kind == "cleared"
    assert flow.spent_s(0)[State.CLEARING] == 45.0


def test_what_the_clockwork_does_not_allow_is_refused():
    flow = PartFlow(line_of([{}, {}]))
    with pytest.raises(FlowError, match="station b is starved; allowed: waiting"):
        flow.begin(1)
    with pytest.raises(FlowError, match="station a is waiting; allowed: working"):
        flow.end(0, True)
    flow.advance(10.0)
    with pytest.raises(FlowError, match="advance to 9 s; allowed: 10 s or later"):
        flow.advance(9.0)


RULES = st.fixed_dictionaries(
    {
        "supply_s": st.sampled_from([0.0, 7.0, 60.0]),
        "transfer_s": st.sampled_from([0.0, 4.0]),
        "clear_s": st.sampled_from([0.0, 20.0]),
        "rework_limit": st.integers(0, 2),
    }
)


@st.composite
def lines(draw):
    count = draw(st.integers(1, 4))
    stations = [
        {
            "machine_s": draw(st.sampled_from([0.0, 12.0])),
            "scrap": draw(st.sampled_from([[], ["drop"]])),
            "buffer_after": draw(st.integers(0, 3)) if k + 1 < count else None,
        }
        for k in range(count)
    ]
    return line_of(stations, **draw(RULES))


def play(line, rng, steps):
    """Turn the clockwork at random, as a robot and a clock of whole seconds would; yields it after every turn."""
    flow = PartFlow(line)
    busy = None
    for _ in range(steps):
        ready = [k for k in range(len(line.stations)) if flow.ready(k)]
        if busy is not None:
            flow.advance(flow.now_s + rng.randint(0, 15))
            outcome = rng.choice([(), (), ("drop",), ("late",)])
            flow.end(busy, not outcome, outcome)
            busy = None
        elif ready and rng.random() < 0.8:
            busy = rng.choice(ready)
            flow.begin(busy)
        else:
            due = flow.next_change_s()
            flow.advance(flow.now_s + rng.randint(0, 20) if math.isinf(due) or rng.random() < 0.5 else due)
        yield flow


@settings(max_examples=150, deadline=None)
@given(line=lines(), rng=st.randoms(use_true_random=False))
def test_whatever_happens_parts_are_conserved_buffers_hold_and_times_add_up(line, rng):
    flow = None
    for flow in play(line, rng, 120):
        entered, good, first_pass, scrap, held = counts(flow)
        assert entered == good + scrap + held
        assert first_pass <= good
        for k in range(len(line.stations)):
            assert math.isclose(sum(flow.spent_s(k).values()), flow.now_s, abs_tol=1e-9)
    assert flow is not None
    check_log(line, flow)


def check_log(line, flow):
    """From the events alone: order of time, one way through the line for every part, no buffer beyond its places."""
    events = flow.events
    assert [event.time_s for event in events] == sorted(event.time_s for event in events)
    ends = Counter(event.part for event in events if event.kind in ("good", "scrapped"))
    assert all(times == 1 for times in ends.values())
    assert {part for part, _ in ends.items()} <= set(range(flow.entered))
    names = line.station_names
    for part in range(flow.entered):
        along = [names.index(event.station) for event in events if event.part == part and event.kind == "begun"]
        assert along == sorted(along)
        assert set(along) == set(range(len(set(along)))), "a part skips no station"
        assert Counter(kinds(flow, part))["failed"] <= line.rework_limit + 1
    for k, (before, after) in enumerate(itertools.pairwise(names)):
        passed = [event.part for event in events if event.kind == "passed" and event.station == before]
        taken = list(dict.fromkeys(event.part for event in events if event.kind == "begun" and event.station == after))
        assert taken == passed[: len(taken)], "parts keep their order"
        level = most = 0
        seen = set()
        for event in events:
            if event.kind == "passed" and event.station == before:
                level += 1
            elif event.kind == "begun" and event.station == after and event.part not in seen:
                seen.add(event.part)
                level -= 1
            most = max(most, level)
            assert level >= 0
        # without a buffer the next station itself takes the part
        assert most <= max(line.stations[k].buffer_after, 1)


@settings(max_examples=50, deadline=None)
@given(line=lines(), seed=st.integers(0, 2**32), pieces=st.integers(2, 5))
def test_the_same_turns_give_the_same_events_in_pieces_of_any_size(line, seed, pieces):
    def turned(count):
        flow, rng = PartFlow(line), random.Random(seed)
        for _ in range(60):
            ready = [k for k in range(len(line.stations)) if flow.ready(k)]
            if ready:
                k, time_s = rng.choice(ready), rng.randint(1, 15)
                begun_s = flow.now_s
                flow.begin(k)
                for i in range(1, count):
                    flow.advance(begun_s + time_s * i / count)
                flow.advance(begun_s + time_s)
                good = rng.random() < 0.7
                flow.end(k, good, () if good else ("drop",))
            elif math.isfinite(due := flow.next_change_s()):
                flow.advance(due)
        return flow.events, counts(flow)

    assert turned(1) == turned(1) == turned(pieces)
