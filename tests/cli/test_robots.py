"""Words about robots end as the one text that jobs, videos and speed are given."""

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.verbs.score import VERB as SCORE
from pilotline.benchmarks.cli.verbs.speed import VERB as SPEED
from pilotline.benchmarks.cli.verbs.view import VERB as VIEW
from pilotline.robots import naming

SPELLINGS = {
    "": "wheeled",
    "robot=fixed": "fixed",
    "robot=fixed robot.hands=gripper": "fixed right_hand=gripper left_hand=gripper",
    "robot.left_hand=gripper": "wheeled left_hand=gripper",
}


@pytest.mark.parametrize("verb", [SCORE, VIEW, SPEED], ids=lambda verb: verb.name)
@pytest.mark.parametrize("words", SPELLINGS)
def test_words_end_as_one_canonical_text(verb, words):
    text = settings_of(verb, words.split()).robot.text
    assert text == SPELLINGS[words]
    assert str(naming.parse(text)) == text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("robot=walker", "unknown robot 'walker'"),
        ("robot.hands=claw", "unknown hand 'claw'; choose from"),
        ("robot.hands=gripper robot.left_hand=gripper", "the left hand is given twice"),
        ("robot.feet=large", "unknown key of view 'robot.feet'"),
        ("robot=./none.yaml", "none.yaml"),
        ("robot=menagerie:", "menagerie"),
    ],
)
def test_a_robot_that_cannot_be_is_told_in_one_line(words, said):
    with pytest.raises(CommandError) as error:
        settings_of(VIEW, words.split())
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_hands_are_listed(capsys):
    assert main(["list", "hands"]) == 0
    assert "gripper" in capsys.readouterr().out
