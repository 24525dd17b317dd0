"""A card with a wrong figure is refused, with the file, the field, the value and what is allowed."""

from __future__ import annotations

import copy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilotline import robots
from pilotline.robots import CardError, RobotCard, builtin, hands
from pilotline.robots.cardfile import read_card
from pilotline.robots.handcard import HandCard

FOLDER = Path(str(files("pilotline.robots")))


def merged(name: str) -> dict[str, Any]:
    """A built-in card with what it includes, as one tree."""
    tree = yaml.safe_load((FOLDER / "cards" / f"{name}.yaml").read_text(encoding="utf-8"))
    for part in tree.pop("include"):
        for key, value in yaml.safe_load((FOLDER / "cards" / part).read_text(encoding="utf-8")).items():
            if isinstance(value, dict):
                tree.setdefault(key, {}).update(value)
            elif isinstance(value, list):
                tree.setdefault(key, []).extend(value)
            else:
                tree[key] = value
    return tree


WHEELED = merged("wheeled")
GRIPPER = yaml.safe_load((FOLDER / "hands" / "gripper.yaml").read_text(encoding="utf-8"))


def written(folder: Path, path: str, value: Any, card: dict[str, Any] = WHEELED) -> Path:
    """A built-in card with one entry replaced, in a file of its own. `...` takes the entry out."""
    tree = copy.deepcopy(card)
    *way, last = path.split(".")
    node = tree
    for key in way:
        node = node[int(key)] if isinstance(node, list) else node[key]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return file


def test_the_built_in_card_loads_and_sums_to_the_published_mass() -> None:
    card = builtin.card("wheeled")
    assert card.mass_kg + 2 * hands.load("gripper").mass_kg == pytest.approx(132.2, abs=0.05)
    assert {link.mark for name, link in card.links.items() if name != "base"} == {"V"}


