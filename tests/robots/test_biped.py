"""The built-in biped has the masses, lengths and torques that its card cites, is symmetric, and bears what it must."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.robots import Robot, builtin
from pilotline.robots.actuators import attach, catalogue
from pilotline.robots.card import GearDrive, RobotCard
from pilotline.robots.look import VISUAL_GROUP

from .conftest import new_spec

GRAVITY = 9.81
HEIGHT_M = 1.65
BODY_MASS_KG = 54.0
BOTH = ("right", "left")

# Masses (kg) of body parts in the models of H1, TALOS and G1, and of the whole robots; H1 has no wrist.
PUBLISHED_PARTS: Mapping[str, tuple[float | None, float, float]] = {
    "pelvis": (5.39, 15.36, 3.813),
    "hip": (2.244 + 2.232, 2.235 + 1.491, 1.35 + 1.52),
    "thigh": (4.152, 6.24, 1.702),
    "shank": (1.721, 3.76, 1.932),
    "foot": (0.446, 1.291 + 1.612, 0.074 + 0.608),
    "trunk": (17.79, 2.295 + 16.98 + 0.7375 + 1.468, 0.214 + 0.086 + 7.818),
    "upper arm": (1.033 + 0.793 + 0.839, 2.715 + 2.425 + 2.209, 0.718 + 0.643 + 0.734),
    "forearm": (None, 0.8157 + 1.878 + 0.4093 + 1.042, 0.6 + 0.08544 + 0.484 + 0.2546),
}
PUBLISHED_MASS = (51.437, 94.003, 33.341)
PARTS: Mapping[str, tuple[str, ...]] = {
    "pelvis": ("pelvis",),
    "hip": ("right_hip_yoke", "right_hip_cross"),
    "thigh": ("right_thigh",),
    "shank": ("right_shank",),
    "foot": ("right_ankle_cross", "right_foot"),
    "trunk": ("waist_turntable", "waist_cross", "chest", "head_yoke", "head"),
    "upper arm": ("right_shoulder_yoke", "right_shoulder_cross", "right_upper_arm"),
    "forearm": ("right_forearm", "right_wrist_body", "right_wrist_cross", "right_wrist_flange"),
}

SQUAT_RAD = float(np.arccos(0.6))
"""Half the knee angle at which the hip is 60 % of the straight leg above the ankle, thigh and shank being equal."""


def on_both(**joints: float) -> dict[str, float]:
    """Pitch and elbow angles for both sides."""
    return {f"{side}_{name}": value for name, value in joints.items() for side in BOTH}


POSES: Mapping[str, Mapping[str, float]] = {
    "home": {},
    "straight": on_both(hip_pitch=0.0, knee=0.0, ankle_pitch=0.0, shoulder_pitch=0.0, elbow=0.0),
    "squat": on_both(hip_roll=0.0, hip_pitch=-SQUAT_RAD, knee=2 * SQUAT_RAD, ankle_pitch=-SQUAT_RAD, ankle_roll=0.0),
    "stride": {"right_hip_pitch": -0.8, "right_knee": 0.9, "left_hip_pitch": 0.3, "left_knee": 0.4, "waist_yaw": 0.2},
    "bent over a table": {"waist_pitch": 0.7, **on_both(shoulder_pitch=-1.0, elbow=-0.6)},
    "arms ahead": on_both(shoulder_pitch=-1.5, elbow=-0.1),
    "arms up": on_both(shoulder_pitch=-2.9, elbow=-0.3),
    "turned": {"waist_yaw": 1.2, "waist_roll": 0.3, "head_yaw": 1.0, "head_pitch": 0.6},
    "wide": {"right_hip_roll": -0.5, "left_hip_roll": 0.5, "right_shoulder_roll": -1.5, "left_shoulder_roll": 1.5},
}


@pytest.fixture(scope="module")
def biped() -> Robot:
    return robots.load("biped")


@pytest.fixture(scope="module")
def biped_card() -> RobotCard:
    return builtin.card("biped")


@pytest.fixture(scope="module")
def model(biped: Robot) -> mujoco.MjModel:
    compiled: mujoco.MjModel = biped.spec(shells=False).compile()
    return compiled


def posed(biped: Robot, model: mujoco.MjModel, joints: Mapping[str, float]) -> mujoco.MjData:
    """Home with some joints changed, at rest, everything computed."""
    data = mujoco.MjData(model)
    for name, value in {**biped.home, **joints}.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_forward(model, data)
    return data


def touching(model: mujoco.MjModel, data: mujoco.MjData) -> set[frozenset[str]]:
    """Pairs of links in contact."""
    return {
        frozenset(model.body(model.geom_bodyid[geom]).name for geom in contact.geom)
        for contact in data.contact[: data.ncon]
    }


def cited_masses() -> dict[str, float]:
    """Mass of each body part: its mean share in the published robots, made to sum to one, times the body's mass."""
    shares = {
        part: float(np.mean([m / whole for m, whole in zip(masses, PUBLISHED_MASS, strict=True) if m is not None]))
        for part, masses in PUBLISHED_PARTS.items()
    }
    whole = sum(share * (1 if part in ("pelvis", "trunk") else 2) for part, share in shares.items())
    return {part: BODY_MASS_KG * share / whole for part, share in shares.items()}


