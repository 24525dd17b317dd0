"""From an hour of physics to a shift and a month: many runs of a line's twin, summed up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.canonical import rounded
from pilotline.benchmarks.line_inputs import Inputs, inputs_of, notes
from pilotline.benchmarks.line_record import LineRun
from pilotline.benchmarks.line_schema import Effectiveness, Outlook, Range, Twin, TwinStation
from pilotline.benchmarks.line_twin import ROBOT, Course, Planner, simulate
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import State

MONTH_SHIFTS = 44
"""22 working days of two shifts (E)."""
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True)
class Plan:
    """How many runs of the twin."""

    replicas: int = 200
    """Of the length of the measured run, on its cycles as they are."""
    resamples: int = 50
    """Redrawn sets of cycles and trips; two shifts each."""


PLAN = Plan()


def twin(line: Line, run: LineRun, seed: Sequence[int], planner: Planner, plan: Plan | None = None) -> Twin:
    """The twin of a run: its throughput over the same time, and what it makes of a shift and a month.

    Args:
      seed: with it everything drawn is a function of the arguments.

    Raises:
      TwinError: a station was never served to the end of a cycle.
    """
    plan = plan or PLAN
    inputs = inputs_of(line, run)
    same_seed, shift_seed = np.random.SeedSequence(list(seed)).spawn(2)
    same = [simulate(line, inputs, run.horizon_s, rng, planner) for rng in _generators(same_seed, plan.replicas)]
    shifts: list[Course] = []
    for rng in _generators(shift_seed, plan.resamples):
        redrawn = inputs.again(rng)
        shifts += [simulate(line, redrawn, 3600.0 * line.shift_h, rng, planner) for _ in range(2)]
    good = np.array([course.good for course in same], dtype=np.float64)
    by_shift = np.array([course.good for course in shifts], dtype=np.float64)
    robot = {kind: _share([course.robot_s[kind] for course in shifts], shifts) for kind in ROBOT}
    stations = tuple(_station(line, k, inputs, shifts) for k in range(len(line.stations)))
    busy = {"robot": robot["working"] + robot["driving"]} | {s.name: s.working + s.machine for s in stations}
    bottleneck = max(busy, key=lambda name: busy[name])
    work = [station.work_s for station in stations]
    firsts = [station.first_pass for station in stations]
    finished = sum(course.good + course.scrap for course in shifts)
    cycles = sum(sum(course.visits) for course in shifts)
    failed = sum(sum(course.failed) for course in shifts)
    scrap = sum(course.scrap for course in shifts)
    return Twin(
        replicas=plan.replicas,
        same_time=_outlook(good, run.horizon_s / 3600.0),
        ratio=rounded(float(good.mean()) / run.good) if run.good else None,
        shifts=len(shifts),
        shift=_outlook(by_shift, line.shift_h),
        month=_outlook(month(by_shift.reshape(-1, 2)), line.shift_h * MONTH_SHIFTS),
        month_shifts=MONTH_SHIFTS,
        effectiveness=effectiveness(line, shifts),
        stations=stations,
        robot_working=robot["working"],
        robot_driving=robot["driving"],
        robot_waiting=robot["waiting"],
        robot_down=robot["down"],
        bottleneck=bottleneck,
        bottleneck_share=rounded(busy[bottleneck]),
        balance=balance(work),
        first_pass_yield=_of(sum(course.first_pass for course in shifts), finished),
        rolled_yield=None if None in firsts else rounded(math.prod(first for first in firsts if first is not None)),
        rework_rate=_of(failed - scrap, cycles) or 0.0,
        scrap_rate=_of(scrap, finished),
        interventions=rounded(failed / len(shifts)),
        notes=notes(line, inputs),
    )


def month(pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Good parts of a month for each redrawn set of inputs.

    What the inputs make of a shift stays over the month, while chance within shifts averages out. Two shifts on the
    same inputs tell one from the other: means of pairs are drawn together so that they spread by the variance of the
    inputs plus that of chance over a month.

    Args:
      pairs: (r, 2) good parts of two shifts on each of r sets of inputs.
    """
    means = pairs.mean(axis=1)
    if len(means) < 2:
        return MONTH_SHIFTS * means
    chance = float(np.mean((pairs[:, 0] - pairs[:, 1]) ** 2)) / 2.0
    seen = float(means.var(ddof=1))
    inputs = max(0.0, seen - chance / 2.0)
    wanted = inputs + chance / MONTH_SHIFTS
    drawn_together = math.sqrt(wanted / seen) if seen > 0.0 else 1.0
    centre = means.mean()
    months: NDArray[np.float64] = MONTH_SHIFTS * (centre + min(1.0, drawn_together) * (means - centre))
    return months


def effectiveness(line: Line, courses: Sequence[Course]) -> Effectiveness:
    """OEE = takt * good / planned time = availability * performance * quality."""
    planned_s = sum(course.horizon_s for course in courses)
    available_s = planned_s - sum(course.stopped_s for course in courses)
    good = sum(course.good for course in courses)
    finished = good + sum(course.scrap for course in courses)
    return Effectiveness(
        oee=_range(np.array([line.takt_s * course.good / course.horizon_s for course in courses])),
        availability=rounded(available_s / planned_s),
        performance=rounded(line.takt_s * finished / available_s) if available_s > 0.0 else 0.0,
        quality=_of(good, finished),
    )


def balance(work_s: Sequence[float | None]) -> float | None:
    """Line balance: work content / (stations * the largest of one station)."""
    known = [work for work in work_s if work is not None]
    if len(known) < len(work_s) or len(known) < 2 or max(known) == 0.0:
        return None
    return rounded(math.fsum(known) / (len(known) * max(known)))


def lower(good: int, twin: Twin) -> float:
    """One-sided 95 % lower bound of the good parts of a run, from the spread of the twin's runs of the same time."""
    found = twin.same_time.good
    return good * min(1.0, found.low / found.mean) if found.mean > 0.0 else 0.0


def _station(line: Line, k: int, inputs: Inputs, courses: Sequence[Course]) -> TwinStation:
    seen = inputs.services[k]
    good = [service.time_s for service in seen if service.success]
    shares = {state: _share([course.spent_s[k][str(state)] for course in courses], courses) for state in State}
    return TwinStation(
        name=line.stations[k].station,
        seen=len(seen),
        seen_good=len(good),
        work_s=rounded(math.fsum(good) / len(good) + line.stations[k].machine_s) if good else None,
        first_pass=_of(sum(c.first_good[k] for c in courses), sum(c.first_tries[k] for c in courses)),
        working=shares[State.WORKING],
        machine=shares[State.MACHINE],
        blocked=shares[State.BLOCKED],
        clearing=shares[State.CLEARING],
        starved=shares[State.STARVED],
        waiting=shares[State.WAITING],
    )


def _generators(seed: np.random.SeedSequence, count: int) -> list[np.random.Generator]:
    return [np.random.Generator(np.random.PCG64(child)) for child in seed.spawn(count)]


def _outlook(good: NDArray[np.float64], hours: float) -> Outlook:
    return Outlook(hours=rounded(hours), good=_range(good), good_per_hour=_range(good / hours))


def _range(values: NDArray[np.float64]) -> Range:
    low, high = np.quantile(values, (_LOW, _HIGH))
    return Range(mean=rounded(float(values.mean())), low=rounded(float(low)), high=rounded(float(high)))


def _share(spent_s: Sequence[float], courses: Sequence[Course]) -> float:
    return rounded(math.fsum(spent_s) / math.fsum(course.horizon_s for course in courses))


def _of(count: int, among: int) -> float | None:
    return rounded(count / among) if among else None
