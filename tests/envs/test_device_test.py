"""C2: nest, lid, belt and devices, and every line between a good cycle and a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.penetration import Probe
from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.sense import Sense
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.device_layout import (
    INFEED_M,
    OUTFEED_M,
    REJECT_M,
    handle_at,
    nest_at,
)
from pilotline.envs.stations.device_test import DeviceTest
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "device_test"
NEST_AT_M = nest_at(load("wheeled"))
LOADED = stations.load(NAME)
assert isinstance(LOADED, DeviceTest)
STATION: DeviceTest = LOADED
HALF = STATION.half


DOCKED = DeviceTest(STATION.card.with_figures(dock_offset_mm=0.0, dock_turn_deg=0.0))
"""The station where the robot docks without error."""


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(DOCKED, load("wheeled"), "ideal")


def cell(world: World, n: int = 1, bad: bool = False) -> StationBatch:
    """n cycles at their start, all with one verdict."""
    batch = StationBatch(world, n, 2)
    batch.begin(np.arange(n), [cycle_seed(0, NAME, k) for k in range(n)])
    batch.draw["bad"][:] = bad
    return batch


def put(
    batch: StationBatch,
    name: str,
    place: tuple[float, float, float],
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
) -> None:
    """Put a device in every simulation: its underside's middle at a place of the nest frame, plus an offset."""
    at = np.array(NEST_AT_M) + np.array(place) + np.array(offset_mm) / 1000.0 + (0.0, 0.0, HALF[2])
    y, p = np.deg2rad(yaw_deg) / 2, np.deg2rad(pitch_deg) / 2
    quat = (np.cos(y) * np.cos(p), -np.sin(y) * np.sin(p), np.cos(y) * np.sin(p), np.sin(y) * np.cos(p))
    batch.engine.batch.joint(name).qpos[:] = (*at, *quat)
    batch.engine.batch.joint(name).qvel[:] = 0.0
    batch.engine.refresh(np.arange(batch.nsim), constants=False)


def put_lid(
    batch: StationBatch, degrees: float, degrees_per_s: float = 0.0, magnet: bool | None = None, push_nm: float = 0.0
) -> None:
    """Turn the lid; the magnet is as the machine would have it, if not told."""
    model = batch.world.model
    on = degrees < 1.0 if magnet is None else magnet
    batch.engine.ctrl[:, model.actuator("lid_magnet").id] = float(on)
    batch.engine.batch.bind("qfrc_applied")[:, model.joint("lid").dofadr[0]] = -push_nm
    batch.engine.batch.joint("lid").qpos[:] = np.deg2rad(degrees)
    batch.engine.batch.joint("lid").qvel[:] = np.deg2rad(degrees_per_s)
    batch.engine.refresh(np.arange(batch.nsim), constants=False)


def lid_deg(batch: StationBatch) -> float:
    return float(np.rad2deg(batch.engine.sense()["lid_angle"][0, 0]))


def hold(batch: StationBatch, seconds: float) -> Step:
    """Robot at home for a while."""
    assert isinstance(batch.control, JointControl)
    action = np.tile(batch.control.home, (batch.nsim, 1))
    for _ in range(round(seconds / 0.02)):
        step = batch.step(action)
    return step


def finished(world: World, bad: bool = False) -> StationBatch:
    """The job done: new device in the nest, old one sorted, lid shut, the robot away."""
    batch = cell(world, bad=bad)
    put(batch, "old", REJECT_M if bad else OUTFEED_M)
    put(batch, "new", (0.0, 0.0, 0.0))
    put_lid(batch, 0.5)
    return batch


def judged(batch: StationBatch, **memory: float) -> Verdict:
    """Judgement of things as they stand, hands clear and lid held for long, with some of the memory replaced."""
    settled = {"clear_s": 1.0, "latched_s": 1.0, **memory}
    filled = {name: np.full_like(batch.memory[name], value) for name, value in settled.items()}
    return STATION.judge(np, batch.engine.sense(), {**batch.memory, **filled}, batch.draw)


@pytest.mark.parametrize("bad", [False, True])
def test_the_job_done_is_a_success(world: World, bad: bool) -> None:
    batch = finished(world, bad)
    verdict = hold(batch, 0.6).verdict
    assert verdict.done[0]
    assert verdict.success[0]
    assert not any(fault[0] for fault in verdict.faults.values())


