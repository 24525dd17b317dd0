"""One line of text says which tier and which sheet drive which joint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline import robots
from pilotline.robots.actuators import drives_of
from pilotline.robots.actuators.selection import TIERS, ActuatorError, Choice, parse, resolve

WHEELED = robots.load("wheeled")


def test_a_tier_alone_drives_every_joint_by_the_sheet_on_the_card():
    drives = drives_of(WHEELED, "harmonic")
    assert len(drives) == 22
    assert {drive.tier for drive in drives.values()} == {"harmonic"}
    assert drives["torso_0"].figures.name == "rby1-torso"
    assert drives["head_1"].figures.name == "wheeled-head"
    assert not drives_of(WHEELED, "ideal")


def test_the_cards_armature_is_that_of_its_sheets():
    for joint, drive in drives_of(WHEELED, "servo").items():
        assert drive.figures.armature_kgm2 == pytest.approx(WHEELED.joints[joint].armature, rel=0.02), joint


def test_a_joint_wins_over_its_group_and_a_group_over_all_whatever_the_order():
    for text in (
        "servo all=twin arms=harmonic right_arm_3=ideal",
        "servo right_arm_3=ideal arms=harmonic all=twin",
    ):
        chosen = resolve(parse(text), WHEELED)
        assert chosen["right_arm_3"] == Choice("ideal")
        assert chosen["left_arm_3"] == Choice("harmonic")
        assert chosen["torso_0"] == Choice("twin")


def test_a_sheet_takes_the_robots_tier_and_harmonic_where_that_is_ideal():
    assert resolve(parse("twin arms=csg-20-100+tbm-6025"), WHEELED)["left_arm_0"].tier == "twin"
    assert resolve(parse("ideal arms=csg-20-100+tbm-6025"), WHEELED)["left_arm_0"].tier == "harmonic"
    assert resolve(parse("ideal arms=servo:ak80-9"), WHEELED)["left_arm_0"] == Choice("servo", "ak80-9")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "unknown actuators ''; choose from ideal, servo"),
        ("magic", "unknown actuators 'magic'"),
        ("servo arms", "'arms' is not place=tier"),
        ("servo arms=", "'arms=' is not place=tier"),
        ("servo arms=twin arms=ideal", "actuators.arms is given twice"),
        ("servo legs=twin", "has no such group or joint; choose from all, arms"),
        ("servo arms=ideal:ak80-9", "a sheet needs a tier above ideal"),
        ("servo arms=twin:", "a sheet needs a tier above ideal"),
    ],
)
def test_what_cannot_be_is_refused_with_the_choices(text, said):
    with pytest.raises(ActuatorError) as refused:
        resolve(parse(text), WHEELED)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


_SHEETS = st.sampled_from(["csg-20-100+tbm-6025", "./mine.yaml", "ak80-9", "net.onnx"])
_PLACES = st.sampled_from(["all", "arms", "torso", "right_arm", "head", "torso_2"])
_VALUES = st.one_of(
    st.sampled_from(TIERS),
    _SHEETS,
    st.builds("{}:{}".format, st.sampled_from(TIERS[1:]), st.sampled_from(["ak80-9", "a/b.yaml"])),
)


@given(st.sampled_from(TIERS), st.dictionaries(_PLACES, _VALUES, max_size=4))
def test_the_canonical_text_says_the_same(tier, places):
    selection = parse(" ".join([tier, *(f"{place}={value}" for place, value in places.items())]))
    assert parse(str(selection)) == selection
    assert str(parse(str(selection))) == str(selection)
