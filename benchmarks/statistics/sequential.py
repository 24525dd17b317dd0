"""Tests and intervals that stay valid however often one looks, and whenever one stops.

A test keeps a capital that starts at 1 and that, were the null hypothesis true, no strategy could expect to raise: an
e-process. It exceeds 1 / alpha at any time with a chance of at most alpha (Ville's inequality), so 1 / (largest capital
so far) is a p-value at every look. A confidence sequence is every value that such a capital has not ruled out.

The same need is met by STEP (Snyder et al., RSS 2025, arXiv 2503.10966) for two rates up to a number of cycles fixed
beforehand, and extended to partial credit and continuous metrics in arXiv 2603.13616. What is here needs no such
number, and only closed forms; the price is some power.

Logarithms throughout: capitals grow past what a float holds.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from pilotline.benchmarks.statistics.intervals import CONFIDENCE

Float = NDArray[np.float64]
EFFECT_CYCLES = 4.0
"""Prior weight of `symmetric_above`, cycles: it is soonest for effects of 1 / sqrt(4), half the size of differences."""


def rate_sequence(good: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Confidence sequence of a success rate: holds for all n at once; (0, 1) without trials.

    Every p with B(g + 1/2, n - g + 1/2) / (B(1/2, 1/2) p^g (1 - p)^(n - g)) < 1 / (1 - confidence): the mixture of
    likelihood ratios over a Jeffreys prior, after H. Robbins, "Statistical methods related to the law of the iterated
    logarithm" (1970).
    """
    if not 0 <= good <= n:
        raise ValueError(f"good is {good} of n {n}; allowed: 0 <= good <= n")
    if n == 0:
        return 0.0, 1.0
    limit = -math.log(1.0 - confidence)

    def outside(p: float) -> float:
        return float(rate_capital(good, n, p)) - limit

    point = good / n
    low = 0.0 if good == 0 else optimize.brentq(outside, 1e-300, point, xtol=1e-14)
    high = 1.0 if good == n else optimize.brentq(outside, point, 1.0 - 1e-16, xtol=1e-14)
    return float(low), float(high)


def rate_capital(good: ArrayLike, n: ArrayLike, rate: float) -> Float:
    """Log capital against "the success rate is `rate`", of any shape: what `rate_sequence` rules values out by."""
    good, n = np.asarray(good, dtype=np.float64), np.asarray(n, dtype=np.float64)
    bad = n - good
    mixed = special.betaln(good + 0.5, bad + 0.5) - special.betaln(0.5, 0.5)
    return np.asarray(mixed - special.xlogy(good, rate) - special.xlog1py(bad, -rate), dtype=np.float64)


def rate_above(good: ArrayLike, n: ArrayLike, rate: float = 0.5) -> Float:
    """Log capital against "the success rate is at most `rate`".

    The likelihood ratio to `rate`, mixed over a uniform prior above it; closed form by the incomplete beta function.
    With wins among the discordant pairs and rate 1/2 it is an anytime-valid McNemar test: were both arms equally
    good, each of a discordant pair would win as often as the other.

    Args:
      good, n: any shape, counts so far.
      rate: between 0 and 1.
    """
    good, n = np.asarray(good, dtype=np.float64), np.asarray(n, dtype=np.float64)
    bad = n - good
    above = special.betaincc(good + 1.0, bad + 1.0, rate)
    with np.errstate(divide="ignore"):
        log_above = np.log(above)
    found = special.betaln(good + 1.0, bad + 1.0) + log_above - math.log1p(-rate)
    found = found - good * math.log(rate) - bad * math.log1p(-rate)
    return np.asarray(found, dtype=np.float64)


def symmetric_above(differences: ArrayLike) -> Float:
    """Log capital, (n,), after each difference, against "a difference of any size is as often below 0 as above".

    That is what equal arms give, in pairs with common random numbers or matched by number, however the metric is
    distributed; an arm that is better in the mean alone, by rare large differences, is not what it is after. With
    z = d / (root mean square so far), S and V the sums of z and z^2, exp(l S - l^2 V / 2) is a supermartingale for
    every l > 0 (V. de la Pena, "A general class of exponential inequalities for martingales and ratios", 1999; given
    its size, only the sign of a difference is left to chance, so z may use the size of the latest one). Mixed over
    a half-normal l of variance 1 / w it is 2 sqrt(w / (V + w)) exp(S^2 / (2 (V + w))) Phi(S / sqrt(V + w)).

    Args:
      differences: (n,), in the order in which they came; zeros change nothing.
    """
    d = np.asarray(differences, dtype=np.float64)
    counted = np.arange(1, len(d) + 1)
    size = np.sqrt(np.cumsum(d**2) / counted)
    z = np.divide(d, size, out=np.zeros_like(d), where=size > 0.0)
    total, spread = np.cumsum(z), np.cumsum(z**2) + EFFECT_CYCLES
    found = math.log(2.0) + 0.5 * np.log(EFFECT_CYCLES / spread) + total**2 / (2.0 * spread)
    return np.asarray(found + special.log_ndtr(total / np.sqrt(spread)), dtype=np.float64)


