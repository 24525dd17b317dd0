"""What the intervals and tests promise, on simulated campaigns whose truth is known.

`python -m pilotline.benchmarks.statistics.evidence RESULT.json`

Rates, numbers of cycles and seeds below were chosen before any result was looked at.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pilotline.benchmarks import capability, evidence
from pilotline.benchmarks.statistics import intervals, sequential, testing
from pilotline.benchmarks.statistics.multiple import holm
from pilotline.benchmarks.statistics.ranking import Entry, rank

CAMPAIGNS = 2000
"""Of each cell."""
SEED = 20_261_123
CYCLES = (20, 50, 100, 200, 500, 1000)
RATES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
LOOKS = 500
"""Cycles of a campaign that is looked at after each of them."""
RANKED = 500
"""Campaigns of the ranking, whose intervals are bootstrapped."""
ALPHA = 0.05


def rates(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Coverage of the intervals of a rate: as simulated, and exactly, by the binomial law."""
    found = []
    for n in CYCLES:
        counts = np.arange(n + 1)
        wilson = np.array([intervals.wilson(good, n) for good in range(n + 1)])
        exact = np.array([intervals.clopper_pearson(good, n) for good in range(n + 1)])
        lower = np.array([intervals.clopper_pearson_lower(good, n) for good in range(n + 1)])
        for p in RATES:
            drawn = rng.binomial(n, p, CAMPAIGNS)
            law = stats.binom.pmf(counts, n, p)
            row: dict[str, Any] = {"n": n, "p": p}
            for name, holds in (
                ("wilson", (wilson[:, 0] <= p) & (p <= wilson[:, 1])),
                ("clopper_pearson", (exact[:, 0] <= p) & (p <= exact[:, 1])),
                ("clopper_pearson_lower", lower <= p),
            ):
                row[name] = float(np.mean(holds[drawn]))
                row[f"{name}_exact"] = round(float(law @ holds), 6)
            found.append(row)
    return found


