"""Learning curves as a picture: yield with its interval and return, over steps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from pilotline.benchmarks.canonical import write_atomically
from pilotline.policies.train.legs import Row


def write_curve(path: Path, title: str, rows: Sequence[Row], best: int | None) -> None:
    """Write an SVG: above, the yield on cycles never trained on, 95 % interval; below, the return in training."""
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    steps = [row.steps / 1e6 for row in rows]
    shown = [row.evaluation for row in rows]
    above.fill_between(steps, [e.low for e in shown], [e.high for e in shown], color="#9ecae1", label="95 % (Wilson)")
    above.plot(steps, [e.good / e.cycles for e in shown], color="#08519c", marker=".", label="first-pass yield")
    if best is not None:
        row = rows[best]
        above.plot(row.steps / 1e6, row.evaluation.good / row.evaluation.cycles, "o", color="#d94801", label="kept")
    above.set_ylim(-0.02, 1.02)
    above.set_ylabel(f"yield, n = {shown[-1].cycles}")
    above.legend(loc="best", frameon=False)
    above.set_title(title, fontsize=10)
    learned = [(x, row.mean_return) for x, row in zip(steps, rows, strict=True) if row.mean_return is not None]
    below.plot([x for x, _ in learned], [value for _, value in learned], color="#525252", marker=".")
    below.set_ylabel("return in training")
    below.set_xlabel(f"million steps ({rows[-1].wall_s / 60.0:.1f} minutes)")
    for axes in (above, below):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    write_atomically(path, out.getvalue())
