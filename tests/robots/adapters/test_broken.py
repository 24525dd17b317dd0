"""Broken models and cards: one line that names the thing, what was allowed, and where it came from."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotline import robots
from pilotline.robots import CardError, RobotError, adapters
from pilotline.robots.adapters import ModelError
from pilotline.robots.adapters.make import robot_of
from pilotline.robots.adapters.read import read
from pilotline.robots.adapters.source import menagerie_file

Tiny = Callable[..., Path]


def fault(card: Path, error: type[ValueError] = ModelError) -> str:
    """The one line with which a card is refused."""
    with pytest.raises(error) as refused:
        robot_of(card)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('mass="2"/>', 'mass="nan"/>', "tiny.xml: <geom> mass='nan': must be finite numbers"),
        ('range="-2 2"', 'range="-inf 2"', "tiny.xml: <joint 'right_shoulder'> range='-inf 2': must be finite numbers"),
        ('mass="0.05"', 'mass="0"', "tiny.xml: right_finger (line 23): mass and inertia are zero"),
        ("</mujoco>", "", "tiny.xml: is not XML: no element found"),
        ("mujoco", "sdf", "tiny.xml: starts with <sdf>; must be <mujoco> (MJCF) or <robot> (URDF)"),
        ("<worldbody>", '<include file="more.xml"/><worldbody>', "tiny.xml: include file='more.xml': no such file"),
        ("<worldbody>", '<include file="tiny.xml"/><worldbody>', "in a circle: tiny.xml -> tiny.xml"),
        ("<worldbody>", '<asset><mesh name="m" file="gone.stl"/></asset><worldbody>', "for mesh 'm' (gone.stl)"),
        ('axis="0 1 0" range="-2 2"', 'type="ball"', "tiny.xml: joint 'right_shoulder' is a ball joint"),
        ('<camera name="front"/>', "<camera nam='front'/>", "unrecognized attribute: 'nam'"),
    ],
)
def test_a_broken_model(tiny: Tiny, old: str, new: str, message: str) -> None:
    assert message in fault(tiny(model=((old, new),)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[right_shoulder]", "[right_sholder]", "has no such joint; did you mean right_shoulder?"),
        ("{right_shoulder: 0.4", "{right_elbow: 0.4", "home = 'right_elbow': tiny.xml has no such joint"),
        ("right_shoulder: 0.4", "right_shoulder: 2.4", "home.right_shoulder = 2.4: must be in [-2, 2]"),
        ("palm: right_arm", "palm: right_palm", "hands.right.own.palm = 'right_palm': tiny.xml has no such body"),
        ('"*": {', '"*_elbow": {', "joints = '*_elbow': tiny.xml has no such joint"),
        ("right_grip, right_grip_across]", "right_grip]", "joint 'right_grip_across' of tiny.xml is in none"),
        ("link: pelvis, height", "link: right_leg, height", "bodies under the world of tiny.xml are pelvis"),
        ("closed: {right_grip: 1.0}", "closed: {right_grip: 1.5}", "own.closed.right_grip = 1.5: must be in [0, 1]"),
        ("rated_nm: 5.0, speed_rad_s: 6.0", "rated_nm: 5.0", "'right_hip' has no speed limit in tiny.xml; give"),
        ("rated_nm: 5.0,", "sheet: g1-7520-13,", "sheet 'g1-7520-13' of 'right_hip': unknown data sheet"),
        ("{file: tiny.xml}", "{file: small.xml}", "model.file = 'small.xml': no such file"),
    ],
)  # fmt: skip
def test_a_card_that_does_not_fit_its_model(tiny: Tiny, old: str, new: str, message: str) -> None:
    line = fault(tiny(card=((old, new),)))
    assert line.startswith("tiny.adapter.yaml: ")
    assert message in line


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: A tiny", "titel: A tiny", "titel"),
        (
            "source: model, mark: D}\ngroups",
            "source: memory, mark: D}\ngroups",
            "base.source = 'memory': must be",
        ),
        ("left_leg: [left_hip]", "left_leg: [right_hip]", "'right_hip' is also in right_leg"),
        ("opened: {right_grip: 0.0}", "opened: {other: 0.0}", "must be the same joints"),
        ("right_arm: 8.0", "head: 8.0", "servo.frequency_hz: missing right_arm"),
        ("kind: floating", "kind: fixed", "feet: a fixed base stands on none"),
    ],
)
def test_a_card_that_contradicts_itself(tiny: Tiny, old: str, new: str, message: str) -> None:
    with pytest.raises(CardError, match=r"^tiny.adapter.yaml: ") as refused:
        robot_of(tiny(card=((old, new),)))
    assert message in str(refused.value)


def test_a_hand_where_there_is_no_flange(tiny: Tiny) -> None:
    with pytest.raises(RobotError, match="robot tiny: no flange on the left side, so no left_hand=gripper"):
        robots.load(f"{tiny()} left_hand=gripper")


def test_a_model_without_a_card_beside_it(tiny: Tiny) -> None:
    card = tiny()
    assert adapters.load(str(card.parent / "tiny.xml")).name == "tiny"
    card.rename(card.with_name("other.yaml"))
    with pytest.raises(ModelError, match=r"no adapter card tiny.adapter.yaml beside it; .* pilotline adopt"):
        adapters.load(str(card.parent / "tiny.xml"))


def test_a_menagerie_robot_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mujoco_menagerie")
    monkeypatch.setenv("MENAGERIE_ROOT", str(tmp_path))
    (tmp_path / "unitree_h1").mkdir()
    with pytest.raises(ModelError, match=r"no such robot; did you mean .*unitree_g1"):
        menagerie_file("unitree_g11")
    with pytest.raises(ModelError, match=r"no folder unitree_g1 in MENAGERIE_ROOT=.*has unitree_h1"):
        menagerie_file("unitree_g1")
    with pytest.raises(ModelError, match=r"menagerie:unitree_h1: no h1.xml in"):
        menagerie_file("unitree_h1")


def test_a_menagerie_robot_without_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = pytest.importorskip("mujoco_menagerie")
    monkeypatch.delenv("MENAGERIE_ROOT", raising=False)
    monkeypatch.setenv("MENAGERIE_CACHE_DIR", str(tmp_path))

    def offline(*_: object) -> None:
        raise package.DownloadError("the network is down")

    monkeypatch.setattr(package.Cache, "resolve", offline)
    with pytest.raises(ModelError, match=r"cannot be downloaded .the network is down.; set MENAGERIE_ROOT"):
        menagerie_file("unitree_g1")


def test_menagerie_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mujoco_menagerie", None)
    with pytest.raises(ModelError, match=r"needs the package mujoco-menagerie; .*pilotline\[robots\]"):
        menagerie_file("unitree_g1")


INERTIAL = '<inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/></inertial>'
URDF = f"""<robot name="two">
  <link name="base">{INERTIAL}<visual><geometry><mesh filename="package://two/look.dae"/></geometry></visual></link>
  <link name="arm">{INERTIAL}<collision><geometry><sphere radius="0.1"/></geometry></collision></link>
  <link name="hand">{INERTIAL}</link>
  <joint name="shoulder" type="revolute"><parent link="base"/><child link="arm"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" effort="5" velocity="3"/></joint>
  <joint name="wrist" type="revolute"><parent link="arm"/><child link="hand"/><axis xyz="0 1 0"/>
    <limit lower="-1" upper="1" effort="5" velocity="3"/><mimic joint="shoulder" multiplier="-0.5"/></joint>
