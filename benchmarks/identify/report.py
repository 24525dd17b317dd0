"""What a person and a program read of an identification: plain figures for `result.json`, tables, and pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pilotline.benchmarks.canonical import rounded, write_atomically
from pilotline.benchmarks.identify.log import EFFORTS
from pilotline.benchmarks.identify.study import Errors, Outcome, Study

_UNITS = {
    "position": ("rad", "position (rad)"),
    "velocity": ("rad/s", "velocity (rad/s)"),
    "current": ("A", "current (A)"),
    "torque": ("N m", "motor torque (N m)"),
    "link_position": ("rad", "link position (rad)"),
}
_SHOWN_LOGS = 3
_STYLE = {"font.size": 8.5, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False}


def figures(study: Study) -> dict[str, Any]:
    """Everything as plain JSON types, the best form first."""
    return {
        "split": {
            "how": study.split.how,
            "fitted": [_log(trial.log, mask) for trial, mask in study.split.fitted],
            "held_back": [_log(trial.log, mask) for trial, mask in study.split.held],
        },
        "sheet_as_shipped": {
            "fit": _errors(study.shipped_on_fit),
            "holdout": _errors(study.shipped_on_holdout),
        },
        "forms": [_outcome(outcome) for outcome in study.outcomes],
    }


def _log(log: Any, mask: Any) -> dict[str, Any]:
    return {"name": log.name, "sha256": log.sha256, "rows": int(mask.sum()), "of": len(log.t)}


def _errors(errors: Errors) -> dict[str, Any]:
    return {
        "mae": {name: rounded(value) for name, value in errors.mae.items()},
        "rmse": {name: rounded(value) for name, value in errors.rmse.items()},
        "score": rounded(errors.score),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    known = outcome.confidence
    return {
        "form": outcome.form,
        "holdout": _errors(outcome.on_holdout),
        "fit": _errors(outcome.on_fit),
        "parameters": [
            {
                "name": i.name,
                "unit": i.unit,
                "value": rounded(i.value),
                "low_95": rounded(i.low),
                "high_95": rounded(i.high),
                "standard_error": rounded(i.standard_error),
                "at_bound": i.at_bound,
                "verdict": i.verdict,
            }
            for i in known.intervals
        ],
        "condition": rounded(known.condition),
        "correlated": [[a, b, round(c, 4)] for a, b, c in known.correlated],
        "correlation_rows": {name: rounded(value) for name, value in known.correlation_rows.items()},
        "residual_spread": {name: rounded(value) for name, value in outcome.fit.spreads.items()},
        "simulations": outcome.fit.evaluations,
        "starts_that_agree": outcome.fit.starts_agree,
    }


def table(study: Study) -> RenderableType:
    """Ranking of the forms and the parameters of the best."""
    best = study.outcomes[0]
    held = "kept back" if study.split.held else "fitted (nothing was kept back)"
    ranking = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"errors on the rows {held}", title_justify="left")
    channels = list(best.on_holdout.rmse)
    ranking.add_column("friction", no_wrap=True)
    ranking.add_column("score", justify="right", style="bold")
    for name in channels:
        ranking.add_column(f"{name}\nMAE {_UNITS[name][0]}", justify="right")
    rows = [("sheet as shipped", study.shipped_on_holdout), *((o.form, o.on_holdout) for o in study.outcomes)]
    for label, errors in rows:
        ranking.add_row(label, f"{errors.score:.4f}", *(f"{errors.mae[name]:.3g}" for name in channels))
    values = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"identified, {best.form}", title_justify="left")
    values.add_column("figure", no_wrap=True)
    values.add_column("value", justify="right", style="bold", no_wrap=True)
    values.add_column("95 % interval", justify="right", no_wrap=True)
    for i in best.confidence.intervals:
        values.add_row(i.name, f"{i.value:.4g}", f"{i.low:.4g} … {i.high:.4g}")
    doubtful = [i for i in best.confidence.intervals if not i.verdict.startswith("identified")]
    remarks = [f"{i.name}: {i.verdict}" for i in doubtful]
    note = "\n".join([*remarks, f"condition number {best.confidence.condition:.3g}"])
    return Group(ranking, values, Text(note, style="dim"))


def picture(study: Study, path: Path) -> None:
    """Measured against simulated, and the residuals, of the logs kept back first."""
    best = study.outcomes[0]
    trials = {trial.log.name: (trial, None) for trial, _ in study.split.fitted}
    held = {trial.log.name: (trial, mask) for trial, mask in study.split.held}
    shown = list((held | {k: v for k, v in trials.items() if k not in held}).values())[:_SHOWN_LOGS]
    effort = next(name for name in EFFORTS if name in shown[0][0].log.channels)
    rows = [("position", False), ("position", True), (effort, False), (effort, True)]
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(4.2 * len(shown) + 0.6, 8.0), layout="constrained")
        axes = figure.subplots(len(rows), len(shown), squeeze=False, sharex="col")
        for column, (trial, mask) in enumerate(shown):
            log = trial.log
            for row, (name, residual) in enumerate(rows):
                ax = axes[row][column]
                measured = log.channels[name]
                base = measured if residual else np.zeros(len(measured))
                if not residual:
                    ax.plot(log.t, measured, color="0.55", lw=2.2, label="measured")
                for label, traces, colour in (
                    ("sheet as shipped", study.shipped_traces, "#b3541e"),
                    (f"identified ({best.form})", best.traces, "#1f5fa8"),
                ):
                    simulated = np.where(np.isfinite(traces[log.name][name]), traces[log.name][name], np.nan)
                    ax.plot(log.t, simulated - base, color=colour, lw=0.9, label=label)
                if mask is not None and not mask.all():
                    inside = log.t[mask]
                    ax.axvspan(inside[0], inside[-1], color="0.92", zorder=0)
                if residual:
                    ax.axhline(0.0, color="0.6", lw=0.6, zorder=0)
                if column == 0:
                    ax.set_ylabel(f"residual ({_UNITS[name][0]})" if residual else _UNITS[name][1])
                if row == 0:
                    kept = (
                        "kept back"
                        if mask is not None and mask.all()
                        else "grey: kept back"
                        if mask is not None
                        else "fitted"
                    )
                    ax.set_title(f"{log.name}, {kept}", fontsize=8.5)
            axes[-1][column].set_xlabel("t (s)")
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=110)
    write_atomically(path, out.getvalue())