def test_nothing_done_is_neither_success_nor_fault(world: World) -> None:
    verdict = hold(cell(world, 4), 1.0).verdict
    assert not verdict.done.any()
    assert not verdict.success.any()


@pytest.mark.parametrize("bad", [False, True])
def test_the_old_device_on_the_wrong_side_is_missorted(world: World, bad: bool) -> None:
    batch = finished(world, bad)
    put(batch, "old", OUTFEED_M if bad else REJECT_M)
    verdict = hold(batch, 0.6).verdict
    assert verdict.faults["missorted"][0]
    assert not verdict.success[0]


def test_an_old_device_left_on_the_table_is_not_sorted(world: World) -> None:
    batch = finished(world)
    put(batch, "old", (0.25, 0.12, -0.139))
    verdict = hold(batch, 0.6).verdict
    assert not verdict.done[0]


@pytest.mark.parametrize(
    ("up_mm", "aside_mm", "pitch_deg", "good"),
    [
        (0.0, 0.0, 0.0, True),
        (0.45, 0.0, 0.0, True),
        (0.55, 0.0, 0.0, False),
        (0.0, 0.0, 0.33, True),
        (0.0, 0.0, 0.345, False),
        (0.0, 0.95, 0.0, True),
        (0.0, 1.05, 0.0, False),
    ],
)
def test_every_corner_of_a_seated_device_is_within_half_a_millimetre(
    world: World, up_mm: float, aside_mm: float, pitch_deg: float, good: bool
) -> None:
    batch = finished(world)
    put(batch, "new", (0.0, 0.0, 0.0), (0.0, aside_mm, up_mm), pitch_deg=pitch_deg)
    verdict = judged(batch)
    assert verdict.success[0] == good
    assert verdict.faults["not_seated"][0] == (not good)


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [
        ("press", {"press_n": 19.9}, {"press_n": 20.1}),
        ("drop", {"drop_m": 0.0199}, {"drop_m": 0.0201}),
        ("slide", {"slide_m": 0.0499}, {"slide_m": 0.0501}),
        ("lid_slam", {"lid_m_per_s": 0.49}, {"lid_m_per_s": 0.51}),
        ("bump", {"bump_n": 74.9}, {"bump_n": 75.1}),
    ],
)
def test_limits_of_the_sheet(world: World, name: str, below: dict[str, float], above: dict[str, float]) -> None:
    batch = finished(world)
    assert judged(batch, **below).success[0]
    verdict = judged(batch, **above)
    assert verdict.faults[name][0]
    assert verdict.done[0]
    assert not verdict.success[0]


@pytest.mark.parametrize(("tilt_deg", "good"), [(4.9, True), (5.1, False)])
def test_the_old_device_lies_flat_on_its_target(world: World, tilt_deg: float, good: bool) -> None:
    batch = finished(world)
    # turned about its lowest edge, the straps still touch it
    put(batch, "old", OUTFEED_M, (0.0, 0.0, -0.5), pitch_deg=tilt_deg)
    assert judged(batch).success[0] == good


@pytest.mark.parametrize(("height_mm", "dropped"), [(17.0, False), (25.0, True)])
def test_a_fall_beyond_20_mm_is_a_drop(world: World, height_mm: float, dropped: bool) -> None:
    batch = cell(world)
    put(batch, "old", OUTFEED_M, (0.0, 0.0, height_mm))
    hold(batch, 0.3)
    assert (batch.memory["drop_m"].max() > 0.020) == dropped
    assert judged(batch).faults["drop"][0] == dropped


def test_a_device_on_the_floor_is_a_drop(world: World) -> None:
    batch = cell(world)
    put(batch, "new", (-1.2, 1.2, 0.001 - NEST_AT_M[2]))
    assert hold(batch, 0.1).verdict.faults["drop"][0]


def test_a_device_let_fall_into_the_nest_is_pressed_too_hard(world: World) -> None:
    batch = cell(world)
    put(batch, "old", OUTFEED_M)
    put(batch, "new", (0.0, 0.0, 0.0), (0.0, 0.0, 15.0))
    verdict = hold(batch, 0.2).verdict
    assert verdict.faults["press"][0]
    assert not verdict.faults["drop"][0]


