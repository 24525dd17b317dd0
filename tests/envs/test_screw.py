"""B3: thread, driver and judge of the screwing station, and every line between a good cycle and a fault."""

from __future__ import annotations

import numpy as np
import pytest

from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.frames import quat_mul
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station import Verdict
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.screw import Screw
from pilotline.envs.stations.screw_law import advance_m, joint_rate, preload_n, torque_arm_m
from pilotline.envs.stations.screw_layout import (
    DECOY_M,
    FEEDER_M,
    LENGTH_M,
    PARK_M,
    RECESS_M,
    REST_M,
    SNUG_M,
    pocket_x,
)
from pilotline.envs.stations.screw_machine import heads, thread_angles, tool_at
from pilotline.envs.world import World, build_world
from pilotline.robots import load

NAME = "screw"
LOADED = stations.load(NAME)
assert isinstance(LOADED, Screw)
STATION: Screw = LOADED
CARD = STATION.card
TORQUE = CARD.figure("torque_nm")
_RAILS = ("arm_x", "arm_y", "arm_z")


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(STATION, load("wheeled"), "ideal")


def bench(world: World, pack: str = "D0") -> StationBatch:
    batch = StationBatch(world, 1, 1, pack=pack)
    batch.begin(np.arange(1), [cycle_seed(0, NAME, 0)])
    return batch


class Hand:
    """Moves the driver on its rails by springs, in place of a robot."""

    def __init__(self, batch: StationBatch) -> None:
        model, self.batch = batch.world.model, batch
        assert isinstance(batch.control, JointControl)
        self._still = batch.control.home[None]
        joints = [model.joint(name) for name in _RAILS]
        expand = batch.engine.batch.expand
        expand("jnt_stiffness").reshape(1, model.njnt, -1)[:, [joint.id for joint in joints], 0] = 8000.0
        expand("dof_damping").reshape(1, model.nv, -1)[:, [int(joint.dofadr[0]) for joint in joints], 0] = 150.0
        self._rest, self._at = expand("qpos_spring"), [int(joint.qposadr[0]) for joint in joints]
        self._place = np.array(PARK_M)

    def go(self, place: tuple[float, float, float], speed: float = 0.2, wait_s: float = 0.0) -> Verdict:
        """Bit's end to a place of the bench's frame, m, at a speed, m/s; the last judgement."""
        way = np.array(place) - self._place
        steps = max(int(np.ceil(np.linalg.norm(way) / (speed * 0.02))), 1)
        start = self._place
        for k in range(steps + round(wait_s / 0.02)):
            self._place = start + way * min((k + 1) / steps, 1.0)
            self._rest[:, self._at] = self._place - np.array(PARK_M)
            verdict = self.batch.step(self._still).verdict
        return verdict

    def pick(self, pocket: int) -> None:
        """Take the screw of a pocket."""
        shift, x = self.batch.draw["feeder"][0], pocket_x(pocket)
        at = (FEEDER_M[0] + shift[0] + x * np.cos(shift[2]), FEEDER_M[1] + shift[1] + x * np.sin(shift[2]))
        self.go((*at, 0.03))
        self.go((*at, REST_M + RECESS_M - 0.0008), 0.05, 0.2)
        self.go((*at, 0.03), 0.1)

    def drive(self, hole: int, aside_m: float = 0.0, press_m: float = 0.0045) -> None:
        """Screw in what the bit holds."""
        x, y = self.batch.draw["hole_at"][0, hole]
        self.go((x + aside_m, y, 0.03))
        self.go((x + aside_m, y, 0.017), 0.1)
        self.go((x, y, SNUG_M + RECESS_M - press_m), 0.03, 3.2)


@pytest.fixture(scope="module")
def driven(world: World) -> StationBatch:
    """A bench whose first hole has a screw, torque reached, bit still on it."""
    batch = bench(world)
    hand = Hand(batch)
    hand.pick(0)
    assert batch.observe()["held"][0, 0] == 1.0
    hand.drive(0)
    return batch


def test_the_law_gives_the_preload_of_the_tables() -> None:
    # VDI 2230: M4, class 8.8, friction 0.12: 4.05 kN at 2.8 N m
    assert preload_n(CARD, 2.8, 0.12) == pytest.approx(4050.0, rel=0.03)
    assert torque_arm_m(CARD, 0.2) > torque_arm_m(CARD, 0.1)


def test_the_angle_from_snug_to_the_torque_lies_in_the_window() -> None:
    low, high = CARD.figure_range("angle_window_deg")
    for friction in CARD.figure_range("thread_friction"):
        assert low < np.rad2deg(TORQUE / joint_rate(CARD, friction)) < high


