"""What the tasks do to the physics: pushes, loads and floors are what their figures say."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.work import rough_floor
from pilotline.envs.work.motion import RANDOM
from pilotline.envs.work.push import Pushes
from pilotline.envs.world import World

from .conftest import PERIOD_S, still

Begun = Callable[..., StationBatch]
NO_PUSH = {"push": 0.0}


def momentum(batch: StationBatch) -> np.ndarray:
    """Momentum (n, 3) N s of everything that moves."""
    engine = batch.engine.batch
    found = []
    for slot in range(batch.nsim):
        model, data = engine.get_model(slot), engine.get_data(slot)
        mujoco.mj_forward(model, data)
        mujoco.mj_subtreeVel(model, data)
        root = model.body(batch.robot.root).id
        found.append(model.body_subtreemass[root] * data.subtree_linvel[root])
    return np.array(found)


def test_a_push_gives_its_impulse_and_nothing_after(begun: Begun) -> None:
    """A robot that falls from high above the floor keeps the level momentum that it was given."""
    batch = begun("stand")
    mass = batch.station._own.mass_kg  # type: ignore[attr-defined]
    batch.draw["push_at"][:] = 1000.0
    batch.draw["push_at"][:, 0] = (3.0, 4.0, 9.0)
    batch.draw["push"][:, 0] = ((0.5, 0.0), (0.0, -0.4), (-0.3, 0.2))
    batch.engine.qpos[:, 2] += 5.0
    for _ in range(3):
        batch.step(still(batch))
    np.testing.assert_allclose(momentum(batch)[:, :2], 0.0, atol=1e-6)
    for _ in range(15):
        batch.step(still(batch))
    np.testing.assert_allclose(momentum(batch)[:, :2], batch.draw["push"][:, 0] * mass, rtol=1e-3, atol=0.01)
    assert not batch.engine.push.any()


def test_a_new_cycle_begins_without_a_push(begun: Begun) -> None:
    batch = begun("stand", 1)
    batch.draw["push_at"][:, 0] = 1.0
    batch.draw["push"][:, 0] = (0.5, 0.0)
    batch.step(still(batch))
    assert batch.engine.push.any()
    batch.begin(np.arange(1), [cycle_seed(5, "stand", 1)])
    assert not batch.engine.push.any()


def test_pushes_are_drawn_within_their_figures() -> None:
    pushes = Pushes((0.1, 0.6), (2.5, 5.0), 4.0, 0.1, PERIOD_S)
    for seed in range(200):
        draw = pushes.draw(np.random.default_rng(seed), 20.0)
        size = np.linalg.norm(draw["push"], axis=-1)
        real = size > 0.0
        assert draw["push_at"].shape == (8,)
        assert (size[real] >= 0.1).all()
        assert (size <= 0.6).all()
        assert (draw["push_at"][real] * PERIOD_S < 16.0 + PERIOD_S).all()
        assert (np.diff(draw["push_at"]) >= 2.5 / PERIOD_S - 1).all()
        assert real.any()


def test_the_wrists_feel_the_loads(begun: Begun) -> None:
    """The mean force at the wrist of a robot that stands and sways grows by the weight of what was put in the hand."""
    wrench = {}
    for load in (0.0, 2.0):
        batch = begun("stand", 1)
        engine = batch.engine
        for side in ("right", "left"):
            body = batch.world.model.body(f"{side}_load").id
            engine.batch.expand("body_mass")[:, body] = load
        engine.batch.set_const(np.arange(1))
        batch.draw["motion"][:], batch.draw["posture"][:], batch.draw["push"][:] = RANDOM, 0.0, 0.0
        felt = [batch.step(still(batch)).obs["wrist_wrench"].reshape(2, 6)[:, :3] for _ in range(300)]
        wrench[load] = np.linalg.norm(np.mean(felt[50:], axis=0), axis=-1)
    np.testing.assert_allclose(wrench[2.0] - wrench[0.0], 2.0 * 9.81, rtol=0.03)


def test_loads_are_drawn_in_proportion_to_the_robot(begun: Begun) -> None:
    task = begun("stand", 1).station
    scale = task._own.mass_kg / 60.0  # type: ignore[attr-defined]
    for pack, most in (("D0", 5.0), ("D1", 8.0)):
        loads = np.array([task.randomise(np.random.default_rng(k), pack)["load"] for k in range(300)])
        assert (loads >= 0.0).all()
        assert most * scale * 0.9 < loads.max() <= most * scale


def test_a_tote_weighs_on_both_hands_alike(begun: Begun) -> None:
    task = begun("walk", 1).station
    drawn = [task.randomise(np.random.default_rng(k), "D0") for k in range(100)]
    carried = [draw["load"] for draw in drawn if draw["motion"] == 2]
    assert carried
    assert all(right == left > 0.0 for right, left in carried)


def test_the_uneven_floor_stays_within_its_figure_and_repeats() -> None:
    height = rough_floor.heights()
    assert height.min() == 0.0
    assert height.max() == 1.0
    step = np.abs(np.diff(np.concatenate([height, height[:1]], axis=0), axis=0))
    assert step.max() <= 0.5


def test_a_cycle_of_d1_stands_on_bumps_of_twice_twenty_millimetres(begun: Begun) -> None:
    flat, rough = (begun("walk", 6, pack) for pack in ("D0", "D1"))
    for batch in (flat, rough):
        batch.draw["motion"][:] = 2.0
        for _ in range(20):
            batch.step(still(batch))
    heights: dict[str, list[np.ndarray]] = {"D0": [], "D1": []}
    for batch in (flat, rough):
        for slot in range(batch.nsim):
            data = batch.engine.batch.get_data(slot)
            mujoco.mj_forward(batch.engine.batch.get_model(slot), data)
            heights[batch.pack].append(data.contact.pos[:, 2])
    level, bumps = (np.concatenate(heights[pack]) for pack in ("D0", "D1"))
    assert np.abs(level).max() < 0.002
    assert bumps.min() > -0.002
    assert bumps.max() < 0.042
    assert np.ptp(bumps) > 0.02


def test_the_floor_moves_along_without_moving_under_the_robot() -> None:
    draw = {"rough": np.ones(3), "bump": np.array([[0.3, -1.9], [0.0, 0.0], [2.0, 1.0]])}
    at = np.array([[11.0, -7.3], [1.99, 2.01], [-0.1, 0.2]])
    here = rough_floor.follow(np, draw, at)
    moved = (here[:, :2] - draw["bump"]) / (rough_floor.CELL_M * rough_floor.CELLS)
    np.testing.assert_allclose(moved, np.round(moved), atol=1e-9)
    assert np.abs(here[:, :2] - at).max() <= 0.5 * rough_floor.CELL_M * rough_floor.CELLS + 1e-9
    draw["rough"][:] = 0.0
    assert (rough_floor.follow(np, draw, at)[:, 2] < -1.0).all()


def test_friction_is_nominal_in_d0_and_within_its_range_in_d1(worlds: dict[str, World]) -> None:
    task = worlds["walk"].station
    assert {float(task.randomise(np.random.default_rng(k), "D0")["friction"]) for k in range(20)} == {0.8}
    drawn = [float(task.randomise(np.random.default_rng(k), "D1")["friction"]) for k in range(300)]
    assert 0.4 <= min(drawn) < 0.45
    assert 0.95 < max(drawn) <= 1.0


@pytest.mark.parametrize("station", ["stand", "walk"])
def test_an_unknown_pack_is_refused_by_name(worlds: dict[str, World], station: str) -> None:
    with pytest.raises(ValueError, match=f"pack='D7' does not exist at {station}; there are: D0, D1"):
        StationBatch(worlds[station], 1, 1, "legs", "D7")
