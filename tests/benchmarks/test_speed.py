"""The speed measurement runs every way of stepping on the same physics."""

import numpy as np
import pytest

from pilotline.benchmarks import speed


def test_every_way_is_measured_and_compared():
    found = speed.measure(station="tote_destack", robot="wheeled", nsim=3, nthread=1, seconds=0.05)
    rates, ratios = found["env_steps_per_s"], found["ratios"]
    assert {speed.RAW, speed.STEP, speed.BARE, speed.VECTOR, speed.HANDS, speed.SINGLE} < set(rates)
    assert "AsyncVectorEnv, 1 workers" in rates
    assert all(rate > 0.0 for rate in rates.values())
    for name, low_high in found["spread"].items():
        assert low_high[0] <= rates[name] <= low_high[1]
    assert ratios[f"{speed.VECTOR} / {speed.RAW}"] > 0.0
    assert set(found["ratio_spread"]) == set(ratios)


@pytest.mark.parametrize("control", ["joint", "ee"])
def test_the_robot_is_asked_to_hold_its_home_pose(control):
    from pilotline.envs.face import make_batch

    batch = make_batch("tote_destack", "wheeled", "ideal", control, "D0", 1, 1)
    home = batch.engine.ctrl.copy()
    batch.control.command(speed._still(batch)[None], np.zeros(1, np.int64))
    np.testing.assert_allclose(batch.engine.ctrl, home, atol=0.02)
