"""Record what the upper body does in real cycles: `python -m pilotline.benchmarks.record_work FILE.npz`.

The reference policies work on `wheeled`; kept are the hands as the shoulders see them, and how the chest bends and
turns, so that robots of another build can do the same work.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import mujoco
import numpy as np

from pilotline import policies, robots
from pilotline.benchmarks.canonical import write_atomically
from pilotline.envs import stations
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.work.recording import PERIOD_S, Clip, pack
from pilotline.envs.work.upper_body import UpperBody
from pilotline.envs.world import CONTROL_PERIOD_S, build_world

ROBOT, SEED, WANTED, MOST = "wheeled", 0, 3, 50
"""The first `WANTED` good cycles of a station are kept, out of `MOST`."""
STATIONS = ("tote_destack", "device_test")
_EVERY = round(PERIOD_S / CONTROL_PERIOD_S)
_ONLY = np.zeros(1, np.int64)


def record(station: str, cycle: int) -> Clip | None:
    """Play one cycle and keep what the upper body did; None where the cycle failed, bad work is not worth repeating."""
    robot = robots.load(ROBOT)
    policy = policies.load("reference", station, robot, 1)
    batch = StationBatch(build_world(stations.load(station), robot, "ideal"), 1, 1, policy.control)
    body = UpperBody(robot)
    columns = [int(batch.world.model.joint(joint).qposadr[0]) for joint in body.joints]
    batch.begin(_ONLY, [cycle_seed(SEED, station, cycle)])
    policy.begin(_ONLY)
    chest, place, turn = [], [], []
    obs, number, done = batch.observe(), 0, False
    while not done:
        if number % _EVERY == 0:
            body.put(batch.engine.qpos[0, columns])
            hands = body.hands()
            chest.append(_roll_pitch_yaw(body.chest_turn()))
            place.append(hands.place)
            turn.append([_quat(tool) for tool in hands.turn])
        step = batch.step(policy.act(obs))
        obs, number, done = step.obs, number + 1, bool(step.verdict.done[0])
    if not step.verdict.success[0]:
        return None
    return Clip(f"{station}-{cycle}", np.array(chest), np.array(place), _steady(np.array(turn)))


def _roll_pitch_yaw(turn: np.ndarray) -> tuple[float, float, float]:
    """Angles (rad) about x, y, z of a rotation matrix (3, 3) = yaw pitch roll."""
    return (
        float(np.arctan2(turn[2, 1], turn[2, 2])),
        float(np.arcsin(np.clip(-turn[2, 0], -1.0, 1.0))),
        float(np.arctan2(turn[1, 0], turn[0, 0])),
    )


def _quat(turn: np.ndarray) -> np.ndarray:
    quat = np.zeros(4)
    mujoco.mju_mat2Quat(quat, np.ascontiguousarray(turn).ravel())
    return quat


def _steady(turn: np.ndarray) -> np.ndarray:
    """Quaternions (f, 2, 4) whose sign never jumps from one frame to the next."""
    turn = turn.copy()
    for frame in range(1, len(turn)):
        flip = (turn[frame] * turn[frame - 1]).sum(axis=-1) < 0.0
        turn[frame, flip] *= -1.0
    return turn


def main(arguments: Sequence[str]) -> int:
    """Write the recording to the file named."""
    if len(arguments) != 1:
        print("usage: python -m pilotline.benchmarks.record_work FILE.npz", file=sys.stderr)
        return 2
    clips: list[Clip] = []
    for station in STATIONS:
        good = (clip for cycle in range(MOST) if (clip := record(station, cycle)) is not None)
        clips += islice(good, WANTED)
    for clip in clips:
        print(f"{clip.name}: {clip.seconds:.1f} s")
    write_atomically(Path(arguments[0]), pack(clips))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
