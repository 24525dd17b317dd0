"""B1: fits, teeth, trays, and every line between a good cycle and a fault."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.frames import quat_mul, rotate, yaw_quat
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.peg_gear import PegGear
from pilotline.envs.stations.peg_holes import STAVES
from pilotline.envs.stations.peg_layout import (
    GEAR_TEETH,
    GEARS,
    HOLES,
    PARTS,
    PEGS,
    PINION_TEETH,
    PINION_Y_M,
    SHAFT_Y_M,
    cell_at,
    seat_m,
)
from pilotline.envs.stations.peg_teeth import TIP_M, half_angle, in_mesh, pitch_radius_m
from pilotline.envs.transition import Step
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "peg_gear"
LOADED = stations.load(NAME)
assert isinstance(LOADED, PegGear)
STATION: PegGear = LOADED
CELL_M = np.array(cell_at(load("wheeled")))


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(STATION, load("wheeled"), "ideal")


_BATCHES: dict[int, StationBatch] = {}


def cell(world: World, n: int = 1) -> StationBatch:
    """n cycles at their start, in a batch that tests share; whoever keeps a finished one takes more cycles."""
    if n not in _BATCHES:
        _BATCHES[n] = StationBatch(world, n, 2)
    batch = _BATCHES[n]
    batch.begin(np.arange(n), [cycle_seed(0, NAME, k) for k in range(n)])
    return batch


def put(batch: StationBatch, name: str, at: tuple[float, float, float], yaw: float | np.ndarray = 0.0) -> None:
    """Put a part in every simulation: its foot at a point of the board's frame, turned about the vertical."""
    board = batch.draw["board"]
    n = batch.nsim
    turn = yaw_quat(np, board[:, 2])
    flat = np.concatenate([board[:, :2], np.zeros((n, 1))], axis=-1)
    pos = CELL_M + flat + rotate(np, turn, np.tile(at, (n, 1)))
    quat = quat_mul(np, turn, yaw_quat(np, np.broadcast_to(yaw, (n,))))
    batch.engine.batch.joint(name).qpos[:] = np.concatenate([pos, quat], axis=-1)
    batch.engine.batch.joint(name).qvel[:] = 0.0


def refresh(batch: StationBatch) -> None:
    batch.engine.refresh(np.arange(batch.nsim), constants=False)


def assemble(batch: StationBatch) -> StationBatch:
    """The job done but for the check: everything in its seat, teeth in mesh."""
    mate, teeth = batch.draw["pinion"], PINION_TEETH
    for i, name in enumerate(PARTS):
        yaw: float | np.ndarray = 0.0
        if name in GEARS:
            mate = in_mesh(GEAR_TEETH[i - len(PEGS)], teeth, mate, -np.pi / 2)
            yaw, teeth = mate, GEAR_TEETH[i - len(PEGS)]
        put(batch, name, seat_m(i), yaw)
    refresh(batch)
    return batch


def hold(batch: StationBatch, seconds: float) -> Step:
    """Robot at home for a while, or until all cycles are over."""
    assert isinstance(batch.control, JointControl)
    action = np.tile(batch.control.home, (batch.nsim, 1))
    for _ in range(round(seconds / 0.02)):
        step = batch.step(action)
        if step.verdict.done.all():
            break
    return step


def push(batch: StationBatch, name: str, force: tuple[float, float, float], torque_z: float = 0.0) -> None:
    batch.engine.push[:, batch.world.model.body(name).id] = (*force, 0.0, 0.0, torque_z)


def judged(batch: StationBatch, **memory: object) -> Verdict:
    """Judgement of things as they stand, with some of the memory replaced."""
    filled = {name: np.full_like(batch.memory[name], value) for name, value in memory.items()}
    return STATION.judge(np, batch.engine.sense(), {**batch.memory, **filled}, batch.draw)


def faults(verdict: Verdict) -> set[str]:
    return {name for name, happened in verdict.faults.items() if happened.any()}


@pytest.fixture(scope="module")
def finished(world: World) -> tuple[StationBatch, Step]:
    """Two assembled boards whose trains have turned."""
    batch = assemble(cell(world, 2))
    return batch, hold(batch, 12.0)


def test_the_job_done_is_a_success_and_the_train_has_turned_in_its_ratio(
    finished: tuple[StationBatch, Step],
) -> None:
    batch, step = finished
    assert step.verdict.success.all()
    assert not faults(step.verdict)
    revolutions = batch.memory["turned"] / (2 * np.pi)
    play = STATION.card.figure("train_play_deg") / 360.0
    np.testing.assert_allclose(revolutions, np.tile([-1.0, 1.5, -3.0], (2, 1)), atol=play)
    assert np.all(batch.memory["lateral_n"] < STATION.card.figure("lateral_limit_n"))