</robot>"""


def test_a_urdf_keeps_its_root_link_its_speeds_and_its_mimic_joints(tmp_path: Path) -> None:
    path = tmp_path / "two.urdf"
    path.write_text(URDF, encoding="utf-8")
    model = read(path)
    assert [body.name for body in model.spec.bodies] == ["world", "base", "arm", "hand"]
    assert model.speeds == {"shoulder": 3.0, "wrist": 3.0}
    assert model.compiled.neq == 1
    assert model.compiled.eq_data[0, :2].tolist() == [0.0, -0.5]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('<sphere radius="0.1"/>', '<mesh filename="package://two/arm.stl"/>', "mesh package://two/arm.stl: no such"),
        ('<sphere radius="0.1"/>', '<mesh filename="arm.dae"/>', "'arm': collision mesh arm.dae: must be .stl"),
        ('<parent link="arm"/>', '<parent link="leg"/>', "two.urdf: joint 'wrist': parent link 'leg' does not exist"),
        ('<parent link="arm"/>', '<parent link="hand"/>', "links hang on each other in a circle: hand -> hand"),
        ('<mimic joint="shoulder"', '<mimic joint="elbow"', "mimics 'elbow', which does not exist"),
    ],
)  # fmt: skip
def test_a_broken_urdf(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "two.urdf"
    path.write_text(URDF.replace(old, new), encoding="utf-8")
    with pytest.raises(ModelError) as refused:
        read(path)
    assert message in str(refused.value)