def test_a_driven_screw_has_its_torque_its_angle_and_its_seat(driven: StationBatch) -> None:
    memory = driven.memory
    assert driven.observe()["driver"][0, 1] == 1.0
    assert memory["torque"][0, 0] == pytest.approx(TORQUE * (1.0 + driven.draw["driver_error"][0, 0]), rel=0.02)
    angle = thread_angles(np, driven.engine.sense())[0, 0] - memory["snug"][0, 0]
    rate = joint_rate(CARD, driven.draw["thread_friction"][0])
    assert angle == pytest.approx(memory["torque"][0, 0] / rate, rel=0.06)
    assert abs(memory["gap"][0, 0]) < 0.3e-3
    assert not memory["crossed"].any()


def test_a_thread_advances_by_its_pitch(driven: StationBatch) -> None:
    sense = driven.engine.sense()
    tip = sense["screw_0_in_bench"][0, 2] - LENGTH_M
    turned = thread_angles(np, sense)[0, 0]
    assert -0.003 - tip == pytest.approx(advance_m(CARD, turned), abs=0.15e-3)


def judged(batch: StationBatch, **memory: object) -> Verdict:
    """Judgement of a finished cover, driver parked, with some of the memory replaced in the first hole."""
    holes = 6
    good = {
        "caught": np.ones((1, holes), bool),
        "torque": np.full((1, holes), TORQUE),
        "snug": thread_angles(np, batch.engine.sense()) - np.deg2rad(45.0),
        "gap": np.zeros((1, holes)),
        "parked_s": np.ones(1),
        "fallen": np.zeros(1, bool),
    }
    for name, value in memory.items():
        array = np.array({**batch.memory, **good}[name])
        if array.ndim == 2:
            array[:, 0] = value
        else:
            array[:] = value
        good[name] = array
    return STATION.judge(np, batch.engine.sense(), {**batch.memory, **good}, batch.draw)


@pytest.fixture(scope="module")
def fresh(world: World) -> StationBatch:
    return bench(world)


def test_nothing_done_is_neither_success_nor_fault(fresh: StationBatch) -> None:
    verdict = STATION.judge(np, fresh.engine.sense(), fresh.memory, fresh.draw)
    assert not verdict.done[0]
    assert not verdict.success[0]


def test_a_finished_cover_is_a_success(fresh: StationBatch) -> None:
    verdict = judged(fresh)
    assert verdict.success[0]
    assert not judged(fresh, parked_s=0.0).done[0]


def _snug(fresh: StationBatch, degrees: float) -> float:
    return float(thread_angles(np, fresh.engine.sense())[0, 0] - np.deg2rad(degrees))


@pytest.mark.parametrize(
    ("fault", "name", "inside", "outside"),
    [
        ("under_torque", "torque", 0.901 * TORQUE, 0.899 * TORQUE),
        ("over_torque", "torque", 1.099 * TORQUE, 1.101 * TORQUE),
        ("not_seated", "gap", 0.29e-3, 0.31e-3),
        ("missing", "caught", True, False),
        ("cross_thread", "crossed", False, True),
        ("wrong_screw", "wrong", False, True),
        ("dropped", "fallen", False, True),
        ("press", "press_n", 59.9, 60.1),
        ("bump", "bump_n", 74.9, 75.1),
    ],
)
def test_limits_of_the_sheet(fresh: StationBatch, fault: str, name: str, inside: float, outside: float) -> None:
    assert judged(fresh, **{name: inside}).success[0]
    verdict = judged(fresh, **{name: outside})
    assert verdict.faults[fault][0]
    assert verdict.done[0]
    assert not verdict.success[0]


@pytest.mark.parametrize(("degrees", "good"), [(20.5, True), (19.5, False), (79.5, True), (80.5, False)])
def test_the_angle_window(fresh: StationBatch, degrees: float, good: bool) -> None:
    verdict = judged(fresh, snug=_snug(fresh, degrees))
    assert verdict.success[0] == good
    assert verdict.faults["angle"][0] == (not good)


def test_a_screw_that_is_let_fall_is_dropped(world: World) -> None:
    batch = bench(world)
    joint = batch.engine.batch.joint("screw_3").qpos
    joint[:, :3] += (0.0, 0.3, 0.1)
    batch.engine.refresh(np.arange(1), constants=False)
    hand = Hand(batch)
    assert hand.go(PARK_M, wait_s=0.6).faults["dropped"][0]


def test_a_sleeve_over_no_screw_holds_none_and_drives_none(world: World) -> None:
    batch = bench(world)
    hand = Hand(batch)
    hand.drive(0)
    assert not batch.memory["caught"].any()
    assert batch.memory["torque"].max() == 0.0