def test_nothing_done_is_neither_success_nor_fault(world: World) -> None:
    batch = cell(world)
    verdict = hold(batch, 0.6).verdict
    assert not verdict.success[0]
    assert not verdict.done[0]
    assert not faults(verdict)


@pytest.mark.parametrize("part", range(len(PARTS)))
def test_a_part_is_seated_within_a_millimetre(world: World, part: int) -> None:
    batch = cell(world)
    for high_mm, seated in ((0.0, 1.0), (0.95, 1.0), (1.05, 0.0)):
        x, y, z = seat_m(part)
        put(batch, PARTS[part], (x, y, z + high_mm / 1000.0))
        refresh(batch)
        assert STATION._seated(np, batch.engine.sense())[0, part] == seated
    beside = STATION.card.figure("beside_mm") / 1000.0
    put(batch, PARTS[part], (x + 1.05 * beside, y, z))
    refresh(batch)
    assert not STATION._seated(np, batch.engine.sense())[0, part]


def test_one_part_that_is_not_seated_keeps_the_train_from_being_checked(world: World) -> None:
    batch = assemble(cell(world))
    put(batch, "peg_12", (0.1, 0.1, 0.002))
    refresh(batch)
    step = hold(batch, 1.5)
    assert batch.memory["check_s"][0] == 0.0
    assert not step.verdict.done[0]


@pytest.mark.parametrize(
    ("memory", "fault", "limit"),
    [
        ("axial_n", "axial", STATION.card.figure("axial_limit_n")),
        ("lateral_n", "lateral", STATION.card.figure("lateral_limit_n")),
        ("bump_n", "bump", STATION.card.figure("bump_limit_n")),
        ("drop_m", "drop", STATION.card.figure("drop_limit_mm") / 1000.0),
    ],
)
def test_limits_hold_just_inside_and_not_just_outside(
    finished: tuple[StationBatch, Step], memory: str, fault: str, limit: float
) -> None:
    batch, _ = finished
    within, beyond = judged(batch, **{memory: 0.99 * limit}), judged(batch, **{memory: 1.01 * limit})
    assert within.success.all()
    assert not faults(within)
    assert faults(beyond) == {fault}
    assert beyond.done.all()
    assert not beyond.success.any()


@pytest.mark.parametrize(("newton", "broken"), [(45.0, False), (55.0, True)])
def test_pressing_a_seated_peg_counts_as_axial_force(world: World, newton: float, broken: bool) -> None:
    batch = assemble(cell(world))
    hold(batch, 0.1)
    push(batch, "peg_8", (0.0, 0.0, -newton))
    verdict = hold(batch, 0.2).verdict
    assert faults(verdict) == ({"axial"} if broken else set())


@pytest.mark.parametrize(("newton", "broken"), [(18.0, False), (35.0, True)])
def test_leaning_on_a_seated_peg_counts_as_lateral_force(world: World, newton: float, broken: bool) -> None:
    batch = assemble(cell(world))
    hold(batch, 0.1)
    ramp = np.linspace(0.0, newton, 10)
    for force in ramp:
        push(batch, "peg_16", (0.0, -force, 0.0))
        verdict = hold(batch, 0.02).verdict
    verdict = hold(batch, 0.1).verdict
    assert ("lateral" in faults(verdict)) == broken


@pytest.mark.parametrize(("high_mm", "broken"), [(17.0, False), (23.0, True)])
def test_a_fall_is_a_drop_from_twenty_millimetres(world: World, high_mm: float, broken: bool) -> None:
    batch = cell(world)
    hold(batch, 0.1)
    qpos = batch.engine.batch.joint("gear_large").qpos
    qpos[:, 2] += high_mm / 1000.0
    refresh(batch)
    # as if something had just let it go
    batch.memory["held_z"][:, PARTS.index("gear_large")] = qpos[:, 2]
    assert faults(hold(batch, 0.4).verdict) == ({"drop"} if broken else set())


def at_the_hand(batch: StationBatch, name: str) -> None:
    """Put a part where the right palm is."""
    model, data = batch.world.model, batch.engine.batch.get_data(0)
    mujoco.mj_kinematics(model, data)
    palm = model.body(load("wheeled").hands["right"].palm).id
    batch.engine.batch.joint(name).qpos[:, :3] = data.xpos[palm] + (0.0, 0.0, -0.03)
    refresh(batch)


