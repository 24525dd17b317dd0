"""What a robot on legs reckons of its balance, against the simulator's own words."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np

from pilotline.envs.frames import turn_planar, yaw_of
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations.walk import Walk
from pilotline.envs.work.balance import balance
from pilotline.envs.work.motion import CARRY
from tests.envs.work.conftest import still

Begun = Callable[..., StationBatch]
SETTLED = 100


def test_a_robot_that_knows_its_loads_knows_its_centre_of_mass_and_how_it_moves(begun: Begun) -> None:
    batch = begun("walk", 3)
    for _ in range(20):
        batch.step(still(batch))
    assert isinstance(batch.station, Walk)
    assert batch.station.fit is not None
    robot, model, sense, load = batch.robot, batch.world.model, batch.engine.sense(), batch.draw["load"]
    sides = tuple(robot.feet)
    found = balance(np, sense, load, load, batch.station.fit.mass_kg, sides).reshape(3, len(sides), 2, 3)
    yaw = yaw_of(np, sense["base_quat"])
    data = mujoco.MjData(model)
    for k in range(3):
        for hand, side in enumerate(robot.hands):
            model.body_mass[model.body(f"{side}_load").id] = load[k, hand]
        mujoco.mj_setConst(model, data)
        data.qpos[:], data.qvel[:] = sense.qpos[k], sense.qvel[k]
        mujoco.mj_forward(model, data)
        mujoco.mj_subtreeVel(model, data)
        root, speed = model.body(robot.root).id, np.zeros(6)
        for foot, side in enumerate(sides):
            sole = model.site(robot.feet[side].sole_site).id
            mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_SITE, sole, speed, 0)
            place = data.subtree_com[root] - data.site_xpos[sole]
            velocity = data.subtree_linvel[root] - speed[3:]
            wanted = turn_planar(np, -yaw[[k]], np.stack([place, velocity]))
            # sensors are those of the last physics step, the state is that after it
            np.testing.assert_allclose(found[k, foot, 0], wanted[0], atol=2e-3)
            np.testing.assert_allclose(found[k, foot, 1], wanted[1], atol=0.05)


def test_a_load_that_the_wrists_miss_moves_the_reckoned_centre_away_from_the_hands(begun: Begun) -> None:
    batch = begun("walk", 1)
    batch.step(still(batch))
    assert isinstance(batch.station, Walk)
    assert batch.station.fit is not None
    sense, mass_kg = batch.engine.sense(), batch.station.fit.mass_kg
    load, none = np.array([[2.0, 2.0]]), np.zeros((1, 2))
    knows, ignores = (balance(np, sense, weighed, load, mass_kg, ("right",))[0, :3] for weighed in (load, none))
    hands = np.mean([sense[f"{side}_tcp_pos"][0] for side in ("right", "left")], axis=0)
    place = turn_planar(np, -yaw_of(np, sense["base_quat"]), (hands - sense["right_sole_pos"][0])[None])[0]
    np.testing.assert_allclose(knows, (mass_kg * ignores + 4.0 * place) / (mass_kg + 4.0), atol=1e-9)


def test_the_wrists_weigh_what_the_hands_carry(begun: Begun) -> None:
    batch = begun("walk", 3, motion=np.array(float(CARRY)))
    seen = []
    for step in range(3 * SETTLED):
        batch.step(still(batch))
        if step >= SETTLED:
            seen.append(batch.memory["weighed"].copy())
    np.testing.assert_allclose(np.mean(seen, axis=0), batch.draw["load"], atol=0.1)
