"""The supervisor holds limits, stops robots in the time that their torque needs, and counts what it does."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.envs.safety.limits import limits
from pilotline.envs.safety.metrics import KINDS
from pilotline.envs.safety.separation import apart_m, protective_m, towards_m_s
from pilotline.envs.safety.stopping import braked
from pilotline.envs.safety.supervisor import Machine, State, Watched, clear_m, start, stopping_s, supervise

DT = 0.02
MACHINE = Machine(
    low=np.array([-1.0, -2.0, -0.8]),
    high=np.array([1.0, 2.0, 0.8]),
    speed=np.array([2.0, 3.0, 0.8]),
    torque=np.array([50.0, 20.0, 250.0]),
    brake=np.array([10.0, 20.0, 1.0]),
    joints=2,
    lag_s=0.05,
)
FAR = np.full((1, 1), np.inf)


def seen(
    position: tuple[float, ...] = (0.0, 0.0, 0.0),
    velocity: tuple[float, ...] = (0.0, 0.0, 0.0),
    torque: tuple[float, ...] = (0.0, 0.0, 0.0),
    apart: float = np.inf,
    towards: float = 0.0,
    speed: float = 0.0,
) -> Watched:
    return Watched(
        position=np.array([position]),
        velocity=np.array([velocity]),
        torque=np.array([torque]),
        apart=np.array([[apart]]),
        towards=np.array([[towards]]),
        speed=np.array([[speed]]),
    )


def fresh() -> State:
    return start(np.zeros((1, 3)), 1)


def after(state: State, asked: tuple[float, ...], watched: Watched) -> tuple[np.ndarray, State]:
    return supervise(limits(), MACHINE, state, np.array([asked]), watched, DT)


def count(state: State, kind: str) -> float:
    return float(state.interventions[0, KINDS.index(kind)])


def test_what_is_within_limits_passes_untouched() -> None:
    given_, state = after(fresh(), (0.01, -0.02, 0.5), seen())
    assert given_[0].tolist() == [0.01, -0.02, 0.5]
    assert not state.interventions.any()


def test_a_target_beyond_the_range_is_held_and_counted_once_while_it_lasts() -> None:
    state = fresh()._replace(given=np.array([[1.0, 0.0, 0.0]]))
    for _ in range(5):
        given_, state = after(state, (1.2, 0.0, 0.0), seen())
    assert given_[0, 0] == 1.0
    assert count(state, "position") == 1.0
    _, state = after(state, (0.99, 0.0, 0.0), seen())
    _, state = after(state, (1.2, 0.0, 0.0), seen())
    assert count(state, "position") == 2.0


def test_targets_move_no_faster_than_the_joint_and_bases_no_faster_than_they_may() -> None:
    given_, state = after(fresh(), (1.0, 0.0, 5.0), seen())
    assert given_[0].tolist() == pytest.approx([2.0 * DT, 0.0, 0.8])
    assert count(state, "speed") == 1.0


def test_a_joint_that_stays_at_its_torque_limit_is_pushed_no_further() -> None:
    state, asked = fresh(), 0.0
    for _ in range(round(limits().torque_s / DT) + 5):
        asked += 0.01
        given_, state = after(state, (asked, 0.0, 0.0), seen(torque=(50.0, 0.0, 0.0)))
    assert given_[0, 0] < asked
    assert count(state, "torque") == 1.0
    given_, _ = after(state, (given_[0, 0] - 0.01, 0.0, 0.0), seen(torque=(50.0, 0.0, 0.0)))
    assert given_[0, 0] < state.given[0, 0], "away from what holds it, it may go"


@given(st.floats(0.05, 2.0), st.floats(0.01, 5.0), st.floats(1.0, 200.0))
def test_stopping_time_is_inertia_times_speed_over_torque(speed: float, inertia: float, torque: float) -> None:
    brake = torque / inertia
    one = MACHINE._replace(brake=np.array([brake, 1e9, 1e9]))
    assert stopping_s(one, np.array([[speed, 0.0, 0.0]]))[0] == pytest.approx(braked(speed, inertia, torque).time_s)


def test_a_person_too_near_stops_all_joints_together_in_the_time_of_the_slowest() -> None:
    """t = w / a of the slowest joint; each goes on by w t / 2 and none turns back."""
    velocity, state = (0.5, -1.0, 0.4), fresh()
    rest_s = max(abs(v) / a for v, a in zip(velocity, MACHINE.brake.tolist(), strict=True))
    ways = []
    for _ in range(round(rest_s / DT) + 5):
        given_, state = after(state, (1.0, 1.0, 0.8), seen(velocity=velocity, apart=0.1, speed=0.5))
        ways.append(given_[0].copy())
    assert state.stopped[0]
    path = np.array(ways)
    assert path[-1, :2] == pytest.approx([0.5 * velocity[0] * rest_s, 0.5 * velocity[1] * rest_s], abs=0.02)
    assert (np.diff(np.abs(path[:, :2]), axis=0) >= 0.0).all()
    assert path[-1, 2] == 0.0, "the base stands"
    moving = np.count_nonzero(path[:, 2])
    assert moving * DT == pytest.approx(rest_s, abs=1.01 * DT)
    assert count(state, "separation") == 1.0
    assert state.stops[0] == 1.0


def test_work_goes_on_only_when_the_person_has_been_away_for_a_while() -> None:
    _, state = after(fresh(), (0.0, 0.0, 0.0), seen(apart=0.1))
    between = 0.5 * (0.3 + clear_m(limits()))
    for _ in range(100):
        _, state = after(state, (0.0, 0.0, 0.0), seen(apart=between))
    assert state.stopped[0], "far enough for a robot at rest, not for one at work"
    steps = round(limits().release_s / DT)
    for _ in range(steps - 1):
        _, state = after(state, (0.0, 0.0, 0.0), seen(apart=9.0))
    assert state.stopped[0]
    for _ in range(2):
        _, state = after(state, (0.0, 0.0, 0.0), seen(apart=9.0))
    assert not state.stopped[0]
    assert state.rests[0] == 1.0
    assert state.stop_s[0] <= 2 * DT


def test_after_a_stop_joints_catch_up_slowly_and_then_work_at_full_speed() -> None:
    far, state = (0.5, 0.0, 0.0), fresh()
    _, state = after(state, far, seen(apart=0.1))
    while state.stopped[0]:
        given_, state = after(state, far, seen(apart=9.0))
    slow, full = 2.0 * DT * limits().resume_share, 2.0 * DT
    step = slow
    while given_[0, 0] < 0.5:
        last = given_[0, 0]
        given_, state = after(state, far, seen(apart=9.0))
        step = given_[0, 0] - last
        assert step <= slow + 1e-9
    assert count(state, "speed") == 0.0, "its own slowness is no intervention"
    given_, state = after(state, (0.0, 0.0, 0.0), seen(apart=9.0))
    given_, state = after(state, (0.0, 0.0, 0.0), seen(apart=9.0))
    assert 0.5 - given_[0, 0] > full


def test_a_robot_that_does_not_come_to_rest_has_failed_to_stop() -> None:
    state = fresh()
    for _ in range(round(limits().standstill_s / DT) + 5):
        _, state = after(state, (0.0, 0.0, 0.0), seen(apart=0.1, speed=0.4))
    assert state.failed[0]
    assert state.rests[0] == 0.0


def test_motion_after_rest_without_release_is_an_unsafe_restart_and_counts_once() -> None:
    state = fresh()
    for speed in (0.0, 0.0, 0.5, 0.5, 0.0, 0.5):
        _, state = after(state, (0.0, 0.0, 0.0), seen(apart=0.1, speed=speed))
    assert state.restarts[0] == 1.0


def test_a_held_part_stays_pressed_in_a_stop() -> None:
    """Hands hold by commands that run ahead of the joints: a stop from where joints are would let go."""
    ahead = fresh()._replace(given=np.array([[0.1, 0.9, 0.0]]))
    given_, _ = after(ahead, (0.1, 0.9, 0.0), seen(position=(0.0, 0.0, 0.0), apart=0.1))
    assert given_[0].tolist() == [0.1, limits().lead_rad, 0.0], "but no further than a hand may run ahead"


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    rng = np.random.default_rng(0)
    n = 7
    watched = [
        Watched(
            rng.normal(size=(n, 3)),
            rng.normal(size=(n, 3)),
            60.0 * rng.normal(size=(n, 3)),
            rng.uniform(0.0, 3.0, (n, 4)),
            rng.uniform(0.0, 1.0, (n, 4)),
            rng.uniform(0.0, 1.0, (n, 4)),
        )
        for _ in range(40)
    ]
    asked = [rng.normal(size=(n, 3)) for _ in watched]
    together = start(np.zeros((n, 3)), 4)
    alone = [start(np.zeros((1, 3)), 4) for _ in range(n)]
    for command, each in zip(asked, watched, strict=True):
        _, together = supervise(limits(), MACHINE, together, command, each, DT)
        alone = [
            supervise(limits(), MACHINE, state, command[[k]], Watched._make(a[[k]] for a in each), DT)[1]
            for k, state in enumerate(alone)
        ]
    for name in State._fields:
        apart = np.concatenate([getattr(state, name) for state in alone])
        assert np.array_equal(getattr(together, name), apart), name


@given(st.floats(0.1, 2.0), st.floats(0.0, 2.0), st.floats(0.01, 0.5), st.floats(0.0, 1.0), st.floats(0.0, 0.5))
def test_separation_is_what_both_move_until_the_robot_rests(
    person: float, robot: float, reaction: float, stop: float, unsure: float
) -> None:
    """Walked out in small steps: who stands at the protective distance is just not reached."""
    needed = protective_m(person, robot, reaction, stop, 0.5 * robot * stop, unsure)
    times = np.linspace(0.0, reaction + stop, 20001)
    braking = np.where(times < reaction, 1.0, 1.0 - (times - reaction) / max(stop, 1e-9))
    walked = person * times[-1]
    moved = float(np.trapezoid(robot * np.maximum(braking, 0.0), times))
    assert needed == pytest.approx(walked + moved + unsure, rel=1e-3, abs=1e-6)


def test_distance_is_between_surfaces_and_speed_is_what_comes_nearer() -> None:
    ball = np.array([[[0.0, 0.0, 1.0]]])
    apart, direction = apart_m(ball, np.array([0.1]), np.array([[2.0, 0.0]]), 0.3)
    assert apart[0, 0] == pytest.approx(1.6)
    assert direction[0, 0].tolist() == [1.0, 0.0]
    assert towards_m_s(np.array([[[0.5, 0.7, 0.0]]]), direction)[0, 0] == 0.5
    assert towards_m_s(np.array([[[-0.5, 0.7, 0.0]]]), direction)[0, 0] == 0.0


def test_every_limit_has_a_figure() -> None:
    assert all(value > 0.0 for value in dataclasses.astuple(limits()))
