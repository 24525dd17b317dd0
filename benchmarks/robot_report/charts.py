"""Charts of a robot report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon, Rectangle
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from pilotline.benchmarks.robot_report.facts import Load, Masses, RobotFacts, Stance
from pilotline.benchmarks.robot_report.scene import Scene
from pilotline.benchmarks.robot_report.workspace import CELL_M, Map
from pilotline.benchmarks.svg import BAD, GOOD, GRID, INK, SECOND, chart
from pilotline.benchmarks.wording import plain

Float = NDArray[np.float64]

WORST = 8
"""Joints shown in the chart of gravity loads."""


def workspace(found: Map, outline: Float) -> str:
    """The map at one height from above, with the robot's outline (n, 2) m; x is ahead, y to its left."""

    def draw(axes: Axes) -> None:
        named: set[str] = set()
        for side, colour in (("right", GOOD), ("left", SECOND)):
            if side not in found.reached:
                continue
            _cells(axes, found, found.either(side), colour, 0.55, side, named)
        if len(found.reached) == 2:
            _cells(axes, found, found.either("right") & found.either("left"), INK, 0.45, "both", named)
        axes.add_patch(Polygon(outline[:, ::-1], closed=True, fill=False, edgecolor=INK, linewidth=1.2))
        axes.plot([0.0], [0.0], "+", color=INK, ms=7)
        axes.set_xlim(1.2, -1.2)  # the robot's left at the left, as it sees it
        axes.set_ylim(-0.65, 1.25)
        axes.set_aspect("equal")
        axes.set_xlabel("y (m), left of the robot at the left")
        axes.set_ylabel("x (m), ahead")
        axes.grid()
        if named:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)

    key = f"workspace-{found.height_m:.2f}"
    return chart(draw, key, f"Reach of both hands at {found.height_m:.2f} m", height_in=4.3, width_in=4.9)


def _cells(
    axes: Axes, found: Map, shown: NDArray[np.bool_], colour: str, alpha: float, label: str, named: set[str]
) -> None:
    for i, j in np.argwhere(shown):
        corner = (found.y[j] - CELL_M / 2, found.x[i] - CELL_M / 2)
        text = None if label in named else label
        named.add(label)
        axes.add_patch(Rectangle(corner, CELL_M, CELL_M, facecolor=colour, alpha=alpha, linewidth=0, label=text))


def outline(scene: Scene) -> Float:
    """Hull (n, 2) m of the robot at home seen from above, without its arms."""
    model, data, robot = scene.model, scene.data, scene.robot
    arms = {joint for side in ("right", "left") for joint in robot.groups[f"{side}_arm"]}
    tops = {int(model.jnt_bodyid[model.joint(joint).id]) for joint in arms}
    carried: set[int] = set()
    for body in range(1, model.nbody):
        if body in tops or int(model.body_parentid[body]) in carried:
            carried.add(body)
    points = []
    for geom in range(model.ngeom):
        if int(model.geom_bodyid[geom]) in carried:
            continue
        frame = data.geom_xmat[geom].reshape(3, 3)
        signs = np.array(np.meshgrid(*[(-1.0, 1.0)] * 3)).reshape(3, -1).T
        box = model.geom_aabb[geom, :3] + signs * model.geom_aabb[geom, 3:]
        points.append((data.geom_xpos[geom] + box @ frame.T)[:, :2])
    cloud = np.concatenate(points) if points else np.zeros((0, 2))
    if len(cloud) < 3:
        return np.zeros((1, 2))
    hull: Float = cloud[ConvexHull(cloud).vertices]
    return hull


def masses(found: Masses) -> str:
    """Mass by group."""
    groups = dict(sorted(found.groups_kg.items(), key=lambda pair: -pair[1]))

    def draw(axes: Axes) -> None:
        bars = axes.barh(
            [plain(group) for group in groups], list(groups.values()), height=0.62, color=GOOD, linewidth=0
        )
        axes.bar_label(bars, [f"{mass:.2f}" for mass in groups.values()], padding=4, fontsize=8.5)
        axes.invert_yaxis()
        axes.set_xlim(0, 1.18 * max(groups.values()))
        axes.set_xlabel("mass (kg)")
        _names_only(axes)

    return chart(draw, "masses", "Mass by joint group", height_in=0.85 + 0.3 * max(len(groups), 2))