@pytest.mark.parametrize(("aside_mm", "seats"), [(0.3, True), (1.5, True), (6.0, False)])
def test_the_lead_in_guides_a_device_let_go_above_the_pocket(world: World, aside_mm: float, seats: bool) -> None:
    batch = cell(world, 8)
    put(batch, "old", OUTFEED_M)
    put(batch, "new", (0.0, 0.0, 0.0), (aside_mm, aside_mm, 6.0 if seats else 8.0))
    hold(batch, 0.6)
    low = batch.metrics()["seat_height_mm"]
    assert ((low < 0.5) == seats).all()


def test_a_lid_shut_over_an_empty_nest_is_not_seated(world: World) -> None:
    batch = cell(world)
    put(batch, "old", OUTFEED_M)
    put_lid(batch, 0.5)
    verdict = hold(batch, 0.6).verdict
    assert verdict.faults["not_seated"][0]
    assert verdict.done[0]


def test_a_lid_does_not_shut_on_a_device_beside_its_pocket(world: World) -> None:
    batch = cell(world)
    put(batch, "old", OUTFEED_M)
    put(batch, "new", (0.0, 0.0, 0.0), (6.0, 0.0, 8.0))
    put_lid(batch, 6.0, degrees_per_s=-120.0)
    hold(batch, 0.1)
    assert np.linalg.norm(batch.engine.sense()["new_lid"]) > 0.0 or lid_deg(batch) > 1.0
    assert not judged(batch).success[0]


def test_the_gas_spring_holds_the_lid_open_and_the_magnet_holds_it_shut(world: World) -> None:
    batch = cell(world)
    assert lid_deg(batch) == pytest.approx(55.0, abs=0.2)
    hold(batch, 0.5)
    assert lid_deg(batch) == pytest.approx(55.0, abs=0.2)
    put_lid(batch, 1.2)
    hold(batch, 1.5)
    assert lid_deg(batch) > 50.0
    put_lid(batch, 0.8)
    hold(batch, 1.5)
    assert abs(lid_deg(batch)) < 0.3


@pytest.mark.parametrize(("degrees_per_s", "slam"), [(-110.0, False), (-220.0, True)])
def test_a_lid_thrown_shut_is_a_slam(world: World, degrees_per_s: float, slam: bool) -> None:
    batch = cell(world)
    # a hand's push against the gas spring keeps the speed
    put_lid(batch, 1.5, degrees_per_s, push_nm=2.4)
    verdict = hold(batch, 0.1).verdict
    assert batch.memory["latched_s"][0] > 0.0
    assert verdict.faults["lid_slam"][0] == slam


def test_driving_into_the_table_is_a_bump(world: World) -> None:
    batch = cell(world)
    assert isinstance(batch.control, JointControl)
    action = batch.control.home[None].copy()
    action[:, -3] = 1.0
    for _ in range(100):
        verdict = batch.step(action).verdict
        if verdict.done[0]:
            break
    assert verdict.faults["bump"][0]
    assert not verdict.success[0]


@pytest.mark.parametrize(("steps", "fault"), [(25, False), (27, True)])
def test_a_hand_that_moves_on_the_glass_slides(world: World, steps: int, fault: bool) -> None:
    batch = cell(world)
    hold(batch, 0.02)
    memory = dict(batch.memory)
    for k in range(steps):
        sense = touching(batch.engine.sense(), "right", "old", x_m=0.002 * k)
        memory, _ = STATION.advance(np, sense, memory, batch.draw)
    slid = memory["slide_m"][0]
    assert slid.max() == pytest.approx(0.002 * (steps - 1))
    assert (slid > 0.0).sum() == 1
    assert STATION.judge(np, batch.engine.sense(), memory, batch.draw).faults["slide"][0] == fault


def test_a_hand_that_moves_without_touching_does_not_slide(world: World) -> None:
    batch = cell(world)
    memory = dict(batch.memory)
    for k in range(30):
        sense = touching(batch.engine.sense(), "right", "old", x_m=0.002 * k, force_n=0.0)
        memory, _ = STATION.advance(np, sense, memory, batch.draw)
    assert memory["slide_m"].max() == 0.0


def touching(sense: Sense, side: str, name: str, x_m: float, force_n: float = 1.0) -> Sense:
    """Sensors as if a hand touched a device, x_m along its face."""
    last, peaks = sense.last.copy(), sense.peaks.copy()
    last[:, sense.columns[f"{side}_in_{name}"]] = (x_m, 0.0, 0.0)
    peaks[:, sense.columns[f"{name}_{side}"]] = (0.0, 0.0, force_n)
    return replace(sense, last=last, peaks=peaks)


