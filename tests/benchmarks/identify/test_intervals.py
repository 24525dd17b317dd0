"""Intervals on problems with known answers: linear ones, blind ones, and residuals that are not white."""

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import binom

from pilotline.benchmarks.identify.fit import ROBUST_AT, Fit
from pilotline.benchmarks.identify.intervals import confidence
from pilotline.benchmarks.identify.parameters import Parameter

ROWS = 600


def linear(columns, noise, truth, low=-np.inf, high=np.inf):
    """A fit of `columns @ truth + noise`, spread 1, as `fit` does it, without first angles and speeds."""
    data = columns @ truth + noise
    begin = np.linalg.lstsq(columns, data, rcond=None)[0]
    robust = least_squares(lambda p: columns @ p - data, begin, lambda p: columns, loss="huber", f_scale=ROBUST_AT)
    values = np.clip(robust.x, low, high)
    names = [f"motor.p{j}" for j in range(columns.shape[1])]
    return Fit(
        parameters=tuple(Parameter(name, "", 0.0, low, high, 1.0) for name in names),
        values=dict(zip(names, values, strict=True)),
        starts=(),
        spreads={"position": 1.0},
        jacobian=columns,
        residuals=columns @ values - data,
        channel_of=np.zeros(len(data), int),
        series_of=np.zeros(len(data), int),
        evaluations=1,
        starts_agree=1,
    )


def covered(noise_of, trials=200):
    """How many of the trials' intervals hold the truth."""
    rng = np.random.default_rng(7)
    t = np.linspace(0.0, 6.0, ROWS)
    columns = np.stack([np.sin(t), np.ones(ROWS)], axis=1)
    truth = np.array([0.3, -0.2])
    held = 0
    for _ in range(trials):
        intervals = confidence(linear(columns, noise_of(rng), truth)).intervals
        held += sum(i.low <= true <= i.high for i, true in zip(intervals, truth, strict=True))
    return held, 2 * trials


def test_with_white_noise_the_intervals_hold_the_truth_as_often_as_they_say():
    held, of = covered(lambda rng: rng.normal(size=ROWS))
    assert binom.cdf(held, of, 0.95) > 1e-3
    assert binom.sf(held - 1, of, 0.99) > 1e-3, "much wider than they need be"


def test_correlated_residuals_widen_the_intervals_so_that_they_still_hold():
    def coloured(rng):
        e = rng.normal(size=ROWS + 100)
        out = np.zeros(ROWS + 100)
        for k in range(1, len(out)):
            out[k] = 0.9 * out[k - 1] + e[k]
        return out[100:] * np.sqrt(1.0 - 0.9**2)

    held, of = covered(coloured)
    assert held / of > 0.85  # 30 independent pieces tell their own correlation only roughly
    assert confidence(linear(np.ones((ROWS, 1)), coloured(np.random.default_rng(1)), np.zeros(1))).correlation_rows[
        "position"
    ] == pytest.approx(19.0, rel=0.6)


def test_outliers_do_not_make_an_interval_too_narrow():
    def spoilt(rng):
        noise = rng.normal(size=ROWS)
        noise[::50] += 8.0 * rng.choice([-1.0, 1.0], size=len(noise[::50]))
        return noise

    held, of = covered(spoilt)
    assert held / of > 0.9


def test_a_parameter_that_the_logs_do_not_depend_on_is_said_to_be_unknown():
    rng = np.random.default_rng(1)
    columns = np.stack([np.sin(np.linspace(0, 6, ROWS)), np.zeros(ROWS)], axis=1)
    known, blind = confidence(linear(columns, rng.normal(size=ROWS), np.array([1.0, 0.0]), -50.0, 50.0)).intervals
    assert known.verdict == "identified"
    assert blind.verdict == "not identifiable: the logs do not depend on it"
    assert (blind.low, blind.high) == (-50.0, 50.0)


def test_parameters_that_the_logs_cannot_tell_apart_are_named_together():
    rng = np.random.default_rng(1)
    one = np.sin(np.linspace(0, 6, ROWS))
    columns = np.stack([one, one + 1e-4 * rng.normal(size=ROWS)], axis=1)
    found = confidence(linear(columns, rng.normal(size=ROWS), np.array([1.0, 1.0]), -10.0, 10.0))
    assert found.condition > 1e3
    ((a, b, correlation),) = found.correlated
    assert {a, b} == {"motor.p0", "motor.p1"}
    assert correlation < -0.99
    assert all("tied to" in interval.verdict for interval in found.intervals)


def test_a_parameter_at_its_bound_says_so_and_keeps_an_interval_on_the_other_side():
    rng = np.random.default_rng(1)
    columns = np.ones((ROWS, 1))
    (interval,) = confidence(linear(columns, rng.normal(size=ROWS), np.array([-0.1]), 0.0, 1.0)).intervals
    assert interval.at_bound == "low"
    assert interval.verdict.startswith("at its lower bound 0")
    assert interval.low == 0.0 < interval.high
