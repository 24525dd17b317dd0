"""A2: panels, pins, door and zones, and every line between a good cycle and a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.card import load_card
from pilotline.envs.control import JointControl
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.sense import Sense
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.weld_fixture import WeldFixture
from pilotline.envs.stations.weld_layout import ACROSS_M, DOOR_X_M, PANELS, PERSON_Y_M, THICK_M
from pilotline.envs.stations.weld_panel import panel_boxes, panel_inertia
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "weld_fixture"
LOADED = stations.load(NAME)
assert isinstance(LOADED, WeldFixture)
STATION: WeldFixture = LOADED
OPEN = WeldFixture(load_card(NAME).with_figures(tau_machine_s=37.0))
"""The same cell with its door open from the start."""
Offset = tuple[float, float, float]


@pytest.fixture(scope="module")
def shut() -> World:
    return build_world(STATION, load("wheeled"), "ideal", shells=False)


@pytest.fixture(scope="module")
def opened() -> World:
    return build_world(OPEN, load("wheeled"), "ideal", shells=False)


def cell(world: World, n: int = 1, pack: str = "D0") -> StationBatch:
    """n cycles at their start, seeds 0..n-1."""
    batch = StationBatch(world, n, 2, pack=pack)
    batch.begin(np.arange(n), [cycle_seed(0, NAME, k) for k in range(n)])
    return batch


def hold(batch: StationBatch, seconds: float, drive: float = 0.0) -> Step:
    """Robot at home for a while, or driving ahead at a share of its top speed."""
    assert isinstance(batch.control, JointControl)
    action = np.tile(batch.control.home, (batch.nsim, 1))
    action[:, -3] = drive
    for _ in range(round(seconds / 0.02)):
        step = batch.step(action)
        if step.verdict.done.all():
            break
    return step


def put(
    batch: StationBatch, name: str, offset_mm: Offset = (0.0, 0.0, 0.0), yaw_deg: float = 0.0, tilt_deg: float = 0.0
) -> None:
    """Put a panel into its nest, plus an offset in the fixture's frame, turned, and tilted about its long axis."""
    at, turn = batch.draw["fixture"][:, :3], np.pi + batch.draw["fixture"][:, 3]
    x, y, z = np.array(offset_mm) / 1000.0 + (0.0, -ACROSS_M[name], THICK_M / 2)
    origin = np.array([-1.25, 0.0, 1.0]) + at
    place = origin + np.stack(
        [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y, z + 0 * x * turn], -1
    )
    half, lean = (turn + np.deg2rad(yaw_deg)) / 2, np.deg2rad(tilt_deg) / 2
    quat = np.stack(
        [
            np.cos(half) * np.cos(lean),
            -np.sin(half) * np.sin(lean),
            np.cos(half) * np.sin(lean),
            np.sin(half) * np.cos(lean),
        ],
        -1,
    )
    lay(batch, name, np.concatenate([place, quat], axis=-1))


def lay(batch: StationBatch, name: str, pose: np.ndarray) -> None:
    """Put a panel somewhere in the world, at rest."""
    batch.engine.batch.joint(f"panel_{name}").qpos[:] = pose
    batch.engine.batch.joint(f"panel_{name}").qvel[:] = 0.0
    batch.engine.refresh(np.arange(batch.nsim), constants=False)


def finished(world: World, n: int = 1) -> StationBatch:
    """Every panel in its nest, the robot away."""
    batch = cell(world, n)
    for name in PANELS:
        put(batch, name)
    return batch


def sensed(batch: StationBatch, time_s: float | None = None) -> Sense:
    """Sensors of things as they stand, every panel touching the fixture, at another time."""
    sense = batch.engine.sense()
    peaks = sense.peaks.copy()
    for name in PANELS:
        peaks[:, sense.columns[f"{name}_fixture"]] = (0.0, 0.0, 5.0)
    time = sense.time if time_s is None else np.full_like(sense.time, time_s)
    return replace(sense, peaks=peaks, time=time)


