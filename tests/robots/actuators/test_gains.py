"""Gains of a drive follow from what its joint moves, and on legs from what step and delay allow."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest

from pilotline.robots import load
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.gains import STEP_SHARE, STIFFEST_PER_S, setup_of
from pilotline.robots.actuators.inertia import home_state, lightest_inertia, servo_inertia

STEP_S = 0.002


def test_on_a_base_that_carries_it_a_joint_is_tuned_to_its_inertia() -> None:
    robot = load("wheeled")
    figures = catalogue.joint("csg-25-100+tbm-6025")
    setup = setup_of(robot, "torso_3", figures, 5.0, 1.0, STEP_S)
    swapped = 5.0 - robot.joints["torso_3"].armature + figures.armature_kgm2
    assert setup.inertia_kgm2 == pytest.approx(swapped)
    assert (setup.frequency_hz, setup.damping_ratio) == (robot.servo.frequency_hz["torso"], robot.servo.damping_ratio)
    assert setup.integral_share > 0.0


def test_legs_have_no_integrator_and_keep_to_both_bounds() -> None:
    robot = load("biped")
    inertia, lightest = servo_inertia(robot), lightest_inertia(robot)
    bounded = 0
    for joint in robot.driven:
        sheet = robot.joints[joint].sheet
        assert sheet is not None
        figures = catalogue.joint(sheet)
        setup = setup_of(robot, joint, figures, inertia[joint], lightest[joint], STEP_S)
        omega = 2.0 * math.pi * setup.frequency_hz
        damping = 2.0 * setup.damping_ratio * omega * setup.inertia_kgm2
        stiffness = omega**2 * setup.inertia_kgm2
        least = lightest[joint] - robot.joints[joint].armature + figures.armature_kgm2
        assert damping <= STEP_SHARE * least / STEP_S * (1.0 + 1e-9)
        assert stiffness <= STIFFEST_PER_S * damping * (1.0 + 1e-9)
        assert setup.integral_share == 0.0
        bounded += damping < 2.0 * robot.servo.damping_ratio * omega * inertia[joint] * 0.999
    assert bounded > 0


def test_a_standing_leg_moves_half_of_what_is_above_the_joint() -> None:
    robot = load("biped")
    model = robot.spec(shells=False).compile()
    data = home_state(robot, model)
    ankle = data.joint("right_ankle_pitch")
    foot = model.body("right_foot").id
    total = 0.0
    for body in range(1, model.nbody):
        if body != foot and model.body(body).name != "right_ankle_cross":
            lever = np.cross(ankle.xaxis, data.xipos[body] - ankle.xanchor)
            spin = data.ximat[body].reshape(3, 3).T @ ankle.xaxis
            total += model.body_mass[body] * lever @ lever + spin @ (model.body_inertia[body] * spin)
    expected = 0.5 * total + robot.joints["right_ankle_pitch"].armature
    assert servo_inertia(robot)["right_ankle_pitch"] == pytest.approx(expected, rel=1e-9)


def test_the_lightest_inertia_is_that_of_a_joint_pushed_with_all_others_free() -> None:
    robot = load("biped")
    model = robot.spec(shells=False).compile()
    model.opt.gravity[:] = 0.0
    model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_EQUALITY
    data = home_state(robot, model)
    dof = int(model.joint("left_knee").dofadr[0])
    data.qfrc_applied[dof] = 1.0
    mujoco.mj_forward(model, data)
    assert lightest_inertia(robot)["left_knee"] == pytest.approx(1.0 / data.qacc[dof], rel=1e-6)