def test_an_unchanged_copy_is_the_same_card(tmp_path: Path) -> None:
    assert read_card(written(tmp_path, "title", WHEELED["title"]), RobotCard) == builtin.card("wheeled")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            "links.link_torso_1.mass_kg",
            -1.0,
            "links.link_torso_1.mass_kg = -1.0: Input should be greater than 0",
        ),
        (
            "links.link_torso_1.mass_kg",
            float("nan"),
            "links.link_torso_1.mass_kg = nan: Input should be a finite",
        ),
        ("links.base.com_m", [0.0, float("inf"), 0.0], "links.base.com_m.1 = inf: Input should be a finite"),
        ("links.base.inertia_kgm2", [1.0, 1.0, 2.5], "Izz 2.5 must be at most the sum of the other two, 2"),
        ("links.base.inertia_kgm2", [1.0, 1.0], "links.base.inertia_kgm2.2: is missing"),
        (
            "links.link_right_arm_6.parent",
            "link_left_arm_6",
            "links.link_right_arm_6.parent = 'link_left_arm_6': must be a link listed before it",
        ),
        ("links.link_right_arm_6.parent", None, "must be exactly base.link 'base'"),
        (
            "links.link_right_arm_6.colour",
            "red",
            "links.link_right_arm_6.colour = 'red': Extra inputs are not permitted",
        ),
        (
            "links.link_right_arm_6.mark",
            "X",
            "links.link_right_arm_6.mark = 'X': Input should be 'V', 'D', 'M', 'K' or 'E'",
        ),
        ("links.link_right_arm_6.source", "hearsay", "links.link_right_arm_6.source = 'hearsay': must be one of urdf"),
        ("joints.torso_1.range_rad", [1.0, -1.0], "lower 1.0 must be below upper -1.0"),
        ("joints.torso_1.axis", [0.0, 2.0, 0.0], "length 2, must be 1 within 0.001"),
        (
            "joints.torso_1.effort_nm",
            0.0,
            "joints.torso_1.hinge.effort_nm = 0.0: Input should be greater than 0",
        ),
        ("joints.torso_1.effort_nm", ..., "joints.torso_1.hinge.effort_nm: is missing"),
        ("joints.torso_1.kind", "ball", "tag 'ball'"),
        ("joints.torso_1.drive", "spring", "joints.torso_1.drive = 'spring': must be one of torso"),
        ("joints.torso_1.link", "link_torso_0", "must be a link no other joint moves"),
        ("drives.torso.rated_nm", 500.0, "must not fall"),
        ("home.torso_1", 3.0, "home.torso_1 = 3.0: must be in [-0.52"),
        ("home.torso_1", ..., "home: missing ['torso_1']"),
        ("groups.head", ["head_0"], "missing ['head_1']"),
        ("groups.head", ["head_0", "head_0"], "a joint is listed twice"),
        ("groups.tail", ["head_0"], "groups = 'tail': must be one of right_leg"),
        ("hands.middle", "gripper", "hands = 'middle': must be one of right, left"),
        ("flanges.right.link", "tail", "flanges.right.link = 'tail': must be one of base"),
        ("servo.base_time_constant_s", ..., "must be given for a planar base only"),
        ("posture.ease", {"head_0": 1.0}, "posture.ease = 'head_0': must be one of torso_0"),
        ("feet", {"right": 1.0}, "feet.right = 1.0: "),
        ("collisions.0.link", "tail", "collisions.0.link = 'tail': must be one of base"),
        ("cameras.head.fovy_deg", 200.0, "cameras.head.fovy_deg = 200.0: Input should be less than 180"),
        ("schema", "pilotline/robot/9", "schema = 'pilotline/robot/9': Input should be 'pilotline/robot/1'"),
        ("servo.frequency_hz", {"torso": 8.0}, "missing ['head', 'left_arm', 'right_arm']"),
    ],
)
def test_a_wrong_figure_is_refused_by_name(tmp_path: Path, path: str, value: Any, said: str) -> None:
    with pytest.raises(CardError) as refusal:
        read_card(written(tmp_path, path, value), RobotCard)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("mine.yaml: ")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("opening_axis", [0.0, 0.0, 1.0], "opening_axis: must be at right angles to approach_axis"),
        ("closed", {"gripper": 0.0, "gripper_across": 0.0}, "closed: missing [], not allowed ['gripper_across']"),
        ("opened.gripper", 0.2, "opened.gripper = 0.2: must be in [0.0, 0.05]"),
        ("couplings.0.of", "thumb", "couplings.0.of = 'thumb': must be one of gripper"),
        ("couplings.0.joint", "thumb", "couplings.0.joint = 'thumb': must be one of gripper, gripper_across"),
        ("joints.gripper.drive", "motor", "joints.gripper.drive = 'motor': must be one of screw"),
        ("links.finger.parent", None, "links without parent are ['palm', 'finger']; must be exactly palm 'palm'"),
        ("pads.0.link", "thumb", "pads.0.link = 'thumb': must be one of palm, finger"),
        ("servo.frequency_hz", 8.0, "sliding ones stiffness_n_m"),
        ("schema", "pilotline/hand/9", "schema = 'pilotline/hand/9'"),
    ],
)
def test_a_wrong_figure_of_a_hand_is_refused_by_name(tmp_path: Path, path: str, value: Any, said: str) -> None:
    with pytest.raises(CardError) as refusal:
        read_card(written(tmp_path, path, value, GRIPPER), HandCard)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "part", "said"),
    [
        ("name: a\ninclude: [part.yaml]\n", "name: b\n", "mine.yaml: include part.yaml: name is given by both"),
        ("a: {b: {c: 1}}\ninclude: [part.yaml]\n", "a: {b: {c: 2}}\n", "a.b.c is given by both"),
        ("include: [part.yaml]\n", "include: [other.yaml]\n", "and include nothing itself"),
        ("include: [none.yaml]\n", "", "none.yaml: cannot be read"),
        ("include: part.yaml\n", "", "include = 'part.yaml': must be a list of file names"),
    ],
)
def test_an_include_never_overrides(tmp_path: Path, text: str, part: str, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "part.yaml").write_text(part, encoding="utf-8")
    with pytest.raises(CardError) as refusal:
        read_card(tmp_path / "mine.yaml", RobotCard)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nname: b\n", "mine.yaml: key 'name' is given twice (line 2)"),
        ("name: [1, 2\n", "mine.yaml: is not YAML"),
        ("- 1\n- 2\n", "mine.yaml: "),
        ("", "mine.yaml: "),
    ],
)
def test_a_file_that_is_no_card_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CardError) as refusal:
        read_card(file, RobotCard)
    assert str(refusal.value).startswith(said)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none\.yaml: cannot be read"):
        read_card(tmp_path / "none.yaml", RobotCard)


def test_an_unknown_robot_is_refused_with_the_choices() -> None:
    with pytest.raises(robots.RobotError, match=r"unknown robot 'walker'; choose from .*wheeled"):
        robots.load("walker")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no name"),
        ("hands=gripper", "no name"),
        ("wheeled hands=claw", "unknown hand 'claw'; choose from .*gripper"),
        ("wheeled feet=large", "'feet=large' is not one of hands=HAND, right_hand=HAND, left_hand=HAND"),
        ("wheeled hands=gripper left_hand=gripper", "the left hand is given twice"),
    ],
)
def test_hands_are_chosen_in_the_robots_text(text: str, said: str) -> None:
    with pytest.raises(robots.RobotError, match=said):
        robots.load(text)


def test_one_robot_has_one_text() -> None:
    assert robots.load("wheeled hands=gripper") is robots.load("wheeled left_hand=gripper right_hand=gripper")