def p_path(log_capital: ArrayLike) -> Float:
    """Anytime-valid p-values, (n,), of a path of log capitals: min(1, 1 / largest capital so far)."""
    path = np.asarray(log_capital, dtype=np.float64)
    return np.exp(-np.maximum(np.maximum.accumulate(path), 0.0)) if len(path) else path


def both_sides(above: ArrayLike, below: ArrayLike) -> Float:
    """Log capital of half a bet on each side, (n,): against "no difference"."""
    return np.asarray(np.logaddexp(above, below) - math.log(2.0), dtype=np.float64)


def pairs_p(wins: NDArray[np.bool_], losses: NDArray[np.bool_]) -> Float:
    """Two-sided anytime-valid p-values, (n,), after each pair of cycles: "both are equally often good".

    wins, losses: (n,) where one arm was good and the other not; pairs that are neither change nothing.
    """
    won, lost = np.cumsum(wins), np.cumsum(losses)
    return p_path(both_sides(rate_above(won, won + lost), rate_above(lost, won + lost)))


def differences_p(differences: ArrayLike) -> Float:
    """Two-sided anytime-valid p-values, (n,), after each difference: "symmetric about 0"."""
    d = np.asarray(differences, dtype=np.float64)
    return p_path(both_sides(symmetric_above(d), symmetric_above(-d)))


def bounded_sequence(values: ArrayLike, low: float, high: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Confidence sequence of the mean of values between known limits, after all of them; exact for every n.

    The hedged capital process with predictable plug-in bets of I. Waudby-Smith and A. Ramdas, "Estimating means of
    bounded random variables by betting" (J. R. Stat. Soc. B, 2024): on m the capitals are the products of
    1 +- min(l_t, c / m or c / (1 - m)) (x_t - m) with l_t = sqrt(2 log(2 / a) / (v_{t-1} t log(1 + t))), v the running
    variance and c = 1/2; half the money on each side. Values ruled out earlier stay so.

    Args:
      values: (n,), in the order in which they came; a mean that does not change with time.
      low, high: limits of a value, known beforehand.
    """
    x = np.asarray(values, dtype=np.float64)
    if not low < high or (len(x) and not (low <= x.min() and x.max() <= high)):
        raise ValueError(f"values are from {x.min(initial=high)} to {x.max(initial=low)}; allowed: {low} to {high}")
    if not len(x):
        return low, high
    x = (x - low) / (high - low)
    bets = _plug_in_bets(x, 1.0 - confidence)
    bound = math.log(2.0 / (1.0 - confidence))

    def lower(values: Float) -> float:
        def spare(m: float) -> float:
            gains = np.log1p(np.minimum(bets, 0.5 / m) * (values - m))
            return bound - float(np.cumsum(gains).max())

        # the capital against "the mean is at most m" falls as m grows, so one crossing separates what is ruled out
        tiny = 1e-9
        if spare(tiny) >= 0.0:
            return 0.0
        return float(optimize.brentq(spare, tiny, 1.0, xtol=1e-9))

    return low + (high - low) * lower(x), high - (high - low) * lower(1.0 - x)


def mean_sequence(
    values: ArrayLike, confidence: float = CONFIDENCE, best_at: float = 100.0
) -> tuple[float, float] | None:
    """Asymptotic confidence sequence of a mean, of values without known limits; None below two.

    mean +- s sqrt(2 (n r + 1) / (n^2 r) log(sqrt(n r + 1) / a)), with r chosen for the narrowest at n = best_at, by
    I. Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy and A. Ramdas, "Time-uniform central limit theory and asymptotic
    confidence sequences" (Annals of Statistics, 2024). It holds for large n only: what the central limit theorem is
    for an interval at one n.
    """
    x = np.asarray(values, dtype=np.float64)
    n, alpha = len(x), 1.0 - confidence
    if n < 2:
        return None
    log_two = -2.0 * math.log(alpha)
    r = (log_two + math.log(log_two) + 1.0) / best_at
    half = math.sqrt(2.0 * (n * r + 1.0) / (n**2 * r) * math.log(math.sqrt(n * r + 1.0) / alpha))
    half *= float(np.std(x, ddof=1))
    return float(np.mean(x)) - half, float(np.mean(x)) + half


def _plug_in_bets(x: Float, alpha: float) -> Float:
    """l_t of `bounded_sequence`, (n,): each from the values before."""
    t = np.arange(1, len(x) + 1)
    mean = (0.5 + np.cumsum(x)) / (t + 1)
    variance = (0.25 + np.cumsum((x - mean) ** 2)) / (t + 1)
    before = np.concatenate(([0.25], variance[:-1]))
    return np.asarray(np.sqrt(2.0 * math.log(2.0 / alpha) / (before * t * np.log1p(t))), dtype=np.float64)
