"""The twin of a line keeps to closed forms where there are any, and to the run that it was fed with."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotline.benchmarks import line_outlook
from pilotline.benchmarks.line_inputs import Inputs, Pair, Service, TwinError, inputs_of, notes
from pilotline.benchmarks.line_outlook import MONTH_SHIFTS, Plan, balance, month
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_twin import Course, simulate
from pilotline.configs.lines import Line
from pilotline.policies.planner import serve

LineOf = Callable[..., Line]
Drive = Callable[..., LineRun]
QUICK = Plan(replicas=40, resamples=8)


def fixed(*times_s: float, trips_s: dict | None = None) -> Inputs:
    """Each station always takes its time and always succeeds."""
    return Inputs(tuple((Service(time_s, True),) for time_s in times_s), trips_s or {}, ())


def course(line: Line, inputs: Inputs, hours: float = 1.0, seed: int = 0) -> Course:
    return simulate(line, inputs, 3600.0 * hours, np.random.default_rng(seed), serve)


def test_one_station_makes_a_part_every_cycle(line_of: LineOf) -> None:
    found = course(line_of(1), fixed(25.0))
    assert (found.good, found.first_pass, found.scrap) == (144, 144, 0)
    assert found.robot_s == {"working": 3600.0, "driving": 0.0, "waiting": 0.0, "down": 0.0}


def test_a_machine_holds_its_station(line_of: LineOf) -> None:
    found = course(line_of(1, stations=[{"station": "a", "machine_s": 15.0}]), fixed(25.0))
    assert found.good == 3600 // 40
    assert found.robot_s["waiting"] == pytest.approx(90 * 15.0)
    assert found.spent_s[0]["machine"] == pytest.approx(90 * 15.0)


def test_a_line_that_lacks_raw_parts_runs_at_their_pace(line_of: LineOf) -> None:
    found = course(line_of(1, supply_s=100.0), fixed(25.0))
    assert found.good == 36
    assert found.spent_s[0]["starved"] == pytest.approx(36 * 75.0)


def test_a_robot_that_is_short_serves_in_batches_of_a_full_buffer(line_of: LineOf) -> None:
    """Five parts fill the buffer and a sixth waits in the station, then the robot drives over and empties it."""
    trips = {(0, 1): (8.0,), (1, 0): (12.0,)}
    line, hours, batch_s = line_of(2), 100.0, 6 * (20.0 + 10.0) + 8.0 + 12.0
    found = course(line, fixed(20.0, 10.0, trips_s=trips), hours)
    assert found.good == pytest.approx(6 * 3600.0 * hours / batch_s, abs=6)
    assert found.robot_s["driving"] / (3600.0 * hours) == pytest.approx(20.0 / batch_s, rel=2e-3)
    assert found.robot_s["waiting"] == 0.0
    assert found.entered - found.good <= 7


def test_where_machines_are_slow_the_slowest_station_sets_the_pace(line_of: LineOf) -> None:
    """The robot works 10 + 10 s in the 60 s that station b needs, driving included."""
    stations = [{"station": "a", "machine_s": 20.0, "buffer_after": 5}, {"station": "b", "machine_s": 50.0}]
    line = line_of(2, stations=stations)
    found = course(line, fixed(10.0, 10.0, trips_s={(0, 1): (4.0,), (1, 0): (4.0,)}), 50.0)
    assert found.good == pytest.approx(50.0 * 3600.0 / 60.0, rel=0.1)
    assert found.spent_s[1]["machine"] / (50.0 * 3600.0) > 0.75


@pytest.mark.parametrize(("p", "limit"), [(0.8, 1), (0.8, 0), (0.5, 3)])
def test_random_cycles_balance_the_flow(line_of: LineOf, p: float, limit: int) -> None:
    """A part takes 1 + q + ... + q^limit cycles and is good with probability 1 - q^(limit + 1)."""
    rng = np.random.default_rng(3)
    seen = [Service(float(t), k < 1000 * p, () if k < 1000 * p else ("slip",)) for k, t in
            enumerate(rng.exponential(20.0, 1000))]  # fmt: skip
    line, q = line_of(1, rework_limit=limit, clear_s=30.0), 1.0 - p
    mean_s = np.mean([service.time_s for service in seen])
    cycles = sum(q**k for k in range(limit + 1))
    per_hour = 3600.0 * (1.0 - q ** (limit + 1)) / (cycles * (mean_s + q * 30.0))
    hours = 10.0
    found = [course(line, Inputs((tuple(seen),), {}, ()), hours, seed) for seed in range(30)]
    good = np.array([one.good for one in found]) / hours
    assert abs(good.mean() - per_hour) < 4.0 * good.std(ddof=1) / math.sqrt(len(good)) < 0.04 * per_hour
    cleared = np.mean([one.stopped_s for one in found]) / (3600.0 * hours)
    assert cleared == pytest.approx(q * 30.0 / (mean_s + q * 30.0), rel=0.03)


def test_a_robot_that_falls_stands_still_until_it_is_put_right(line_of: LineOf) -> None:
    """Every cycle fails after 10 s, and 30 s go by before the next."""
    line = line_of(1, rework_limit=1, clear_s=30.0)
    found = course(line, Inputs(((Service(10.0, False, ("fall",)),),), {}, ()))
    assert found.scrap == 45
    assert (found.robot_s["working"], found.robot_s["down"]) == (900.0, 2700.0)
    assert found.stopped_s == 2700.0
    assert (found.first_tries, found.first_good) == ((45,), (0,))


def test_times_add_up_and_parts_are_conserved(line_of: LineOf) -> None:
    seen = tuple(Service(t, t > 9.0, () if t > 9.0 else ("drop",)) for t in (8.0, 11.0, 17.0, 30.0))
    line = line_of(3, transfer_s=4.0, clear_s=25.0)
    found = course(line, Inputs((seen,) * 3, {(k, j): (7.0,) for k in range(3) for j in range(3) if k != j}, ()), 7.3)
    assert math.fsum(found.robot_s.values()) == pytest.approx(7.3 * 3600.0)
    for spent in found.spent_s:
        assert math.fsum(spent.values()) == pytest.approx(7.3 * 3600.0)
    assert 0 <= found.entered - found.good - found.scrap <= 3 + 10 + 3
    assert found.robot_s["working"] == pytest.approx(sum(spent["working"] for spent in found.spent_s))


def fed(drive: Drive, line: Line, seed: int, hours: float = 1.0) -> LineRun:
    """A run whose cycles and trips are random; a part in 20 slips and a part in 40 drops."""
    rng = np.random.default_rng(seed)

    def draw(k: int) -> tuple[float, tuple[str, ...]]:
        time_s, u = float(rng.gamma(20.0, 1.0)) + 3.0 * k, rng.random()
        return time_s, ("slip",) if u < 0.05 else ("drop",) if u < 0.075 else ()

    def trip_s(at: int | None, to: int) -> float:
        return 0.0 if at is None or at == to else float(rng.uniform(7.0, 9.0)) * abs(at - to)

    return drive(line, 3600.0 * hours, draw, trip_s)


def test_the_twin_of_a_line_without_chance_is_the_run_itself(line_of: LineOf, drive: Drive) -> None:
    """Two drivers of the same clockwork, one with SimPy and one without."""
    line = line_of(3, transfer_s=4.0)
    run = drive(line, 3600.0, lambda k: (20.0 + k, ()), lambda at, to: 0.0 if at in (None, to) else 6.0)
    found = line_outlook.twin(line, run, (1, 2), serve, QUICK)
    assert run.good > 30
    assert found.ratio == 1.0
    assert (found.same_time.good.low, found.same_time.good.high) == (run.good, run.good)
    again = simulate(line, inputs_of(line, run), 3600.0, np.random.default_rng(0), serve)
    assert again.robot_s == pytest.approx(run.robot_s)
    for own, other in zip(again.spent_s, run.spent_s, strict=True):
        assert own == pytest.approx(other)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any line of up to three stations, without chance."""
    count = draw(st.integers(1, 3))
    stations = [
        {
            "station": "abc"[k],
            "machine_s": draw(st.sampled_from([0.0, 17.0, 45.0])),
            "scrap": draw(st.sampled_from([[], ["slip"]])),
            "buffer_after": draw(st.integers(0, 3)) if k + 1 < count else None,
        }
        for k in range(count)
    ]
    rules = {
        "supply_s": draw(st.sampled_from([0.0, 33.0])),
        "transfer_s": draw(st.sampled_from([0.0, 6.0])),
        "clear_s": draw(st.sampled_from([0.0, 25.0])),
        "rework_limit": draw(st.integers(0, 2)),
    }
    base = {"name": "any", "version": 1, "title": "t", "takt_s": 60.0, "shift_h": 1.0, "source": "t"}
    return Line.model_validate(base | {"stations": stations} | rules)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    line=lines(),
    times_s=st.lists(st.integers(5, 40), min_size=3, max_size=3),
    last=st.sampled_from([(), (), ("slip",), ("timeout",)]),
    trip_s=st.integers(0, 12),
)
def test_any_line_without_chance_runs_as_it_does_without_simpy(
    drive: Drive, line: Line, times_s: list[int], last: tuple[str, ...], trip_s: int
) -> None:
    count = len(line.stations)

    def draw(k: int) -> tuple[float, tuple[str, ...]]:
        return float(times_s[k]), last if k + 1 == count else ()

    run = drive(line, 1500.0, draw, lambda at, to: 0.0 if at is None or at == to else float(trip_s))
    services = tuple((Service(time_s, not faults, faults),) for time_s, faults in map(draw, range(count)))
    trips: dict[Pair, tuple[float, ...]]
    trips = {(a, b): (float(trip_s),) for a in range(count) for b in range(count) if a != b}
    found = simulate(line, Inputs(services, trips, ()), 1500.0, np.random.default_rng(0), serve)
    assert (found.entered, found.good, found.first_pass, found.scrap) == (
        run.entered,
        run.good,
        run.first_pass,
        run.scrap,
    )
    assert found.robot_s == pytest.approx(run.robot_s)
    for own, other in zip(found.spent_s, run.spent_s, strict=True):
        assert own == pytest.approx(other)


