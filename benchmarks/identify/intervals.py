"""95 % intervals from the Jacobian, and what they can be trusted for.

The covariance is that of a weighted M-estimate whose residuals are correlated in time: with J the Jacobian in spreads,

    C = (J' J)^-1 (sum_c tau_c J_c' J_c) (J' J)^-1 * mean(psi^2) / mean(psi')^2

tau_c is the integrated autocorrelation time of channel c's residuals, in rows and at least 1: white sensor noise has 1,
a model that misses something has more, and its intervals grow. Parameters at a bound are kept in J, so that the
interval of the others allows for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilotline.benchmarks.identify.fit import ROBUST_AT, Fit
from pilotline.benchmarks.identify.log import Array

NORMAL_95 = 1.959963984540054
CORRELATED = 0.95
_LONGEST_LAG = 200
_MOST_ALIKE = 0.995
_AT_BOUND = 0.02
_BLIND = 1.0e-10


@dataclass(frozen=True)
class Interval:
    """A parameter with its 95 % interval.

    Attributes:
      name, unit, value: of the parameter.
      low, high: interval, held within the bounds.
      standard_error: of the value, unbounded.
      at_bound: `low` or `high` where the value sits there, else empty.
      verdict: `identified`, or why the value must not be taken as known.
    """

    name: str
    unit: str
    value: float
    low: float
    high: float
    standard_error: float
    at_bound: str
    verdict: str


@dataclass(frozen=True)
class Confidence:
    """What a fit knows.

    Attributes:
      intervals: of every parameter.
      condition: number of the Jacobian with columns of length one; large means that combinations are unknown.
      correlated: pairs of parameters that the logs hardly tell apart, with their correlation.
      correlation_rows: integrated autocorrelation time of each channel's residuals, in rows.
    """

    intervals: tuple[Interval, ...]
    condition: float
    correlated: tuple[tuple[str, str, float], ...]
    correlation_rows: dict[str, float]


def confidence(fit: Fit) -> Confidence:
    """Intervals of a fit."""
    p = len(fit.parameters)
    rows = {name: _rows(fit, i) for i, name in enumerate(fit.spreads)}
    jacobian = fit.jacobian
    lengths = np.linalg.norm(jacobian, axis=0)
    blind = lengths < _BLIND * lengths.max()
    unit = np.where(blind, 0.0, jacobian / np.where(blind, 1.0, lengths))
    tau = np.array([rows[name] for name in fit.spreads])[fit.channel_of]
    inverse = np.linalg.pinv(unit.T @ unit, rcond=1e-14)
    middle = unit.T @ (unit * tau[:, None])
    covariance = _robust_factor(fit) * inverse @ middle @ inverse
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0)) / np.where(blind, 1.0, lengths)
    errors[blind] = np.inf
    own = unit[:, :p]
    rest = unit[:, p:]
    # what is left of each parameter's effect once the first angles and speeds have taken theirs
    own = own - rest @ np.linalg.lstsq(rest, own, rcond=None)[0] if rest.shape[1] else own
    norms = np.linalg.norm(own, axis=0)
    singular = np.linalg.svd(own / np.where(norms > 0.0, norms, 1.0), compute_uv=False)
    condition = float(singular[0] / singular[-1]) if singular[-1] > 0.0 else np.inf
    correlation = covariance[:p, :p] / np.sqrt(np.outer(np.diag(covariance)[:p], np.diag(covariance)[:p]) + 1e-300)
    pairs = _pairs(fit, correlation)
    return Confidence(
        intervals=tuple(_interval(fit, j, float(errors[j]), pairs) for j in range(p)),
        condition=min(condition, 1e16),
        correlated=pairs,
        correlation_rows=rows,
    )


def _interval(fit: Fit, j: int, error_in_scales: float, pairs: tuple[tuple[str, str, float], ...]) -> Interval:
    parameter = fit.parameters[j]
    value = fit.values[parameter.name]
    error = error_in_scales * parameter.scale
    reach = NORMAL_95 * error
    low, high = max(parameter.low, value - reach), min(parameter.high, value + reach)
    near = min(_AT_BOUND * parameter.scale, 0.05 * error)
    bound = "low" if value - parameter.low < near else "high" if parameter.high - value < near else ""
    return Interval(
        name=parameter.name,
        unit=parameter.unit,
        value=value,
        low=low,
        high=high,
        standard_error=min(error, 1e300),
        at_bound=bound,
        verdict=_verdict(parameter.name, value, low, high, (parameter.low, parameter.high), bound, error, pairs),
    )


def _verdict(
    name: str,
    value: float,
    low: float,
    high: float,
    bounds: tuple[float, float],
    bound: str,
    error: float,
    pairs: tuple[tuple[str, str, float], ...],
) -> str:
    """One line on what the value is worth."""
    partner = next((b if a == name else a for a, b, _ in pairs if name in (a, b)), "")
    tied = f"; tied to {partner}" if partner else ""
    if not np.isfinite(error):
        return "not identifiable: the logs do not depend on it"
    if low <= bounds[0] and high >= bounds[1]:
        return f"not identifiable: the interval fills the bounds{tied}"
    if bound:
        return f"at its {'lower' if bound == 'low' else 'upper'} bound {bounds[bound == 'high']:g}{tied}"
    if low <= 0.0 <= high:
        return f"not distinguishable from zero{tied}"
    if high - low > 2.0 * abs(value):
        return f"poorly identified: known to a factor of {high / max(low, 1e-300):.2g}{tied}"
    return f"identified{tied}"


def _pairs(fit: Fit, correlation: Array) -> tuple[tuple[str, str, float], ...]:
    names = [p.name for p in fit.parameters]
    return tuple(
        (names[i], names[j], float(correlation[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(correlation[i, j]) > CORRELATED
    )


def _robust_factor(fit: Fit) -> float:
    """Variance of the M-estimate over that of a least squares fit with spread one."""
    psi = np.clip(fit.residuals, -ROBUST_AT, ROBUST_AT)
    slope = float(np.mean(np.abs(fit.residuals) < ROBUST_AT))
    free = len(fit.residuals) - fit.jacobian.shape[1]
    return float(np.sum(psi**2)) / free / slope**2


def _rows(fit: Fit, channel: int) -> float:
    """Integrated autocorrelation time of a channel's residuals, in rows: the mean over its logs, at least 1.

    The larger of two estimates, because both are low on short series whose slow part the fit has taken out: the sum
    over lags up to five times itself (Sokal's window), and (1 + r) / (1 - r) from the correlation r of neighbours.
    """
    times, weights = [], []
    for series in np.unique(fit.series_of[fit.channel_of == channel]):
        r = fit.residuals[(fit.series_of == series) & (fit.channel_of == channel)]
        r = np.clip(r, -ROBUST_AT, ROBUST_AT)
        r = r - r.mean()
        power = float(np.dot(r, r))
        if power == 0.0 or len(r) < 10:
            continue
        total = 1.0
        for lag in range(1, min(_LONGEST_LAG, len(r) // 4)):
            total += 2.0 * float(np.dot(r[:-lag], r[lag:])) / power
            if lag >= 5.0 * total:
                break
        neighbours = min(float(np.dot(r[:-1], r[1:])) / power, _MOST_ALIKE)
        times.append(max(total, (1.0 + neighbours) / (1.0 - neighbours)))
        weights.append(len(r))
    return max(1.0, float(np.average(times, weights=weights))) if times else 1.0
