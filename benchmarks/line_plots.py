"""Charts of a line's run from end to end and of its twin."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pilotline.benchmarks.line_audit import levels
from pilotline.benchmarks.line_record import LineRun, Visit
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.svg import BAD, GOOD, GRID, INK, MUTED, SECOND, chart
from pilotline.configs.lines import Line
from pilotline.envs.transition import ENGINE_FAULTS

Span = tuple[float, float]
"""Begin and length, s."""
_SHOWN_S = 3600.0
"""A timeline of more than an hour is a grey bar: it shows the first one."""
_WIDE_IN = 11.4
_COLOURS = {"working": GOOD, "machine": SECOND, "driving": SECOND, "blocked": MUTED, "clearing": BAD, "down": BAD}
_LEGEND = (
    (GOOD, "robot at work"),
    (SECOND, "machine at work / robot on its way"),
    (MUTED, "blocked"),
    (BAD, "being cleared / robot down"),
)


def timeline(line: Line, run: LineRun, titles: Sequence[str]) -> str:
    """What every station and the robot were at, over time."""
    shown_s = min(run.horizon_s, _SHOWN_S)
    rows = [station_spans(line, run, k) for k in range(len(titles))] + [robot_spans(line, run)]

    def draw(axes: Axes) -> None:
        for at, spans in enumerate(rows):
            for state, found in spans.items():
                inside = [
                    (begin / 60.0, min(length, shown_s - begin) / 60.0) for begin, length in found if begin < shown_s
                ]
                axes.broken_barh(inside, (at - 0.34, 0.68), facecolor=_COLOURS[state], linewidth=0)
        axes.set_yticks(range(len(rows)), [*titles, "robot"])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, shown_s / 60.0)
        axes.set_xlabel("time (min)")
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.grid(axis="x")
        patches = [Patch(facecolor=colour, label=label) for colour, label in _LEGEND]
        axes.legend(handles=patches, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4)

    return chart(draw, "line-timeline", "Stations and robot over time", 0.95 + 0.36 * len(rows), _WIDE_IN)


def shares(found: RunResult, titles: Sequence[str]) -> str:
    """How the time of each station and of the robot was spent."""
    states = ("working", "machine", "blocked", "clearing", "waiting", "starved")
    rows = [[getattr(station, f"{state}_s") for state in states] for station in found.stations]
    robot = found.robot
    rows.append([robot.working_s, robot.driving_s, 0.0, robot.down_s, robot.waiting_s, 0.0])
    labels = (
        "robot at work",
        "machine / driving",
        "blocked",
        "cleared / down",
        "waiting",
        "starved",
    )
    colours = (GOOD, SECOND, MUTED, BAD, GRID, "none")

    def draw(axes: Axes) -> None:
        names = [*titles, "robot"]
        left = [0.0] * len(rows)
        for k, (label, colour) in enumerate(zip(labels, colours, strict=True)):
            part = [100.0 * row[k] / found.horizon_s for row in rows]
            edge = GRID if colour == "none" else None
            axes.barh(names, part, left=left, height=0.58, color=colour, edgecolor=edge, linewidth=0.8, label=label)
            left = [a + b for a, b in zip(left, part, strict=True)]
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of the run (%)")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)
        _names_only(axes)

    return chart(draw, "line-shares", "Time of stations and robot", 1.25 + 0.32 * max(len(rows), 2))


def buffers(line: Line, run: LineRun, titles: Sequence[str]) -> str:
    """Parts in each buffer over time; empty text for a line without one."""
    if len(titles) < 2:
        return ""
    dashes = ((0, ()), (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1, 1, 1)))

    def draw(axes: Axes) -> None:
        most = 1
        for k in range(len(titles) - 1):
            steps = levels(line, run.events, k)
            times = [at / 60.0 for at, _ in steps] + [run.horizon_s / 60.0]
            held = [level for _, level in steps] + [steps[-1][1]]
            places = line.stations[k].buffer_after or 0
            most = max(most, places, *held)
            label = f"behind {titles[k]}, {places} places"
            axes.step(times, held, where="post", color=GOOD, linewidth=1.2, linestyle=dashes[k % 4], label=label)
        axes.set_xlim(0, run.horizon_s / 60.0)
        axes.set_ylim(0, most * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlabel("time (min)")
        axes.set_ylabel("parts")
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=1)

    return chart(draw, "line-buffers", "Parts in the buffers over time")


def good_parts(line: Line, run: LineRun, found: RunResult) -> str:
    """Good parts over time beside the takt, and what the twin makes of the same time."""
    times = [event.time_s / 60.0 for event in run.events if event.kind == "good"]
    end = run.horizon_s / 60.0
    twin = found.twin

    def draw(axes: Axes) -> None:
        steps = ([0.0, *times, end], [*range(len(times) + 1), len(times)])
        axes.step(*steps, where="post", color=GOOD, linewidth=1.6, label="physics")
        axes.plot([0.0, end], [0.0, run.horizon_s / line.takt_s], color=INK, linewidth=1.0, label="takt",
                  linestyle=(0, (4, 2)))  # fmt: skip
        if twin is not None:
            same = twin.same_time.good
            off = ([max(0.0, same.mean - same.low)], [max(0.0, same.high - same.mean)])
            axes.errorbar([end], [same.mean], off, fmt="D", markersize=5, color=BAD, ecolor=BAD, elinewidth=1.6,
                          capsize=4, clip_on=False, label="twin, 90 % of runs")  # fmt: skip
        axes.set_xlim(0, end)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("time (min)")
        axes.set_ylabel("good parts")
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(axis="y")
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3)

    return chart(draw, "line-good", "Good parts over time")


def station_spans(line: Line, run: LineRun, k: int) -> dict[str, list[Span]]:
    """When station k was worked at, its machine worked, it was blocked or cleared; the rest of the time it was free."""
    spans: dict[str, list[Span]] = {"working": [], "machine": [], "blocked": [], "clearing": []}
    name, machine_s = line.station_names[k], line.stations[k].machine_s
    state, since_s = None, 0.0

    def close(at_s: float) -> None:
        if state == "done":
            worked_s = min(machine_s, at_s - since_s)
            spans["machine"].append((since_s, worked_s))
            spans["blocked"].append((since_s + worked_s, at_s - since_s - worked_s))
        elif state is not None:
            spans[state].append((since_s, at_s - since_s))

    turns = {"begun": "working", "done": "done", "failed": "clearing", "passed": None, "good": None, "cleared": None}
    for event in run.events:
        if event.station == name and event.kind in turns:
            close(event.time_s)
            state, since_s = turns[event.kind], event.time_s
    close(run.horizon_s)
    return {kind: [span for span in found if span[1] > 0.0] for kind, found in spans.items()}


def robot_spans(line: Line, run: LineRun) -> dict[str, list[Span]]:
    """When the robot worked, drove or was down; the rest of the time it waited, or drove where the run ends."""
    spans: dict[str, list[Span]] = {
        "driving": [(visit.left_s, visit.begun_s - visit.left_s) for visit in run.visits],
        "working": [(visit.begun_s, visit.ended_s - visit.begun_s) for visit in run.visits],
        "down": [
            (visit.ended_s, min(line.clear_s, run.horizon_s - visit.ended_s)) for visit in run.visits if _down(visit)
        ],
    }
    begun = [event.time_s for event in run.events if event.kind == "begun"]
    if len(begun) > len(run.visits):
        spans["working"].append((begun[-1], run.horizon_s - begun[-1]))
    return spans


def _down(visit: Visit) -> bool:
    return not visit.row.success and not set(ENGINE_FAULTS).isdisjoint(visit.row.faults)


def _names_only(axes: Axes) -> None:
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
