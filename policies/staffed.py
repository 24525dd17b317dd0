"""A line with a policy at every station and a driver between them."""

from __future__ import annotations

from pilotline import policies
from pilotline.envs.line.sim import LineSim
from pilotline.envs.line.world import LineWorld
from pilotline.policies.reference.travel import Travel


def staffed(world: LineWorld, policy: str, seed: int, nthread: int = 0, pack: str = "D0") -> LineSim:
    """The line of a hall at time 0, its robot working by `policy`, by name or file; the rest as in `LineSim`.

    Raises:
      PolicyError: the policy does not exist, or not for a station or the robot.
    """
    names, robot = world.line.station_names, world.robot

    def policy_at(k: int) -> policies.Policy:
        return policies.load(policy, names[k], robot, 1, world.worlds[k].actuators)

    return LineSim(world, policy_at, Travel(robot, 1), seed, nthread, pack)
