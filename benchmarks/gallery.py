"""Pictures of every station and line at work, for the documentation.

    python -m pilotline.benchmarks.gallery docs/images [NAME ...]

Names: stations, and lines as `line_NAME`; all by default. Stations are shown in the first good cycle of seed 0 at the
moment that `MOMENTS` gives, a share of the cycle.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pilotline import policies, robots
from pilotline.configs import lines
from pilotline.envs import stations
from pilotline.envs.line.world import build_line_world
from pilotline.envs.rendering import Painter
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.staffed import staffed

SIZE = (1200, 675)
MOMENTS = {
    "tote_destack": 0.45,
    "weld_fixture": 0.85,
    "peg_gear": 0.5,
    "screw": 0.5,
    "machine_tending": 0.55,
    "device_test": 0.55,
    "parcel_induction": 0.5,
}
_ONLY = np.zeros(1, np.int64)
_TRIES = 8


def station_picture(name: str) -> NDArray[np.uint8]:
    """A station at work."""
    robot = robots.load("wheeled")
    policy = policies.load("reference", name, robot, 1)
    batch = StationBatch(build_world(stations.load(name), robot, "ideal"), 1, 0, policy.control)
    states, good = _cycle(batch, policy, name, 0)
    for cycle in range(1, _TRIES):
        if good:
            break
        states, good = _cycle(batch, policy, name, cycle)
    batch.engine.batch.state[0] = states[round(MOMENTS.get(name, 0.5) * (len(states) - 1))]
    painter = Painter(batch, *SIZE)
    try:
        return painter.paint()
    finally:
        painter.close()


def line_picture(name: str) -> NDArray[np.uint8]:
    """The hall of a line, with the robot on its way to the second station."""
    robot, line = robots.load("wheeled"), lines.load(name)
    world = build_line_world(line, robot, "ideal")
    sim = staffed(world, "reference", 0)
    for k, _ in enumerate(sim.drive(len(line.stations) - 1)):
        if k > 400:
            break
    painter = Painter(sim.batches[0], *SIZE, view=world.view())
    try:
        return painter.paint()
    finally:
        painter.close()


def _cycle(
    batch: StationBatch, policy: policies.Policy, name: str, cycle: int
) -> tuple[list[NDArray[np.float64]], bool]:
    """States of a cycle, and whether it was good."""
    batch.begin(_ONLY, [cycle_seed(0, name, cycle)])
    policy.begin(_ONLY)
    obs, states = batch.observe(), []
    while True:
        step = batch.step(policy.act(obs))
        obs = step.obs
        states.append(batch.engine.batch.state[0].copy())
        if step.verdict.done[0]:
            return states, bool(step.verdict.success[0])


def main(arguments: Sequence[str]) -> int:
    """Draw and save; 2 on wrong arguments."""
    work = [name for name in stations.names() if stations.load(name).card.kind == "station"]
    there = [*work, *(f"line_{name}" for name in lines.names())]
    wanted = arguments[1:] or there
    if not arguments or (unknown := sorted(set(wanted) - set(there))):
        asked = f"unknown {', '.join(unknown)}" if arguments else "no folder given"
        print(f"gallery: {asked}; use: FOLDER [{' '.join(there)}]", file=sys.stderr)
        return 2
    for name in wanted:
        picture = line_picture(name.removeprefix("line_")) if name.startswith("line_") else station_picture(name)
        path = Path(arguments[0]) / f"{name}.png"
        partial = path.with_suffix(".partial.png")
        Image.fromarray(picture).quantize(192, dither=Image.Dither.NONE).save(partial, optimize=True)
        partial.replace(path)
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