@pytest.mark.parametrize(("count", "seed"), [(1, 0), (1, 1), (2, 0), (2, 1), (3, 0), (3, 1)])
def test_the_twin_of_a_random_hour_makes_as_many_parts(line_of: LineOf, drive: Drive, count: int, seed: int) -> None:
    line = line_of(count, clear_s=30.0)
    run = fed(drive, line, seed)
    found = line_outlook.twin(line, run, (seed,), serve, QUICK)
    assert found.ratio == pytest.approx(1.0, abs=0.05)
    assert found.same_time.good.low <= run.good <= found.same_time.good.high


def test_a_shift_seen_from_an_hour_holds_what_the_line_really_makes(line_of: LineOf, drive: Drive) -> None:
    line = line_of(2, clear_s=30.0, shift_h=4.0)
    truth = np.mean([fed(drive, line, seed, 4.0).good for seed in range(50, 56)])
    found = [line_outlook.twin(line, fed(drive, line, seed), (seed,), serve, QUICK).shift.good for seed in range(5)]
    assert sum(one.low <= truth <= one.high for one in found) >= 3
    assert np.mean([one.mean for one in found]) == pytest.approx(truth, rel=0.04)


def test_shares_add_up_and_effectiveness_is_the_product_of_its_factors(line_of: LineOf, drive: Drive) -> None:
    line = line_of(2, clear_s=30.0, shift_h=2.0, stations=[{"station": "a", "buffer_after": 5, "machine_s": 9.0},
                                              {"station": "b", "scrap": ["drop"]}])  # fmt: skip
    found = line_outlook.twin(line, fed(drive, line, 5), (0,), serve, QUICK)
    assert found.robot_working + found.robot_driving + found.robot_waiting + found.robot_down == pytest.approx(1.0)
    for one in found.stations:
        shares = (one.working, one.machine, one.blocked, one.clearing, one.starved, one.waiting)
        assert math.fsum(shares) == pytest.approx(1.0)
    effect = found.effectiveness
    assert effect.quality is not None
    assert effect.availability * effect.performance * effect.quality == pytest.approx(effect.oee.mean)
    assert effect.oee.mean == pytest.approx(line.takt_s * found.shift.good.mean / (3600.0 * line.shift_h))
    assert (found.bottleneck, found.bottleneck_share) == ("robot", found.robot_working + found.robot_driving)
    assert found.scrap_rate == pytest.approx(1.0 - effect.quality)
    assert found.month.good.mean == pytest.approx(MONTH_SHIFTS * found.shift.good.mean)
    assert found == line_outlook.twin(line, fed(drive, line, 5), (0,), serve, QUICK)
    assert found != line_outlook.twin(line, fed(drive, line, 5), (1,), serve, QUICK)


