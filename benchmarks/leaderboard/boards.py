"""Boards: cards of one station, or one line, under one disturbance pack, ranked by good parts per hour.

Entry classes and autonomy classes are never ranked together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.leaderboard.found import Found
from pilotline.benchmarks.line_schema import RunResult
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Body, StationResult
from pilotline.benchmarks.schema_record import Rate
from pilotline.benchmarks.statistics import ranking
from pilotline.benchmarks.statistics.intervals import wilson
from pilotline.benchmarks.statistics.ranking import Entry, Ranking

_SEED = (0x1EAD,)
_REPLICAS = 0.90
"""Share of the twin's runs within the range on a card."""


@dataclass(frozen=True, order=True)
class Key:
    """What is ranked together."""

    of_line: bool
    """A line from end to end, not a station by itself."""
    name: str
    version: str
    pack: str
    entry_class: str
    autonomy: str

    @property
    def anchor(self) -> str:
        """Name of the board on the page."""
        kind = "line" if self.of_line else "station"
        return "-".join((kind, self.name, f"v{self.version}", self.pack, self.entry_class, self.autonomy))


@dataclass(frozen=True)
class Line:
    """One card on a board."""

    found: Found
    n: int
    """Graded cycles, or finished parts of a line."""
    first_pass: Rate
    score: float | None
    cycle_s: float | None
    """Median of good cycles, or the mean time between good parts of a line."""
    parity_lower: float | None
    energy_j: float | None
    """Per good cycle; None where the card does not tell, as of a line."""
    mark: str | None
    """What this station, or this line, clears by itself."""


@dataclass(frozen=True)
class Board:
    """Cards that were ranked together; those without enough to be ranked stand apart."""

    key: Key
    title: str
    fidelity: str
    lines: tuple[Line, ...]
    """Best first."""
    ranking: Ranking | None
    """In the order of `lines`; None where nothing could be ranked."""
    unranked: tuple[tuple[Line, str], ...]
    """With the reason."""


def boards(found: Sequence[Found], attested_only: bool = False, trusted_only: bool = False) -> tuple[Board, ...]:
    """All boards, lines first, then stations, by name.

    Args:
      attested_only: rank no card without a complete attestation.
      trusted_only: rank no card that no trusted key signed.
    """
    groups: dict[Key, list[tuple[Found, int | None]]] = defaultdict(list)
    for each in found:
        body = each.card.body
        for k, facts in enumerate(body.line.stations) if body.run is None else [(None, None)]:
            groups[_key(body, facts)].append((each, k))
    return tuple(
        _board(key, groups[key], attested_only, trusted_only)
        for key in sorted(groups, key=lambda key: (not key.of_line, key))
    )


def graded(body: Body, k: int) -> list[CycleRow]:
    """Graded cycles of a campaign's station k; the cycle that the end of a shift cut off is not among them."""
    found = body.stations[k]
    own = [row for row in body.rows if row.station == found.name]
    return [row for row in own[: found.cycles] if row.within_payload]


def entry(found: Found, k: int) -> Entry:
    """What a card shows at its station k, for the ranking."""
    facts = found.card.body.line.stations[k]
    rows = graded(found.card.body, k)
    return Entry(
        name=found.card.body_sha256,
        good=np.array([row.success for row in rows], dtype=bool),
        occupied_s=np.array([facts.occupied_s(row) for row in rows]),
        lost_s=facts.tau_l_s,
    )


def _key(body: Body, facts: StationFacts | None) -> Key:
    name, version = (body.line.name, body.line.version) if facts is None else (facts.name, facts.version)
    pack = str(body.job["pack"])
    return Key(facts is None, name, version, pack, body.grade.entry_class, body.grade.autonomy)


def _board(key: Key, cards: list[tuple[Found, int | None]], attested_only: bool, trusted_only: bool) -> Board:
    body = cards[0][0].card.body
    listed = [_line_of_run(each) if k is None else _line_of_station(each, k) for each, k in cards]
    unasked = {_name(line): _unattested(line.found, attested_only, trusted_only) for line in listed}
    lines = [line for line in listed if not unasked[_name(line)]]
    if key.of_line:
        ranked = [line for line in lines if (run := line.found.card.body.run) is not None and run.twin is not None]
        order = _rank_runs(ranked)
        why = "the run is too short for a twin"
        title, fidelity = body.line.title, body.grade.fidelity
    else:
        ranked = [line for line in lines if line.n]
        at = {each.card.body_sha256: k for each, k in cards}
        order = ranking.rank([entry(line.found, at[_name(line)] or 0) for line in ranked], _SEED) if ranked else None
        why = "no cycle was within the robot's own load chart"
        facts = next(each for each in body.line.stations if each.name == key.name)
        title, fidelity = facts.title, facts.fidelity
    kept = {_name(line) for line in ranked}
    if order is not None:
        ranked, order = [ranked[k] for k in order.order], _sorted(order)
    return Board(
        key=key,
        title=title,
        fidelity=fidelity,
        lines=tuple(ranked),
        ranking=order,
        unranked=tuple((line, unasked[_name(line)] or why) for line in listed if _name(line) not in kept),
    )


