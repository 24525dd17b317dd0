"""The robot report on a terminal, 80 columns wide."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks.robot_report.facts import RobotFacts
from pilotline.benchmarks.wording import NOTHING, figure, plain

NOTES = 6


def render(facts: RobotFacts) -> RenderableType:
    """Figures first, then the tables."""
    parts: list[RenderableType] = [Text(facts.title, style="bold"), _figures(facts)]
    if facts.reach:
        parts += [_workspace(facts), _payload(facts)]
    parts.append(_drives(facts))
    if facts.notes:
        more = len(facts.notes) - NOTES
        lines = [f"- {note}" for note in facts.notes[:NOTES]] + (
            [f"- and {more} more in robot.json"] if more > 0 else []
        )
        parts.append(Text("\n".join(["notes:", *lines]), style="dim"))
    return Group(*parts)


def _figures(facts: RobotFacts) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    masses, free = facts.masses, facts.freedom
    x, y, z = masses.centre_m
    table.add_row("class", f"{facts.entry_class}, {facts.height_m:.2f} m high at home")
    by_group = ", ".join(f"{plain(group)} {mass:.1f}" for group, mass in masses.groups_kg.items())
    table.add_row("mass", f"{masses.total_kg:.1f} kg: {by_group}")
    table.add_row("centre of mass", f"{x:.3f} {y:.3f} {z:.3f} m at home")
    joints = ", ".join(f"{plain(group)} {count}" for group, count in free.driven.items())
    table.add_row("driven joints", f"{sum(free.driven.values())}: {joints}")
    for one in facts.reach:
        text = f"{one.farthest_m:.3f} m (links {one.links_m:.3f} m), to the {one.tip}"
        table.add_row(f"reach, {one.side}", text)
    for hand in facts.hands:
        text = f"{plain(hand.kind)}, {hand.actuators} driven, opens {1e3 * hand.opening_m:.0f} mm, {hand.force_n:g} N"
        table.add_row(f"hand, {hand.side}", text)
    for stance in facts.stances:
        worst = max(stance.torque, key=lambda name: stance.torque[name])
        text = f"centre of mass {1e3 * stance.margin_m:.0f} mm inside the soles, {plain(worst)} at "
        text += f"{100 * stance.torque[worst]:.0f} % ({100 * stance.rated[worst]:.0f} % of continuous)"
        table.add_row(f"stands, {stance.pose}", text)
    if facts.load_chart:
        loads = ", ".join(f"{load.kg:.1f} at {load.height_m:.2f}" for load in facts.load_chart)
        table.add_row("load chart", f"kg by both hands at m: {loads}")
    cameras = ", ".join(f"{plain(camera.name)} {camera.fovy_deg:g}°" for camera in facts.cameras)
    table.add_row("sensors", f"{len(facts.sensors)}; cameras: {cameras or 'none'}")
    return table


def _workspace(facts: RobotFacts) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="level hand at a height, m²", title_justify="left")
    for heading in ("height", "hand", "ahead", "down", "either", "farthest ahead"):
        table.add_column(heading, justify="left" if heading in ("height", "hand") else "right")
    for area in facts.workspace:
        far = NOTHING if area.farthest_ahead_m is None else f"{area.farthest_ahead_m:.2f} m"
        areas = (f"{value:.2f}" for value in (area.ahead_m2, area.down_m2, area.either_m2))
        table.add_row(f"{area.height_m:.2f} m", area.side, *areas, far)
    return table


def _payload(facts: RobotFacts) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="mass in one hand, straight ahead", title_justify="left")
    for heading in ("hand", "at", "of reach", "largest torque", "continuous"):
        table.add_column(heading, justify="left" if heading in ("hand", "at") else "right", overflow="fold")
    for one in facts.payload:
        peak, rated = _held(one.peak_kg, one.peak_joint), _held(one.rated_kg, one.rated_joint)
        table.add_row(one.side, one.at, f"{one.share:.0%}", peak, rated)
    return table


def _held(kg: float | None, joint: str | None) -> str:
    return "not reached" if kg is None else f"{kg:.1f} kg, {plain(joint or NOTHING)}"


def _drives(facts: RobotFacts) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="actuators; slides in N, m/s, kg", title_justify="left")
    for heading, side in (("joint", "left"), ("sheet", "left"), ("peak", "right"), ("rated", "right")):
        table.add_column(heading, justify=side, overflow="fold")  # type: ignore[arg-type]
    for heading in ("ratio", "speed", "armature"):
        table.add_column(heading, justify="right")
    table.add_column("", justify="center")
    for d in facts.drives:
        ratio = f"{d.ratio:g}" if d.ratio else NOTHING
        figures = [figure(value) for value in (d.speed, d.armature)]
        table.add_row(plain(d.joint), d.sheet or NOTHING, figure(d.peak), figure(d.rated), ratio, *figures, d.mark)
    return table
