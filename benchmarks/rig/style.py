"""How the bench's charts look: simulation in blue lines, catalogue dashed or as open marks, units on every axis."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from pilotline.benchmarks.canonical import write_atomically

INK, GREY, LIGHT = "#22303c", "#6b7783", "#d9dee3"
SIM, BACK, CATALOGUE = "#1769aa", "#c2571a", "#22303c"
SCALE = ("#0b3c66", "#1769aa", "#4f9bd1", "#7fb069", "#d9a441", "#c2571a")
"""Colours of a family of curves, cold to warm or slow to fast."""

RC: dict[str, Any] = {
    "font.size": 9.0,
    "text.color": INK,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.6,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "lines.linewidth": 1.5,
}

REFERENCE: dict[str, Any] = {"color": CATALOGUE, "linewidth": 1.1, "linestyle": (0, (4, 2.5))}
"""Line of a catalogue figure, a rule or a closed form."""

POINT: dict[str, Any] = {
    "marker": "o",
    "linestyle": "none",
    "markersize": 6.5,
    "markerfacecolor": "none",
    "color": CATALOGUE,
}
"""A published point."""


def page(title: str, columns: int = 2, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty chart with its panels, row by row."""
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(4.7 * columns, 3.5 * rows), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
        axes = [figure.add_subplot(rows, columns, k + 1) for k in range(rows * columns)]
    return figure, axes


def label(axes: Axes, title: str, x: str, y: str, legend: str | None = "best") -> None:
    """Name a panel and its axes, with their units."""
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if legend:
        axes.legend(loc=legend)


def plain(axis: Axis) -> None:
    """Plain numbers at the ticks of a logarithmic axis, at 1, 2 and 5."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def save(figure: Figure, path: Path) -> None:
    """Write a chart as PNG; the same bytes for the same chart."""
    with matplotlib.rc_context(RC):
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=130, metadata={"Software": None})
    write_atomically(path, out.getvalue())
