"""Made-up scorecards of device tests whose truth is known."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pilotline.benchmarks import scorecard
from pilotline.benchmarks.facts import (
    DriveFacts,
    LineFacts,
    RobotFacts,
    SheetFacts,
    StationFacts,
)
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow, GroupDrives
from pilotline.benchmarks.schema import Header

STATION = StationFacts("device_test", "Device test fixture", "1", tau_h_s=5.0, tau_l_s=18.0, fidelity="K1")
OTHER = StationFacts("peg_gear", "Pegs and gears", "1", tau_h_s=17.7, tau_l_s=120.0, fidelity="K2")
ROBOT = RobotFacts(
    "wheeled", "Wheeled humanoid", "1", entry_class="wheeled", payload_kg=6.0, payload_basis="both arms (P)"
)
HEADER = Header(
    date="2026-11-22T08:00:00Z",
    hardware={"cores": "2"},
    versions={"pilotline": "0.1.0", "mujoco": "4.0.0"},
    wall_s=1.0,
    nsim=1,
    nthread=1,
)


def drives(heat_load: float) -> GroupDrives:
    return GroupDrives(
        drawn_j=400.0,
        returned_j=30.0,
        heat_j=1000.0 * heat_load,
        winding_c=26.0,
        housing_c=25.5,
        endless_winding_c=25.0 + 130.0 * heat_load,
        endless_housing_c=25.0,
        heat_load=heat_load,
        derated=0,
        tripped=0,
    )


def rows(station: StationFacts, n: int, seed: int, slower_s: float, fails: float, heat: float | None) -> list[CycleRow]:
    """What makes a cycle hard depends on seed and number alone; an arm adds time, failures and heat to that."""
    found = []
    for k in range(n):
        rng = np.random.default_rng([seed, len(station.name), k])
        hard, luck, noise = rng.normal(), rng.random(), rng.normal()
        failed = bool(luck < fails)
        found.append(
            CycleRow(
                station=station.name,
                cycle=k,
                seed=(seed, len(station.name), k),
                success=not failed,
                faults=("press",) if failed else (),
                time_s=12.0 + hard + slower_s + (0.05 * noise if slower_s else 0.0),
                within_payload=True,
                metrics={"place_error_mm": 0.3 + 0.1 * abs(noise), "drops": 0.0, "falls": 0.0},
                energy_j=900.0 + 50.0 * hard + 40.0 * slower_s,
                peak_torque_ratio={"torso": 0.5},
                peak_force_n=40.0 + hard,
                digest=f"{k:016x}",
                drives={} if heat is None else {"right_arm": drives(heat + 0.01 * abs(noise))},
            )
        )
    return found


Maker = Callable[..., Path]


@pytest.fixture
def scored(tmp_path: Path) -> Maker:
    """Writes a scorecard of a made-up arm into a folder of its name."""

    def make(
        name: str,
        n: int = 60,
        seed: int = 1,
        slower_s: float = 0.0,
        fails: float = 0.0,
        heat: float | None = None,
        stations: tuple[StationFacts, ...] = (STATION,),
        robot: RobotFacts = ROBOT,
        **job: object,
    ) -> Path:
        line = LineFacts("pair", "Made-up line", "1", stations, takt_s=60.0, buffers=(5,) * (len(stations) - 1))
        asked = {"robot": robot.name, "policy": "reference", "seed": seed, "cycles": n}
        asked |= {"actuators": "ideal" if heat is None else "harmonic"}
        asked |= {"stations": tuple(station.name for station in stations)}
        ran = [row for station in stations for row in rows(station, n, seed, slower_s, fails, heat)]
        if heat is not None:
            sheet = DriveFacts(
                name=f"drive of {name}",
                tier="harmonic",
                joints=("right_arm_0",),
                controller=None,
                rated_nm=50.0,
                derate_from_c=None,
                trip_c=None,
                sheets=(SheetFacts(name, "ab" * 32),),
            )
            robot = dataclasses.replace(robot, drives=(sheet,))
        card = scorecard.build(Job.of(asked | job), line, robot, ran, HEADER)
        scorecard.write(card, tmp_path / name / "scorecard.json")
        return tmp_path / name

    return make
