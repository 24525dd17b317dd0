"""What two hands can carry agrees with statics done by hand."""

from __future__ import annotations

from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot, RobotCard
from pilotline.robots.builtin import from_card
from pilotline.robots.handcard import HandCard
from pilotline.robots.load_chart import (
    EFFORT_SHARE,
    GRIP_SPAN_M,
    REACH_KNEELING_M,
    REACH_M,
    LoadChart,
    gripping_posture,
    load_chart,
)
from pilotline.robots.payload import PostureError, payload_per_hand_kg

from .conftest import Stage

FORWARD = {name: 0.0 for side in ("right", "left") for name in (f"{side}_arm_{i}" for i in range(7))} | {
    "right_arm_3": -np.pi / 2,
    "left_arm_3": -np.pi / 2,
    "torso_1": 0.0,
    "torso_2": 0.0,
    "torso_3": 0.0,
}


def test_forearms_level_the_wrist_pitch_is_a_lever(robot: Robot, card: RobotCard, gripper: HandCard) -> None:
    # forearm level and hand straight: joint 5 carries load and hand at their distances from its axis
    links = card.links
    to_tool = 0.1261 + 0.111
    wrist = links["link_right_arm_5"].mass_kg * 0.02585 + links["link_right_arm_6"].mass_kg * 0.1071
    fingers = 2 * gripper.links["finger"].mass_kg * (0.1261 + 0.075 + 0.0257)
    hand = wrist + gripper.links["palm"].mass_kg * (0.1261 + 0.04287) + fingers
    by_hand = (robot.limit("right_arm_5") / 9.81 - hand) / to_tool
    assert payload_per_hand_kg(robot, FORWARD) == pytest.approx(by_hand, rel=1e-3)


def test_at_the_limit_one_joint_is_at_its_effort_and_none_above(robot: Robot, stage: Callable[..., Stage]) -> None:
    posture, _ = gripping_posture(robot, 0.9)
    load = payload_per_hand_kg(robot, posture)
    scene = stage()
    scene.pose(posture)
    # the load as a force at each tool point, the same statics by another way: mj_applyFT
    torque = scene.data.qfrc_bias.copy()
    for side in ("right", "left"):
        pull = np.zeros(scene.model.nv)
        body = scene.model.body(robot.hands[side].palm).id
        point = scene.data.site(f"{side}_tcp").xpos
        mujoco.mj_applyFT(scene.model, scene.data, np.array([0, 0, -load * 9.81]), np.zeros(3), point, body, pull)
        torque -= pull
    joints = [joint for group in ("torso", "right_arm", "left_arm") for joint in robot.groups[group]]
    share = [abs(torque[scene.model.joint(joint).dofadr[0]]) / robot.limit(joint) for joint in joints]
    assert max(share) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("height_m", [0.63, 0.77, 0.9, 1.14, 1.41])
def test_gripping_postures_put_both_hands_at_the_grip(
    robot: Robot, stage: Callable[..., Stage], height_m: float
) -> None:
    scene = stage()
    posture, miss_m = gripping_posture(robot, height_m)
    scene.pose(posture)
    assert miss_m < 5e-3
    assert scene.touching() == set()
    reach = REACH_M if height_m > 0.7 else REACH_KNEELING_M
    for side, outward in (("right", -1.0), ("left", 1.0)):
        tool = scene.data.site(f"{side}_tcp")
        np.testing.assert_allclose(tool.xpos, [reach, GRIP_SPAN_M / 2 * outward, height_m], atol=5e-3)
        assert tool.xmat.reshape(3, 3)[1, 0] * outward < -0.95


def test_the_chart_leaves_a_fifth_of_every_effort_for_motion(robot: Robot) -> None:
    chart = load_chart(robot)
    heights = chart.height_m.tolist()
    for height in (0.63, 1.14):
        full = 2.0 * payload_per_hand_kg(robot, gripping_posture(robot, height)[0])
        assert EFFORT_SHARE == 0.8
        assert chart.load_kg[heights.index(height)] < EFFORT_SHARE * full


def test_a_job_is_limited_by_the_worst_of_its_heights() -> None:
    chart = LoadChart(np.array([0.5, 1.0, 1.5]), np.array([2.0, 8.0, 6.0]))
    assert chart.limit() == 8.0
    assert chart.limit(0.75) == pytest.approx(5.0)
    assert chart.limit(1.0, 0.6, 1.5) == pytest.approx(3.2)
    assert chart.limit(0.1) == 2.0


def test_simulated_joints_hold_what_statics_says_and_saturate_a_third_above(
    robot: Robot, stage: Callable[..., Stage]
) -> None:
    posture, _ = gripping_posture(robot, 1.14)
    limit = 2.0 * payload_per_hand_kg(robot, posture)

    def effort_share(load_kg: float) -> float:
        """Largest torque over effort limit of any joint once the load hangs still."""
        scene = stage()
        scene.pose(posture)
        for side in ("right", "left"):
            # at the palm, with the moment that puts it at the tool point
            body = scene.model.body(robot.hands[side].palm).id
            arm = scene.data.site(f"{side}_tcp").xpos - scene.data.xipos[body]
            pull = np.array([0.0, 0.0, -0.5 * load_kg * 9.81])
            scene.data.xfrc_applied[body] = [*pull, *np.cross(arm, pull)]
        scene.run(1.0)
        torque = {name: scene.data.qfrc_actuator[scene.model.joint(name).dofadr[0]] for name in posture}
        return max(abs(float(torque[name])) / robot.limit(name) for name in posture)

    assert effort_share(0.9 * limit) < 0.98
    assert effort_share(1.33 * limit) == pytest.approx(1.0, abs=1e-6)


def test_stronger_joints_carry_more(robot: Robot, card: RobotCard) -> None:
    joints = {name: joint.model_copy(update={"effort_nm": 500.0}) for name, joint in card.joints.items()}
    strong = from_card(card.model_copy(update={"joints": joints}))
    assert payload_per_hand_kg(strong, FORWARD) > 5 * payload_per_hand_kg(robot, FORWARD)


def test_a_robot_that_cannot_hold_itself_carries_nothing(card: RobotCard) -> None:
    joints = {name: joint.model_copy(update={"effort_nm": 0.5}) for name, joint in card.joints.items()}
    assert payload_per_hand_kg(from_card(card.model_copy(update={"joints": joints})), FORWARD) == 0.0


def test_an_unknown_joint_is_refused(robot: Robot) -> None:
    with pytest.raises(PostureError, match="wheeled has no joint 'tail'"):
        payload_per_hand_kg(robot, {"tail": 1.0})
