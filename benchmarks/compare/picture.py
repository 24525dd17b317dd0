"""A comparison as one SVG: a panel per figure and station, a row per arm, in the figure's unit.

The control's value is a line; every other arm stands where its difference to the control puts it, with the interval of
that difference. So intervals of paired arms are as narrow as pairing makes them, and still read in units of the figure.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.compare.result import Comparison, Judged
from pilotline.benchmarks.compare.words import amount
from pilotline.benchmarks.rig.style import GREY, INK, RC

BETTER, WORSE, OPEN = "#1b7f3b", "#b3261e", "#6b7783"
_COLUMNS = 3
_MARKS = ((BETTER, "better"), (WORSE, "worse"), (OPEN, "not told apart"))


def write(found: Comparison, path: Path) -> None:
    """Write the picture; the same bytes for the same comparison."""
    with matplotlib.rc_context(RC | {"svg.fonttype": "none", "svg.hashsalt": "compare"}):
        out = io.BytesIO()
        _drawn(found).savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    write_atomically(path, out.getvalue())


def _drawn(found: Comparison) -> Canvas:
    arms = [arm.name for arm in found.arms]
    stations = found.arms[0].body.line.stations
    panels: list[tuple[str, list[Judged]]] = []
    for facts in stations:
        own = [one for one in found.judged if one.found.station == facts.name]
        station = facts.title if len(stations) > 1 else ""
        names = dict.fromkeys(one.figure.name for one in own)
        panels += [(station, [one for one in own if one.figure.name == name]) for name in names]
    rows = -(-len(panels) // _COLUMNS)
    longest = max(len(name) for name in arms)
    width = 3.0 * _COLUMNS + 0.085 * min(longest, 28)
    canvas = Canvas(figsize=(width, 0.9 + rows * (0.95 + 0.27 * len(arms))), layout="constrained", facecolor="white")
    axes = canvas.subplots(rows, _COLUMNS, squeeze=False)
    for k, one in enumerate(axes.flat):
        if k >= len(panels):
            one.set_visible(False)
            continue
        _panel(one, *panels[k], arms, named=k % _COLUMNS == 0)
    job = found.arms[0].body.job
    title = f"{found.arms[0].body.line.title}, pack {job['pack']}: against {arms[0]}"
    canvas.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
    handles = [Line2D([], [], color=colour, marker="o", linewidth=2.4, label=label) for colour, label in _MARKS]
    handles.append(Line2D([], [], color=GREY, linewidth=0.9, label="valid when peeking"))
    canvas.legend(
        handles=handles, loc="outside lower left", ncols=4, title="95 % intervals of the difference", alignment="left"
    )
    return canvas


def _panel(axes: Axes, station: str, judged: Sequence[Judged], names: Sequence[str], named: bool) -> None:
    figure = judged[0].figure
    axes.set_title(f"{figure.title} ({figure.unit})" + (f"\n{station}" if station else ""))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [_short(name) for name in names] if named else [""] * len(names))
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    # every pair of arms has its own common cycles; the first pair's stand for the control
    levels = [one.found.control_value for one in judged if one.found.control_value is not None]
    if levels:
        axes.axvline(levels[0], color=INK, linewidth=0.9, linestyle=(0, (4, 2.5)))
        axes.plot(levels[0], 0, "D", color=INK, markersize=4.5)
        _value(axes, levels[0], 0, amount(levels[0], "", figure.digits).strip())
    for one in judged:
        at = names.index(one.found.arm)
        gap, start = one.found.difference, levels[0] if levels else None
        if gap is None or start is None:
            _note(axes, at, "no good cycles in both")
            continue
        colour = OPEN if not one.shown or one.found.better is None else BETTER if one.found.better else WORSE
        if one.found.sequence_low is not None and one.found.sequence_high is not None:
            ends = _held(figure.name, start + one.found.sequence_low, start + one.found.sequence_high)
            axes.plot(ends, (at, at), color=GREY, linewidth=0.9, solid_capstyle="butt")
        if one.found.low is not None and one.found.high is not None:
            axes.plot(
                _held(figure.name, start + one.found.low, start + one.found.high), (at, at), color=colour, linewidth=2.4
            )
        axes.plot(start + gap, at, "o", color=colour, markersize=5)
        _value(axes, start + gap, at, amount(gap, "", figure.digits, True).strip())
    for name in set(names[1:]) - {one.found.arm for one in judged}:
        _note(axes, list(names).index(name), "not comparable")
    axes.margins(x=0.12)


def _held(name: str, low: float, high: float) -> tuple[float, float]:
    """Ends of an interval as drawn: a yield ends at 0 and 100 %."""
    return (max(0.0, low), min(100.0, high)) if name == "yield" else (low, high)


def _value(axes: Axes, x: float, y: int, text: str) -> None:
    ground = {"boxstyle": "square,pad=0.05", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    axes.annotate(text, (x, y), (0, 5), textcoords="offset points", ha="center", va="bottom", fontsize=7, bbox=ground)


def _note(axes: Axes, y: int, text: str) -> None:
    axes.annotate(text, (0.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=7, color=GREY)


def _short(name: str) -> str:
    return name if len(name) <= 28 else "…" + name[-27:]