def test_masses_are_the_cited_shares(biped_card: RobotCard, model: mujoco.MjModel) -> None:
    assert biped_card.mass_kg == pytest.approx(BODY_MASS_KG, rel=0.02)
    for part, mass in cited_masses().items():
        assert sum(biped_card.links[link].mass_kg for link in PARTS[part]) == pytest.approx(mass, rel=0.02), part
    grippers = 2 * robots.hands.load("gripper").mass_kg
    assert model.body_subtreemass[0] == pytest.approx(biped_card.mass_kg + grippers)
    assert 50 < model.body_subtreemass[0] < 60


def test_lengths_are_the_cited_shares_of_its_height(biped: Robot, model: mujoco.MjModel) -> None:
    data = posed(biped, model, POSES["straight"])
    sole = data.site("right_sole").xpos

    def between(one: str, other: str) -> float:
        return float(np.linalg.norm(data.joint(one).xanchor - data.joint(other).xanchor))

    assert between("right_hip_pitch", "right_knee") == pytest.approx(0.4 / 1.735 * HEIGHT_M, rel=0.02)
    assert between("right_knee", "right_ankle_pitch") == pytest.approx(0.4 / 1.735 * HEIGHT_M, rel=0.02)
    upper = 0.5 * (0.279 / 1.697 + 0.186) * HEIGHT_M
    fore = 0.5 * (0.265 / 1.697 + 0.146) * HEIGHT_M
    assert between("right_shoulder_pitch", "right_elbow") == pytest.approx(upper, rel=0.02)
    assert between("right_elbow", "right_wrist_pitch") == pytest.approx(fore, rel=0.02)
    shoulder = data.joint("right_shoulder_pitch").xanchor[2] - sole[2]
    assert shoulder == pytest.approx(0.818 * HEIGHT_M, rel=0.02)
    reach = data.joint("right_shoulder_pitch").xanchor - data.site("right_tcp").xpos
    flange_m, tool_m = 0.075, 0.111
    assert np.linalg.norm(reach) == pytest.approx(upper + fore + flange_m + tool_m, rel=0.02)


def test_it_is_as_tall_as_it_says() -> None:
    dressed = robots.load("biped")
    model = dressed.spec().compile()
    data = posed(dressed, model, {**POSES["straight"], "head_pitch": 0.0})
    sole = data.site("right_sole").xpos[2]
    head = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == model.body("head").id]
    tops = []
    for geom in (geom for geom in head if model.geom_group[geom] == VISUAL_GROUP):
        mesh = model.geom_dataid[geom]
        first = model.mesh_vertadr[mesh]
        points = model.mesh_vert[first : first + model.mesh_vertnum[mesh]]
        tops.append((points @ data.geom(geom).xmat.reshape(3, 3).T + data.geom(geom).xpos)[:, 2].max())
    assert max(tops) - sole == pytest.approx(HEIGHT_M, rel=0.01)


def test_drives_have_the_figures_of_their_data_sheets(biped_card: RobotCard) -> None:
    for name, drive in biped_card.drives.items():
        assert isinstance(drive, GearDrive)
        assert drive.sheet is not None
        sheet = catalogue.joint(drive.sheet)
        assert drive.rated_nm == pytest.approx(sheet.rated_nm, rel=0.02), name
        assert drive.repeated_peak_nm == pytest.approx(sheet.peak_nm, rel=0.02), name
        assert drive.speed_rad_s == pytest.approx(sheet.speed_rad_s, rel=0.02), name
        assert drive.armature == pytest.approx(sheet.armature_kgm2, rel=0.02), name
        assert sheet.gear.kind == ("planetary" if name in ("knee", "head") else "harmonic"), name
    for name, joint in biped_card.joints.items():
        drive = biped_card.drives[joint.drive]
        assert isinstance(drive, GearDrive)
        assert (joint.effort, joint.speed) == (drive.repeated_peak_nm, drive.speed_rad_s), name


def test_it_has_the_joints_of_a_humanoid(biped: Robot) -> None:
    assert {group: len(joints) for group, joints in biped.groups.items() if not group.endswith("hand")} == {
        "base": 0,
        "right_leg": 6,
        "left_leg": 6,
        "torso": 3,
        "right_arm": 7,
        "left_arm": 7,
        "head": 2,
    }
    assert biped.entry_class == "biped"


