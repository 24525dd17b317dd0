"""The tables of `pilotline speed`, ratios first; spreads of the ratios where there are 100 columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from pilotline.benchmarks.speed.compare import BATCH, LOOP, TITLES
from pilotline.benchmarks.speed.memory import MIB

_WIDE = 100


def render(figures: Mapping[str, Any], width: int = _WIDE) -> RenderableType:
    """Everything that was measured, for a terminal of so many columns."""
    parts: list[RenderableType] = [_ways(figures["tables"], width >= _WIDE)]
    if peers := figures.get("peers"):
        parts.append(_peers(peers))
    if sweep := figures.get("sweep"):
        parts.append(_sweep(sweep))
    if memory := figures.get("memory"):
        parts.append(_memory(memory))
    if profile := figures.get("profile"):
        parts.append(_profile(profile))
    if tiers := figures.get("actuator_tiers"):
        parts.append(_tiers(tiers))
    return Group(*parts)


def missing(figures: Mapping[str, Any]) -> Iterator[str]:
    """A line for each way that could not be measured."""
    for table in figures["tables"]:
        for way, why in table["missing"].items():
            yield f"{TITLES[way]} ({table['actuators']}): not measured: {why}"


def _ways(tables: Sequence[Mapping[str, Any]], spread: bool) -> Table:
    """Every way of stepping beside raw MuJoCo and beside our vector environment."""
    first = tables[0]
    table = _table()
    table.caption = (
        f"{first['station']}, {first['robot']}, {first['nthread']} threads, {first['physics_steps_per_env_step']} "
        f"physics steps each. Ratios: median{' and middle half' if spread else ''} of "
        f"{first['rows'][0]['of_raw']['turns']} turns.\n"
        "of raw: its rate over that of mujoco.batch, * over that of mj_step on one thread.\n"
        "ours: how many times its rate our vector env reaches."
    )
    table.add_column("way of stepping", no_wrap=True)
    table.add_column("sims", justify="right")
    for ratio in ("of raw", "ours"):
        table.add_column(ratio, justify="right", style="bold", no_wrap=True)
        if spread:
            table.add_column("half", justify="right", no_wrap=True)
    table.add_column("env-steps/s", justify="right", no_wrap=True)
    for part in tables:
        table.add_section()
        table.add_row(f"[italic]actuators: {part['actuators']}")
        for row in part["rows"]:
            raw, over = row["of_raw"], row["vector_env_over_this"]
            mark = "*" if row["raw_way"] == LOOP else " "
            itself = row["way"] == row["raw_way"]
            cells = [
                f"1{mark}" if itself else f"{raw['median']:.3f}{mark}",
                "" if itself else f"{raw['quarter']:.2f}–{raw['three_quarters']:.2f}",
                f"{_short(over['median'])}x" if over else "",
                f"{_short(over['quarter'])}–{_short(over['three_quarters'])}" if over else "",
            ]
            shown = cells if spread else cells[::2]
            table.add_row(TITLES[row["way"]], str(row["nsim"]), *shown, f"{row['env_steps_per_s']['median']:,.0f}")
    return table


def _sweep(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rates and ratios by number of simulations."""
    ways = [way for way in TITLES if any(row["way"] == way for row in rows)]
    table = _table()
    table.caption = "env-steps/s by number of simulations"
    table.add_column("simulations", justify="right")
    for way in ways:
        table.add_column(TITLES[way], justify="right")
        if way != BATCH:
            table.add_column("of raw", justify="right", style="bold")
    for size in sorted({row["nsim"] for row in rows}):
        at = {row["way"]: row for row in rows if row["nsim"] == size}
        cells = [str(size)]
        for way in ways:
            cells.append(f"{at[way]['env_steps_per_s']['median']:,.0f}")
            if way != BATCH:
                cells.append(f"{at[way]['of_raw']['median']:.3f}")
        table.add_row(*cells)
    return table


def _memory(memory: Mapping[str, Any]) -> Table:
    """Resident memory by way and size."""
    table = _table()
    table.add_column("memory of", no_wrap=True)
    table.add_column("simulations", justify="right")
    table.add_column("process, MiB", justify="right")
    table.add_column("a simulation more, MiB", justify="right", style="bold")
    for row in memory["rows"]:
        slope = memory["bytes_per_simulation"][row["way"]] / MIB
        table.add_row(TITLES[row["way"]], str(row["nsim"]), f"{row['resident_bytes'] / MIB:,.0f}", f"{slope:.2f}")
    return table


def _profile(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Shares of a step."""
    table = _table()
    table.add_column("share of a step", no_wrap=True)
    for row in rows:
        table.add_column(f"{TITLES[row['way']]}, {row['nsim']}", justify="right")
    table.add_row("a step, ms", *(f"{1e3 * row['step_s']:.2f}" for row in rows))
    names = dict.fromkeys(name for row in rows for name in row["shares"])
    for name in names:
        table.add_row(name, *(f"{100.0 * row['shares'].get(name, 0.0):.1f} %" for row in rows))
    table.add_row("slower while profiled", *(f"{row['profiler_slowdown']:.2f}x" for row in rows))
    return table


def _peers(peers: Sequence[Mapping[str, Any]]) -> Table:
    """What others reach on tasks of their own, each beside ours."""
    table = _table()
    table.caption = "Measured by `make peers`, each on a task of its own; see docs/peers.md."
    table.add_column("peer", overflow="fold")
    table.add_column("beside ours", overflow="fold")
    table.add_column("ours", justify="right", style="bold", no_wrap=True)
    table.add_column("range", justify="right", no_wrap=True)
    table.add_column("per physics step", justify="right")
    table.add_column("peer, MiB", justify="right", no_wrap=True)
    table.add_column("ours, MiB", justify="right", no_wrap=True)
    for row in peers:
        peer, ours, ratio = row["peer"], row["ours"], row["ratio"]
        table.add_row(
            f"{peer['name']}, {peer['num_envs']}",
            f"{ours['name']}, {ours['num_envs']}",
            f"{_short(ratio['median'])}x",
            f"{_short(ratio['lowest'])}–{_short(ratio['highest'])}",
            f"{_short(row['physics_ratio']['median'])}x",
            f"{peer['peak_memory_mib']:,.0f}",
            f"{ours['peak_memory_mib']:,.0f}",
        )
    return table


def _tiers(cost: Mapping[str, Any]) -> Table:
    """What the tiers of actuators cost the bare robot."""
    table = _table()
    table.caption = f"{cost['subject']}, {cost['joints']} joints, physics steps alone, {cost['rounds']} turns"
    table.add_column("actuator tiers compared", no_wrap=True)
    table.add_column("ratio", justify="right", style="bold")
    table.add_column("middle half", justify="right")
    for name, ratio in cost["ratios"].items():
        low, high = cost["ratio_spread"][name]
        table.add_row(name, f"{ratio:.3f}", f"{low:.3f} … {high:.3f}")
    return table


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")


def _short(ratio: float) -> str:
    """Three digits or more."""
    return f"{ratio:.2f}" if ratio < 9.995 else f"{ratio:.1f}" if ratio < 99.95 else f"{ratio:.0f}"