def judged(batch: StationBatch, time_s: float = 60.0, **memory: float) -> Verdict:
    """Judgement of things as they stand, settled for long, with some of the memory replaced."""
    settled = {"clear_s": 1.0, **memory}
    filled = {name: np.full_like(batch.memory[name], value) for name, value in settled.items()}
    return STATION.judge(np, sensed(batch, time_s), {**batch.memory, **filled}, batch.draw)


def named(verdict: Verdict) -> set[str]:
    return {name for name, fault in verdict.faults.items() if fault[0]}


def test_three_seated_panels_inside_the_window_are_a_success(opened: World) -> None:
    verdict = hold(finished(opened, 4), 0.6).verdict
    assert verdict.done.all()
    assert verdict.success.all()
    assert not any(fault.any() for fault in verdict.faults.values())


def test_before_the_window_nothing_is_a_success(shut: World) -> None:
    verdict = hold(finished(shut), 0.6).verdict
    assert not verdict.success[0]
    assert not verdict.done[0]


def test_nothing_done_is_neither_success_nor_fault(shut: World) -> None:
    verdict = hold(cell(shut, 4), 1.0).verdict
    assert not verdict.done.any()
    assert not verdict.success.any()


@pytest.mark.parametrize(
    ("offset_mm", "yaw_deg", "tilt_deg", "good"),
    [
        ((0.0, 0.0, 0.0), 0.0, 0.0, True),
        ((4.9, 0.0, 0.0), 0.0, 0.0, True),
        ((5.1, 0.0, 0.0), 0.0, 0.0, False),
        ((0.0, -4.9, 0.0), 0.0, 0.0, True),
        ((0.0, -5.1, 0.0), 0.0, 0.0, False),
        ((3.6, 3.6, 0.0), 0.0, 0.0, False),
        ((0.0, 0.0, 4.9), 0.0, 0.0, True),
        ((0.0, 0.0, 5.1), 0.0, 0.0, False),
        ((0.0, 0.0, 0.0), 1.3, 0.0, True),
        ((0.0, 0.0, 0.0), 1.4, 0.0, False),
        ((0.0, 0.0, 0.0), 180.0, 0.0, False),
        ((0.0, 0.0, 0.0), 0.0, 2.8, True),
        ((0.0, 0.0, 0.0), 0.0, 2.9, False),
    ],
)
def test_pins_and_corners_of_every_panel_are_within_5_mm(
    shut: World, offset_mm: Offset, yaw_deg: float, tilt_deg: float, good: bool
) -> None:
    """Turned by a, a pin 0.21 m out is off by 0.21 a; tilted, a corner 0.1 m across by 0.1 a."""
    batch = finished(shut)
    put(batch, "cross", offset_mm, yaw_deg, tilt_deg)
    assert judged(batch).success[0] == good
    over = judged(batch, time_s=84.0)
    assert over.success[0] == good
    assert named(over) == (set() if good else {"window", "misplaced"})


def test_a_panel_that_moves_or_is_held_is_not_done(shut: World) -> None:
    batch = finished(shut)
    sense = sensed(batch, 60.0)
    assert judged(batch).success[0]
    assert not judged(batch, clear_s=0.28).success[0]
    last = sense.last.copy()
    last[:, sense.columns["plate_vel"]] = (0.0, 0.021, 0.0)
    memory = {**batch.memory, "clear_s": np.ones(1)}
    assert not STATION.judge(np, replace(sense, last=last), memory, batch.draw).success[0]
    peaks = sense.peaks.copy()
    peaks[:, sense.columns["plate_left"]] = (0.0, 0.0, 1.0)
    new, _ = STATION.advance(np, replace(sense, peaks=peaks), memory, batch.draw)
    assert new["clear_s"][0] == 0.0


@pytest.mark.parametrize(("time_s", "faults"), [(83.98, set()), (84.0, {"window"})])
def test_the_window_ends_with_the_weld_signal(shut: World, time_s: float, faults: set[str]) -> None:
    batch = finished(shut)
    lay(batch, "plate", np.array([1.25, 0.88, 1.3, 1.0, 0.0, 0.0, 0.0]))
    sense = sensed(batch, time_s)
    peaks = sense.peaks.copy()
    peaks[:, sense.columns["plate_fixture"]] = 0.0
    verdict = STATION.judge(np, replace(sense, peaks=peaks), {**batch.memory, "clear_s": np.ones(1)}, batch.draw)
    assert named(verdict) == faults
    assert verdict.done[0] == bool(faults)


