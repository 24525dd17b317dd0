"""A made-up campaign: plausible rows without any physics."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from pilotline.benchmarks import line_outlook
from pilotline.benchmarks.facts import (
    DriveFacts,
    FallbackFacts,
    LineFacts,
    RobotFacts,
    SheetFacts,
    StationFacts,
)
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.line_record import LineRun, Visit
from pilotline.benchmarks.rows import CycleRow, GroupDrives
from pilotline.benchmarks.schema import Header, Scorecard
from pilotline.benchmarks.scorecard import build
from pilotline.configs.lines import Line
from pilotline.envs.line.flow import PartFlow
from pilotline.envs.transition import ENGINE_FAULTS
from pilotline.policies.planner import serve

TOTES = StationFacts(
    name="ToteDestack",
    title="Tote destack to conveyor",
    version="1",
    tau_h_s=8.7,
    tau_l_s=60.0,
    tau_s_s=30.0,
    fidelity="K1",
    limits=("on belt ±20 mm, ±5°, upright", "drop below 20 mm", "squeeze at most 250 N"),
    mass_bins_kg=(2.0, 5.0, 8.0, 11.0, 15.0),
    sources=("Station sheet A1 (E)",),
    assumptions=("Tote friction 0.25–0.6 (E).",),
)
DEVICES = StationFacts(
    name="DeviceTest",
    title="Device test fixture",
    version="1",
    tau_h_s=5.0,
    tau_l_s=18.0,
    fidelity="K1",
    limits=("nest clearance 0.5 mm per side", "press at most 20 N"),
    sources=("Station sheet C2 (E)",),
)
ONE = LineFacts("logistics", "Logistics", "1", (TOTES,), takt_s=60.0, sources=("Line sheet L1 (E)",))
BOTH = LineFacts("pair", "Totes and devices", "1", (TOTES, DEVICES), takt_s=60.0, buffers=(5,))
ROBOT = RobotFacts(
    name="wheeled",
    title="Wheeled humanoid",
    version="1",
    entry_class="wheeled",
    payload_kg=6.0,
    payload_basis="3 kg per arm, both arms (P)",
    sources=("Published robot description (P)",),
)
DRIVES = (
    DriveFacts(
        name="csg-20-100+tbm-6025",
        tier="harmonic",
        joints=("right_arm_0", "left_arm_0"),
        controller="cascade-pi 1",
        rated_nm=52.0,
        derate_from_c=120.0,
        trip_c=160.0,
        sheets=(SheetFacts("csg-20-100", "ab" * 32, ("a catalogue",)), SheetFacts("tbm-6025", "cd" * 32)),
        fallbacks=(
            FallbackFacts("gear.load_loss", 0.15, "0.15, D"),
            FallbackFacts("gear.ratcheting_nm", None, "never, E"),
        ),
    ),
)
HEADER = Header(
    date="2026-11-22T08:00:00Z",
    hardware={"cpu": "a processor", "cores": "2"},
    versions={"pilotline": "0.1.0", "mujoco": "4.0.0", "numpy": "2.4.6"},
    wall_s=71.3,
    nsim=64,
    nthread=2,
)


def made_up_drives(heat_load: float, tripped: int = 0) -> GroupDrives:
    """Drives of a joint group whose windings an endless shift brings to a share of what they stand, 130 K."""
    return GroupDrives(
        drawn_j=400.0,
        returned_j=30.0,
        heat_j=360.0,
        winding_c=26.0,
        housing_c=25.5,
        endless_winding_c=25.0 + 130.0 * heat_load,
        endless_housing_c=25.0 + 80.0 * heat_load,
        heat_load=heat_load,
        derated=tripped,
        tripped=tripped,
    )


def made_up_rows(job: Job, facts: StationFacts, n: int) -> list[CycleRow]:
    """n rows of a station; row k depends on the job's seed and k only."""
    driven = job.actuators != "ideal"
    rows = []
    for k in range(n):
        rng = np.random.default_rng([job.seed, len(facts.name), k])
        mass = float(rng.uniform(2.0, 15.0))
        carried = not facts.mass_bins_kg or mass <= 6.0
        failed = rng.random() < (0.04 if carried else 0.4)
        fault = str(rng.choice(["drop", "misplaced", "timeout", "squeeze_force"], p=[0.4, 0.3, 0.2, 0.1]))
        time_s = facts.tau_l_s * float(rng.normal(0.42, 0.03) if fault != "timeout" or not failed else 1.1)
        metrics = {
            "drops": float(failed and fault == "drop"),
            "force_exceedances": float(failed and fault == "squeeze_force"),
            "falls": 0.0,
            "place_error_mm": float(abs(rng.normal(0.0, 6.0))),
        }
        rows.append(
            CycleRow(
                station=facts.name,
                cycle=k,
                seed=(job.seed, len(facts.name), k),
                success=not failed,
                faults=(fault,) if failed else (),
                time_s=time_s,
                within_payload=carried,
                metrics=metrics | ({"mass_kg": mass} if facts.mass_bins_kg else {}),
                energy_j=float(rng.normal(1500.0, 120.0) + 40.0 * mass),
                peak_torque_ratio={
                    "torso": float(0.3 + 0.02 * mass + rng.normal(0.0, 0.02)),
                    "right_arm": float(0.35 + 0.06 * mass + rng.normal(0.0, 0.03)),
                    "left_arm": float(0.34 + 0.06 * mass + rng.normal(0.0, 0.03)),
                    "head": float(0.05 + abs(rng.normal(0.0, 0.01))),
                },
                peak_force_n=float(60.0 + 9.0 * mass + rng.normal(0.0, 8.0)),
                drives={"left_arm": made_up_drives(0.2), "right_arm": made_up_drives(0.3)} if driven else {},
                digest=hashlib.sha256(f"{job.seed} {facts.name} {k} {time_s}".encode()).hexdigest()[:16],
            )
        )
    return rows


