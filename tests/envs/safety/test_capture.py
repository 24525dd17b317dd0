"""The capture point tells whether a robot can come to rest where it stands."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.control import JointControl, JointTargets
from pilotline.envs.safety.capture import GRAVITY_M_S2, capture_point, margin_m
from pilotline.envs.safety.setup import Precautions
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world

FEW = st.floats(-1.0, 1.0)
POINTS = st.lists(st.tuples(FEW, FEW), min_size=4, max_size=8)


@given(x=FEW, v=FEW, height=st.floats(0.3, 1.5), toe=st.floats(0.05, 0.3))
def test_a_pendulum_can_be_caught_exactly_where_its_capture_point_is_on_the_foot(
    x: float, v: float, height: float, toe: float
) -> None:
    """Closed form of x'' = g / z (x - p): with p at the near edge of the foot, x + v sqrt(z / g) never passes it."""
    omega = math.sqrt(GRAVITY_M_S2 / height)
    point = float(capture_point(np.array([[x, 0.0, height]]), np.array([[v, 0.0, 0.0]]))[0, 0])
    assert point == pytest.approx(x + v / omega)
    assume(abs(abs(point) - toe) > 1e-3)
    edge = math.copysign(toe, point)
    # the unstable part of the motion, (point - p) exp(omega t), with the best foothold at the edge
    drift = (point - edge) * math.exp(omega * 3.0)
    runs_away = drift * math.copysign(1.0, point) > 0.0
    assert runs_away == (abs(point) > toe)


@given(points=POINTS, at=st.tuples(FEW, FEW))
def test_the_margin_is_that_of_the_convex_hull(points: list[tuple[float, float]], at: tuple[float, float]) -> None:
    corners = np.array(points)
    try:
        hull = ConvexHull(corners)
    except Exception:
        assume(False)
        raise
    assume(hull.volume > 1e-3)
    wanted = -float((hull.equations[:, :2] @ np.array(at) + hull.equations[:, 2]).max())
    found = margin_m(np.array([at]), corners[None], np.ones((1, len(corners)), np.bool_))
    assert found[0] == pytest.approx(wanted, abs=1e-6)


def test_only_loaded_corners_bear() -> None:
    """Two soles side by side, the left one lifted: over the gap there is nothing to stand on."""
    right = [(0.1, -0.05), (0.1, -0.15), (-0.1, -0.15), (-0.1, -0.05)]
    corners = np.array([[*right, *((x, -y) for x, y in right)]] * 3)
    loaded = np.array([[True] * 8, [True] * 4 + [False] * 4, [False] * 8])
    margin = margin_m(np.zeros((3, 2)), corners, loaded)
    assert margin[:2] == pytest.approx([0.1, -0.05])
    assert margin[2] == -np.inf


@pytest.mark.parametrize(
    ("robot", "station", "control"), [("wheeled", "device_test", "joint"), ("biped", "stand", "legs")]
)
def test_a_robot_that_stands_still_is_not_about_to_fall(robot: str, station: str, control: str) -> None:
    world = build_world(stations.load(station), robots.load(robot), "ideal", False, Precautions())
    batch = StationBatch(world, 2, 1, control)
    batch.begin(np.arange(2), [cycle_seed(0, station, k) for k in range(2)])
    assert isinstance(batch.control, JointControl | JointTargets)
    for _ in range(25):
        batch.step(np.tile(batch.control.home, (2, 1)))
    assert batch.metrics()["near_falls"].tolist() == [0.0, 0.0]


def test_a_robot_whose_legs_give_way_nearly_falls_before_it_falls() -> None:
    world = build_world(stations.load("stand"), robots.load("biped"), "ideal", False, Precautions())
    batch = StationBatch(world, 1, 1, "legs")
    batch.begin(np.arange(1), [cycle_seed(0, "stand", 0)])
    assert isinstance(batch.control, JointTargets)
    bent = batch.control.home.copy()
    for k, name in enumerate(batch.control.names):
        bent[k] += 0.3 if "ankle_pitch" in name or "hip_pitch" in name else 0.0
    fallen = any(batch.step(bent[None]).verdict.faults["fall"][0] for _ in range(200))
    assert fallen
    assert batch.metrics()["near_falls"][0] == 1.0


def test_a_fixed_robot_has_no_near_falls() -> None:
    world = build_world(stations.load("device_test"), robots.load("fixed"), "ideal", False, Precautions())
    assert "near_falls" not in StationBatch(world, 1, 1, "joint").metrics()