def robot_at(sense: Sense, x_m: float, hand_x_m: float) -> Sense:
    last = sense.last.copy()
    last[:, sense.columns["robot_in_cell"]] = (x_m, 0.0, 0.0)
    for side in ("right", "left"):
        last[:, sense.columns[f"{side}_in_cell"]] = (hand_x_m, 0.0, 1.0)
    return replace(sense, last=last)


@pytest.mark.parametrize(
    ("x_m", "hand_x_m", "inside"),
    [(-0.27, 0.3, False), (-0.29, 0.3, True), (0.0, DOOR_X_M + 0.01, False), (0.0, DOOR_X_M - 0.01, True)],
)
def test_the_robot_is_out_of_the_door_zone_at_the_weld_signal(
    shut: World, x_m: float, hand_x_m: float, inside: bool
) -> None:
    batch = finished(shut)
    for time_s, fault in ((60.0, False), (84.0, inside)):
        sense = robot_at(sensed(batch, time_s), x_m, hand_x_m)
        memory, _ = STATION.advance(np, sense, {**batch.memory, "clear_s": np.ones(1)}, batch.draw)
        verdict = STATION.judge(np, sense, memory, batch.draw)
        assert verdict.faults["in_zone"][0] == fault
        assert verdict.success[0] == (not inside)


def test_reversing_through_the_light_curtain_is_in_zone(shut: World) -> None:
    verdict = hold(cell(shut), 2.0, drive=-1.0).verdict
    assert named(verdict) == {"in_zone"}
    assert verdict.done[0]


def test_the_way_through_is_free_while_the_window_is_open(opened: World) -> None:
    verdict = hold(cell(opened), 0.9, drive=-1.0).verdict
    assert not verdict.done[0]


@pytest.mark.parametrize(("x_m", "inside"), [(DOOR_X_M + 0.091, False), (DOOR_X_M + 0.089, True)])
def test_a_panel_across_the_light_curtain_is_in_zone(shut: World, x_m: float, inside: bool) -> None:
    batch = cell(shut)
    lay(batch, "side", np.array([x_m, 0.0, 1.3, 1.0, 0.0, 0.0, 0.0]))
    memory, _ = STATION.advance(np, batch.engine.sense(), batch.memory, batch.draw)
    assert memory["entered"][0] == inside


@pytest.mark.parametrize(("y_m", "inside"), [(PERSON_Y_M - 0.211, False), (PERSON_Y_M - 0.209, True)])
def test_no_panel_edge_goes_over_the_walkway(shut: World, y_m: float, inside: bool) -> None:
    batch = cell(shut)
    lay(batch, "plate", np.array([0.0, y_m, 1.3, 1.0, 0.0, 0.0, 0.0]))
    memory, _ = STATION.advance(np, batch.engine.sense(), batch.memory, batch.draw)
    assert STATION.judge(np, batch.engine.sense(), memory, batch.draw).faults["walkway"][0] == inside


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [
        ("force", {"force_n": 149.9}, {"force_n": 150.1}),
        ("bump", {"bump_n": 149.9}, {"bump_n": 150.1}),
        ("drop", {"drop_m": 0.0199}, {"drop_m": 0.0201}),
    ],
)
def test_limits_of_the_sheet(shut: World, name: str, below: dict[str, float], above: dict[str, float]) -> None:
    batch = finished(shut)
    assert judged(batch, **below).success[0]
    verdict = judged(batch, **above)
    assert named(verdict) == {name}
    assert verdict.done[0]
    assert not verdict.success[0]


def test_a_panel_thrown_onto_the_fixture_is_too_much_force(opened: World) -> None:
    batch = cell(opened)
    put(batch, "side", (0.0, 0.0, 18.0))
    batch.engine.batch.joint("panel_side").qvel[:, 2] = -1.5
    assert "force" in named(hold(batch, 0.2).verdict)


def test_driving_into_a_rack_is_a_bump(shut: World) -> None:
    assert "bump" in named(hold(cell(shut), 3.0, drive=1.0).verdict)


