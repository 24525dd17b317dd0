"""Humanoids that nobody has seen before: whatever their names, frames and axes, each part is found for what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pilotline.robots.adopt import adopt
from pilotline.robots.adopt.checks import check

PLANS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**31),
        "legs": st.sampled_from([0, 5, 6]),
        "arms": st.sampled_from([5, 6, 7]),
        "torso": st.integers(0, 3),
        "head": st.integers(0, 2),
        "fingers": st.sampled_from([0, 2, 3, 5]),
        "slides": st.booleans(),
        "arms_at_zero": st.sampled_from(["down", "ahead", "aside"]),
        "servos": st.booleans(),
    }
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(plan=PLANS, loose=st.booleans())
def test_every_part_of_a_made_up_humanoid_is_found(maker: Any, plan: dict[str, Any], loose: bool) -> None:
    made, model = maker.made(maker.plan(**plan, floating=bool(plan["legs"]) and loose))
    found = adopt(model, "made", {"file": "made.xml"})
    card = found.card
    hands = {group for group in made.groups if group.endswith("hand")}
    for group in set(made.groups) | set(card["groups"]):
        ours, theirs = card["groups"].get(group, []), made.groups.get(group, [])
        if group in hands:  # fingers have no order
            ours, theirs = sorted(ours), sorted(theirs)
        assert ours == theirs, group
    assert card["passive"] == []
    assert card["base"]["link"] == made.root
    assert card["base"]["kind"] == ("floating" if plan["legs"] else "fixed")
    assert {side: foot["link"] for side, foot in card["feet"].items()} == made.feet
    robot = maker.robot(found, model)
    for joint, effort in made.efforts.items():
        assert robot.joints[joint].effort == pytest.approx(effort, rel=1e-4)  # six digits in the file
    assert [finding for finding in check(robot) if finding.severity == "error"] == []


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize(("fingers", "slides"), [(2, True), (3, False), (5, False)])
def test_fingers_close_towards_each_other_and_point_where_the_arm_does(
    maker: Any, seed: int, fingers: int, slides: bool
) -> None:
    made, model = maker.made(maker.plan(seed=seed, fingers=fingers, slides=slides, legs=0, floating=False))
    robot = maker.robot(adopt(model, "made", {"file": "made.xml"}), model)
    compiled = robot.spec(shells=False).compile()
    for side, hand in robot.hands.items():
        for name, closed, opened in zip(hand.actuators, hand.closed, hand.opened, strict=True):
            assert abs(closed) == pytest.approx(max(abs(robot.joints[name].low), abs(robot.joints[name].high)))
            assert opened == pytest.approx(0.0, abs=1e-9)
        assert hand.palm == made.palms[side]
        site = compiled.site(hand.tcp_site)
        assert 0.03 < np.linalg.norm(site.pos) < 0.4


def test_soles_are_where_the_feet_end(maker: Any) -> None:
    _, model = maker.made(maker.plan(seed=11))
    found = adopt(model, "made", {"file": "made.xml"})
    robot = maker.robot(found, model)
    compiled = robot.spec(shells=False).compile()
    for foot in robot.feet.values():
        # boxes of 0.22 by 0.09 of the size that the seed gives
        assert foot.half_m[0] / foot.half_m[1] == pytest.approx(0.11 / 0.045, rel=0.01)
        assert compiled.site(foot.sole_site).bodyid[0] == compiled.body(foot.body).id


def test_the_same_model_gives_the_same_card(maker: Any) -> None:
    _, model = maker.made(maker.plan(seed=5, fingers=3))
    first, second = (adopt(model, "made", {"file": "made.xml"}).card for _ in range(2))
    assert first == second