@pytest.mark.parametrize("side", BOTH)
def test_hip_axes_meet_and_ankle_axes_meet(biped: Robot, model: mujoco.MjModel, side: str) -> None:
    data = posed(biped, model, {f"{side}_hip_yaw": 0.1, f"{side}_hip_roll": 0.1})
    for joints in (("hip_yaw", "hip_roll", "hip_pitch"), ("ankle_pitch", "ankle_roll")):
        anchors = [data.joint(f"{side}_{joint}").xanchor for joint in joints]
        for one, other in combinations(anchors, 2):
            np.testing.assert_allclose(one, other, atol=1e-12)
    pitch = [data.joint(f"{side}_{joint}").xaxis for joint in ("hip_pitch", "knee", "ankle_pitch")]
    np.testing.assert_allclose(pitch, [pitch[0]] * 3, atol=1e-12)


def mirrored(biped: Robot, joints: Mapping[str, float]) -> dict[str, float]:
    """The pose with the sides exchanged: pitch, knee and elbow kept, roll and yaw negated."""
    other = {"right": "left", "left": "right"}
    image = {}
    for name, value in joints.items():
        side, _, rest = name.partition("_")
        turned = rest.endswith(("roll", "yaw")) or name.endswith(("roll", "yaw"))
        image[f"{other[side]}_{rest}" if side in other else name] = -value if turned else value
    return image


def test_left_is_the_image_of_right(biped: Robot, model: mujoco.MjModel, rng: np.random.Generator) -> None:
    pose = {name: float(rng.uniform(biped.joints[name].low, biped.joints[name].high)) for name in biped.driven}
    one, other = posed(biped, model, pose), posed(biped, model, mirrored(biped, pose))
    for body in range(1, model.nbody):
        name = model.body(body).name
        if "palm" in name or "finger" in name:  # the gripper is the same on both sides
            continue
        image = name.replace("right", "L").replace("left", "right").replace("L", "left")
        np.testing.assert_allclose(one.body(name).xipos, other.body(image).xipos * [1, -1, 1], atol=1e-9)
        assert model.body(name).mass == model.body(image).mass
        np.testing.assert_array_equal(model.body(name).inertia, model.body(image).inertia)
    assert posed(biped, model, {}).subtree_com[0][1] == pytest.approx(0.0, abs=1e-4)


def test_soles_are_flat_on_the_floor_at_home(biped: Robot, model: mujoco.MjModel) -> None:
    data = posed(biped, model, {})
    lowest = [
        data.geom(geom).xpos[2] - model.geom_size[geom, 0]
        for geom in range(model.ngeom)
        if "_sole_" in model.geom(geom).name
    ]
    assert len(lowest) == 8
    np.testing.assert_allclose(lowest, 0.0, atol=1e-5)
    for side in BOTH:
        site = data.site(f"{side}_sole")
        np.testing.assert_allclose(site.xmat.reshape(3, 3), np.eye(3), atol=1e-4)
        np.testing.assert_allclose(biped.feet[side].half_m, (0.12, 0.05))
    centre = data.subtree_com[0] - data.site("right_sole").xpos
    assert abs(centre[0]) < 0.5 * biped.feet["right"].half_m[0]


@pytest.mark.parametrize("hand", ["gripper", "five_finger"])
def test_no_link_touches_another_at_home_or_at_work(hand: str) -> None:
    robot = robots.load(f"biped hands={hand}")
    model = robot.spec(shells=False).compile()
    for name, pose in POSES.items():
        assert not touching(model, posed(robot, model, pose)), name


def test_limbs_do_meet(biped: Robot, model: mujoco.MjModel) -> None:
    crossed = posed(biped, model, {"right_hip_roll": 0.25, "left_hip_roll": -0.25})
    assert frozenset({"right_shank", "left_shank"}) in touching(model, crossed)
    folded = posed(biped, model, {"right_shoulder_yaw": 1.5, "right_elbow": -2.0})
    assert any("chest" in pair for pair in touching(model, folded))


