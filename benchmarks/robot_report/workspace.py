"""Where a level hand gets at the height of a table: a map of square cells, solved by inverse kinematics.

A cell counts if the tool point gets to its middle with the hand pointing straight ahead, or straight down, within 20
degrees, the fingers' opening direction within 20 degrees of level, and the arm touching nothing of the robot. Starts
are random with a fixed seed; what is found in one cell is tried in those beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.robot_report.arm import Arm
from pilotline.benchmarks.robot_report.facts import Area
from pilotline.benchmarks.robot_report.scene import Scene
from pilotline.benchmarks.robot_report.solve import Aim, solve

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

HEIGHTS_M = (0.76, 0.90, 1.10)
"""Desk, work table, high bench."""
CELL_M = 0.05
X_M, Y_M = (-0.6, 1.4), (-1.4, 1.4)
CONE_RAD = np.radians(20.0)
AIMS = {"ahead": Aim((1.0, 0.0, 0.0), CONE_RAD), "down": Aim((0.0, 0.0, -1.0), CONE_RAD)}
STARTS = 5
ROUNDS = 8
SEED = 20260401


@dataclass(frozen=True)
class Map:
    """What both arms reach at one height.

    Attributes:
      height_m: of the tool point.
      x, y: (nx,), (ny,) m, middles of the cells.
      reached: by side and aim, (nx, ny).
    """

    height_m: float
    x: Float
    y: Float
    reached: dict[str, dict[str, Bool]]

    def either(self, side: str) -> Bool:
        """Cells that a side reaches in one way or the other."""
        both: Bool = self.reached[side]["ahead"] | self.reached[side]["down"]
        return both

    def areas(self) -> list[Area]:
        """Figures of each side and of what both reach."""
        found = [self._area(side, self.reached[side], self.either(side)) for side in self.reached]
        if len(self.reached) == 2:
            one, other = self.reached.values()
            common = {aim: one[aim] & other[aim] for aim in AIMS}
            found.append(self._area("both", common, self.either("right") & self.either("left")))
        return found

    def _area(self, side: str, reached: dict[str, Bool], either: Bool) -> Area:
        rows = np.flatnonzero(either.any(axis=1))
        return Area(
            side=side,
            height_m=self.height_m,
            ahead_m2=round(float(reached["ahead"].sum()) * CELL_M**2, 4),
            down_m2=round(float(reached["down"].sum()) * CELL_M**2, 4),
            either_m2=round(float(either.sum()) * CELL_M**2, 4),
            farthest_ahead_m=round(float(self.x[rows[-1]]), 3) if len(rows) else None,
        )


def map_at(scene: Scene, height_m: float, reaches: dict[str, float]) -> Map:
    """The map at a height; `reaches` gives how far each arm gets, m."""
    scene.at_work(height_m)
    x = np.arange(X_M[0] + CELL_M / 2, X_M[1], CELL_M)
    y = np.arange(Y_M[0] + CELL_M / 2, Y_M[1], CELL_M)
    arms = scene.arms()
    reached = {
        side: {name: _reached(scene, arm, x, y, height_m, aim, reaches[side]) for name, aim in AIMS.items()}
        for side, arm in arms.items()
    }
    scene.pose()
    return Map(height_m, x, y, reached)


def _reached(scene: Scene, arm: Arm, x: Float, y: Float, height_m: float, aim: Aim, far_m: float) -> Bool:
    """Cells (nx, ny) that an arm reaches."""
    goals = np.stack([*np.meshgrid(x, y, indexing="ij"), np.full((len(x), len(y)), height_m)], axis=-1)
    near = np.linalg.norm(goals - arm.shoulder, axis=-1) < far_m + 0.005
    found = np.full((len(x), len(y), len(arm.joints)), np.nan)
    rng = np.random.default_rng(SEED)
    cells = np.argwhere(near)
    for attempt in range(STARTS):
        cells = cells[np.isnan(found[cells[:, 0], cells[:, 1], 0])]
        if not len(cells):
            break
        random = arm.low + (arm.high - arm.low) * rng.random((len(cells), len(arm.joints)))
        starts = np.tile(arm.rest, (len(cells), 1)) if attempt == 0 else random
        _try(scene, arm, goals, cells, starts, aim, found)
    for _ in range(ROUNDS):
        before = int(np.isnan(found[:, :, 0]).sum())
        for way in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            beside = np.roll(found, way, axis=(0, 1))
            cells = np.argwhere(near & np.isnan(found[:, :, 0]) & ~np.isnan(beside[:, :, 0]))
            if len(cells):
                _try(scene, arm, goals, cells, beside[cells[:, 0], cells[:, 1]], aim, found)
        if int(np.isnan(found[:, :, 0]).sum()) == before:
            break
    solved: Bool = ~np.isnan(found[:, :, 0])
    return solved


def _try(scene: Scene, arm: Arm, goals: Float, cells: NDArray[np.int64], starts: Float, aim: Aim, found: Float) -> None:
    """Solve cells from starts, and write those that arrive without touching the robot into `found`."""
    q, arrived = solve(arm, goals[cells[:, 0], cells[:, 1]], starts, aim)
    for (i, j), angles in zip(cells[arrived], q[arrived], strict=True):
        if free(scene, arm, angles):
            found[i, j] = angles


def free(scene: Scene, arm: Arm, q: Float) -> bool:
    """Whether what the arm carries touches nothing of the rest of the robot; the rest stays as posed."""
    model, data = scene.model, scene.data
    for name, value in zip(arm.joints, q, strict=True):
        data.joint(name).qpos[0] = value
    mujoco.mj_kinematics(model, data)
    mujoco.mj_collision(model, data)
    carried = _carried(model, arm.top)
    touching = any(
        contact.dist < 0.0 and (bodies[0] in carried) != (bodies[1] in carried)
        for contact in data.contact
        if (bodies := [int(model.geom_bodyid[geom]) for geom in contact.geom])
    )
    for name, value in zip(arm.joints, arm.rest, strict=True):
        data.joint(name).qpos[0] = value
    return not touching


def _carried(model: mujoco.MjModel, top: int) -> set[int]:
    found = {top}
    for body in range(top + 1, model.nbody):
        if int(model.body_parentid[body]) in found:
            found.add(body)
    return found