def test_the_belt_brings_every_device_to_the_photo_eye_and_stops(world: World) -> None:
    batch = StationBatch(world, 16, 2)
    batch.begin(np.arange(16), [cycle_seed(0, NAME, k) for k in range(16)])
    start = batch.engine.sense()["new_in_nest"][:, 0].copy()
    step = hold(batch, 1.0)
    moving = step.obs["belt_stopped"][:, 0] < 0.5
    travelled = start - batch.engine.sense()["new_in_nest"][:, 0]
    np.testing.assert_allclose(travelled[moving], batch.draw["belt_speed"][moving], rtol=0.1)
    step = hold(batch, 2.6)
    assert (step.obs["belt_stopped"] > 0.5).all()
    at = batch.engine.sense()["new_in_nest"]
    edge = at[:, 0] - np.cos(batch.draw["belt_pose"][:, 2]) * HALF[0]
    assert np.abs(edge - (INFEED_M[0] - HALF[0])).max() < 0.030
    assert np.abs(at[:, 1] - INFEED_M[1] - batch.draw["belt_pose"][:, 1]).max() < 0.003
    assert np.abs(step.obs["base_velocity"]).max() < 0.01
    again = hold(batch, 0.2)
    np.testing.assert_allclose(batch.engine.sense()["new_in_nest"], at, atol=1e-4)
    assert not again.verdict.done.any()


def test_straps_carry_the_weight_of_the_device(world: World) -> None:
    batch = cell(world)
    hold(batch, 0.3)
    force = batch.engine.sense()["new_infeed"][0]
    assert abs(force[2]) == pytest.approx(STATION.card.figure("device_kg") * 9.81, rel=0.02)


def test_the_camera_is_off_by_its_bias_and_jitter(world: World) -> None:
    n = 200
    draws = [STATION.randomise(np.random.default_rng(k), "D0") for k in range(n)]
    bias = np.stack([draw["new_bias"] for draw in draws])
    np.testing.assert_allclose(bias[:, :2].std(), 0.0003, rtol=0.15)
    np.testing.assert_allclose(np.rad2deg(bias[:, 2].std()), 0.1, rtol=0.2)
    batch = cell(world)
    true = np.array([NEST_AT_M[0], NEST_AT_M[1] + INFEED_M[1], 0.0])
    put(batch, "new", INFEED_M)
    error = batch.observe()["new_device"][0, :3] - true - batch.draw["new_bias"][0]
    assert 0.0 < np.abs(error[:2]).max() < 4 * 0.0001
    assert np.rad2deg(abs(error[2])) < 4 * 0.03


def test_the_camera_loses_the_old_device_once_it_left_the_nest(world: World) -> None:
    batch = cell(world)
    assert batch.observe()["old_device"][0, 3] == 1.0
    put(batch, "old", OUTFEED_M)
    np.testing.assert_array_equal(batch.observe()["old_device"][0], 0.0)


@pytest.mark.parametrize("bad", [False, True])
def test_signals_tell_verdict_and_lid(world: World, bad: bool) -> None:
    batch = finished(world, bad)
    obs = hold(batch, 0.1).obs
    assert obs["verdict"][0, 0] == float(not bad)
    np.testing.assert_array_equal(obs["lid"][0], (0.0, 1.0))
    np.testing.assert_array_equal(cell(world).observe()["lid"][0], (1.0, 0.0))


def test_draws_are_those_of_the_sheet() -> None:
    draws = [STATION.randomise(np.random.default_rng(k), "D0") for k in range(2000)]
    again = STATION.randomise(np.random.default_rng(7), "D0")
    for name, value in again.items():
        np.testing.assert_array_equal(value, draws[7][name], err_msg=name)
    speed = np.array([draw["belt_speed"] for draw in draws])
    pose = np.stack([draw["belt_pose"] for draw in draws])
    assert speed.min() >= 0.1
    assert speed.max() <= 0.3
    assert np.abs(pose[:, :2]).max() <= 0.015
    assert np.rad2deg(np.abs(pose[:, 2]).max()) <= 10.0
    assert 0.04 < np.mean([draw["bad"] for draw in draws]) < 0.08