def sequences(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Share of campaigns whose confidence sequence held the truth at every one of the looks."""
    found = []
    n = np.arange(1, LOOKS + 1)
    for p in RATES:
        good = np.cumsum(rng.random((CAMPAIGNS, LOOKS)) < p, axis=1)
        # the sequence holds p as long as the capital against p has not got to 1 / alpha: so its ends are found
        capital = sequential.rate_capital(good, n, p)
        found.append({"of": "rate", "p": p, "covers": float(np.mean(np.all(capital < math.log(1.0 / ALPHA), axis=1)))})
    mean = 0.8
    covers = []
    for _ in range(CAMPAIGNS):
        low, high = sequential.bounded_sequence(rng.beta(8.0, 2.0, 100), 0.0, 1.0)
        covers.append(low <= mean <= high)
    found.append({"of": "bounded mean, 100 values", "covers": float(np.mean(covers))})
    covers = []
    for _ in range(CAMPAIGNS):
        values = rng.lognormal(0.0, 0.5, LOOKS)
        ends = (sequential.mean_sequence(values[:k]) or (-np.inf, np.inf) for k in range(20, LOOKS + 1, 20))
        covers.append(all(low <= math.exp(0.125) <= high for low, high in ends))
    found.append({"of": "mean of log-normal values, looks every 20 cycles", "covers": float(np.mean(covers))})
    return found


def peeking(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Share of campaigns of two arms alike in which somebody who looks after every cycle ever finds one to be better.

    "A is better": A leads while p is at most 5 %. Beside it what a test for a fixed number of cycles does when it is
    asked after each.
    """
    found = []
    for p in (0.5, 0.8, 0.95):
        for shared in (0.0, 0.8):
            either, ours, fixed = _peeked_yields(rng, p, shared)
            found.append(
                {
                    "of": "yield",
                    "p": p,
                    "shared_luck": shared,
                    "either_better": either,
                    "a_better": ours,
                    "naive": fixed,
                }
            )
    for name, draw in (
        ("cycle time, normal", lambda: rng.normal(0.0, 1.0, LOOKS)),
        ("cycle time, heavy tails", lambda: rng.standard_t(2.0, LOOKS)),
        ("cycle time, skewed arms", lambda: rng.lognormal(0.0, 1.0, LOOKS) - rng.lognormal(0.0, 1.0, LOOKS)),
    ):
        found.append({"of": name, **_peeked_times(draw)})
    return found


def _peeked_yields(rng: np.random.Generator, p: float, shared: float) -> tuple[float, float, float]:
    either, ours, fixed = [], [], []
    cache: dict[tuple[int, int], float] = {}
    for _ in range(CAMPAIGNS):
        common = rng.random(LOOKS)
        lucks = [np.where(rng.random(LOOKS) < shared, common, rng.random(LOOKS)) for _ in range(2)]
        a, b = (luck < p for luck in lucks)
        wins, losses = a & ~b, b & ~a
        won, lost = np.cumsum(wins), np.cumsum(losses)
        shown = sequential.pairs_p(wins, losses) <= ALPHA
        either.append(bool(shown.any()))
        ours.append(bool((shown & (won > lost)).any()))
        looks = {(int(w), int(m)) for w, m in zip(won, lost, strict=True)}
        for look in looks - cache.keys():
            cache[look] = testing.mcnemar(*look)
        fixed.append(any(cache[look] <= ALPHA for look in looks))
    return float(np.mean(either)), float(np.mean(ours)), float(np.mean(fixed))


def _peeked_times(draw: Callable[[], NDArray[np.float64]]) -> dict[str, float]:
    either, ours, fixed = [], [], []
    n = np.arange(1, LOOKS + 1)
    limit = stats.t.ppf(1.0 - 0.5 * ALPHA, np.maximum(n - 1, 1))
    for _ in range(CAMPAIGNS):
        d = draw()
        shown = sequential.differences_p(d) <= ALPHA
        total = np.cumsum(d)
        either.append(bool(shown.any()))
        ours.append(bool((shown & (total > 0.0)).any()))
        mean = total / n
        spread = np.sqrt(np.maximum(np.cumsum(d**2) / n - mean**2, 1e-300) / np.maximum(n - 1, 1))
        fixed.append(bool((np.abs(mean / spread) > limit)[4:].any()))
    return {"either_better": float(np.mean(either)), "a_better": float(np.mean(ours)), "naive": float(np.mean(fixed))}


def power(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Cycles until a true difference of yield is found when looking after each, beside the plan of a fixed number."""
    found = []
    for better, worse in ((0.98, 0.88), (0.95, 0.75), (0.9, 0.6)):
        taken = []
        for _ in range(CAMPAIGNS):
            a, b = rng.random(LOOKS) < better, rng.random(LOOKS) < worse
            shown = sequential.pairs_p(a & ~b, b & ~a) <= ALPHA
            taken.append(int(np.argmax(shown)) + 1 if shown.any() else LOOKS)
        planned = testing.pairs_needed(better * (1.0 - worse), worse * (1.0 - better), ALPHA)
        found.append(
            {
                "rates": [better, worse],
                "found": float(np.mean(np.array(taken) < LOOKS)),
                "cycles_median": float(np.median(taken)),
                "cycles_p80": float(np.percentile(taken, 80.0)),
                "fixed_n_at_power_80": math.ceil(planned),
            }
        )
    return found


def failures(rng: np.random.Generator) -> list[dict[str, Any]]:
    """How often the lower bound of the mean time between failures is below the truth, by failures expected."""
    found = []
    for expected in (0.1, 0.5, 1.0, 2.0, 5.0, 20.0):
        drawn = rng.poisson(expected, CAMPAIGNS)
        held = np.mean([intervals.mtbf_lower_s(int(count), 3600.0 * expected) <= 3600.0 for count in drawn])
        found.append({"failures_expected": expected, "covers": float(held)})
    return found


def capabilities(rng: np.random.Generator) -> list[dict[str, Any]]:
    """How often the lower bound of Cpk is below the truth, of normal values."""
    found = []
    for truth in (1.0, 1.33, 1.67):
        for n in (30, 100, 300):
            drawn = rng.normal(0.0, 1.0, (CAMPAIGNS, n))
            bounds = [capability.lower_bound(row, upper=3.0 * truth) for row in drawn.tolist()]
            found.append(
                {"cpk": truth, "n": n, "covers": float(np.mean([b is not None and b <= truth for b in bounds]))}
            )
    return found


def families(rng: np.random.Generator) -> dict[str, float]:
    """Share of comparisons of six like arms with a control, 60 pairs each, in which any is called better or worse."""
    cache: dict[tuple[int, int], float] = {}
    plain, corrected = [], []
    for _ in range(CAMPAIGNS):
        control = rng.random(60) < 0.8
        p = []
        for _ in range(6):
            arm = rng.random(60) < 0.8
            key = int((arm & ~control).sum()), int((control & ~arm).sum())
            if key not in cache:
                cache[key] = testing.mcnemar(*key)
            p.append(cache[key])
        plain.append(min(p) <= ALPHA)
        corrected.append(bool(holm(p).min() <= ALPHA))
    return {"uncorrected": float(np.mean(plain)), "holm": float(np.mean(corrected))}


def ranks(rng: np.random.Generator) -> dict[str, Any]:
    """Share of leaderboards of four arms, 60 cycles each, whose rank intervals all hold the true places."""
    rates, times = (0.98, 0.95, 0.95, 0.85), (12.0, 12.0, 12.5, 12.5)
    truth = np.array([p / (p * t + (1.0 - p) * 18.0) for p, t in zip(rates, times, strict=True)])
    place = 1 + (truth[:, None] < truth[None, :]).sum(axis=1)
    held = []
    for k in range(RANKED):
        entries = []
        for name, p, t in zip("abcd", rates, times, strict=True):
            good = rng.random(60) < p
            entries.append(Entry(name, good, np.where(good, rng.normal(t, 1.0, 60), 18.0), 18.0))
        found = rank(entries, (SEED, k))
        held.append(bool(np.all((found.rank_low <= place) & (place <= found.rank_high))))
    return {"campaigns": RANKED, "rates": rates, "times_s": times, "covers": float(np.mean(held))}


def measure() -> dict[str, Any]:
    """Every figure, and whether the promises are kept."""
    parts: dict[str, Callable[[np.random.Generator], Any]] = {
        "rates": rates,
        "sequences": sequences,
        "peeking": peeking,
        "power": power,
        "mtbf": failures,
        "cpk": capabilities,
        "families": families,
        "ranks": ranks,
    }
    seeds = np.random.SeedSequence(SEED).spawn(len(parts))
    found: dict[str, Any] = {"campaigns": CAMPAIGNS, "seed": SEED, "looks": LOOKS}
    for (name, part), seed in zip(parts.items(), seeds, strict=True):
        found[name] = part(np.random.Generator(np.random.PCG64(seed)))
        print(f"{name} done", file=sys.stderr)
    found["summary"] = summary = _summary(found)
    found["kept"] = {
        "wilson 94 to 96.5 % on average": 0.94 <= summary["wilson_mean"] <= 0.965,
        "Clopper-Pearson at least 95 % on average": summary["clopper_pearson_mean"] >= 0.95,
        "Clopper-Pearson at least 95 % in every cell, exactly": summary["clopper_pearson_worst_exact"] >= 0.95,
        "false «A is better» at most 5 % when peeking": summary["false_a_better_worst"] <= 0.05,
    }
    return found


def _summary(found: dict[str, Any]) -> dict[str, float]:
    cells = found["rates"]
    return {
        "wilson_mean": float(np.mean([cell["wilson"] for cell in cells])),
        "wilson_worst": min(cell["wilson"] for cell in cells),
        "wilson_mean_exact": float(np.mean([cell["wilson_exact"] for cell in cells])),
        "clopper_pearson_mean": float(np.mean([cell["clopper_pearson"] for cell in cells])),
        "clopper_pearson_worst": min(cell["clopper_pearson"] for cell in cells),
        "clopper_pearson_worst_exact": min(
            min(cell["clopper_pearson_exact"], cell["clopper_pearson_lower_exact"]) for cell in cells
        ),
        "sequences_worst": min(cell["covers"] for cell in found["sequences"]),
        "false_a_better_worst": max(cell["a_better"] for cell in found["peeking"]),
        "false_either_better_worst": max(cell["either_better"] for cell in found["peeking"]),
        "naive_peeking_worst": max(cell["naive"] for cell in found["peeking"]),
        "mtbf_worst": min(cell["covers"] for cell in found["mtbf"]),
        "cpk_worst": min(cell["covers"] for cell in found["cpk"]),
    }


def main(words: Sequence[str]) -> int:
    """Write the result file; 1 where a promise is not kept."""
    if len(words) != 1:
        print("usage: python -m pilotline.benchmarks.statistics.evidence RESULT.json", file=sys.stderr)
        return 2
    found = measure()
    evidence.write("statistics.evidence", words, found)
    print(json.dumps({"summary": found["summary"], "kept": found["kept"]}, indent=1, ensure_ascii=False))
    return 0 if all(found["kept"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
