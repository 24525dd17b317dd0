"""On a line too a policy that fails for reasons of its own ends its cycle in its own fault."""

import numpy as np

from pilotline.configs.lines import Line
from pilotline.envs.line.sim import LineSim
from pilotline.envs.line.world import build_line_world
from pilotline.policies.reference.travel import Travel
from pilotline.robots import load


class Gone:
    """Its connection is lost."""

    control = "joint"

    def begin(self, ids):
        pass

    def act(self, obs):
        return np.full((1, 27), np.nan)

    def faults(self):
        return {"policy_lost": np.array([True])}


def test_a_lost_policy_fails_the_part_and_the_line_goes_on():
    line = Line.model_validate(
        {
            "name": "made_up",
            "version": 1,
            "title": "for a test",
            "stations": [{"station": "device_test"}],
            "takt_s": 60,
            "shift_h": 8,
            "source": "made up for this test",
        }
    )
    robot = load("wheeled")
    world = build_line_world(line, robot, "ideal", shells=False)
    sim = LineSim(world, lambda k: Gone(), Travel(robot, 1), 5, 1)
    sim.begin(0)
    for _ in sim.work(0):
        pass
    assert sim.verdict is not None
    assert [name for name, value in sim.verdict.faults.items() if value[0]] == ["policy_lost"]
    assert sim.down
    assert sim.flow.good == 0