def loads(found: Sequence[Load] | None) -> str:
    """Two-hand load by grip height; empty text for a robot without two hands."""
    if not found:
        return ""

    def draw(axes: Axes) -> None:
        axes.plot([load.kg for load in found], [load.height_m for load in found], "o-", color=GOOD, lw=1.6, ms=4)
        for load in found:
            axes.annotate(f"{load.kg:.1f}", (load.kg, load.height_m), (7, -3), textcoords="offset points", fontsize=8.5)
        axes.set_xlim(-0.3, 1.2 * max(1.0, *(load.kg for load in found)))
        axes.set_ylim(0, 1.1 * max(load.height_m for load in found))
        axes.set_xlabel("load shared by both hands (kg)")
        axes.set_ylabel("grip height (m)")
        axes.grid()

    return chart(draw, "loads", "Two-hand load by grip height", height_in=3.2)


def payloads(facts: RobotFacts) -> str:
    """What one hand holds by reach, from largest and from continuous torque; empty text without arms."""
    shown = [one for one in facts.payload if one.peak_kg is not None and one.side == facts.payload[0].side]
    if not shown:
        return ""

    def draw(axes: Axes) -> None:
        for k, at in enumerate(("shoulder height", "table height")):
            rows = [one for one in shown if one.at == at]
            colour = (GOOD, SECOND)[k]
            shares = [100.0 * one.share for one in rows]
            peak = [one.peak_kg or 0.0 for one in rows]
            rated = [one.rated_kg or 0.0 for one in rows]
            axes.plot(shares, peak, "o-", color=colour, lw=1.6, ms=4, label=f"{at}, largest")
            axes.plot(shares, rated, "o--", color=colour, lw=1.2, ms=3, label=f"{at}, continuous")
        axes.set_ylim(bottom=0)
        axes.set_xticks([50, 75, 90])
        axes.set_xlabel("distance from the shoulder (% of reach)")
        axes.set_ylabel("mass in one hand (kg)")
        axes.grid()
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)

    return chart(draw, "payload", "Payload of one hand by reach", height_in=3.3)


def support(found: Sequence[Stance]) -> str:
    """Support polygon from above with the centre of mass of each stance; empty text without legs."""
    if not found:
        return ""

    def draw(axes: Axes) -> None:
        polygon = np.array(found[0].polygon_m)
        axes.add_patch(Polygon(polygon[:, ::-1], closed=True, facecolor=GRID, edgecolor=INK, linewidth=1.0, alpha=0.6))
        for stance, mark, colour in zip(found, ("o", "s"), (GOOD, BAD), strict=False):
            x, y = stance.centre_m
            text = f"{stance.pose}, {1e3 * stance.margin_m:.0f} mm inside"
            size, fill = (5, colour) if mark == "o" else (11, "none")
            axes.plot([y], [x], mark, color=colour, mfc=fill, ms=size, mew=1.6, label=text)
        span = np.abs(polygon).max() + 0.06
        axes.set_xlim(span, -span)
        axes.set_ylim(polygon[:, 0].min() - 0.06, polygon[:, 0].max() + 0.06)
        axes.set_aspect("equal")
        axes.set_xlabel("y (m)")
        axes.set_ylabel("x (m), ahead")
        axes.grid()
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=1)

    return chart(draw, "support", "Centre of mass over the support polygon", height_in=3.4)


def gravity(found: Sequence[Stance]) -> str:
    """Gravity torque over the limit of the joints that it loads most; empty text without legs."""
    if not found:
        return ""
    last = found[-1]
    names = sorted(last.torque, key=lambda name: -last.torque[name])[:WORST]

    def draw(axes: Axes) -> None:
        rows = np.arange(len(names))
        height = 0.8 / len(found)
        for k, (stance, colour) in enumerate(zip(found, (GOOD, BAD), strict=False)):
            at = rows + height * (k - (len(found) - 1) / 2)
            values = [100.0 * stance.torque[name] for name in names]
            bars = axes.barh(at, values, height=0.9 * height, color=colour, linewidth=0, label=stance.pose)
            axes.bar_label(bars, [f"{value:.0f}" for value in values], padding=3, fontsize=8)
        axes.axvline(100.0, color=INK, linewidth=1.2)
        axes.set_yticks(rows, [plain(name) for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0, max(108.0, 115.0 * max(max(stance.torque.values()) for stance in found)))
        axes.set_xlabel("gravity torque (% of the largest torque)")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
        _names_only(axes)

    return chart(draw, "gravity", "Gravity torque over the limit", height_in=1.1 + 0.34 * len(names))


def _names_only(axes: Axes) -> None:
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