def sagging(biped: Robot, model: mujoco.MjModel, joints: Mapping[str, float], load_kg: float) -> dict[str, float]:
    """Torque (N m) of each joint at rest on both soles with a load in each hand.

    The equation of motion at rest, gravity = S^T tau + J^T w: its six base rows give the foot wrenches w (smallest
    that hold the robot up, each about its ankle), the joint rows then the torques.
    """
    data = posed(biped, model, joints)
    gravity = data.qfrc_bias.copy()
    jacobian = np.zeros((6, model.nv))
    for hand in biped.hands.values():
        mujoco.mj_jacSite(model, data, jacobian[:3], None, model.site(hand.tcp_site).id)
        gravity += load_kg * GRAVITY * jacobian[2]
    feet = []
    for foot in biped.feet.values():
        mujoco.mj_jacSite(model, data, jacobian[:3], jacobian[3:], model.site(foot.ankle_site).id)
        feet.append(jacobian.copy())
    stance = np.concatenate(feet)
    wrenches = np.linalg.lstsq(stance[:, :6].T, gravity[:6], rcond=None)[0]
    torque = gravity - stance.T @ wrenches
    return {joint: float(torque[model.joint(joint).dofadr[0]]) for joint in biped.driven}


HALF_REACH = on_both(shoulder_pitch=0.35, elbow=-1.92)


@pytest.mark.parametrize("load_kg", [0.0, 5.0])
@pytest.mark.parametrize("pose", ["home", "squat"])
def test_drives_carry_it_standing_and_squatting(biped: Robot, model: mujoco.MjModel, pose: str, load_kg: float) -> None:
    joints = {**POSES[pose], **HALF_REACH}
    data = posed(biped, model, joints)
    span = data.site("right_tcp").xpos - data.joint("right_shoulder_pitch").xanchor
    assert span[0] == pytest.approx(0.5 * 0.726, rel=0.05)  # half of shoulder to tool point, arm straight
    if pose == "squat":
        leg = data.joint("right_hip_pitch").xanchor[2] - data.joint("right_ankle_pitch").xanchor[2]
        assert leg == pytest.approx(0.6 * 0.76, rel=1e-6)
    mass = model.body_subtreemass[0]
    together = (mass * data.subtree_com[0][0] + 2 * load_kg * data.site("right_tcp").xpos[0]) / (mass + 2 * load_kg)
    assert abs(together - data.site("right_sole").xpos[0]) < biped.feet["right"].half_m[0]  # it does not topple
    for joint, torque in sagging(biped, model, joints, load_kg).items():
        assert abs(torque) <= biped.rated(joint), f"{joint} {torque:.1f} N m"


def test_static_torques_are_those_of_a_lever(biped: Robot, model: mujoco.MjModel) -> None:
    """The elbow of a level forearm bears the load at its lever and the forearm at its own."""
    data = posed(biped, model, HALF_REACH)
    per_kg = (
        sagging(biped, model, HALF_REACH, 1.0)["right_elbow"] - sagging(biped, model, HALF_REACH, 0.0)["right_elbow"]
    )
    lever = data.site("right_tcp").xpos[0] - data.joint("right_elbow").xanchor[0]
    assert abs(per_kg) == pytest.approx(GRAVITY * lever * np.cos(0.15), rel=0.02)  # the axis is tilted by the roll


def sensors_and_cameras(model: mujoco.MjModel) -> Iterator[str]:
    """Names of both."""
    yield from (model.sensor(i).name for i in range(model.nsensor))
    yield from (model.camera(i).name for i in range(model.ncam))


def test_it_senses_what_a_humanoid_senses(biped: Robot, model: mujoco.MjModel) -> None:
    names = set(sensors_and_cameras(model))
    assert {"imu_gyro", "imu_acc", "imu_quat", "head", "right_wrist", "left_wrist"} <= names
    for side in BOTH:
        assert {f"{side}_{place}_{kind}" for place in ("wrist", "ankle") for kind in ("force", "torque")} <= names
    assert model.site("imu").bodyid == model.body("pelvis").id
    data = posed(biped, model, {})
    for side in BOTH:
        camera = data.camera(f"{side}_wrist")
        to_tool = data.site(f"{side}_tcp").xpos - camera.xpos
        ahead = -camera.xmat.reshape(3, 3)[:, 2]
        assert ahead @ to_tool / np.linalg.norm(to_tool) > np.cos(0.1)


def test_servos_alone_hold_it_upright_on_level_ground(biped: Robot) -> None:
    spec = biped.spec(shells=False)
    spec.option = new_spec().option
    attach(spec, biped)
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=(2, 2, 0.1))
    model = spec.compile()
    data = posed(biped, model, {})
    for i in range(model.nu):
        data.ctrl[i] = data.joint(model.actuator(i).name).qpos[0]
    mujoco.mj_step(model, data, nstep=1500)
    assert data.body("pelvis").xpos[2] == pytest.approx(0.794, abs=0.005)
    assert data.body("pelvis").xmat[8] > np.cos(0.02)
    weight = sum(data.sensor(f"{side}_ankle_force").data[2] for side in BOTH)
    foot_kg = 2 * model.body("right_foot").mass[0]
    assert abs(weight) == pytest.approx((model.body_subtreemass[0] - foot_kg) * GRAVITY, rel=0.02)
