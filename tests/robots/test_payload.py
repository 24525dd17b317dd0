"""What two hands can carry agrees with statics done by hand."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot, from_card
from pilotline.robots.payload import PostureError, carrying_limit_kg, carrying_posture, payload_per_hand_kg

from .conftest import Stage

FORWARD = {name: 0.0 for side in ("right", "left") for name in (f"{side}_arm_{i}" for i in range(7))} | {
    "right_arm_3": -np.pi / 2,
    "left_arm_3": -np.pi / 2,
    "torso_1": 0.0,
    "torso_2": 0.0,
    "torso_3": 0.0,
}


def test_forearms_level_the_wrist_pitch_is_a_lever(robot: Robot) -> None:
    # forearm level and hand straight: joint 5 carries load and hand at their distances from its axis
    links = robot.card.links
    to_tool = 0.1261 + 0.111
    wrist = links["link_right_arm_5"].mass_kg * 0.02585 + links["link_right_arm_6"].mass_kg * 0.1071
    fingers = 2 * links["ee_finger_r1"].mass_kg * (0.1261 + 0.075 + 0.0257)
    hand = wrist + links["ee_right"].mass_kg * (0.1261 + 0.04287) + fingers
    by_hand = (robot.card.limit("right_arm_5") / 9.81 - hand) / to_tool
    assert payload_per_hand_kg(robot, FORWARD) == pytest.approx(by_hand, rel=1e-3)


def test_at_the_limit_one_joint_is_at_its_effort_and_none_above(
    robot: Robot, stage: Callable[..., Stage]
) -> None:
    posture = carrying_posture(robot)
    load = payload_per_hand_kg(robot, posture)
    scene = stage()
    scene.pose(posture)
    # the load as a force at each tool point, the same statics by another way: mj_applyFT
    torque = scene.data.qfrc_bias.copy()
    for side in ("right", "left"):
        pull = np.zeros(scene.model.nv)
        body = scene.model.body(f"ee_{side}").id
        point = scene.data.site(f"{side}_tcp").xpos
        mujoco.mj_applyFT(
            scene.model, scene.data, np.array([0, 0, -load * 9.81]), np.zeros(3), point, body, pull
        )
        torque -= pull
    joints = [joint for group in ("torso", "right_arm", "left_arm") for joint in robot.groups[group]]
    share = [abs(torque[scene.model.joint(joint).dofadr[0]]) / robot.card.limit(joint) for joint in joints]
    assert max(share) == pytest.approx(1.0, abs=1e-6)


def test_the_carrying_posture_is_as_described(robot: Robot, stage: Callable[..., Stage]) -> None:
    scene = stage()
    scene.pose(carrying_posture(robot))
    assert scene.touching() == set()
    for side, outward in (("right", -1.0), ("left", 1.0)):
        tool = scene.data.site(f"{side}_tcp")
        np.testing.assert_allclose(tool.xpos, [0.45, 0.31 * outward, 1.0], atol=1e-3)
        pitch = np.deg2rad(25.0)
        approach = tool.xmat.reshape(3, 3)[:, 0]
        np.testing.assert_allclose(approach, [0.0, -outward * np.cos(pitch), -np.sin(pitch)], atol=0.01)


def test_the_robot_holds_what_it_says_and_not_a_third_more(robot: Robot, stage: Callable[..., Stage]) -> None:
    posture = carrying_posture(robot)
    limit = carrying_limit_kg(robot)
    assert limit == pytest.approx(8.7, abs=0.3)

    def sag(load_kg: float) -> float:
        scene = stage()
        scene.pose(posture)
        height = scene.data.site("right_tcp").xpos[2]
        for side in ("right", "left"):
            # at the palm, with the moment that puts it at the tool point
            body = scene.model.body(f"ee_{side}").id
            arm = scene.data.site(f"{side}_tcp").xpos - scene.data.xipos[body]
            pull = np.array([0.0, 0.0, -0.5 * load_kg * 9.81])
            scene.data.xfrc_applied[body] = [*pull, *np.cross(arm, pull)]
        scene.run(1.0)
        return float(height - scene.data.site("right_tcp").xpos[2])

    assert sag(0.95 * limit) < 0.01
    assert sag(1.33 * limit) > 0.03


def test_stronger_joints_carry_more(robot: Robot) -> None:
    joints = {
        name: joint.model_copy(update={"effort_nm": 500.0}) for name, joint in robot.card.joints.items()
    }
    strong = from_card(robot.card.model_copy(update={"joints": joints}))
    assert payload_per_hand_kg(strong, FORWARD) > 5 * payload_per_hand_kg(robot, FORWARD)


def test_a_robot_that_cannot_hold_itself_carries_nothing(robot: Robot) -> None:
    joints = {name: joint.model_copy(update={"effort_nm": 0.5}) for name, joint in robot.card.joints.items()}
    assert payload_per_hand_kg(from_card(robot.card.model_copy(update={"joints": joints})), FORWARD) == 0.0


def test_an_unknown_joint_is_refused(robot: Robot) -> None:
    with pytest.raises(PostureError, match="wheeled has no joint 'tail'"):
        payload_per_hand_kg(robot, {"tail": 1.0})
