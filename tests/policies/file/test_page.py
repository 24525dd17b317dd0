"""The contract card on the page of policy files is one that works."""

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from pilotline import policies, robots
from pilotline.policies import PolicyWarning
from pilotline.policies.file.card import read_card

from .test_card import linear

PAGE = Path(__file__).resolve().parents[3] / "docs" / "policies.md"


def test_the_card_of_the_page_walks_the_biped_into_its_default_pose(tmp_path):
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    linear(tmp_path / "walk.onnx", np.zeros((49, 12)))
    (tmp_path / "walk.yaml").write_text(text)
    robot = robots.load("biped")
    with pytest.warns(PolicyWarning, match=r"right_knee was 5000 N m/rad in training, here it is 5100 \(2 %"):
        policy = policies.load(str(tmp_path / "walk.yaml"), "walk", robot, 1)
    assert policy.control == "legs"
    given = yaml.safe_load(text)["outputs"]["default"]
    assert set(given) == {joint for side in robot.feet for joint in robot.groups[f"{side}_leg"]}
    assert [name for name, _ in read_card(tmp_path / "walk.yaml").files] == ["walk.yaml", "walk.onnx"]
