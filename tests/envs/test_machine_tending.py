"""C1: door, chuck, buttons and parts, and every line between a good cycle and a fault."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.machine_tending import MachineTending
from pilotline.envs.stations.tending_layout import CHUCK_AT_M, IN_Y_M, INSIDE_X_M, OUT_Y_M, TABLE_AT_M
from pilotline.envs.stations.tending_scene import JAWS
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "machine_tending"
LOADED = stations.load(NAME)
assert isinstance(LOADED, MachineTending)
STATION: MachineTending = LOADED
HALF_M = STATION.half[1]
PRESS_N = 15.0


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(STATION, load("wheeled"), "ideal", shells=False)


def cell(world: World, **draw: float) -> StationBatch:
    """A cycle at its start, docked without error, chuck shut, no chips, some of the draw replaced."""
    batch = StationBatch(world, 1, 1)
    batch.begin(np.arange(1), [cycle_seed(0, NAME, 0)])
    for name, value in {"chips": 0.0, "out_slot": 1.0, "hot_s": 0.0, "stroke": 0.004, **draw}.items():
        batch.draw[name][:] = value
    batch.memory["chuck_shut"][:] = True
    for body, at in (("machine", (0.0, 0.0, 0.0)), ("table", TABLE_AT_M)):
        batch.engine.batch.expand("body_pos")[:, world.model.body(body).id] = at
        batch.engine.batch.expand("body_quat")[:, world.model.body(body).id] = (1.0, 0.0, 0.0, 0.0)
    for jaw in JAWS:
        batch.engine.batch.joint(jaw).qpos[:] = 0.0
    put(batch, "finished", CHUCK_AT_M)
    put(batch, "blank", (TABLE_AT_M[0], IN_Y_M[0], TABLE_AT_M[2]))
    return batch


def put(
    batch: StationBatch,
    name: str,
    foot: tuple[float, ...],
    off_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    tilt_deg: float = 0.0,
) -> None:
    """Stand a part somewhere, turned about its middle."""
    at = np.array(foot) + np.array(off_mm) / 1000.0 + (0.0, 0.0, HALF_M)
    half = np.deg2rad(tilt_deg) / 2
    joint = batch.engine.batch.joint(name)
    joint.qpos[:] = (*at, np.cos(half), np.sin(half), 0.0, 0.0)
    joint.qvel[:] = 0.0
    batch.engine.refresh(np.arange(1), constants=False)


def slide(batch: StationBatch, joint: str, way_m: float) -> None:
    batch.engine.batch.joint(joint).qpos[:] = way_m
    batch.engine.batch.joint(joint).qvel[:] = 0.0
    batch.engine.refresh(np.arange(1), constants=False)


def push(batch: StationBatch, joint: str, newton: float) -> None:
    """Push on a slide until told otherwise."""
    batch.engine.batch.bind("qfrc_applied")[:, batch.world.model.joint(joint).dofadr[0]] = newton


def hold(batch: StationBatch, seconds: float) -> Step:
    """Robot at home for a while."""
    assert isinstance(batch.control, JointControl)
    for _ in range(round(seconds / 0.02)):
        step = batch.step(batch.control.home[None])
    return step


def press(batch: StationBatch, button: str, seconds: float = 0.1) -> None:
    push(batch, f"button_{button}", PRESS_N)
    hold(batch, seconds)
    push(batch, f"button_{button}", 0.0)
    hold(batch, 0.06)


def loaded(world: World, **draw: float) -> StationBatch:
    """All but started: blank clamped, finished part in its slot, door shut."""
    batch = cell(world, **draw)
    put(batch, "blank", CHUCK_AT_M)
    put(batch, "finished", (TABLE_AT_M[0], OUT_Y_M[1], TABLE_AT_M[2]))
    return batch


def started(batch: StationBatch, button: str = "start", memory: dict[str, float] | None = None) -> Verdict:
    """Judgement of things as they stand when a button goes down, the robot then clear of the machine."""
    slide(batch, f"button_{button}", 0.005)
    sense = batch.engine.sense()
    after, _ = STATION.advance(np, sense, batch.memory, batch.draw)
    late = {name: np.full_like(after[name], value) for name, value in {"clear_s": 1.0, **(memory or {})}.items()}
    return STATION.judge(np, sense, {**after, **late}, batch.draw)


def test_the_job_done_is_a_success(world: World) -> None:
    batch = loaded(world)
    hold(batch, 0.2)
    press(batch, "start")
    verdict = hold(batch, 0.4).verdict
    assert verdict.success[0]
    assert not any(fault[0] for fault in verdict.faults.values())


def test_nothing_done_is_neither_success_nor_fault(world: World) -> None:
    verdict = hold(cell(world), 0.5).verdict
    assert not verdict.done[0]
    assert not verdict.success[0]


@pytest.mark.parametrize(
    ("off_mm", "tilt_deg", "good"),
    [
        ((0.0, 0.0, 0.45), 0.0, True),
        ((0.0, 0.0, 0.55), 0.0, False),
        ((0.0, 0.0, 0.0), 0.9, True),
        ((0.0, 0.0, 0.0), 1.0, False),
        ((0.0, 0.45, 0.0), 0.0, True),
        ((0.0, 0.55, 0.0), 0.0, False),
    ],
)
def test_a_blank_is_seated_all_round_within_half_a_millimetre(
    world: World, off_mm: tuple[float, float, float], tilt_deg: float, good: bool
) -> None:
    batch = loaded(world)
    put(batch, "blank", CHUCK_AT_M, off_mm, tilt_deg)
    verdict = started(batch)
    assert verdict.success[0] == good
    assert verdict.faults["not_seated"][0] == (not good)


@pytest.mark.parametrize(
    ("off_mm", "tilt_deg", "good"),
    [
        ((4.9, 0.0, 0.0), 0.0, True),
        ((0.0, -5.1, 0.0), 0.0, False),
        ((0.0, 0.0, 0.0), 4.9, True),
        ((0.0, 0.0, 0.0), 5.1, False),
        ((120.0, 0.0, 0.0), 0.0, False),
    ],
)
def test_a_finished_part_belongs_in_its_slot(
    world: World, off_mm: tuple[float, float, float], tilt_deg: float, good: bool
) -> None:
    batch = loaded(world)
    put(batch, "finished", (TABLE_AT_M[0], OUT_Y_M[1], TABLE_AT_M[2]), off_mm, tilt_deg)
    verdict = started(batch)
    assert verdict.success[0] == good
    assert verdict.faults["misplaced"][0] == (not good)


@pytest.mark.parametrize(("gap_mm", "good"), [(1.9, True), (2.1, False)])
def test_it_starts_with_the_door_shut_only(world: World, gap_mm: float, good: bool) -> None:
    batch = loaded(world)
    slide(batch, "door", gap_mm / 1000.0)
    verdict = started(batch)
    assert verdict.success[0] == good
    assert verdict.faults["door_not_shut"][0] == (not good)


def test_open_jaws_hold_nothing(world: World) -> None:
    batch = loaded(world)
    batch.memory["chuck_shut"][:] = False
    for jaw in JAWS:
        slide(batch, jaw, 0.004)
    assert started(batch).faults["not_seated"][0]


@pytest.mark.parametrize(("beyond_mm", "inside"), [(-2.0, False), (2.0, True)])
def test_starting_with_a_hand_inside_is_a_fault_of_its_own(world: World, beyond_mm: float, inside: bool) -> None:
    batch = loaded(world)
    hands = [batch.engine.sense()[f"{side}_in_machine"][0, 0] for side in ("right", "left")]
    slide(batch, "base_x", INSIDE_X_M + beyond_mm / 1000.0 - max(hands))
    assert started(batch).faults["hand_inside"][0] == inside


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [
        ("door_force", {"door_n": 74.9}, {"door_n": 75.1}),
        ("bump", {"bump_n": 149.9}, {"bump_n": 150.1}),
        ("drop", {"drop_m": 0.0199}, {"drop_m": 0.0201}),
    ],
)
def test_limits_of_the_sheet(world: World, name: str, below: dict[str, float], above: dict[str, float]) -> None:
    assert started(loaded(world), memory=below).success[0]
    verdict = started(loaded(world), memory=above)
    assert verdict.faults[name][0]
    assert verdict.done[0]
    assert not verdict.success[0]


def test_a_part_on_the_floor_is_a_drop(world: World) -> None:
    batch = cell(world)
    put(batch, "blank", (0.0, 1.2, 0.0))
    assert hold(batch, 0.1).verdict.faults["drop"][0]


@pytest.mark.parametrize(("hot_s", "fault"), [(5.0, True), (0.0, False)])
def test_a_hot_part_must_not_be_touched(world: World, hot_s: float, fault: bool) -> None:
    batch = cell(world, hot_s=hot_s)
    hand = batch.engine.sense()["left_in_machine"][0]
    put(batch, "finished", tuple(hand - (0.0, 0.0, HALF_M)))
    assert started(batch, "air").faults["hot_part"][0] == fault


@pytest.mark.parametrize(("near_mm", "fault"), [(195.0, True), (205.0, False)])
def test_air_splashes_what_is_near(world: World, near_mm: float, fault: bool) -> None:
    batch = cell(world)
    hand = batch.engine.sense()["left_in_chuck"][0]
    slide(batch, "base_y", -hand[1])
    slide(batch, "base_x", -hand[0] - np.sqrt((near_mm / 1000.0) ** 2 - hand[2] ** 2))
    assert started(batch, "air").faults["splash"][0] == fault


@pytest.mark.parametrize(("newton", "closes"), [(8.5, False), (9.1, True)])
def test_a_button_closes_where_its_spring_gives_nine_newtons(world: World, newton: float, closes: bool) -> None:
    batch = cell(world)
    push(batch, "button_air", newton)
    hold(batch, 0.3)
    assert batch.memory["pressed"][0, 1] == closes


def test_one_push_opens_the_chuck_and_the_next_shuts_it(world: World) -> None:
    batch = cell(world)
    for signals in ((1.0, 0.0), (0.0, 1.0)):
        press(batch, "chuck")
        obs = hold(batch, 0.6).obs["chuck"][0]
        assert obs[0] == signals[0]
        assert obs[1] == signals[1] == batch.memory["chuck_shut"][0]


def test_jaws_centre_a_blank_that_stands_aside(world: World) -> None:
    batch = loaded(world)
    for jaw in JAWS:
        slide(batch, jaw, 0.004)
    put(batch, "blank", CHUCK_AT_M, (2.0, 2.0, 0.0))
    step = hold(batch, 0.8)
    assert batch.metrics()["runout_mm"][0] < 0.2
    np.testing.assert_array_equal(step.obs["chuck"][0], (0.0, 1.0, 1.0))


@pytest.mark.parametrize(("blown", "seated"), [(True, True), (False, False)])
def test_chips_keep_a_blank_off_its_seat_until_they_are_blown_away(world: World, blown: bool, seated: bool) -> None:
    batch = cell(world, chips=1.0, chip_m=0.001, blow_s=0.2)
    put(batch, "finished", (TABLE_AT_M[0], OUT_Y_M[1], TABLE_AT_M[2]))
    batch.memory["chuck_shut"][:] = False
    hold(batch, 0.4)
    if blown:
        press(batch, "air", 0.3)
    put(batch, "blank", CHUCK_AT_M, (0.0, 0.0, 1.5))
    hold(batch, 0.3)
    assert (batch.metrics()["seat_gap_mm"][0] < 0.5) == seated


def test_the_door_drags_as_drawn(world: World) -> None:
    batch = cell(world)
    put(batch, "finished", (TABLE_AT_M[0], OUT_Y_M[1], TABLE_AT_M[2]))
    drag = float(batch.draw["door_drag"][0])
    ways = []
    for newton in (0.5 * drag, drag + 25.0):
        slide(batch, "door", 0.1)
        push(batch, "door", newton)
        hold(batch, 0.5)
        ways.append(float(batch.engine.sense()["door_way"][0, 0]) - 0.1)
    assert ways[0] < 0.01
    assert ways[1] == pytest.approx(0.5 * 1.0 * 0.5**2, abs=0.03)


def test_packs_change_what_they_say_and_nothing_else() -> None:
    draws = {pack: STATION.randomise(np.random.default_rng(7), pack) for pack in STATION.card.packs}
    changed = {
        pack: {name for name, value in draw.items() if not np.array_equal(value, draws["D0"][name])}
        for pack, draw in draws.items()
    }
    assert changed["D0"] == set()
    assert changed["D1"] == {"machine", "table", "blank_off", "machine_bias", "table_bias", "blank_bias", "jitter"}
    assert changed["D2"] <= {"door_drag", "coolant_friction", "grip_friction", "stroke", "chips", "blow_s", "blank_kg"}
    assert changed["D2"] >= {"door_drag", "coolant_friction", "grip_friction", "stroke", "blow_s", "blank_kg"}
    assert changed["D3"] == {"hot_s", "outage_s"}


def test_an_outage_silences_the_cell(world: World) -> None:
    batch = StationBatch(world, 1, 1, pack="D3")
    batch.begin(np.arange(1), [cycle_seed(0, NAME, 0)])
    batch.draw["outage_s"][:] = (0.1, 0.2)
    heard = [float(hold(batch, 0.02).obs["signal"][0, 0]) for _ in range(12)]
    assert heard[0] == heard[-1] == 1.0
    assert heard.count(0.0) == 5


def test_the_lane_through_the_cell_is_free(world: World) -> None:
    model, data = world.model, mujoco.MjData(world.model)
    mujoco.mj_kinematics(model, data)
    fixtures = [model.body(name).id for name in ("machine", "table")]
    solid = [
        g for g in range(model.ngeom) if model.geom_contype[g] and model.body_rootid[model.geom_bodyid[g]] in fixtures
    ]
    assert len(solid) > 10
    for geom in solid:
        assert abs(data.geom_xpos[geom, 0]) - model.geom_size[geom, 0] > 0.38, model.geom(geom).name
