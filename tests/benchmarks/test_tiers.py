"""The cost of actuator tiers is measured on the same robot, all tiers in one run."""

import mujoco
import pytest

from pilotline.benchmarks import tiers
from pilotline.robots.actuators import TIERS, native


def test_every_tier_and_the_python_callbacks_are_compared_with_ideal():
    found = tiers.measure("wheeled", nsim=2, nthread=1, seconds=0.05)
    assert found["joints"] == 22
    assert set(found["ratios"]) == {f"{tier} / ideal" for tier in (*TIERS[1:], "harmonic, Python callbacks")}
    assert found["ratios"]["harmonic, Python callbacks / ideal"] < 0.2
    for name, (low, high) in found["ratio_spread"].items():
        assert 0.0 < low <= found["ratios"][name] <= high


@pytest.mark.parametrize("tier", TIERS)
def test_the_robot_of_a_tier_is_driven_by_that_tier_on_every_compared_joint(tier):
    subject = tiers.subject("wheeled")
    model = subject.build(tier)
    assert len(subject.joints) == 22
    by_law = {native.law_of(model, model.actuator(name).id) is not None for name in subject.joints}
    assert by_law == {tier != "ideal"}
    discrete = model.opt.integrator == mujoco.mjtIntegrator.mjINT_DISCRETE
    assert discrete == (tier == "twin")