def made_up_campaign(job: Job) -> tuple[LineFacts, list[CycleRow]]:
    """Rows that a campaign of this job would give; a shift gets more than it needs."""
    line = ONE if job.line == "logistics" else BOTH
    n = job.cycles or int((job.hours or 0.0) * 3600.0 / 5.0)
    return line, [row for facts in line.stations for row in made_up_rows(job, facts, n)]


def robot_of(job: Job) -> RobotFacts:
    """The robot, with data sheets unless its actuators are ideal."""
    return dataclasses.replace(ROBOT, drives=() if job.actuators == "ideal" else DRIVES)


def made_up_line(count: int = 2, **rules: object) -> Line:
    """A line of `count` stations a, b, c, ... with buffers of five and what `rules` say."""
    stations = [{"station": "abcdef"[k]} | ({"buffer_after": 5} if k + 1 < count else {}) for k in range(count)]
    base = {"name": "made_up", "version": 1, "title": "Made up", "takt_s": 60.0, "shift_h": 8.0, "source": "t"}
    return Line.model_validate(base | {"stations": stations} | rules)


def driven(
    line: Line,
    horizon_s: float,
    draw: Callable[[int], tuple[float, tuple[str, ...]]],
    trip_s: Callable[[int | None, int], float] = lambda at, to: 0.0,
) -> LineRun:
    """A run of a line without physics and without SimPy: one robot, one thing after the other.

    draw: time and faults of the next cycle at a station; trip_s: time from one station to another.
    """
    flow, now_s, visits = PartFlow(line), 0.0, []
    at: int | None = None
    robot_s = dict.fromkeys(("working", "driving", "waiting", "down"), 0.0)
    cycles = [0] * len(line.stations)

    def until(to_s: float, doing: str) -> bool:
        """Let time go by, at most to the horizon; whether it came that far."""
        nonlocal now_s
        robot_s[doing] += min(to_s, horizon_s) - now_s
        now_s = min(to_s, horizon_s)
        flow.advance(now_s)
        return to_s <= horizon_s

    while now_s < horizon_s:
        k = serve(flow, at)
        if k is None:
            until(flow.next_change_s(), "waiting")
            continue
        left_s = now_s
        if not until(now_s + trip_s(at, k), "driving") or now_s >= horizon_s:
            break
        begun_s, part, (time_s, faults) = now_s, flow.begin(k), draw(k)
        if not until(now_s + time_s, "working"):
            break
        flow.end(k, not faults, faults)
        row = CycleRow(
            station=line.stations[k].station,
            cycle=cycles[k],
            seed=(k, cycles[k]),
            success=not faults,
            faults=tuple(sorted(faults)),
            time_s=time_s,
            within_payload=True,
            metrics={"drops": float("drop" in faults), "falls": float("fall" in faults)},
            energy_j=500.0,
            peak_torque_ratio={"arm": 0.5},
            peak_force_n=100.0,
            digest=f"{1000 * k + cycles[k]:016x}",
        )
        cycles[k] += 1
        visits.append(Visit(row.station, part, left_s, begun_s, now_s, row))
        at = k
        if set(faults) & set(ENGINE_FAULTS):
            until(now_s + line.clear_s, "down")
            at = None
    return LineRun(
        horizon_s=horizon_s,
        visits=tuple(visits),
        events=tuple(flow.events),
        entered=flow.entered,
        good=flow.good,
        first_pass=flow.first_pass,
        scrap=flow.scrap,
        in_process=flow.in_process(),
        spent_s=tuple({s.value: t for s, t in flow.spent_s(k).items()} for k in range(len(line.stations))),
        robot_s=robot_s,
    )


@pytest.fixture(scope="module")
def few_replicas() -> Iterator[None]:
    """Twins that are quick instead of sure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_outlook, "PLAN", line_outlook.Plan(replicas=20, resamples=3))
        yield


@pytest.fixture(scope="session")
def line_of() -> Callable[..., Line]:
    return made_up_line


@pytest.fixture(scope="session")
def drive() -> Callable[..., LineRun]:
    return driven


@pytest.fixture(scope="session")
def rerun() -> Callable[[Job], list[CycleRow]]:
    return lambda job: made_up_campaign(job)[1]


@pytest.fixture(scope="session")
def ask() -> Callable[..., Job]:
    def job(**change: object) -> Job:
        asked = {"robot": "wheeled", "actuators": "ideal", "line": "logistics", "policy": "reference"}
        return Job.of(asked | {"seed": 7} | ({} if "hours" in change else {"cycles": 200}) | change)

    return job


@pytest.fixture(scope="session")
def scored() -> Callable[[Job], Scorecard]:
    def card(job: Job) -> Scorecard:
        line, rows = made_up_campaign(job)
        return build(job, line, robot_of(job), rows, HEADER)

    return card
