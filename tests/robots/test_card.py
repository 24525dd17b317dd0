"""A card with a wrong figure is refused, with the file, the field, the value and what is allowed."""

from __future__ import annotations

import copy
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from pilotline import robots
from pilotline.robots import CardError, RobotCard
from pilotline.robots.yamlfile import read_yaml

CARD = Path(str(files("pilotline.robots"))) / "cards" / "wheeled.yaml"
TREE = yaml.safe_load(CARD.read_text(encoding="utf-8"))


def written(folder: Path, path: str, value: Any) -> Path:
    """The built-in card with one entry replaced, in a file of its own. `...` takes the entry out."""
    tree = copy.deepcopy(TREE)
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
    card = robots.load("wheeled").card
    assert card.mass_kg == pytest.approx(132.2, abs=0.05)
    assert {link.mark for name, link in card.links.items() if name != "base"} == {"V"}


def test_an_unchanged_copy_is_the_same_card(tmp_path: Path) -> None:
    copy = read_yaml(written(tmp_path, "title", robots.load("wheeled").card.title), RobotCard)
    assert copy == robots.load("wheeled").card


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
            "links.ee_right.parent",
            "ee_left",
            "links.ee_right.parent = 'ee_left': must be a link listed before it",
        ),
        ("links.ee_right.parent", None, "must be exactly base.link 'base'"),
        ("links.ee_right.colour", "red", "links.ee_right.colour = 'red': Extra inputs are not permitted"),
        ("links.ee_right.mark", "X", "links.ee_right.mark = 'X': Input should be 'V', 'D', 'M', 'K' or 'E'"),
        ("links.ee_right.source", "hearsay", "links.ee_right.source = 'hearsay': must be one of urdf"),
        ("joints.torso_1.range_rad", [1.0, -1.0], "lower 1.0 must be below upper -1.0"),
        ("joints.torso_1.axis", [0.0, 2.0, 0.0], "length 2, must be 1 within 0.001"),
        (
            "joints.torso_1.effort_nm",
            0.0,
            "joints.torso_1.hinge.effort_nm = 0.0: Input should be greater than 0",
        ),
        ("joints.torso_1.effort_nm", ..., "joints.torso_1.hinge.effort_nm: is missing"),
        ("joints.torso_1.kind", "ball", "tag 'ball'"),
        ("joints.torso_1.drive", "gripper", "a hinge joint must have a gear drive"),
        ("joints.torso_1.link", "link_torso_0", "must be a link no other joint moves"),
        ("joints.right_finger_0.range_m", [-0.01, 0.05], "0 meaning closed"),
        ("drives.torso.rated_nm", 500.0, "must not fall"),
        ("home.torso_1", 3.0, "home.torso_1 = 3.0: must be in [-0.52"),
        ("home.torso_1", ..., "home: missing ['torso_1']"),
        ("groups.head", ["head_0"], "missing ['head_1']"),
        ("groups.head", ["head_0", "head_0"], "a joint is listed twice"),
        ("hands.left.opening_axis", [0.0, 0.0, 1.0], "must be at right angles to approach_axis"),
        ("collisions.0.link", "tail", "collisions.0.link = 'tail': must be one of base"),
        ("cameras.head.fovy_deg", 200.0, "cameras.head.fovy_deg = 200.0: Input should be less than 180"),
        ("schema", "pilotline/robot/9", "schema = 'pilotline/robot/9': Input should be 'pilotline/robot/1'"),
        ("servo.frequency_hz", {"torso": 8.0}, "missing ['head', 'left_arm', 'right_arm']"),
    ],
)
def test_a_wrong_figure_is_refused_by_name(tmp_path: Path, path: str, value: Any, said: str) -> None:
    with pytest.raises(CardError) as refusal:
        read_yaml(written(tmp_path, path, value), RobotCard)
    assert said in str(refusal.value)
    assert str(refusal.value).startswith("mine.yaml: ")


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
        read_yaml(file, RobotCard)
    assert str(refusal.value).startswith(said)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none\.yaml: cannot be read"):
        read_yaml(tmp_path / "none.yaml", RobotCard)


def test_an_unknown_robot_is_refused_with_the_choices() -> None:
    with pytest.raises(robots.RobotError, match="unknown robot 'walker'; choose from wheeled"):
        robots.load("walker")
