"""Work motions do what was recorded, within what the joints can, and begin where the robot is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pilotline import robots
from pilotline.envs.work.motion import CARRY, RANDOM, RECORDED, Motion
from pilotline.envs.work.recording import PERIOD_S as FRAME_S
from pilotline.envs.work.recording import clips, pack, unpack
from pilotline.envs.work.retarget import retarget
from pilotline.envs.work.upper_body import HandPose, UpperBody

from .conftest import PACE, PERIOD_S

CYCLES = 200


def draws(motion: Motion, kind: int, n: int = CYCLES, seconds: float = 20.0) -> dict[str, np.ndarray]:
    each = [motion.draw(np.random.default_rng(k), (kind,), seconds) for k in range(n)]
    return {name: np.stack([d[name] for d in each]) for name in each[0]}


def played(motion: Motion, draw: dict[str, np.ndarray], steps: int) -> np.ndarray:
    n = len(draw["motion"])
    return np.stack([motion.targets(np, draw, np.full(n, step)) for step in range(steps)])


def test_the_recording_holds_work_of_both_stations_and_is_small() -> None:
    names = [clip.name for clip in clips()]
    assert {name.partition("-")[0] for name in names} == {"tote_destack", "device_test"}
    assert len(pack(list(clips()))) < 200_000
    for clip in clips():
        assert len(clip.chest) == len(clip.place) == len(clip.turn)
        assert 5.0 < clip.seconds < 60.0
        assert np.abs(clip.place).max() < 1.0


def test_a_recording_comes_back_as_it_was_packed() -> None:
    for was, now in zip(clips(), unpack(pack(list(clips()))), strict=True):
        assert was.name == now.name
        np.testing.assert_allclose(now.place, was.place, atol=1e-4)
        np.testing.assert_allclose(now.turn, was.turn, atol=3e-4)


def test_the_robot_that_was_recorded_repeats_its_work() -> None:
    """Hands of `wheeled` meet what they did, once the clip's own stretch is taken out."""
    body = UpperBody(robots.load("wheeled"))
    clip = next(clip for clip in clips() if clip.name.startswith("tote_destack-8"))
    table = retarget(body, clip, 1.0, 10.0, PERIOD_S)
    off = []
    stretch = 1.0
    for frame in range(0, len(clip.place), 25):
        body.put(table[round(frame * FRAME_S * stretch / PERIOD_S)])
        off.append(np.abs(body.hands().place - clip.place[frame]).max() * body.arm_m.max())
    assert max(off) < 0.01


def test_hands_of_another_build_do_the_same_work_in_their_own_arm_lengths(body: UpperBody) -> None:
    """Median over all clips; an arm of four joints cannot have every turn of the hand as well."""
    off = []
    for clip in clips():
        q = body.home
        for frame in range(0, len(clip.place), 10):
            turn = body.hands().turn
            q = body.reach(HandPose(clip.place[frame], turn), q, 60)
            body.put(q)
            off.append(np.abs(body.hands().place - clip.place[frame]).max())
    assert np.median(off) < 0.02


@pytest.mark.parametrize("kind", [RECORDED, RANDOM, CARRY])
def test_targets_stay_within_range_and_speed(motion: Motion, body: UpperBody, kind: int) -> None:
    path = played(motion, draws(motion, kind, 40), 1000)
    assert (path >= body.low - 1e-9).all()
    assert (path <= body.high + 1e-9).all()
    speed = np.abs(np.diff(path, axis=0)).max(axis=(0, 1)) / PERIOD_S
    assert (speed <= body.speed).all()
    if kind == RANDOM:
        assert (speed <= PACE.speed_share * body.speed * (1 + 1e-9)).all()


@pytest.mark.parametrize("kind", [RECORDED, RANDOM])
def test_work_begins_at_home_and_at_rest(motion: Motion, kind: int) -> None:
    path = played(motion, draws(motion, kind), 3)
    np.testing.assert_allclose(path[0], np.tile(motion.home, (CYCLES, 1)), atol=1e-12)
    assert np.abs(path[1:] - motion.home).max() < 0.01


def test_random_work_moves_all_the_time_and_ends_nowhere(motion: Motion) -> None:
    path = played(motion, draws(motion, RANDOM, 40), 1000)
    for begin in range(0, 1000, 250):
        assert (np.ptp(path[begin : begin + 250], axis=0).max(axis=-1) > 0.2).all()


def test_recorded_work_goes_round_and_round(motion: Motion) -> None:
    draw = draws(motion, RECORDED, 1)
    clip = int(draw["clip"][0])
    length = int(motion.length[clip])
    late, later = (motion.targets(np, draw, np.array([k])) for k in (400, 400 + length))
    np.testing.assert_array_equal(late, later)
    rows = motion.table[motion.first[clip] :][:length]
    row = rows[(int(draw["clip_start"][0]) + 400) % length]
    np.testing.assert_array_equal(motion.recorded(np, draw, np.array([400]))[0], row)
    np.testing.assert_allclose(late[0], row, atol=1e-12)


def test_nothing_touches_in_a_working_posture_or_between_two(motion: Motion, body: UpperBody) -> None:
    angles, follows = motion.postures.angles, motion.postures.follows
    assert not any(body.touching(q) for q in angles)
    assert (follows.any(axis=1)).all()
    for i, j in np.argwhere(follows)[::40]:
        assert not body.touching(0.5 * (angles[i] + angles[j]))


def test_a_tote_is_carried_level_ahead_of_the_belly(motion: Motion, body: UpperBody) -> None:
    body.put(motion.carry)
    place = body.hands().place * body.arm_m[:, None]
    assert np.abs(place[0, 2] - place[1, 2]) < 1e-3
    assert (place[:, 0] > 0.3 * body.arm_m).all()
    assert not body.touching(motion.carry)


def test_a_robot_without_hands_is_refused(tiny_biped: robots.Robot) -> None:
    with pytest.raises(ValueError, match="robot tiny has 0 hands; allowed: robots with two"):
        UpperBody(replace(tiny_biped, hands={}))