def _unattested(found: Found, attested_only: bool, trusted_only: bool) -> str | None:
    """Why a card is not vouched for as is asked here; None where it is."""
    own = found.signature
    if own is None:
        return "no attestation" if attested_only or trusted_only else None
    if trusted_only and not own.trusted:
        return f"signed with an unknown key, {own.keyid[:16]}..."
    if attested_only and own.missing:
        return f"its attestation misses {len(own.missing)}: {own.missing[0]}"
    return None


def _name(line: Line) -> str:
    return line.found.card.body_sha256


def _line_of_station(found: Found, k: int) -> Line:
    station: StationResult = found.card.body.stations[k]
    stratum = station.graded
    return Line(
        found=found,
        n=stratum.first_pass.n,
        first_pass=stratum.first_pass,
        score=station.score,
        cycle_s=stratum.cycle_time_s.median,
        parity_lower=station.parity.lower,
        energy_j=stratum.energy_per_good_j,
        mark=found.card.body.grade.shown[k].grade,
    )


def _line_of_run(found: Found) -> Line:
    body = found.card.body
    run = body.run
    assert run is not None
    finished = run.good + run.scrap
    low, high = wilson(run.first_pass, finished)
    shown = body.grade.shown[-1]
    return Line(
        found=found,
        n=finished,
        first_pass=Rate(
            n=finished,
            good=run.first_pass,
            rate=run.first_pass_yield,
            wilson_low=low,
            wilson_high=high,
            exact_lower=shown.first_pass_lower or 0.0,
        ),
        score=run.score,
        cycle_s=run.horizon_s / run.good if run.good else None,
        parity_lower=shown.parity_lower,
        energy_j=None,
        mark=body.grade.grade,
    )


def _rank_runs(lines: Sequence[Line]) -> Ranking | None:
    """Rank runs of a line, whose parts depend on each other, by what their twins say of runs of the same length."""
    if not lines:
        return None
    runs = [run for line in lines if (run := line.found.card.body.run) is not None]
    rate = np.array([run.good_per_hour for run in runs])
    spread = np.array([_spread(run) for run in runs])
    both = np.sqrt(spread[:, None] ** 2 + spread[None, :] ** 2)
    gap = rate[:, None] - rate[None, :]
    certainty = stats.norm.cdf(np.divide(gap, both, out=1e9 * np.sign(gap), where=both > 0.0))
    np.fill_diagonal(certainty, 0.5)
    rank_low, rank_high = ranking.rank_intervals(ranking.better(certainty))
    reach = stats.norm.ppf(0.975) * spread
    return Ranking(
        names=tuple(_name(line) for line in lines),
        good_per_hour=rate,
        low=np.maximum(rate - reach, 0.0),
        high=rate + reach,
        certainty=certainty,
        rank_low=rank_low,
        rank_high=rank_high,
    )


def _spread(run: RunResult) -> float:
    """Standard deviation of good parts per hour, from the range that 90 % of the twin's runs keep.

    A run that shows no failure has a twin that never fails; it is taken to be no surer than one that lost one part.
    """
    assert run.twin is not None
    found = run.twin.same_time.good_per_hour
    of_twin = (found.high - found.low) / (2.0 * stats.norm.ppf(0.5 + 0.5 * _REPLICAS))
    return float(max(of_twin, 3600.0 / run.horizon_s))


def _sorted(found: Ranking) -> Ranking:
    at = np.array(found.order, dtype=int)
    return Ranking(
        names=tuple(found.names[k] for k in at),
        good_per_hour=found.good_per_hour[at],
        low=found.low[at],
        high=found.high[at],
        certainty=found.certainty[np.ix_(at, at)],
        rank_low=found.rank_low[at],
        rank_high=found.rank_high[at],
    )
