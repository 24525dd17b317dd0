"""People and supervision belong to a cycle like everything else; without them nothing changes by a bit."""

import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.control import JointControl
from pilotline.envs.safety import metrics as names
from pilotline.envs.safety.setup import Precautions
from pilotline.envs.safety.zones import ZoneError, all_zones, inside
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world

STATION = "device_test"
WATCHED = Precautions("crossing", "limits")
STEPS = 150


def ran(asked: Precautions | None, cycles: list[int], nthread: int = 1) -> dict[int, tuple[int, dict[str, float]]]:
    """Digest and metrics of cycles after some seconds under the reference policy, by cycle."""
    robot, n = robots.load("wheeled"), len(cycles)
    world = build_world(stations.load(STATION), robot, "ideal", False, asked)
    policy = policies.load("reference", STATION, robot, n, "ideal")
    batch = StationBatch(world, n, nthread, policy.control)
    ids = np.arange(n)
    batch.begin(ids, [cycle_seed(5, STATION, cycle) for cycle in cycles])
    policy.begin(ids)
    obs = batch.observe()
    for _ in range(STEPS):
        obs = batch.step(policy.act(obs)).obs
    found = batch.metrics()
    return {
        cycle: (int(batch.engine.digest[k]), {name: float(value[k]) for name, value in found.items()})
        for k, cycle in enumerate(cycles)
    }


def test_watching_changes_no_bit_of_physics() -> None:
    bare, watched = ran(None, [0, 1]), ran(Precautions(), [0, 1])
    for cycle, (digest, found) in bare.items():
        assert watched[cycle][0] == digest
        assert {name: watched[cycle][1][name] for name in found} == found
        assert set(watched[cycle][1]) - set(found) == {"near_falls"}


def test_a_watched_cycle_is_the_same_in_any_batch() -> None:
    together = ran(WATCHED, [3, 0, 2, 1], nthread=2)
    for cycle in (0, 3):
        assert ran(WATCHED, [cycle])[cycle] == together[cycle]


def test_people_are_drawn_anew_in_every_cycle_and_leave_its_other_draws_alone() -> None:
    quiet, busy = ran(None, [0, 1, 2, 3]), ran(Precautions("crossing"), [0, 1, 2, 3])
    nearest = [busy[cycle][1][names.SEPARATION] for cycle in busy]
    assert len(set(nearest)) == len(nearest)
    drawn = ("device_kind", "friction", "mass_kg")
    there = [name for name in drawn if name in quiet[0][1]]
    assert there
    assert all(busy[c][1][name] == quiet[c][1][name] for c in quiet for name in there)


@pytest.mark.parametrize("station", sorted(all_zones()))
def test_at_the_begin_nobody_is_touched_and_no_zone_is_entered(station: str) -> None:
    world = build_world(stations.load(station), robots.load("wheeled"), "ideal", False, WATCHED)
    batch = StationBatch(world, 4, 1, "joint")
    batch.begin(np.arange(4), [cycle_seed(0, station, k) for k in range(4)])
    assert isinstance(batch.control, JointControl)
    batch.step(np.tile(batch.control.home, (4, 1)))
    found = batch.metrics()
    assert not found[names.CONTACTS].any()
    assert not found[names.BREACHES].any()
    assert (found[names.SEPARATION] > 0.5).all()


def test_every_station_of_a_line_has_ways_and_a_keep_out_zone() -> None:
    lines = {name for name in stations.names() if stations.load(name).card.kind == "station"}
    assert set(all_zones()) == lines
    assert all(zones.keep_out for zones in all_zones().values())


def test_a_task_has_no_people() -> None:
    with pytest.raises(ZoneError, match="no ways are drawn at reach; there are some at: tote_destack"):
        build_world(stations.load("reach"), robots.load("fixed"), "ideal", False, WATCHED)


def test_balls_reach_into_a_zone_by_their_radius() -> None:
    boxes = all_zones()[STATION].keep_out
    points = np.array([[[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.5, 0.0, 1.0]]])
    assert inside(boxes, points, np.array([0.05, 0.2, 0.01]))[0].tolist() == [False, True, True]