@pytest.mark.parametrize("degrees", [0.0, 45.0])
def test_a_bit_seats_in_a_recess_turned_any_way(world: World, degrees: float) -> None:
    batch = bench(world)
    half = np.deg2rad(degrees) / 2.0
    screw = batch.engine.batch.joint("screw_0").qpos
    screw[:, 3:] = (np.cos(half), 0.0, 0.0, np.sin(half))
    batch.engine.refresh(np.arange(1), constants=False)
    hand = Hand(batch)
    hand.pick(0)
    assert batch.observe()["held"][0, 0] == 1.0
    sense = batch.engine.sense()
    assert sense["bit_in_bench"][0, 2] - sense["screw_0_in_bench"][0, 2] == pytest.approx(RECESS_M, abs=1e-4)


def test_a_screw_askew_on_the_bit_is_not_held(world: World) -> None:
    batch = bench(world)
    hand = Hand(batch)
    hand.pick(0)
    assert batch.observe()["held"][0, 0] == 1.0
    screw = batch.engine.batch.joint("screw_0").qpos
    upright = screw[:, 3:].copy()
    lean = np.deg2rad(6.0) / 2.0
    screw[:, 3:] = quat_mul(np, np.array([[np.cos(lean), np.sin(lean), 0.0, 0.0]]), upright)
    batch.engine.refresh(np.arange(1), constants=False)
    assert batch.observe()["held"][0, 0] == 0.0


@pytest.mark.parametrize("degrees", [-5.0, 5.0])
def test_suction_sets_a_leaning_screw_upright(world: World, degrees: float) -> None:
    batch = bench(world)
    hand = Hand(batch)
    hand.pick(0)
    screw = batch.engine.batch.joint("screw_0").qpos
    lean = np.deg2rad(degrees) / 2.0
    screw[:, 3:] = quat_mul(np, np.array([[np.cos(lean), np.sin(lean), 0.0, 0.0]]), screw[:, 3:].copy())
    screw[:, 2] -= 0.0004
    batch.engine.refresh(np.arange(1), constants=False)
    x, y = batch.draw["hole_at"][0, 0]
    hand.go((x, y, 0.03), wait_s=0.2)
    _, tilt = heads(np, batch.engine.sense())
    assert np.rad2deg(tilt[0, 0]) < 1.0
    assert batch.observe()["held"][0, 0] == 1.0


def test_the_driver_starts_when_it_is_pushed(world: World) -> None:
    batch = bench(world)
    hand = Hand(batch)
    x, y = batch.draw["hole_at"][0, 0]
    hand.go((x, y, 0.0055))
    assert not batch.memory["running"][0]
    hand.go((x, y, 0.000), 0.03, 0.1)
    assert batch.memory["running"][0]


def test_encoders_tell_where_the_bit_is(fresh: StationBatch) -> None:
    sense = fresh.engine.sense()
    np.testing.assert_allclose(tool_at(np, sense), sense["bit_in_bench"], atol=4e-4)


@pytest.mark.parametrize("pack", ["D1", "D2", "D3"])
def test_packs_change_what_they_say(pack: str) -> None:
    draws = {p: STATION.randomise(np.random.default_rng(cycle_seed(1, NAME, 2)), p) for p in ("D0", pack)}
    changed = {name for name, value in draws["D0"].items() if not np.array_equal(value, draws[pack][name])}
    expected = {
        "D1": {"hole_offset", "hole_at", "feeder", "bench_bias", "part_bias", "feeder_bias", "jitter"},
        "D2": {"thread_friction", "driver_error", "suction_n", "mount"},
        "D3": {"length", "outage_s"},
    }[pack]
    assert changed <= expected
    assert changed


def test_a_decoy_is_shorter_and_is_seen_to_be(world: World) -> None:
    batch = bench(world, "D3")
    assert sorted(batch.draw["length"][0])[:2] == [DECOY_M, LENGTH_M]
    batch.draw["outage_s"][:] = 1e9
    lengths = batch.observe()["lengths"][0]
    assert lengths.argmin() == batch.draw["length"][0].argmin()
    assert lengths.min() == pytest.approx(DECOY_M, abs=0.0006)


def test_an_outage_silences_the_cell(world: World) -> None:
    batch = bench(world, "D3")
    batch.draw["outage_s"][:] = (-1.0, 1.0)
    obs = batch.observe()
    assert obs["signal"][0, 0] == 0.0
    assert not obs["tool"].any()
    assert not obs["lengths"].any()
