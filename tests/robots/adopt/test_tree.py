"""What is no limb, and what is no humanoid."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.read import read
from pilotline.robots.adopt import Adoption, adopt

LIMB = """<body name="{name}_{n}" pos="{pos}">
  <joint name="{name}_{n}" axis="{axis}" range="-1 1"/>
  <geom type="box" size="0.02 0.02 0.02" pos="{out}" mass="0.5"/>{inner}
</body>"""


def limb(name: str, pos: str, step: str, joints: int = 4) -> str:
    """A chain of joints, each `step` from the one before."""
    text = ""
    for n in reversed(range(joints)):
        axis = ("0 1 0", "1 0 0", "0 0 1")[n % 3]
        text = LIMB.format(name=name, n=n, pos=pos if n == 0 else step, axis=axis, out=step, inner=text)
    return text


def robot(*parts: str, actuators: bool = True) -> str:
    joints = [line.split('"')[1] for part in parts for line in part.splitlines() if "<joint" in line]
    motors = "".join(f'<motor joint="{joint}" ctrlrange="-50 50"/>' for joint in joints) if actuators else ""
    return f"""<mujoco model="made"><worldbody><body name="base" pos="0 0 1"><freejoint/>
      <geom type="box" size="0.05 0.05 0.1" mass="5"/>{"".join(parts)}
    </body></worldbody><actuator>{motors}</actuator></mujoco>"""


ARMS = (limb("a", "0 -0.2 0.4", "0 0 -0.1"), limb("b", "0 0.2 0.4", "0 0 -0.1"))
LEGS = (limb("c", "0 -0.1 -0.1", "0 0 -0.2"), limb("d", "0 0.1 -0.1", "0 0 -0.2"))


def adopted(tmp_path: Path, *parts: str, actuators: bool = True) -> Adoption:
    path = tmp_path / "made.xml"
    path.write_text(robot(*parts, actuators=actuators))
    return adopt(read(path), "made", {"file": "made.xml"})


def test_the_lower_pair_is_the_legs_and_the_left_is_at_plus_y(tmp_path: Path) -> None:
    groups = adopted(tmp_path, *ARMS, *LEGS).card["groups"]
    assert groups["right_arm"] == [f"a_{n}" for n in range(4)]
    assert groups["left_arm"] == [f"b_{n}" for n in range(4)]
    assert groups["right_leg"] == [f"c_{n}" for n in range(4)]
    assert groups["left_leg"] == [f"d_{n}" for n in range(4)]


def test_a_pair_of_short_branches_is_no_limb(tmp_path: Path) -> None:
    ears = (limb("e", "0 -0.05 0.5", "0 0 0.05", 1), limb("f", "0 0.05 0.5", "0 0 0.05", 1))
    found = adopted(tmp_path, *ARMS, *LEGS, *ears)
    placed = [joint for group in found.card["groups"].values() for joint in group]
    assert not {"e_0", "f_0"} & set(placed) or found.card["groups"].get("head")
    assert set(found.card["passive"]) | set(found.card["groups"].get("head", [])) == {"e_0", "f_0"}
    assert any("in no limb" in line for line in found.unknown)


def test_four_legs_are_refused(tmp_path: Path) -> None:
    hind = (limb("e", "-0.3 -0.1 -0.1", "0 0 -0.2"), limb("f", "-0.3 0.1 -0.1", "0 0 -0.2"))
    with pytest.raises(ModelError, match="two pairs of legs"):
        adopted(tmp_path, *LEGS, *hind)


def test_a_robot_that_looks_along_y_is_refused(tmp_path: Path) -> None:
    sideways = (limb("a", "-0.2 0 0.4", "0 0 -0.1"), limb("b", "0.2 0 0.4", "0 0 -0.1"))
    with pytest.raises(ModelError, match="must look along \\+x"):
        adopted(tmp_path, *sideways)


def test_an_arm_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="must be a humanoid"):
        adopted(tmp_path, ARMS[0])


def test_a_model_without_actuators_and_limits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"made.xml: has no actuators and no joint says how strong it is"):
        adopted(tmp_path, *ARMS, *LEGS, actuators=False)


def test_a_pedestal_with_arms_is_bolted_down(tmp_path: Path) -> None:
    path = tmp_path / "made.xml"
    text = robot(*ARMS).replace("<freejoint/>", '<geom type="box" size="0.2 0.2 0.5" pos="0 0 -0.5" mass="9"/>')
    path.write_text(text)
    card = adopt(read(path), "made", {"file": "made.xml"}).card
    assert card["base"]["kind"] == "fixed"
    assert set(card["groups"]) == {"right_arm", "left_arm"}


URDF = """<robot name="made"><link name="base"><inertial><mass value="5"/><origin xyz="0 0 0"/>
<inertia ixx="0.1" iyy="0.1" izz="0.1" ixy="0" ixz="0" iyz="0"/></inertial>
<collision><origin xyz="0 0 -0.4"/><geometry><box size="0.3 0.3 0.8"/></geometry></collision></link>{links}</robot>"""
LINK = """<link name="{name}"><inertial><mass value="0.5"/><origin xyz="0 0 -0.05"/>
<inertia ixx="0.001" iyy="0.001" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial>
<collision><origin xyz="0 0 -0.05"/><geometry><box size="0.04 0.04 0.04"/></geometry></collision></link>
<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{name}"/><origin xyz="{pos}"/>
<axis xyz="{axis}"/>{limit}</joint>"""
LIMIT = '<limit lower="-1" upper="1" effort="30" velocity="4"/>'


def urdf(limit: str) -> str:
    links = ""
    for side, y in (("a", -0.2), ("b", 0.2)):
        for n in range(4):
            pos = f"0 {y} 0.4" if n == 0 else "0 0 -0.1"
            parent = "base" if n == 0 else f"{side}{n - 1}"
            axis = ("0 1 0", "1 0 0", "0 0 1")[n % 3]
            links += LINK.format(name=f"{side}{n}", parent=parent, pos=pos, axis=axis, limit=limit)
    return URDF.format(links=links)


def test_speeds_of_a_urdf_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "made.urdf"
    path.write_text(urdf(LIMIT))
    found = adopt(read(path), "made", {"file": "made.urdf"})
    assert found.card["joints"] == {}
    assert found.card["groups"]["left_arm"] == ["b0", "b1", "b2", "b3"]
    assert not any("speed" in line for line in found.unknown)


def test_a_urdf_without_limits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "made.urdf"
    path.write_text(urdf('<limit lower="-1" upper="1" effort="0" velocity="0"/>'))
    with pytest.raises(ModelError, match=r"made\.urdf: has no actuators and no joint says how strong"):
        adopt(read(path), "made", {"file": "made.urdf"})
