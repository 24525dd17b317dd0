"""Sides take turns, and what their turns amount to."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pilotline.benchmarks.peers.pairings import Pairing, Party
from pilotline.benchmarks.peers.process import HERE, Side, SideError, Turn

PEER = "peer"


def measure(pairing: Pairing, environments: Mapping[str | None, Path], seconds: float, rounds: int) -> dict[str, Any]:
    """Figures of one pairing, or what went wrong with it.

    Args:
      environments: interpreter of each Python environment; None is ours.
      seconds: of each turn.
      rounds: in each of which every side has one turn; one more comes first and is not counted.

    Returns:
      See `report`; `error` instead of figures where a side failed.
    """
    about = {"pairing": pairing.name, "title": pairing.title}
    try:
        with ExitStack() as stack:
            parties = {PEER: pairing.peer, **pairing.ours}
            sides = {}
            for name, party in parties.items():
                started = _start(name, party, environments[party.environment], pairing.start_limit_s)
                sides[name] = stack.enter_context(started)
            turns = interleaved(sides, seconds, rounds)
            memory = {name: side.peak_memory_mib() for name, side in sides.items()}
            facts = {name: side.facts for name, side in sides.items()}
    except SideError as error:
        return {**about, "error": str(error)}
    return {**about, **report(pairing, facts, turns, memory)}


def interleaved(sides: Mapping[str, Side], seconds: float, rounds: int) -> dict[str, list[Turn]]:
    """Turns of every side, A B A B …; the first of each is left out."""
    turns: dict[str, list[Turn]] = {name: [] for name in sides}
    for _ in range(rounds + 1):
        for name, side in sides.items():
            turns[name].append(side.turn(seconds))
    return {name: found[1:] for name, found in turns.items()}


def report(
    pairing: Pairing,
    facts: Mapping[str, Mapping[str, Any]],
    turns: Mapping[str, Sequence[Turn]],
    memory_mib: Mapping[str, float],
) -> dict[str, Any]:
    """The figures of a pairing.

    A ratio is the median of the ratios within each round, ours over theirs; its spread is the lowest and the highest.

    Args:
      facts, turns, memory_mib: by side; turns of the same number for each.

    Returns:
      `peer` and `ours` (by name): facts and figures of a side; ours also `ratio`, `physics_ratio` (per physics step)
      and `memory_ratio`, each with what is claimed of it and whether it `holds`.
    """
    rates = {name: [turn.rate for turn in found] for name, found in turns.items()}
    rows = {name: _side(facts[name], turns[name], memory_mib[name]) for name in turns}
    for name in pairing.ours:
        per_step = facts[name]["physics_steps"] / facts[PEER]["physics_steps"]
        ratios = [ours / theirs for ours, theirs in zip(rates[name], rates[PEER], strict=True)]
        rows[name]["ratio"] = _claimed(_spread(ratios), pairing.speed_target.get(name), at_least=True)
        rows[name]["physics_ratio"] = _spread([ratio * per_step for ratio in ratios])
        if memory_mib[PEER] > 0.0:
            share = {"median": _round(memory_mib[name] / memory_mib[PEER])}
            rows[name]["memory_ratio"] = _claimed(share, pairing.memory_target.get(name), at_least=False)
    return {"peer": rows[PEER], "ours": {name: rows[name] for name in pairing.ours}, "rounds": len(rates[PEER])}


def _side(facts: Mapping[str, Any], turns: Sequence[Turn], memory_mib: float) -> dict[str, Any]:
    rates = [turn.rate for turn in turns]
    steps = sum(turn.env_steps for turn in turns)
    return {
        **facts,
        "env_steps_per_s": _spread(rates),
        "physics_steps_per_s": _spread([rate * facts["physics_steps"] for rate in rates]),
        "ended_share": _round(sum(turn.ended for turn in turns) / steps),
        "peak_memory_mib": round(memory_mib, 1),
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    return {"median": _round(statistics.median(values)), "spread": [_round(min(values)), _round(max(values))]}


def _claimed(figure: dict[str, Any], target: float | None, at_least: bool) -> dict[str, Any]:
    if target is None:
        return figure
    holds = figure["median"] >= target if at_least else figure["median"] <= target
    return {**figure, "target": target, "holds": holds}


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def _start(name: str, party: Party, python: Path, limit_s: float) -> Side:
    settings = {**party.settings, "physics": str(HERE / "physics.py")}
    return Side(f"{name} ({party.script})", python, HERE / "sides" / f"{party.script}.py", settings, limit_s)