def test_a_slow_machine_is_the_bottleneck(line_of: LineOf, drive: Drive) -> None:
    line = line_of(1, stations=[{"station": "a", "machine_s": 60.0}])
    found = line_outlook.twin(line, drive(line, 3600.0, lambda k: (20.0, ())), (0,), serve, QUICK)
    assert (found.bottleneck, found.bottleneck_share) == ("a", 1.0)
    assert found.balance is None


def test_balance_is_work_content_over_stations_times_the_largest() -> None:
    assert balance([20.0, 30.0, 40.0]) == pytest.approx(90.0 / 120.0)
    assert balance([20.0]) is None
    assert balance([20.0, None]) is None


def test_over_a_month_chance_averages_out_and_what_the_inputs_leave_open_stays() -> None:
    rng = np.random.default_rng(0)
    chance = rng.normal(600.0, 10.0, (20_000, 2))
    assert month(chance).std() == pytest.approx(10.0 * math.sqrt(MONTH_SHIFTS), rel=0.3)
    inputs = np.repeat(rng.normal(600.0, 10.0, (20_000, 1)), 2, axis=1)
    assert month(inputs).std() == pytest.approx(10.0 * MONTH_SHIFTS, rel=0.02)
    both = inputs + chance - 600.0
    assert month(both).std() == pytest.approx(10.0 * math.sqrt(MONTH_SHIFTS**2 + MONTH_SHIFTS), rel=0.03)
    assert month(np.full((5, 2), 600.0)) == pytest.approx(np.full(5, 600.0 * MONTH_SHIFTS))


