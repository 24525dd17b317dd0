"""The shipped adapter cards on the real files of MuJoCo Menagerie."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.benchmarks.hold import measure
from pilotline.robots import Robot
from pilotline.robots.adapters import contacts, limits, neutral, strip
from pilotline.robots.adapters.read import read
from pilotline.robots.adapters.source import menagerie_file

NAMES = ("unitree_g1", "unitree_g1_with_hands", "unitree_h1", "pal_talos")
FACTS = {  # mass kg with its own or no hands, driven joints
    "unitree_g1": (33.341, 29),
    "unitree_g1_with_hands": (34.394, 29),
    "unitree_h1": (51.437, 19),
    "pal_talos": (94.003, 30),
}


@pytest.fixture(params=NAMES)
def robot(request: pytest.FixtureRequest, menagerie: Path) -> Robot:
    return robots.load(f"menagerie:{request.param}")


@pytest.fixture
def at_home(robot: Robot) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The robot alone at home, everything computed."""
    model = robot.spec().compile()
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    return model, data


def test_mass_and_joints_are_the_published_ones(robot: Robot) -> None:
    mass, driven = FACTS[robot.name]
    assert len(robot.driven) == driven
    model = robot.spec(shells=False).compile()
    if robot.name == "unitree_g1":
        # grippers of 0.534 kg for rubber hands of 0.17 kg
        mass += 2 * (0.53354 - 0.17)
    assert float(model.body_mass.sum()) == pytest.approx(mass, abs=0.002)


def test_it_stands_flat_and_over_its_soles(robot: Robot, at_home: tuple[mujoco.MjModel, mujoco.MjData]) -> None:
    _, data = at_home
    corners = []
    for foot in robot.feet.values():
        site = data.site(foot.sole_site)
        frame = site.xmat.reshape(3, 3)
        assert site.xpos[2] == pytest.approx(0.0, abs=1e-3)
        assert frame[2, 2] == pytest.approx(1.0, abs=1e-5)
        corners += [
            site.xpos + frame @ (sx * foot.half_m[0], sy * foot.half_m[1], 0) for sx in (1, -1) for sy in (1, -1)
        ]
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    centre = data.subtree_com[1]
    assert (low[:2] + 0.03 < centre[:2]).all()
    assert (centre[:2] < high[:2] - 0.03).all()


def test_home_touches_nothing_of_itself(at_home: tuple[mujoco.MjModel, mujoco.MjData]) -> None:
    model, data = at_home
    pairs = [[model.body(model.geom_bodyid[g]).name for g in pair] for pair in data.contact.geom]
    assert pairs == []


def test_every_driven_joint_has_a_sheet_and_a_limit_of_the_model(robot: Robot) -> None:
    for joint in robot.driven:
        figures = robot.joints[joint]
        assert figures.sheet is not None, joint
        assert figures.mark == "V"
        assert 0 < figures.rated <= figures.effort


def test_hands_point_ahead_or_down_and_open_between_their_commands(
    robot: Robot, at_home: tuple[mujoco.MjModel, mujoco.MjData]
) -> None:
    model, data = at_home
    for side, hand in robot.hands.items():
        tool = data.site(hand.tcp_site).xmat.reshape(3, 3)
        assert tool[0, 0] > 0.5 or tool[2, 0] < -0.5, side
        assert data.site(hand.tcp_site).xpos[1] * (1 if side == "left" else -1) > 0
        for joint, shut, wide in zip(hand.actuators, hand.closed, hand.opened, strict=True):
            low, high = model.joint(joint).range
            assert low <= shut <= high
            assert low <= wide <= high


def test_hands_can_be_changed(menagerie: Path) -> None:
    for name in NAMES:
        robot = robots.load(f"menagerie:{name} hands=gripper")
        assert [hand.kind for hand in robot.hands.values()] == ["gripper", "gripper"]
        robot.spec(shells=False).compile()


@pytest.mark.parametrize("name", NAMES)
def test_ideal_servos_hold_home_for_a_second(menagerie: Path, name: str) -> None:
    row = measure(robots.load(f"menagerie:{name}"), "ideal", seconds=1.0)
    assert row["fell_s"] is None
    assert row["tilt_deg"] < 10.0  # soft legs sway while the weight comes onto them; in ten seconds they come to rest
    assert all(part["margin"] > 0.3 for part in row["groups"].values())


def test_trap_1_pairs_with_a_floor_that_another_file_brings(menagerie: Path) -> None:
    model = read(menagerie_file("unitree_g1", "scene_mjx"))
    spec = model.spec.copy()
    neutral.neutralise(spec, model.compiled)
    strip.strip(spec)
    contacts.normalise(spec, model.compiled)
    feet = [geom for geom in spec.geoms if geom.name and "foot" in geom.name]
    assert feet
    assert all(geom.contype or geom.conaffinity for geom in feet)


def test_trap_5_motors_give_limits_and_no_gains(menagerie: Path) -> None:
    known = limits.joint_limits(read(menagerie_file("unitree_h1")).compiled, {})
    assert known["left_knee"].effort == 300.0
    assert known["left_knee"].effort_from == "ctrlrange of the motor"


def test_trap_10_meshes_that_share_a_base_name(menagerie: Path) -> None:
    files = [Path(mesh.file) for mesh in read(menagerie_file("pal_talos", "talos_position")).spec.meshes]
    assert all(file.is_file() for file in files)
    assert len({file.name for file in files}) < len(set(files))


def test_trap_11_h1_has_flat_soles(menagerie: Path) -> None:
    spec = robots.load("menagerie:unitree_h1").spec(shells=False)
    kinds = [geom.type for geom in spec.body("right_ankle_link").geoms]
    assert kinds == [mujoco.mjtGeom.mjGEOM_SPHERE] * 4


def test_with_contacts_of_feet_nothing_else_touches_anything(robot: Robot) -> None:
    text = f"menagerie:{robot.name}"
    model = robots.load(f"{text} contacts=feet").spec().compile()
    touching = model.geom_bodyid[(model.geom_contype != 0) | (model.geom_conaffinity != 0)]
    assert {model.body(number).name for number in touching} == {foot.body for foot in robot.feet.values()}
    assert model.npair == 0
    bare, whole = (one.spec(shells=False).compile() for one in (robots.load(f"{text} contacts=feet"), robot))
    assert {bare.body(number).name for number in bare.geom_bodyid} == {foot.body for foot in robot.feet.values()}
    np.testing.assert_array_equal(bare.body_mass, whole.body_mass)
    np.testing.assert_array_equal(bare.body_inertia, whole.body_inertia)
