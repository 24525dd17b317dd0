"""A robot on legs stands freely: one free joint, soles on the floor, its weight in its ankles, left as right."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot
from pilotline.robots.actuators import attach
from pilotline.robots.card import ROOT_JOINT, FloatingBase

from .conftest import new_spec

GRAVITY = 9.81
SOLE_RADIUS_M = 0.005


@pytest.fixture(scope="module")
def standing(tiny_biped: Robot) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The tests' small robot after 2 s on a floor, legs held at home."""
    spec = tiny_biped.spec(shells=False)
    spec.option = new_spec().option
    attach(spec, tiny_biped)
    spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(5.0, 5.0, 0.1))
    model = spec.compile()
    data = mujoco.MjData(model)
    for joint, value in tiny_biped.home.items():
        data.joint(joint).qpos[0] = value
        if joint in tiny_biped.driven or joint in tiny_biped.fingers:
            data.actuator(joint).ctrl[0] = value
    mujoco.mj_step(model, data, nstep=1000)
    return model, data


def test_the_root_is_the_only_free_body_and_its_joint_is_named(tiny_biped: Robot) -> None:
    model = tiny_biped.spec(shells=False).compile()
    free = [model.joint(k).name for k in range(model.njnt) if model.jnt_type[k] == mujoco.mjtJoint.mjJNT_FREE]
    assert free == [ROOT_JOINT]
    assert model.body(model.jnt_bodyid[model.joint(ROOT_JOINT).id]).name == tiny_biped.root
    assert tiny_biped.entry_class == "biped"
    assert tiny_biped.groups["base"] == ()
    assert not model.body_gravcomp.any()


def test_at_its_height_the_soles_touch_the_floor(tiny_biped: Robot) -> None:
    assert isinstance(tiny_biped.base, FloatingBase)
    model = tiny_biped.spec(shells=False).compile()
    data = mujoco.MjData(model)
    for joint, value in tiny_biped.home.items():
        data.joint(joint).qpos[0] = value
    mujoco.mj_kinematics(model, data)
    assert data.body(tiny_biped.root).xpos[2] == tiny_biped.base.height_m
    for side, foot in tiny_biped.feet.items():
        assert data.site(foot.sole_site).xpos[2] == pytest.approx(0.0, abs=1e-9)
        np.testing.assert_allclose(data.site(foot.sole_site).xmat.reshape(3, 3)[:, 2], (0.0, 0.0, 1.0), atol=1e-9)
        corners = [data.geom(f"{side}_sole_{k}").xpos for k in range(4)]
        np.testing.assert_allclose([corner[2] for corner in corners], SOLE_RADIUS_M, atol=1e-9)
        across = np.ptp(corners, axis=0)[:2] + 2.0 * SOLE_RADIUS_M
        np.testing.assert_allclose(across, 2.0 * np.array(foot.half_m), atol=1e-9)


def test_it_stands(standing: tuple[mujoco.MjModel, mujoco.MjData], tiny_biped: Robot) -> None:
    _, data = standing
    assert data.body(tiny_biped.root).xpos[2] == pytest.approx(tiny_biped.base.height_m, abs=0.003)  # type: ignore[union-attr]
    assert data.contact.geom.shape[0] >= 8


def test_the_ankles_carry_the_weight_above_them(
    standing: tuple[mujoco.MjModel, mujoco.MjData], tiny_biped: Robot
) -> None:
    """Both together, in the frame of a foot that lies flat: all but the feet's own weight, upwards."""
    model, data = standing
    feet = sum(float(model.body_mass[model.body(foot.body).id]) for foot in tiny_biped.feet.values())
    above = (float(model.body_mass.sum()) - feet) * GRAVITY
    force = np.array([data.sensor(f"{side}_ankle_force").data for side in ("right", "left")])
    # the sensor gives what the foot's body gets from its parent, so the floor's push shows with its sign turned
    assert abs(force[:, 2].sum()) == pytest.approx(above, rel=0.02)
    assert force[0, 2] == pytest.approx(force[1, 2], rel=0.02)


def test_left_is_the_image_of_right(tiny_biped: Robot) -> None:
    """Mirrored joint angles put every left body where the image of the right one is, and mass lies in the middle."""
    model = tiny_biped.spec(shells=False).compile()
    data = mujoco.MjData(model)
    rng = np.random.default_rng(3)
    for joint in tiny_biped.driven:
        if joint.startswith("right_"):
            angle = rng.uniform(-0.3, 0.3)
            mirrored = angle if np.abs(model.joint(joint).axis).argmax() == 1 else -angle
            data.joint(joint).qpos[0] = angle
            data.joint(joint.replace("right_", "left_")).qpos[0] = mirrored
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    for k in range(1, model.nbody):
        name = model.body(k).name
        if name.startswith("right_"):
            image = data.body(name.replace("right_", "left_")).xpos
            np.testing.assert_allclose(data.xpos[k] * (1.0, -1.0, 1.0), image, atol=1e-9)
    assert data.subtree_com[0][1] == pytest.approx(0.0, abs=1e-6)