def test_cycles_and_outcomes_stay_together_and_trips_are_kept_by_pair(line_of: LineOf, drive: Drive) -> None:
    line = line_of(2)
    run = fed(drive, line, 9)
    inputs = inputs_of(line, run)
    assert sum(len(seen) for seen in inputs.services) == len(run.visits)
    for name, seen in zip(line.station_names, inputs.services, strict=True):
        rows = [visit.row for visit in run.visits if visit.station == name]
        assert [(s.success, s.faults) for s in seen] == [(row.success, row.faults) for row in rows]
        assert [s.time_s for s in seen] == pytest.approx([row.time_s for row in rows])
    assert set(inputs.trips_s) == {(None, 0), (0, 0), (0, 1), (1, 1), (1, 0)}
    assert all(7.0 <= trip <= 9.0 for trip in inputs.trips_s[0, 1])
    redrawn = inputs.again(np.random.default_rng(0))
    assert set(redrawn.services[0]) < set(inputs.services[0])


def test_a_trip_never_seen_goes_at_the_pace_of_the_others(line_of: LineOf) -> None:
    line = line_of(3)
    inputs = Inputs(((Service(1.0, True),),) * 3, {(0, 1): (9.0,)}, (9.0 / 6.0,))
    assert inputs.trip_s(line, (0, 1), 0.5) == 9.0
    assert inputs.trip_s(line, (0, 2), 0.5) == 18.0
    assert inputs.trip_s(line, (2, 2), 0.5) == 0.0
    assert inputs.trip_s(line, (None, 1), 0.5) == 0.0
    assert "5 of 6" in notes(line, inputs)[-1]
    few = Inputs(((Service(1.0, True), Service(2.0, True)),) * 3, {}, ())
    assert "2 cycles are few" in notes(line, few)[0]


def test_a_station_never_served_has_no_twin(line_of: LineOf, drive: Drive) -> None:
    line = line_of(2)
    run = drive(line, 60.0, lambda k: (25.0, ()))
    with pytest.raises(TwinError, match="no cycle was finished at b in 60 s"):
        line_outlook.twin(line, run, (0,), serve, QUICK)


def test_one_cycle_or_no_good_one_is_said_and_no_crash(line_of: LineOf, drive: Drive) -> None:
    line = line_of(1, clear_s=10.0)
    once = drive(line, 60.0, lambda k: (40.0, ()))
    assert len(once.visits) == 1
    found = line_outlook.twin(line, once, (0,), serve, QUICK)
    assert "one cycle alone" in found.notes[0]
    assert found.ratio == 1.0
    never = drive(line, 3600.0, lambda k: (40.0, ("slip",)))
    none = line_outlook.twin(line, never, (0,), serve, QUICK)
    assert "no cycle was good" in none.notes[0]
    assert (none.ratio, none.shift.good.mean, none.first_pass_yield) == (None, 0.0, 0.0)
    assert (none.effectiveness.quality, none.effectiveness.oee.mean) == (0.0, 0.0)
    assert line_outlook.lower(never.good, none) == 0.0


def test_the_bound_of_the_throughput_is_below_it_by_the_spread_of_the_twin(line_of: LineOf, drive: Drive) -> None:
    line = line_of(2, clear_s=30.0)
    run = fed(drive, line, 2)
    found = line_outlook.twin(line, run, (0,), serve, Plan(replicas=200, resamples=2))
    same = found.same_time.good
    assert line_outlook.lower(run.good, found) == pytest.approx(run.good * same.low / same.mean)
    assert 0.85 * run.good < line_outlook.lower(run.good, found) < run.good
