"""`contacts=feet`: a robot's feet touch the floor and each other, nothing else of it touches anything."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.robots import RobotError, naming

SUFFIX = " contacts=feet"
INWARD_RAD = 0.12
"""Roll of each hip with which the legs cross."""


def on_floor(text: str) -> mujoco.MjModel:
    spec = robots.load(text).spec()
    spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0, 0, 1))
    return spec.compile()


def touching_bodies(model: mujoco.MjModel) -> set[str]:
    """Bodies of the robot with a geom that may touch something."""
    numbers = model.geom_bodyid[(model.geom_contype != 0) | (model.geom_conaffinity != 0)]
    return {model.body(number).name for number in numbers} - {"world"}


def feet_bodies(text: str) -> set[str]:
    return {foot.body for foot in robots.load(text).feet.values()}


def test_the_bipeds_feet_alone_touch_anything() -> None:
    assert touching_bodies(on_floor(f"biped{SUFFIX}")) == feet_bodies("biped")
    assert touching_bodies(on_floor("biped")) > feet_bodies("biped")


def test_a_robot_on_its_belly_goes_through_the_floor_and_one_on_its_feet_stands() -> None:
    model = on_floor(f"biped{SUFFIX}")
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    feet = feet_bodies("biped")
    assert data.ncon > 0
    for contact in data.contact:
        assert {model.body(model.geom_bodyid[geom]).name for geom in contact.geom} <= feet | {"world"}
    data.qpos[2:7] = (0.1, np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)
    mujoco.mj_forward(model, data)
    belly = {model.body(model.geom_bodyid[geom]).name for contact in data.contact for geom in contact.geom}
    assert belly <= feet | {"world"}


@pytest.mark.parametrize("suffix", ["", SUFFIX])
def test_feet_that_meet_touch_each_other(suffix: str) -> None:
    model = on_floor(f"biped{suffix}")
    data = mujoco.MjData(model)
    data.qpos[2] = 5.0
    for side, turn in (("right", INWARD_RAD), ("left", -INWARD_RAD)):
        data.joint(f"{side}_hip_roll").qpos[0] = turn
    mujoco.mj_forward(model, data)
    pairs = {frozenset(model.body(model.geom_bodyid[geom]).name for geom in contact.geom) for contact in data.contact}
    assert frozenset(feet_bodies("biped")) in pairs


def test_only_contacts_differ() -> None:
    plain, feet = on_floor("biped"), on_floor(f"biped{SUFFIX}")
    for field in ("body_mass", "body_inertia", "dof_armature", "geom_type", "geom_size"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(feet, field))
    plain_names, feet_names = (robots.load(text).joints.keys() for text in ("biped", f"biped{SUFFIX}"))
    assert plain_names == feet_names


def test_without_shells_what_touches_nothing_is_left_out_and_masses_stay() -> None:
    whole, feet = (robots.load(text).spec(shells=False).compile() for text in ("biped", f"biped{SUFFIX}"))
    assert {feet.body(number).name for number in feet.geom_bodyid} == feet_bodies("biped")
    for field in ("body_mass", "body_inertia", "body_ipos", "jnt_range", "dof_armature"):
        np.testing.assert_array_equal(getattr(whole, field), getattr(feet, field))


@pytest.mark.parametrize("text", ["biped contacts=feet", "biped right_hand=five_finger contacts=feet", "biped"])
def test_the_text_comes_back_as_it_was(text: str) -> None:
    assert str(naming.parse(text)) == text


def test_contacts_of_all_is_what_nothing_says() -> None:
    assert str(naming.parse("biped contacts=all")) == "biped"
    assert robots.load("biped contacts=all") is robots.load("biped")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("biped contacts=hands", "'contacts=hands' is not one of"),
        ("biped contacts=", "'contacts=' is not one of"),
        ("biped contacts=feet contacts=all", "contacts are given twice: feet and all"),
        ("wheeled contacts=feet", "robot wheeled: has no feet, so no contacts=feet; allowed: contacts=all"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(RobotError) as error:
        robots.load(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