@pytest.mark.parametrize(("height_mm", "dropped"), [(15.0, False), (30.0, True)])
def test_a_fall_beyond_20_mm_is_a_drop(shut: World, height_mm: float, dropped: bool) -> None:
    batch = cell(shut)
    pose = batch.engine.batch.joint("panel_cross").qpos.copy()
    pose[:, 2] += height_mm / 1000.0
    lay(batch, "cross", pose)
    hold(batch, 0.3)
    assert judged(batch).faults["drop"][0] == dropped


def test_a_panel_on_the_floor_is_a_drop(shut: World) -> None:
    batch = cell(shut)
    lay(batch, "plate", np.array([0.0, 1.2, 0.005, 1.0, 0.0, 0.0, 0.0]))
    assert named(hold(batch, 0.1).verdict) == {"drop"}


@pytest.mark.parametrize(("aside_mm", "seats"), [(0.0, True), (3.0, True), (12.0, False)])
def test_round_pin_tips_lead_a_panel_into_its_seat(opened: World, aside_mm: float, seats: bool) -> None:
    batch = finished(opened, 8)
    put(batch, "cross", (aside_mm, 0.0, 19.0 if aside_mm else 12.0))
    hold(batch, 0.5)
    assert ((batch.metrics()["cross_height_error_mm"] < 5.0) == seats).all()


def test_the_nets_carry_the_weight_of_the_panels(opened: World) -> None:
    batch = finished(opened, 3)
    hold(batch, 0.28)
    force = batch.engine.sense()["fixture_any"]
    np.testing.assert_allclose(np.abs(force[:, 2]), 9.81 * batch.draw["mass"].sum(axis=-1), rtol=0.02)


def test_racks_stand_still(shut: World) -> None:
    batch = cell(shut, 8)
    before = {name: batch.engine.batch.joint(f"panel_{name}").qpos.copy() for name in PANELS}
    hold(batch, 1.0)
    for name in PANELS:
        moved = np.abs(batch.engine.batch.joint(f"panel_{name}").qpos - before[name])
        assert moved[:, :3].max() < 2e-4, f"{name} crept or sank"


def test_the_light_curtain_shows_while_it_is_armed(shut: World, opened: World) -> None:
    for station, hidden in ((STATION, False), (OPEN, True)):
        batch = cell(opened if hidden else shut)
        _, outputs = station.advance(np, batch.engine.sense(), batch.memory, batch.draw)
        assert (outputs["place", "door_beams"][0, 2] < -3.0) == hidden


def test_a_panel_is_its_outline_less_two_holes() -> None:
    for name, size in STATION.sizes.items():
        boxes = panel_boxes(size, np.array([0.0085]))
        area = sum(4.0 * half[0, 0] * half[0, 1] for _, half in boxes.values())
        outline = 4.0 * size.half_across * size.half_along
        assert area == pytest.approx(outline - 0.017**2 - 0.017 * 0.023), name
        assert outline - area < 0.01 * outline


def test_inertia_is_that_of_an_even_plate() -> None:
    size = STATION.sizes["side"]
    rng = np.random.default_rng(0)
    points = (rng.random((200_000, 3)) - 0.5) * (0.18, 0.9, THICK_M)
    squares = (points**2).mean(axis=0) * 2.0
    expected = [squares[1] + squares[2], squares[0] + squares[2], squares[0] + squares[1]]
    np.testing.assert_allclose(panel_inertia(size, np.array([2.0]))[0], expected, rtol=0.01)


def test_draws_reach_the_physics(shut: World) -> None:
    batch = cell(shut, 5)
    model, draw = shut.model, batch.draw
    expanded = {field: batch.engine.batch.expanded(field) for field in ("geom_size", "geom_friction", "body_mass")}
    for i, name in enumerate(PANELS):
        radius = expanded["geom_size"][:, model.geom(f"pin_{name}_1").id, 0]
        np.testing.assert_allclose(radius, 0.008 + draw["pin_wear"][:, i, 0] / 2)
        friction = expanded["geom_friction"][:, model.geom(f"{name}_middle").id, 0]
        np.testing.assert_array_equal(friction, draw["friction"][:, i])
        np.testing.assert_array_equal(expanded["body_mass"][:, model.body(f"panel_{name}").id], draw["mass"][:, i])
        height = batch.engine.sense()[f"{name}_in_cell"][:, 2]
        np.testing.assert_allclose(height, 0.954 + (draw["stock"][:, i] - 1.0) * draw["pitch"][:, i], atol=1e-4)