def test_touching_a_part_before_the_trays_are_released_is_early(world: World) -> None:
    for ready_s, early in ((1.0, True), (0.0, False)):
        batch = cell(world)
        batch.draw["ready_s"][:] = ready_s
        assert hold(batch, 0.04).obs["ready"][0, 0] == float(not early)
        at_the_hand(batch, "peg_4")
        assert ("early" in faults(hold(batch, 0.04).verdict)) == early


def test_a_hand_at_the_parts_while_the_train_turns_is_named(world: World) -> None:
    batch = assemble(cell(world))
    hold(batch, 1.0)
    assert batch.memory["check_s"][0] > 0.1
    at_the_hand(batch, "peg_4")
    assert "reach_in" in faults(hold(batch, 0.04).verdict)


def test_a_train_that_is_pressed_on_jams_and_the_spindle_is_too_weak_to_break_anything(world: World) -> None:
    batch = assemble(cell(world))
    # 40 N on the small gear: friction on its feet, 6.3 mm out, is more than the spindle has
    for newton in np.linspace(0.0, 40.0, 10):
        push(batch, "gear_small", (0.0, 0.0, -float(newton)))
        hold(batch, 0.02)
    hold(batch, 1.0)
    turned = batch.memory["turned"].copy()
    hold(batch, 0.5)
    batch.memory["check_s"][:] = STATION.card.figure("check_limit_s") - 0.03
    verdict = hold(batch, 0.06).verdict
    assert "jam" in faults(verdict)
    assert verdict.done[0]
    np.testing.assert_allclose(batch.memory["turned"], turned, atol=0.1)


def test_a_gear_that_comes_out_of_mesh_does_not_follow(world: World) -> None:
    batch = assemble(cell(world))
    hold(batch, 1.0)
    x, y, _ = seat_m(PARTS.index("gear_small"))
    for _ in range(600):
        put(batch, "gear_small", (x, y, 0.013))
        verdict = hold(batch, 0.02).verdict
        if batch.memory["passed"][0]:
            break
    assert faults(verdict) == {"no_mesh"}
    assert not verdict.success[0]


def test_a_gear_laid_down_with_its_teeth_beside_slips_into_mesh(world: World) -> None:
    """Pointed teeth lead a gear in from almost half a pitch beside; none is exactly on top in this draw."""
    batch = assemble(cell(world))
    part = PARTS.index("gear_medium")
    x, y, _ = seat_m(part)
    turn = in_mesh(24, PINION_TEETH, batch.draw["pinion"], -np.pi / 2)
    for share in (-0.3, 0.3):
        yaw = in_mesh(16, 24, turn, -np.pi / 2) + share * 2 * np.pi / 16
        put(batch, "gear_medium", (x, y, 0.011), yaw)
        put(batch, "gear_small", (0.1, 0.1, 0.001))
        refresh(batch)
        step = hold(batch, 0.5)
        assert step.obs["seated"][0, part] == 1.0


def test_teeth_are_involutes_that_stay_in_contact_and_clear_of_each_other() -> None:
    centres = np.diff([PINION_Y_M, *SHAFT_Y_M])
    for one, other, apart in zip((PINION_TEETH, *GEAR_TEETH[:-1]), GEAR_TEETH, centres, strict=True):
        base = [pitch_radius_m(z) * np.cos(np.deg2rad(20.0)) for z in (one, other)]
        line = np.sqrt(apart**2 - sum(base) ** 2)
        out = [np.sqrt(TIP_M[z] ** 2 - b**2) for z, b in zip((one, other), base, strict=True)]
        contact_ratio = (sum(out) - line) / (np.pi * 0.0025 * np.cos(np.deg2rad(20.0)))
        assert 1.0 < contact_ratio < 1.5
        assert max(out) < line + 1e-4, "a tip reaches below the mate's base circle"
    for teeth in {PINION_TEETH, *GEAR_TEETH}:
        pitch = np.array([pitch_radius_m(teeth)])
        # half the circular pitch at the pitch circle, as a standard tooth has
        np.testing.assert_allclose(2 * half_angle(teeth, pitch) * pitch, np.pi * 0.0025 / 2, rtol=1e-12)
        assert half_angle(teeth, np.array([TIP_M[teeth]]))[0] > 0.0


def test_parts_in_their_seats_and_trays_do_not_overlap(world: World) -> None:
    for batch in (cell(world, 4), assemble(cell(world, 4))):
        for k in range(4):
            data = batch.engine.batch.get_data(k)
            assert data.contact.dist.min(initial=0.0) > -2e-5


