"""A1: the tote, its stack, and every line between a good cycle and a fault."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.benchmarks.penetration import Probe
from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.placement import Placement
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.tote import tote_inertia
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "tote_destack"
STATION = stations.load(NAME)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(STATION, load("wheeled"), "ideal")


def cell(world: World, n: int = 1) -> StationBatch:
    """n cycles at their start, seeds 0..n-1."""
    batch = StationBatch(world, n, 2)
    batch.begin(np.arange(n), [cycle_seed(0, NAME, k) for k in range(n)])
    return batch


def home_action(batch: StationBatch) -> np.ndarray:
    """The action that keeps the robot at home."""
    assert isinstance(batch.control, JointControl)
    return batch.control.home


def hold(batch: StationBatch, seconds: float) -> Step:
    """Robot at home for a while."""
    action = np.tile(home_action(batch), (batch.nsim, 1))
    for _ in range(round(seconds / 0.02)):
        step = batch.step(action)
    return step


def put_tote(batch: StationBatch, x: float, y: float, z: float, yaw: float = 0.0, tilt: float = 0.0) -> None:
    """Set the tote of every simulation down at a pose relative to the mark on the belt."""
    mark = STATION.mark  # type: ignore[attr-defined]
    quat = np.array([np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)])
    if tilt:
        quat = np.array([np.cos(tilt / 2), np.sin(tilt / 2), 0.0, 0.0])
    pose = np.concatenate([[mark[0] + x, mark[1] + y, mark[2] + z], quat])
    batch.engine.batch.joint("tote").qpos[:] = pose
    batch.engine.refresh(np.arange(batch.nsim), constants=False)


@pytest.mark.parametrize(
    ("x_mm", "y_mm", "yaw_deg", "good"),
    [
        (0.0, 0.0, 0.0, True),
        (19.0, 0.0, 0.0, True),
        (21.0, 0.0, 0.0, False),
        (0.0, -19.0, 0.0, True),
        (0.0, -21.0, 0.0, False),
        (30.0, 0.0, 0.0, False),
        (0.0, 0.0, 4.8, True),
        (0.0, 0.0, 5.2, False),
        (0.0, 0.0, 180.0, True),
    ],
)
def test_a_tote_at_rest_is_judged_by_where_it_stands(
    world: World, x_mm: float, y_mm: float, yaw_deg: float, good: bool
) -> None:
    batch = cell(world)
    put_tote(batch, x_mm / 1000, y_mm / 1000, 0.0005, np.deg2rad(yaw_deg))
    verdict = hold(batch, 0.5).verdict
    assert verdict.done[0]
    assert verdict.success[0] == good
    assert verdict.faults["misplaced"][0] == (not good)


@pytest.mark.parametrize(("height_mm", "dropped"), [(14.0, False), (30.0, True)])
def test_a_fall_beyond_20_mm_is_a_drop(world: World, height_mm: float, dropped: bool) -> None:
    batch = cell(world)
    put_tote(batch, 0.0, 0.0, height_mm / 1000)
    verdict = hold(batch, 0.8).verdict
    assert verdict.faults["drop"][0] == dropped
    assert verdict.success[0] == (not dropped)
    assert batch.metrics()["drops"][0] == float(dropped)


def test_a_tote_on_the_floor_is_a_drop(world: World) -> None:
    batch = cell(world)
    put_tote(batch, 1.2, 1.6, -STATION.mark[2] + 0.001)  # type: ignore[attr-defined]
    assert hold(batch, 0.1).verdict.faults["drop"][0]


@pytest.mark.parametrize(("tilt_deg", "fault"), [(14.5, False), (15.5, True)])
def test_a_tilt_beyond_15_degrees_is_a_fault(world: World, tilt_deg: float, fault: bool) -> None:
    batch = cell(world)
    put_tote(batch, 0.0, 0.0, 0.5, tilt=np.deg2rad(tilt_deg))
    assert hold(batch, 0.02).verdict.faults["tilt"][0] == fault


@pytest.mark.parametrize(("moved_mm", "fault"), [(28.0, False), (33.0, True)])
@pytest.mark.parametrize("neighbour", ["below", "behind"])
def test_a_neighbour_may_move_less_than_30_mm(world: World, neighbour: str, moved_mm: float, fault: bool) -> None:
    batch = cell(world)
    put_tote(batch, 0.0, 0.0, 0.5)
    hold(batch, 0.02)
    batch.engine.batch.joint(neighbour).qpos[:, 1] += moved_mm / 1000
    batch.engine.refresh(np.arange(1), constants=False)
    assert hold(batch, 0.02).verdict.faults["neighbour_moved"][0] == fault


def test_driving_into_the_stack_is_a_bump(world: World) -> None:
    batch = cell(world)
    action = home_action(batch)[None].copy()
    action[:, -3] = 1.0
    for _ in range(120):
        verdict = batch.step(action).verdict
        if verdict.done[0]:
            break
    assert verdict.faults["bump"][0]
    assert not verdict.success[0]


@pytest.mark.parametrize(
    ("fault", "figure", "within", "beyond"),
    [
        ("squeeze", "squeeze_n", 249.0, 251.0),
        ("bump", "bump_n", 149.0, 151.0),
        ("drop", "drop_m", 0.0199, 0.0201),
        ("tilt", "tilt_rad", np.deg2rad(14.9), np.deg2rad(15.1)),
        ("neighbour_moved", "neighbour_m", 0.0299, 0.0301),
    ],
)
def test_limits_of_the_sheet(world: World, fault: str, figure: str, within: float, beyond: float) -> None:
    batch = cell(world, 2)
    hold(batch, 0.02)
    memory = {**batch.memory, figure: np.array([within, beyond])}
    verdict = STATION.judge(np, batch.engine.sense(), memory, batch.draw)
    assert list(verdict.faults[fault]) == [False, True]
    assert list(verdict.done) == [False, True]


def test_touching_the_stack_gently_is_no_bump(world: World) -> None:
    batch = cell(world)
    action = home_action(batch)[None].copy()
    action[:, -3] = 0.1
    for _ in range(60):
        verdict = batch.step(action).verdict
    assert not verdict.faults["bump"][0]


def test_belt_carries_the_weight_of_the_tote(world: World) -> None:
    batch = cell(world, 4)
    put_tote(batch, 0.0, 0.0, 0.0005)
    hold(batch, 1.0)
    force = batch.engine.sense()["tote_belt"][:, 2]
    np.testing.assert_allclose(np.abs(force), 9.81 * batch.draw["gross"][:, 0], rtol=1e-3)


def test_stack_stands_still(world: World) -> None:
    batch = cell(world, 12)
    start = batch.engine.qpos.copy()
    hold(batch, 1.0)
    moved = np.abs(batch.engine.qpos - start)
    for name in ("tote", "below", "behind"):
        adr = int(world.model.joint(name).qposadr[0])
        assert moved[:, adr : adr + 3].max() < 1e-3, f"{name} crept or sank"


def test_draws_stay_in_the_ranges_of_the_card() -> None:
    card = STATION.card
    low, high = card.figure_range("gross_mass_kg")
    for k in range(300):
        draw = STATION.randomise(np.random.default_rng(cycle_seed(0, NAME, k)), "D0")
        kind = int(draw["kind"])
        assert 1 <= draw["layer"] <= (5, 6)[kind]
        assert low <= draw["gross"].min()
        assert draw["gross"].max() <= high
        assert np.all(np.abs(draw["cog"]) <= 0.2 * np.array([(0.396, 0.594), (0.297, 0.396)][kind]))
        assert 0.25 <= draw["friction"] <= 0.6
        assert np.all(np.abs(draw["pallet"]) <= [0.03, 0.03, np.deg2rad(5.0)])


def test_an_unknown_pack_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pack='D9'.*there are: D0, D1, D2, D3"):
        STATION.randomise(np.random.default_rng(0), "D9")


def test_masses_and_shape_reach_the_physics(world: World) -> None:
    batch = cell(world, 3)
    masses = batch.engine.batch.expanded("body_mass")
    assert masses is not None
    np.testing.assert_array_equal(masses[:, world.model.body("tote").id], batch.draw["gross"][:, 0])


def test_inertia_of_a_tote_full_of_water_is_that_of_its_parts() -> None:
    """Against a sum over 40,000 small cubes of the same plates and block."""
    outer, inner = np.array([[0.594, 0.396, 0.280]]), np.array([[0.544, 0.364]])
    com, moments = tote_inertia(outer, inner, np.array([0.001]), np.array([10.001]), np.array([[0.0, 0.05]]))
    rng = np.random.default_rng(0)
    size = np.array([0.364, 0.544, 0.14])
    points = (rng.random((40_000, 3)) - 0.5) * size + [0.0, 0.05, 0.08]
    centred = points - points.mean(axis=0)
    squares = (centred**2).mean(axis=0) * 10.0
    expected = [squares[1] + squares[2], squares[0] + squares[2], squares[0] + squares[1]]
    np.testing.assert_allclose(com[0], [0.0, 0.05, 0.08], atol=1e-3)
    np.testing.assert_allclose(moments[0], expected, rtol=0.02)


def test_the_robot_is_told_only_the_noisy_pose(world: World) -> None:
    batch = cell(world, 64)
    seen = batch.observe()["tote_pose"][:, 2]
    true = batch.engine.sense()["tote_pos"][:, 2]
    error = seen - true
    assert 0.002 < error.std() < 0.004


@pytest.mark.parametrize(
    ("pack", "changed"),
    [
        ("D1", {"pallet", "tote_bias", "belt_bias", "jitter"}),
        ("D2", {"friction", "cog", "damage", "empty", "gross"}),
        ("D3", {"missing", "outage_s"}),
    ],
)
def test_a_pack_changes_what_it_says_and_nothing_else(pack: str, changed: set[str]) -> None:
    found = set()
    for k in range(40):
        nominal, harder = (STATION.randomise(np.random.default_rng(k), name) for name in ("D0", pack))
        assert nominal.keys() == harder.keys()
        found |= {name for name in nominal if np.any(nominal[name] != harder[name])}
    assert found == changed


def other(world: World, n: int = 1, **draw: float) -> StationBatch:
    """Cycle 0 with some of its draw replaced."""
    batch = StationBatch(world, n, 1)
    rng = np.random.default_rng(cycle_seed(0, NAME, 0))
    drawn = {name: np.repeat(value[None], n, axis=0) for name, value in STATION.randomise(rng, "D0").items()}
    drawn |= {name: np.full_like(drawn[name], value) for name, value in draw.items()}
    for name, rows in drawn.items():
        batch.draw[name][:] = rows
    STATION.place(drawn, Placement(batch.engine.batch, np.arange(n)))
    batch.engine.refresh(np.arange(n), constants=True)
    return batch


@pytest.mark.parametrize(("damage", "side", "end"), [(1, "right", -1.0), (2, "right", 1.0), (4, "left", 1.0)])
def test_a_broken_rim_lacks_one_half(world: World, damage: int, side: str, end: float) -> None:
    sizes = {}
    for number in (0, damage):
        batch = other(world, damage=float(number))
        for lintel in ("right", "left"):
            geom = world.model.geom(f"tote_{lintel}_lintel").id
            length = float(batch.engine.batch.expand("geom_size")[0, geom, 0])
            sizes[number, lintel] = length, float(batch.engine.batch.expand("geom_pos")[0, geom, 0])
    whole, _ = sizes[0, side]
    assert sizes[damage, side] == pytest.approx((whole / 2, -end * whole / 2))
    unhurt = "left" if side == "right" else "right"
    assert sizes[damage, unhurt] == sizes[0, unhurt]


def test_an_empty_tote_weighs_its_tare_and_the_order_does_not_know() -> None:
    seen = 0
    for k in range(60):
        nominal, harder = (STATION.randomise(np.random.default_rng(k), pack) for pack in ("D0", "D2"))
        assert harder["ordered_kg"] == nominal["gross"][0]
        if harder["empty"]:
            seen += 1
            assert harder["gross"][0] == STATION.shapes.tare[int(harder["kind"])]  # type: ignore[attr-defined]
            assert not harder["cog"].any()
    assert 5 <= seen <= 30


def test_a_tote_that_is_missing_is_not_behind(world: World) -> None:
    x = [other(world, missing=missing).engine.sense()["behind_pos"][0, 0] for missing in (0.0, 1.0)]
    assert x[0] < 2.0 < x[1]


def test_a_silent_cell_tells_nothing(world: World) -> None:
    batch = cell(world)
    batch.draw["outage_s"][:] = (0.1, 0.3)
    for until, heard in ((0.08, 1.0), (0.28, 0.0), (0.32, 1.0)):
        obs = hold(batch, until - batch.engine.time[0]).obs
        assert obs["signal"][0, 0] == heard
        for name in ("tote_pose", "belt_pose", "tote_size", "tote_mass"):
            assert obs[name].any() == bool(heard), name


def test_a_tote_that_lands_does_not_sink_in_deeper_than_a_millimetre(world: World) -> None:
    batch = cell(world, 4)
    put_tote(batch, 0.0, 0.0, 0.003)
    probe, deepest = Probe(batch.engine.batch), 0.0
    for _ in range(15):
        hold(batch, 0.02)
        deepest = max(deepest, *(found.depth_m for found in probe(np.arange(4))))
    assert deepest < 0.001