def draws(pack: str, n: int = 300) -> list[dict[str, np.ndarray]]:
    return [STATION.randomise(np.random.default_rng(k), pack) for k in range(n)]


def test_draws_are_those_of_the_sheet() -> None:
    found = {key: np.stack([draw[key] for draw in draws("D0")]) for key in draws("D0", 1)[0]}
    assert found["friction"].min() >= 0.1
    assert found["friction"].max() <= 0.4
    assert found["mass"].min() >= 0.8
    assert found["mass"].max() <= 2.5
    assert found["pitch"].min() >= 0.06
    assert found["pitch"].max() <= 0.08
    assert np.abs(found["pin_wear"]).max() <= 0.0005
    assert np.abs(found["fixture"][:, :3]).max() <= 0.003
    assert set(found["stock"].ravel()) == {1.0, 2.0, 3.0, 4.0}
    assert (found["outage_s"] > 1e6).all()


@pytest.mark.parametrize(
    ("pack", "changed"),
    [
        ("D1", {"nesting", "fixture", "panel_bias", "nest_bias", "jitter"}),
        ("D2", {"friction", "mass", "cog", "hole"}),
        ("D3", {"signal_late_s", "outage_s"}),
    ],
)
def test_a_pack_changes_what_it_says_and_nothing_else(pack: str, changed: set[str]) -> None:
    nominal, harder = draws("D0", 1)[0], draws(pack, 1)[0]
    assert {key for key in nominal if not np.array_equal(nominal[key], harder[key])} == changed


def test_an_unknown_pack_names_the_choices() -> None:
    with pytest.raises(ValueError, match=r"pack='D9'.*D0, D1, D2, D3"):
        STATION.randomise(np.random.default_rng(0), "D9")


def test_the_cameras_are_off_by_bias_and_jitter(shut: World) -> None:
    batch = cell(shut, 48)
    obs, sense = batch.observe(), batch.engine.sense()
    for i, name in enumerate(PANELS):
        told = obs["panel_pose"].reshape(48, 3, 4)[:, i]
        rest = told[:, :3] - sense[f"{name}_pos"] - batch.draw["panel_bias"][:, i, :3]
        assert 0.0002 < rest.std() < 0.0004
        seat = obs["nest_pose"].reshape(48, 3, 4)[:, i, :3] - batch.draw["nest_bias"][:, i, :3]
        assert np.abs(seat - [-1.25, ACROSS_M[name], 1.004]).max() < 0.003 + 0.0035 + 0.0015


def test_signals_tell_door_and_time(shut: World, opened: World) -> None:
    closed = cell(shut).observe()
    np.testing.assert_array_equal(
        [closed["door"][0, 0], closed["window_left"][0, 0], closed["signal"][0, 0]], [0, 0, 1]
    )
    batch = cell(opened, 8)
    late = batch.draw["signal_late_s"]
    assert (late <= 0.5).all()
    hold(batch, 0.24)
    told = batch.observe()
    np.testing.assert_array_equal(told["door"][:, 0] > 0.5, late <= 0.24)
    np.testing.assert_allclose(told["window_left"][:, 0], np.where(late <= 0.24, 36.76, 0.0), atol=1e-6)


def test_a_silent_cell_says_nothing_for_2_s(shut: World) -> None:
    batch = cell(shut, 4, "D3")
    begin, end = batch.draw["outage_s"].T
    np.testing.assert_allclose(end - begin, 2.0)
    assert (begin >= 47.0).all()
    sense = replace(batch.engine.sense(), time=begin + 1.0)
    obs = STATION.observe(np, sense, batch.memory, batch.draw, lambda key, k: np.zeros((4, k)))
    assert all(not value.any() for value in obs.values())