def test_holes_have_the_size_edge_and_burr_of_the_draw(world: World) -> None:
    batch = cell(world, 3)
    model = world.model
    pos, size = (batch.engine.batch.expand(f"geom_{field}") for field in ("pos", "size"))
    for i, name in enumerate(HOLES):
        stave, floor = model.geom(f"{name}_stave_0").id, model.geom(f"{name}_floor").id
        face = pos[:, stave, 0] - size[:, stave, 0]
        np.testing.assert_allclose(face, batch.draw["hole_radius"][:, i], atol=1e-12)
        top = pos[:, stave, 2] + size[:, stave, 2]
        edge = np.maximum(batch.draw["edge"][:, i], 5e-5)
        np.testing.assert_allclose(top, -edge, atol=1e-12)
        np.testing.assert_allclose(pos[:, floor, 2] + size[:, floor, 2], -0.025, atol=1e-12)
        inner = []
        for k in range(STAVES):
            rim = model.geom(f"{name}_rim_{k}").id
            inner.append(np.hypot(pos[:, rim, 0], pos[:, rim, 1]) - size[:, rim, 0])
        np.testing.assert_allclose(np.min(inner, axis=0), face - batch.draw["burr"][:, i].max(axis=-1), atol=1e-12)


def test_a_variant_with_tight_holes_is_a_change_of_figures() -> None:
    tight = tuple(peg + 0.05 for peg in (3.988, 7.986, 11.983, 15.983))
    card = STATION.card.with_figures(hole_mm=tight)
    draw = PegGear(card).randomise(np.random.default_rng(0), "D0")
    np.testing.assert_allclose(2000.0 * draw["hole_radius"], tight)


def test_packs_change_what_they_say_and_nothing_else() -> None:
    draws = {pack: STATION.randomise(np.random.default_rng(3), pack) for pack in ("D0", "D1", "D2", "D3")}
    changes = {
        "D1": {"board_bias", "part_bias", "spots", "jitter"},
        "D2": {"friction", "edge", "burr"},
        "D3": {"ready_s", "outage_s"},
    }
    for pack, expected in changes.items():
        changed = {k for k in draws["D0"] if not np.array_equal(draws["D0"][k], draws[pack][k])}
        assert changed == expected, pack
    assert draws["D2"]["friction"] >= 0.5
    assert draws["D3"]["outage_s"][1] - draws["D3"]["outage_s"][0] == pytest.approx(2.0)


def test_what_the_cell_tells_is_biased_covered_by_hands_and_silent_in_an_outage(world: World) -> None:
    batch = cell(world)
    obs = hold(batch, 0.1).obs
    truth = batch.engine.sense()["peg_8_pos"][0, :2]
    off = obs["pegs"][0, 3:5] - truth
    np.testing.assert_allclose(off, batch.draw["part_bias"][0, 1, :2], atol=5e-4)
    assert np.all(off != 0.0)
    assert obs["pegs"][0, 5] == 1.0
    assert abs(obs["gears"][0, 2]) <= np.pi / 24 + 1e-9
    model, data = world.model, batch.engine.batch.get_data(0)
    mujoco.mj_kinematics(model, data)
    tool = data.site_xpos[model.site(load("wheeled").hands["right"].tcp_site).id]
    batch.engine.batch.joint("peg_8").qpos[:, :3] = np.add(tool, (0.0, 0.0, -0.06))
    refresh(batch)
    assert np.all(hold(batch, 0.02).obs["pegs"][0, 3:6] == 0.0)
    batch.draw["outage_s"][:] = (0.0, 10.0)
    silent = hold(batch, 0.02).obs
    for name in ("board", "pegs", "gears", "pinion", "seated", "check", "ready", "signal"):
        assert np.all(silent[name] == 0.0), name


def test_nothing_of_the_bench_stands_in_the_lane_of_the_robot(world: World) -> None:
    model, data = world.model, mujoco.MjData(world.model)
    mujoco.mj_forward(model, data)
    for body in ("cell", "board", "tray_right", "tray_left"):
        first, count = int(model.body(body).geomadr[0]), int(model.body(body).geomnum[0])
        for geom in range(first, first + count):
            reach = data.geom_xmat[geom].reshape(3, 3)[0] @ np.diag(np.ones(3)) * model.geom_size[geom]
            near = data.geom_xpos[geom, 0] - np.abs(reach).sum()
            assert near >= 0.38, model.geom(geom).name
