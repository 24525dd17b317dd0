"""Stations side by side in one world do what they do alone, each in its own coordinates."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline.configs.lines import CELL_M, Line, LineError
from pilotline.envs import stations
from pilotline.envs.line.sim import LineSim
from pilotline.envs.line.world import LineWorld, build_line_world
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import CONTROL_PERIOD_S, build_world
from pilotline.policies.staffed import staffed
from pilotline.robots import load

SEED = 5
WORK = [name for name in stations.names() if stations.load(name).card.kind == "station"]


def line_of(*names: str, **changes: object) -> Line:
    """Stations in series with buffers of two."""
    places = [{"station": name, "buffer_after": 2} for name in names]
    del places[-1]["buffer_after"]
    whole = {"name": "made_up", "version": 1, "title": "for a test", "stations": places, "takt_s": 60, "shift_h": 8}
    return Line.model_validate({**whole, "source": "made up for this test", **changes})


def sim_of(world: LineWorld) -> LineSim:
    return staffed(world, "reference", SEED, nthread=1)


@pytest.fixture(scope="module", params=WORK)
def pair(request: pytest.FixtureRequest) -> tuple[StationBatch, StationBatch]:
    """A cycle of a station alone, and the same one in a hall, with the robot in front of it."""
    name, robot = request.param, load("wheeled")
    other = "device_test" if name != "device_test" else "tote_destack"
    line = line_of(other, name)
    hall = build_line_world(line, robot, "ideal", shells=False)
    first = StationBatch(hall.worlds[0], 1, 1, "joint", cell=hall.cells[0])
    there = StationBatch(hall.worlds[1], 1, 1, "joint", host=first.engine, cell=hall.cells[1])
    there.stance.put_up(first.engine, np.zeros(1, np.int64), hall.cells[1].at_m)
    world = build_world(stations.load(name), robot, "ideal", shells=False)
    world.model.opt.timestep = hall.model.opt.timestep
    alone = StationBatch(world, 1, 1, "joint")
    for batch in (alone, there):
        batch.begin(np.zeros(1, np.int64), [cycle_seed(SEED, name, 0)])
    return alone, there


def test_a_station_of_a_hall_stands_where_its_line_says(pair: tuple[StationBatch, StationBatch]) -> None:
    _, there = pair
    assert there.cell.at_m == (0.0, -CELL_M)
    assert there.observe()["base_pose"] == pytest.approx(np.zeros((1, 3)), abs=1e-9)


def test_it_is_observed_as_if_it_were_alone(pair: tuple[StationBatch, StationBatch]) -> None:
    alone, there = pair
    seen, found = alone.observe(), there.observe()
    assert list(seen) == list(found)
    for name, value in seen.items():
        np.testing.assert_allclose(found[name], value, atol=1e-6, err_msg=name)


def test_it_moves_as_if_it_were_alone(pair: tuple[StationBatch, StationBatch]) -> None:
    alone, there = pair
    home = np.asarray(alone.control.home)[None]  # type: ignore[attr-defined]
    for k in range(10):
        action = np.clip(home + 0.02 * np.sin(0.3 * k), -1.0, 1.0)
        one, other = alone.step(action), there.step(action)
    for name, value in one.obs.items():
        if not name.startswith(("wrist", "imu", "joint_torque")):
            np.testing.assert_allclose(other.obs[name], value, atol=2e-4, err_msg=name)
    assert {name: bool(value[0]) for name, value in one.verdict.faults.items()} == {
        name: bool(value[0]) for name, value in other.verdict.faults.items()
    }


def test_names_of_stations_do_not_meet() -> None:
    world = build_line_world(line_of("tote_destack", "device_test"), load("wheeled"), "ideal", shells=False)
    model = world.model
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "tote_destack/tote") >= 0
    assert mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "tote") < 0
    assert model.actuator("device_test/lid_magnet").id >= 0


@pytest.mark.parametrize("robot", ["fixed", "biped"])
def test_a_robot_that_does_not_drive_serves_no_line_of_two(robot: str) -> None:
    with pytest.raises(LineError, match=rf"{robot} does not drive; allowed"):
        build_line_world(line_of("tote_destack", "device_test"), load(robot), "ideal")


def test_stations_must_not_overlap() -> None:
    places = [{"station": "a", "buffer_after": 1, "at_m": [0, 0]}, {"station": "b", "at_m": [0, 5.9]}]
    with pytest.raises(ValueError, match=r"b at \(0.0, 5.9\) m overlaps"):
        line_of("x", "y", stations=places)


def test_the_robot_drives_to_a_station_works_there_and_the_part_leaves() -> None:
    sim = sim_of(build_line_world(line_of("tote_destack", "device_test"), load("wheeled"), "ideal", shells=False))
    sim.flow.begin(0)
    sim.flow.end(0, success=True)
    for _ in sim.drive(1):
        pass
    obs = sim.batches[1].observe()
    assert np.abs(obs["base_pose"]).max() < 0.01
    assert sim.begin(1) == (0, 0)
    for _ in sim.work(1):
        pass
    assert sim.verdict is not None
    assert sim.verdict.success[0], [name for name, value in sim.verdict.faults.items() if value[0]]
    assert (sim.flow.entered, sim.flow.good, sim.flow.in_process()) == (1, 1, 0)


def test_a_station_goes_on_with_the_seeds_that_it_has_in_a_campaign() -> None:
    sim = sim_of(build_line_world(line_of("device_test"), load("wheeled"), "ideal", shells=False))
    sim.begin(0)
    alone = build_world(stations.load("device_test"), load("wheeled"), "ideal", shells=False)
    batch = StationBatch(alone, 1, 1)
    batch.begin(np.zeros(1, np.int64), [cycle_seed(SEED, "device_test", 0)])
    for name, value in batch.draw.items():
        np.testing.assert_array_equal(sim.batches[0].draw[name], value, err_msg=name)


def test_a_wait_is_over_no_sooner_than_what_it_waited_for() -> None:
    sim = sim_of(build_line_world(line_of("device_test"), load("wheeled"), "ideal", shells=False))
    until = float(np.nextafter(5 * CONTROL_PERIOD_S, np.inf))
    for _ in sim.wait(until):
        pass
    assert sim.now_s == pytest.approx(6 * CONTROL_PERIOD_S)