@pytest.mark.parametrize(
    ("pack", "changed"),
    [
        ("D1", {"belt_pose", "dock", "new_bias", "old_bias", "nest_bias", "jitter"}),
        ("D2", {"glass_friction", "nest_friction", "cling_n"}),
        ("D3", {"late_s", "outage_s"}),
    ],
)
def test_a_pack_changes_what_it_says_and_nothing_else(pack: str, changed: set[str]) -> None:
    for k in range(20):
        nominal, harder = (STATION.randomise(np.random.default_rng(k), name) for name in ("D0", pack))
        assert nominal.keys() == harder.keys()
        assert {name for name in nominal if np.any(nominal[name] != harder[name])} == changed


def test_an_unknown_pack_names_the_choices() -> None:
    with pytest.raises(ValueError, match=r"pack='D9'.*there are: D0, D1, D2, D3"):
        STATION.randomise(np.random.default_rng(0), "D9")


def test_the_handle_turns_with_the_lid(world: World) -> None:
    batch = cell(world)
    bar = world.model.geom("lid_handle").id
    places = batch.engine.batch.bind("geom_xpos")
    for degrees in (55.0, 20.0, 0.0):
        put_lid(batch, degrees)
        seen = places[0, bar] - np.array(NEST_AT_M)
        np.testing.assert_allclose(seen, handle_at(np.deg2rad(np.array([degrees])))[0], atol=1e-9)


def test_the_sheets_figures_are_on_the_compiled_device(world: World) -> None:
    for name in ("new", "old"):
        assert world.model.body(name).mass[0] == pytest.approx(0.48)
        np.testing.assert_allclose(world.model.geom(f"{name}_device").size, (0.085, 0.125, 0.0035))
        edges = np.array((0.17, 0.25, 0.007))
        inertia = 0.48 / 12 * (np.square(edges).sum() - np.square(edges))
        np.testing.assert_allclose(np.sort(world.model.body(name).inertia), np.sort(inertia), rtol=1e-6)


@pytest.mark.parametrize(("gap_mm", "pull_n"), [(0.0, 8.0), (1.0, 4.0), (2.1, 0.0)])
def test_a_charged_film_pulls_on_a_device_over_the_pocket(world: World, gap_mm: float, pull_n: float) -> None:
    batch = cell(world)
    batch.draw["cling_n"][:] = 8.0
    put(batch, "old", (0.0, 0.0, 0.0), (0.0, 0.0, gap_mm))
    _, outputs = STATION.advance(np, batch.engine.sense(), batch.memory, batch.draw)
    np.testing.assert_allclose(outputs["push", "old"][0], (0.0, 0.0, -pull_n, 0.0, 0.0, 0.0), atol=0.05)
    np.testing.assert_array_equal(outputs["push", "new"][0], 0.0)


def test_the_nest_bears_weight_and_film(world: World) -> None:
    batch = cell(world)
    batch.draw["cling_n"][:] = 8.0
    hold(batch, 0.3)
    force = abs(batch.engine.sense()["old_nest"][0, 2])
    assert force == pytest.approx(STATION.card.figure("device_kg") * 9.81 + 8.0, rel=0.02)


def test_a_late_feeder_starts_late(world: World) -> None:
    batch = cell(world)
    batch.draw["late_s"][:] = 0.5
    start = batch.engine.sense()["new_in_nest"][0, 0]
    hold(batch, 0.48)
    assert batch.engine.sense()["new_in_nest"][0, 0] == pytest.approx(start, abs=1e-4)
    hold(batch, 0.5)
    assert batch.engine.sense()["new_in_nest"][0, 0] < start - 0.02


def test_a_silent_cell_tells_nothing(world: World) -> None:
    batch = cell(world)
    batch.draw["outage_s"][:] = (0.1, 0.3)
    names = ("new_device", "old_device", "nest", "verdict", "lid", "belt_stopped")
    for until, heard in ((0.08, 1.0), (0.28, 0.0), (0.32, 1.0)):
        obs = hold(batch, until - batch.engine.time[0]).obs
        assert obs["signal"][0, 0] == heard
        assert obs["nest"].any() == bool(heard)
        assert heard or not any(obs[name].any() for name in names)


def test_nothing_sinks_in_deeper_than_a_millimetre_when_it_is_dropped(world: World) -> None:
    batch = cell(world)
    put(batch, "old", OUTFEED_M, (0.0, 0.0, 5.0))
    put(batch, "new", (0.0, 0.0, 0.0), (0.0, 0.0, 2.0))
    probe, deepest = Probe(batch.engine.batch), 0.0
    for _ in range(15):
        hold(batch, 0.02)
        deepest = max(deepest, probe(np.arange(1))[0].depth_m)
    assert deepest < 0.001
