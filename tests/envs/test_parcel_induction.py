"""D1: belts, parcels, labels, and every line between a good run and a fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.sense import Sense
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations import parcel_flow as flow
from pilotline.envs.stations.parcel_induction import ParcelInduction
from pilotline.envs.stations.parcel_kinds import COUNT, FACES, PARCELS, box_inertia
from pilotline.envs.stations.parcel_layout import (
    EDGE_X_M,
    INDUCTION_Y_M,
    INFEED_Y_M,
    cell_at,
)
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "parcel_induction"
AT = np.array(cell_at(load("wheeled")))
LOADED = stations.load(NAME)
assert isinstance(LOADED, ParcelInduction)
STATION: ParcelInduction = LOADED
CARD = STATION.card


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(STATION, load("wheeled"), "ideal")


def run(world: World, n: int = 1, speed: float = 0.2) -> StationBatch:
    """n runs at their start, docked without error, all with one speed of the induction belt."""
    batch = StationBatch(world, n, 2)
    batch.begin(np.arange(n), [cycle_seed(0, NAME, k) for k in range(n)])
    batch.draw["induction_speed"][:] = speed
    batch.memory["induction"][:] = speed
    batch.engine.batch.expand("geom_surfacevel")[:, world.model.geom("induction_belt").id, 0] = speed
    batch.engine.batch.expand("body_pos")[:, world.model.body("parcel_cell").id] = AT
    batch.engine.batch.expand("body_quat")[:, world.model.body("parcel_cell").id] = (1.0, 0.0, 0.0, 0.0)
    batch.engine.refresh(np.arange(n), constants=False)
    return batch


def put(
    batch: StationBatch,
    parcel: int,
    x: float,
    y: float,
    up_mm: float = 0.0,
    roll_deg: float = 0.0,
    speed: float = 0.0,
) -> None:
    """Put a parcel in every simulation, its near end at x, flat or rolled about x, `up_mm` above the belts."""
    half = batch.draw["half"][:, parcel]
    roll = np.deg2rad(roll_deg)
    n = batch.nsim
    thick = np.abs(np.cos(roll)) * half[:, 2] + np.abs(np.sin(roll)) * half[:, 1]
    pos = AT + np.stack([x + half[:, 0], np.full(n, y), thick + up_mm / 1000.0], axis=-1)
    quat = np.tile((np.cos(roll / 2), np.sin(roll / 2), 0.0, 0.0), (n, 1))
    joint = batch.engine.batch.joint(PARCELS[parcel].body)
    joint.qpos[:] = np.concatenate([pos, quat], axis=-1)
    joint.qvel[:] = (speed, 0.0, 0.0, 0.0, 0.0, 0.0)
    for tile in PARCELS[parcel].tiles[1:]:
        batch.engine.batch.joint(tile).qpos[:] = 0.0
        batch.engine.batch.joint(tile).qvel[:] = 0.0
    batch.engine.refresh(np.arange(n), constants=False)


def label(batch: StationBatch, parcel: int, face: str) -> None:
    """Put the valid label of a parcel on a side, and no old one."""
    batch.draw["valid"][:, parcel] = np.eye(4)[FACES.index(face)]
    batch.draw["old"][:, parcel] = 0.0


def hold(batch: StationBatch, seconds: float) -> Step:
    """Robot at home for a while."""
    assert isinstance(batch.control, JointControl)
    action = np.tile(batch.control.home, (batch.nsim, 1))
    for _ in range(round(seconds / 0.02)):
        step = batch.step(action)
    return step


def judged(batch: StationBatch, **memory: float) -> Verdict:
    """Judgement of a run in which all is inducted, with some of the memory replaced."""
    settled = {"inducted": True, "gap_m": 0.4, **memory}
    filled = {name: np.full_like(batch.memory[name], value) for name, value in settled.items()}
    return STATION.judge(np, batch.engine.sense(), {**batch.memory, **filled}, batch.draw)


def test_a_run_well_done_is_a_success(world: World) -> None:
    verdict = judged(run(world))
    assert verdict.success[0]
    assert verdict.done[0]
    assert not any(fault[0] for fault in verdict.faults.values())


def test_nothing_done_is_neither_success_nor_fault(world: World) -> None:
    verdict = hold(run(world, 4), 1.0).verdict
    assert not verdict.done.any()
    assert not verdict.success.any()


@pytest.mark.parametrize(
    ("name", "below", "above", "ends"),
    [
        ("not_singulated", {"gap_m": 0.1501}, {"gap_m": 0.1499}, False),
        ("double_feed", {"gap_m": 0.0201}, {"gap_m": 0.0199}, False),
        ("wrong_side", {"wrong": False}, {"wrong": True}, False),
        ("drop", {"drop_m": 0.0499}, {"drop_m": 0.0501}, True),
        ("press", {"press_n": 299.0}, {"press_n": 301.0}, True),
        ("bump", {"bump_n": 149.0}, {"bump_n": 151.0}, True),
    ],
)
def test_limits_of_the_sheet(
    world: World, name: str, below: dict[str, float], above: dict[str, float], ends: bool
) -> None:
    batch = run(world)
    assert not judged(batch, **below).faults[name][0]
    if name != "double_feed":
        assert judged(batch, **below).success[0]
    verdict = judged(batch, **above)
    assert verdict.faults[name][0]
    assert not verdict.success[0]
    assert judged(batch, inducted=False, **above).done[0] == ends


def test_a_parcel_is_inducted_once_it_has_ridden_untouched(world: World) -> None:
    batch = run(world)
    label(batch, 0, "down")
    put(batch, 0, EDGE_X_M, INDUCTION_Y_M)
    hold(batch, 0.16)
    assert not batch.memory["inducted"][0, 0]
    hold(batch, 0.3)
    np.testing.assert_array_equal(batch.memory["inducted"][0], [True, False, False, False, False])
    assert not batch.memory["wrong"].any()


@pytest.mark.parametrize("parcel", range(COUNT))
def test_the_belt_carries_every_kind_off(world: World, parcel: int) -> None:
    batch = run(world, 2)
    put(batch, parcel, EDGE_X_M, INDUCTION_Y_M)
    hold(batch, 1.5)
    assert batch.memory["inducted"][:, parcel].all()
    along = batch.engine.sense()[f"{PARCELS[parcel].body}_pos"][:, 0] - batch.draw["half"][:, parcel, 0]
    assert (along > EDGE_X_M + 0.2).all()
    assert batch.memory["press_n"].max() < 150.0


@pytest.mark.parametrize(
    ("face", "roll_deg", "wrong"),
    [
        ("down", 0.0, False),
        ("up", 0.0, True),
        ("up", 180.0, False),
        ("down", 180.0, True),
        ("right", 90.0, False),
        ("left", -90.0, False),
        ("left", 90.0, True),
    ],
)
def test_the_label_belongs_on_the_belt(world: World, face: str, roll_deg: float, wrong: bool) -> None:
    batch = run(world)
    label(batch, 2, face)
    put(batch, 2, EDGE_X_M + 0.1, INDUCTION_Y_M, roll_deg=roll_deg)
    step = hold(batch, 0.5)
    assert batch.memory["inducted"][0, 2]
    assert step.verdict.faults["wrong_side"][0] == wrong


@pytest.mark.parametrize(("tilt_deg", "wrong"), [(9.8, False), (10.2, True)])
def test_a_label_faces_the_belt_within_10_degrees(world: World, tilt_deg: float, wrong: bool) -> None:
    batch = run(world)
    label(batch, 0, "down")
    put(batch, 0, 0.3, INDUCTION_Y_M, roll_deg=tilt_deg)
    sense = batch.engine.sense()
    drop = flow.label_drop(np, flow.of_parcels(np, sense, "quat"), batch.draw["valid"])[0, 0]
    assert (drop < np.cos(np.deg2rad(CARD.figure("label_down_deg")))) == wrong


@pytest.mark.parametrize(
    ("gap_mm", "faults"),
    [
        (152.0, set()),
        (148.0, {"not_singulated"}),
        (22.0, {"not_singulated"}),
        (18.0, {"not_singulated", "double_feed"}),
    ],
)
def test_parcels_on_the_belt_are_singulated(world: World, gap_mm: float, faults: set[str]) -> None:
    batch = run(world)
    for parcel in (0, 1):
        label(batch, parcel, "down")
    put(batch, 0, 0.0, INDUCTION_Y_M, speed=0.2)
    put(batch, 1, 2.0 * float(batch.draw["half"][0, 0, 0]) + gap_mm / 1000.0, INDUCTION_Y_M, speed=0.2)
    verdict = hold(batch, 0.4).verdict
    assert batch.memory["inducted"][0, :2].all()
    assert {name for name, fault in verdict.faults.items() if fault[0]} == faults


@pytest.mark.parametrize(("height_mm", "dropped"), [(45.0, False), (56.0, True)])
def test_a_fall_beyond_50_mm_is_a_drop(world: World, height_mm: float, dropped: bool) -> None:
    batch = run(world)
    put(batch, 3, 0.2, INDUCTION_Y_M, up_mm=height_mm)
    step = hold(batch, 0.3)
    assert step.verdict.faults["drop"][0] == dropped


def test_a_heavy_carton_let_fall_is_pressed_too_hard(world: World) -> None:
    batch = run(world)
    batch.engine.batch.expand("body_mass")[:, world.model.body("parcel_0").id] = 2.0
    put(batch, 0, 0.2, INDUCTION_Y_M, up_mm=40.0)
    step = hold(batch, 0.2)
    assert step.verdict.faults["press"][0]
    assert not step.verdict.faults["drop"][0]


def test_driving_into_the_belts_is_a_bump(world: World) -> None:
    batch = run(world)
    assert isinstance(batch.control, JointControl)
    action = batch.control.home[None].copy()
    action[:, -3] = 1.0
    for _ in range(100):
        verdict = batch.step(action).verdict
        if verdict.done[0]:
            break
    assert verdict.faults["bump"][0]


def test_a_parcel_under_a_hand_is_not_inducted(world: World) -> None:
    batch = run(world)
    put(batch, 0, 0.0, INDUCTION_Y_M)
    hold(batch, 0.1)
    sense = batch.engine.sense()
    memory = {**batch.memory, "clear_s": np.full((1, COUNT), 0.5)}
    for distance_mm, counts in ((39.0, False), (41.0, True)):
        near = beside(
            sense, x_m=float(sense["parcel_0_pos"][0, 0] - batch.draw["half"][0, 0, 0]) - distance_mm / 1000.0
        )
        after, _ = STATION.advance(np, near, memory, batch.draw)
        assert (after["clear_s"][0, 0] > 0.0) == counts


def beside(sense: Sense, x_m: float) -> Sense:
    """Sensors as if the right tool point were at x_m in the cell, at the height of parcel 0."""
    last = sense.last.copy()
    last[:, sense.columns["right_in_cell"]] = (x_m, INDUCTION_Y_M, float(sense["parcel_0_pos"][0, 2]))
    return replace(sense, last=last)


def test_the_infeed_brings_the_first_parcel_to_its_end_and_waits(world: World) -> None:
    batch = run(world, 16)
    obs = hold(batch, 1.8).obs
    assert (obs["waiting"] > 0.5).all()
    near = front(batch)
    assert np.abs(near - EDGE_X_M).max() < 0.035
    hold(batch, 0.4)
    np.testing.assert_allclose(front(batch), near, atol=5e-4)


def front(batch: StationBatch) -> np.ndarray:
    """Near end of the first parcel of each queue, x in the cell (n,)."""
    sense = batch.engine.sense()
    pos, quat = flow.of_parcels(np, sense, "pos"), flow.of_parcels(np, sense, "quat")
    return (pos[..., 0] - flow.reach_x(np, quat, batch.draw["half"])).min(axis=1)


def test_the_infeed_goes_on_once_the_parcel_is_out_of_the_way(world: World) -> None:
    batch = run(world)
    hold(batch, 1.8)
    first = int(np.argmin([batch.engine.sense()[f"{p.body}_pos"][0, 0] for p in PARCELS]))
    put(batch, first, EDGE_X_M, INFEED_Y_M, up_mm=80.0)
    step = hold(batch, 0.02)
    assert batch.memory["infeed"][0] == 0.0
    assert step.obs["taken"][0, 0] == 1.0
    put(batch, first, 0.3, INDUCTION_Y_M)
    hold(batch, 0.2)
    assert batch.memory["infeed"][0] == pytest.approx(batch.draw["infeed_speed"][0])


def test_interruptions_stop_belts_and_voices(world: World) -> None:
    batch = run(world)
    batch.draw["late_s"][:] = (0.0, 9.0)
    batch.draw["jam_s"][:] = (0.0, 9.0)
    batch.draw["outage_s"][:] = (0.5, 1.0)
    before = front(batch)
    assert hold(batch, 0.4).obs["signal"][0, 0] == 1.0
    np.testing.assert_allclose(front(batch), before, atol=1e-3)
    silent = hold(batch, 0.3).obs
    assert silent["belt"][0, 0] == 0.0
    assert silent["signal"][0, 0] == 0.0
    assert not any(np.any(silent[name]) for name in ("parcel", "labels", "taken", "cell"))
    assert hold(batch, 0.5).obs["signal"][0, 0] == 1.0


def test_cameras_see_labels_but_not_what_a_parcel_lies_on(world: World) -> None:
    batch = run(world)
    first = int(np.argmin([batch.engine.sense()[f"{p.body}_pos"][0, 0] for p in PARCELS]))
    batch.draw["seen"][:] = 9.0
    for face, column in (("up", 0), ("left", 1), ("right", 2)):
        label(batch, first, face)
        seen = batch.observe()["labels"][0] > 0.0
        np.testing.assert_array_equal(seen, np.arange(3) == column)
    label(batch, first, "down")
    np.testing.assert_array_equal(batch.observe()["labels"][0], 0.0)
    label(batch, first, "up")
    batch.draw["seen"][:] = -9.0
    np.testing.assert_array_equal(batch.observe()["labels"][0], 0.0)


def test_the_pose_source_is_off_by_its_bias_and_jitter(world: World) -> None:
    batch = run(world)
    first = int(np.argmin([batch.engine.sense()[f"{p.body}_pos"][0, 0] for p in PARCELS]))
    put(batch, first, EDGE_X_M, INFEED_Y_M)
    told = batch.observe()["parcel"][0]
    error = told[:3] - (AT[0] + EDGE_X_M, INFEED_Y_M, 0.0) - batch.draw["pose_bias"][0, first]
    assert 0.0 < np.abs(error[:2]).max() < 4 * 0.0005
    assert told[3] == 1.0


def test_a_bag_is_one_mass_and_droops_over_an_edge(world: World) -> None:
    batch = run(world, 4)
    mass = batch.engine.batch.expand("body_mass")
    tiles = [world.model.body(name).id for name in PARCELS[4].tiles]
    np.testing.assert_allclose(mass[:, tiles].sum(axis=1), batch.draw["mass"][:, 4])
    put(batch, 4, 0.2, INDUCTION_Y_M)
    hold(batch, 0.3)
    assert np.abs(batch.engine.batch.joint("parcel_4_near").qpos).max() < 0.1
    # carry its middle in the air: both ends hang down
    put(batch, 4, 0.2, INDUCTION_Y_M, up_mm=300.0)
    push = batch.engine.batch.bind("qfrc_applied")
    push[:, world.model.joint("parcel_4").dofadr[0] + 2] = 9.81 * batch.draw["mass"][:, 4]
    hold(batch, 1.0)
    near, far = (batch.engine.batch.joint(f"parcel_4_{end}").qpos[:, 0] for end in ("near", "far"))
    third = batch.draw["half"][:, 4, 0] / 3.0
    sag = batch.draw["mass"][:, 4] / 3.0 * 9.81 * third / batch.draw["stiffness"][:, 4]
    np.testing.assert_allclose(-near, sag, rtol=0.25, atol=0.02)
    np.testing.assert_allclose(far, sag, rtol=0.25, atol=0.02)


def test_inertia_of_boxes() -> None:
    got = box_inertia(np.array([1.2]), np.array([[0.1, 0.05, 0.02]]))
    np.testing.assert_allclose(got, [[1.2 / 12 * (0.1**2 + 0.04**2), 1.2 / 12 * (0.2**2 + 0.04**2), 1.2 / 12 * 0.05]])


def test_draws_are_those_of_the_card() -> None:
    draws = [STATION.randomise(np.random.default_rng(k), "D0") for k in range(800)]
    mass = np.stack([draw["mass"] for draw in draws])
    assert mass.min() >= 0.05
    assert mass.max() <= 2.0
    up = np.stack([draw["valid"] for draw in draws])
    np.testing.assert_allclose(up[:, [0, 1, 3, 4], 1].mean(), 0.5, atol=0.03)
    np.testing.assert_allclose(up[:, 2].mean(axis=0), 0.25, atol=0.06)
    assert ((up * np.stack([draw["old"] for draw in draws])).sum(axis=2) == 0.0).all()
    np.testing.assert_allclose(np.mean([draw["surge"] for draw in draws]), 0.3, atol=0.05)
    order = np.stack([draw["pose"][:, 0] for draw in draws]).argsort(axis=1)
    np.testing.assert_allclose(np.bincount(order[:, 0], minlength=COUNT) / 800, 0.2, atol=0.05)
    assert np.abs([draw["late_s"][1] - draw["late_s"][0] for draw in draws]).max() == 0.0


@pytest.mark.parametrize(
    ("pack", "changed"),
    [
        ("D1", {"pose", "cell_bias", "pose_bias", "old", "seen", "score"}),
        ("D2", {"mass", "cog", "stiffness", "parcel_friction", "belt_friction"}),
        ("D3", {"outage_s", "late_s", "jam_s"}),
    ],
)
def test_packs_change_what_they_say_and_nothing_else(pack: str, changed: set[str]) -> None:
    found = set()
    for k in range(40):
        plain, hard = (STATION.randomise(np.random.default_rng(k), name) for name in ("D0", pack))
        found |= {name for name, value in plain.items() if not np.array_equal(value, hard[name])}
    assert found == changed
