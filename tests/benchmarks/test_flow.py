"""Flow through a line: closed forms, and laws that hold for every line."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.benchmarks.flow import Flow, FlowError, run_line


def all_good(times: list[list[float]], buffers: list[int], horizon_s: float | None = None) -> Flow:
    columns = [np.array(column, dtype=float) for column in times]
    return run_line(columns, [np.ones(len(column), dtype=bool) for column in columns], buffers, horizon_s)


def test_one_station_makes_a_part_per_cycle_time() -> None:
    flow = all_good([[20.0, 30.0, 10.0]], [])
    assert flow.depart_s[:, 0].tolist() == [20.0, 50.0, 60.0]
    assert (flow.good, flow.scrap, flow.in_process) == (3, 0, 0)
    assert flow.throughput_per_s == 3 / 60.0
    assert (flow.busy_s[0], flow.blocked_s[0], flow.starved_s[0]) == (60.0, 0.0, 0.0)


@pytest.mark.parametrize("buffer", [0, 1, 5])
def test_a_deterministic_line_runs_at_the_pace_of_its_slowest_station(buffer: int) -> None:
    """Makespan sum(t) + (n - 1) max(t), whatever the buffers."""
    flow = all_good([[12.0] * 50, [20.0] * 50, [9.0] * 50], [buffer, buffer])
    assert flow.horizon_s == 41.0 + 49 * 20.0
    assert np.all(np.diff(flow.depart_s[:, -1]) == 20.0)


def test_a_fast_station_fills_the_buffer_before_a_slow_one_and_is_then_blocked() -> None:
    flow = all_good([[10.0] * 40, [30.0] * 40], [3])
    assert flow.buffer_max.tolist() == [3]
    # one part in service, three waiting, the next one stuck on the first station until a place is free
    assert flow.depart_s[:6, 0].tolist() == [10.0, 20.0, 30.0, 40.0, 50.0, 70.0]
    assert flow.blocked_s[0] > 0.0
    assert flow.starved_s[1] == 10.0


def test_two_stations_without_a_buffer_hold_a_part_until_the_next_station_is_free() -> None:
    """Blocking after service: departure from 1 is max(finish of k on 1, departure of k - 1 from 2)."""
    first, second = [5.0, 5.0, 30.0, 5.0], [20.0, 10.0, 10.0, 10.0]
    flow = all_good([first, second], [0])
    assert flow.depart_s[:, 0].tolist() == [5.0, 25.0, 55.0, 65.0]
    assert flow.depart_s[:, 1].tolist() == [25.0, 35.0, 65.0, 75.0]
    assert flow.blocked_s.tolist() == [15.0 + 5.0, 0.0]
    assert flow.buffer_max.tolist() == [0]


def test_a_scrapped_part_goes_no_further_and_leaves_the_next_station_waiting() -> None:
    times = [np.array([10.0, 60.0, 10.0]), np.array([10.0, 10.0])]
    flow = run_line(times, [np.array([True, False, True]), np.array([True, True])], [5])
    assert (flow.good, flow.scrap, flow.in_process) == (2, 1, 0)
    assert np.isnan(flow.start_s[1, 1])
    assert flow.start_s[2, 1] == 80.0
    assert flow.starved_s[1] == 10.0 + 60.0


def test_the_horizon_cuts_a_shift_and_counts_what_is_still_on_the_line() -> None:
    flow = all_good([[10.0] * 100, [30.0] * 100], [2], horizon_s=100.0)
    assert (flow.entered, flow.good, flow.scrap, flow.in_process) == (6, 3, 0, 3)
    assert flow.buffer_max.tolist() == [2]
    assert flow.busy_s.tolist() == [60.0, 90.0]
    assert (flow.busy_s + flow.blocked_s + flow.starved_s).tolist() == [100.0, 100.0]


def test_running_out_of_measured_cycles_inside_a_shift_is_an_error() -> None:
    with pytest.raises(FlowError, match="station 0 has 3 services"):
        all_good([[10.0] * 3], [], horizon_s=100.0)


def test_nonsense_is_refused_by_name() -> None:
    with pytest.raises(FlowError, match="station 1: a service time"):
        all_good([[1.0], [np.nan]], [1])
    with pytest.raises(FlowError, match="buffer 0 is -1"):
        all_good([[1.0], [1.0]], [-1])
    with pytest.raises(FlowError, match="2 stations"):
        all_good([[1.0], [1.0]], [])


@st.composite
def lines(draw: st.DrawFn) -> tuple[list[np.ndarray], list[np.ndarray], list[int]]:
    stations, parts = draw(st.integers(1, 4)), draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    times = [rng.integers(1, 50, parts).astype(float) for _ in range(stations)]
    good = [rng.random(parts) < 0.85 for _ in range(stations)]
    return times, good, draw(st.lists(st.integers(0, 4), min_size=stations - 1, max_size=stations - 1))


@settings(deadline=None)
@given(lines(), st.none() | st.floats(1.0, 300.0))
def test_parts_and_time_are_conserved(line: tuple, horizon_s: float | None) -> None:
    times, good, buffers = line
    if horizon_s is not None:
        horizon_s = min(horizon_s, *(float(column.sum()) for column in times))
    flow = run_line(times, good, buffers, horizon_s)
    assert flow.entered == flow.good + flow.scrap + flow.in_process
    assert flow.in_process <= sum(buffers) + len(times)
    assert horizon_s is not None or flow.in_process == 0
    assert flow.busy_s + flow.blocked_s + flow.starved_s == pytest.approx(flow.horizon_s)
    assert np.all(flow.buffer_max <= np.array(buffers, dtype=int))
    assert np.all(flow.buffer_mean <= flow.buffer_max)


@settings(deadline=None)
@given(lines())
def test_a_station_holds_one_part_at_a_time_and_no_part_is_in_two_places(line: tuple) -> None:
    flow = run_line(*line)
    for j in range(flow.start_s.shape[1]):
        on = ~np.isnan(flow.start_s[:, j])
        assert np.all(flow.start_s[on, j][1:] >= flow.depart_s[on, j][:-1])
    for before, after in pairwise(range(flow.start_s.shape[1])):
        on = ~np.isnan(flow.start_s[:, after])
        assert np.all(flow.start_s[on, after] >= flow.depart_s[on, before])


@settings(deadline=None)
@given(lines(), st.integers(1, 3))
def test_more_buffer_never_delays_a_part(line: tuple, more: int) -> None:
    times, good, buffers = line
    small, large = (
        run_line(times, good, buffers),
        run_line(times, good, [places + more for places in buffers]),
    )
    assert np.all(np.nan_to_num(large.depart_s) <= np.nan_to_num(small.depart_s))
    assert large.throughput_per_s >= small.throughput_per_s
