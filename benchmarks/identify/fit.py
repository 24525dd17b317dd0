"""Least squares on logs: SciPy's bounded trust-region solver with a robust loss, from several starts.

The first search is on short pieces of the logs, each simulated from its own measured first rows: over a whole log a
pendulum that swings once too often is a minimum of its own. That search may be coarse, in its steps too. The last
one is on whole logs.

Residuals are divided by the spread of their channel, which is estimated from the residuals themselves and the fit
repeated until it settles. Angle and speed at the first row of every log are free as well, because a measured first
row is as noisy as any other; they belong to one log each, so that one simulation gives that column for all logs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.log import Array
from pilotline.benchmarks.identify.parameters import Parameter
from pilotline.benchmarks.identify.simulate import Simulator, Start, first_guess

Mask = NDArray[np.bool_]

ROBUST_AT = 3.0
"""Residual, in spreads of its channel, from which it counts linearly instead of squared."""

PIECE_S = 0.6
"""Length of the pieces of the first search."""

SCREENED = 24
"""Random starting points that are tried once; the best of them are fitted from."""

_STEP = 1.0e-3
"""Finite difference in scales of the parameter."""

_START_SCALE = (1.0e-3, 1.0e-2)
"""Scales of a log's first angle and speed, rad and rad/s."""

_COARSE, _FINE = 1.0e-3, 1.0e-5
"""Relative change of the cost at which a search ends: to compare starting points, and at last."""

_MOST = 40
_ROUNDS = 2
_SETTLED = 0.02
_DIVERGED = 1.0e3
_SMALLEST = 1.0e-9


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Attributes:
      parameters: what was free, (p,).
      values: found, by name.
      starts: first angle and speed of every log.
      spreads: standard deviation of each channel's residuals.
      jacobian: of the residuals in spreads with respect to parameters in scales, then first angles and speeds, (r, c).
      residuals: in spreads, (r,).
      channel_of: index into `spreads` of each residual, (r,).
      series_of: log and channel a residual belongs to, as one number, (r,).
      evaluations: of the simulator, over all starts.
      starts_agree: how many of the starts ended within 1 % of the best cost.
    """

    parameters: tuple[Parameter, ...]
    values: dict[str, float]
    starts: tuple[Start, ...]
    spreads: dict[str, float]
    jacobian: Array
    residuals: Array
    channel_of: NDArray[np.int64]
    series_of: NDArray[np.int64]
    evaluations: int
    starts_agree: int


def fit(
    simulator: Simulator,
    parameters: Sequence[Parameter],
    masks: Sequence[Mask],
    channels: Sequence[str],
    seed: np.random.SeedSequence,
    starts: int = 3,
    progress: Callable[[int], None] | None = None,
) -> Fit:
    """Fit parameters to logs.

    Args:
      simulator: of the logs.
      parameters: free ones.
      masks: rows of each log that count.
      channels: that count, where a log has them.
      seed: of the random starting points.
      starts: points to fit from: the sheet's values, then the best of `SCREENED` random ones.
      progress: called with the number of simulations of all logs so far.

    Raises:
      IdentifyError: the simulation diverges from every starting point.
    """
    pieces = _Problem(
        *simulator.cut(masks, PIECE_S, 1.5 * simulator.step_s), parameters, channels, progress, free_starts=False
    )
    ends = [pieces.solve(point, _COARSE) for point in _points(pieces, seed, starts)]
    costs = [cost for cost, _ in ends]
    _, x = ends[int(np.argmin(costs))]
    problem = _Problem(simulator, masks, parameters, channels, progress, free_starts=True, before=pieces.evaluations)
    x = problem.at(pieces.values(x))
    problem.spreads = problem.spreads_at(x)
    _, x = problem.solve(x, _COARSE)
    problem.spreads = problem.spreads_at(x)
    for _ in range(_ROUNDS):
        before = dict(problem.spreads)
        _, x = problem.solve(x, _FINE)
        problem.spreads = problem.spreads_at(x)
        if all(abs(problem.spreads[name] / before[name] - 1.0) < _SETTLED for name in before):
            break
    return problem.result(x, sum(cost <= 1.01 * min(costs) for cost in costs))


class _Problem:
    """Residuals and their Jacobian as the solver wants them; x is in scales of the parameters."""

    def __init__(
        self,
        simulator: Simulator,
        masks: Sequence[Mask],
        parameters: Sequence[Parameter],
        channels: Sequence[str],
        progress: Callable[[int], None] | None,
        free_starts: bool,
        before: int = 0,
    ) -> None:
        self._simulator, self._parameters = simulator, tuple(parameters)
        self._progress = progress
        self._logs = [trial.log for trial in simulator.trials]
        self._masks = list(masks)
        self._channels = [[name for name in channels if name in log.channels] for log in self._logs]
        self.names = [name for name in channels if any(name in held for held in self._channels)]
        self.spreads = self.rough_spreads()
        self._scale = np.array([p.scale for p in self._parameters])
        guesses = [first_guess(log) for log in self._logs]
        self._begin = np.array([[guess.position, guess.velocity] for guess in guesses]).ravel()
        self._low = np.array([p.low for p in self._parameters]) / self._scale
        self._high = np.array([p.high for p in self._parameters]) / self._scale
        self._free_starts = free_starts
        self.evaluations = before
        counts = [[int(mask.sum()) for _ in held] for mask, held in zip(self._masks, self._channels, strict=True)]
        self._slices = self._cut(counts)
        self._last: tuple[Array, Array] | None = None

    def rough_spreads(self) -> dict[str, float]:
        """Before anything is known: a tenth of each channel's own spread."""
        pooled = {
            name: np.concatenate([log.channels[name] for log in self._logs if name in log.channels])
            for name in self.names
        }
        return {name: max(0.1 * float(np.std(column)), _SMALLEST) for name, column in pooled.items()}

    def spreads_at(self, x: Array) -> dict[str, float]:
        """Spread of each channel's residuals, robust against the few that are far off."""
        residuals = self._residuals([x])[0]
        found = {}
        for i, name in enumerate(self.names):
            own = residuals[self._channel_of() == i]
            typical = 1.4826 * float(np.median(np.abs(own)))
            kept = own[np.abs(own) < 5.0 * typical] if typical > 0.0 else own
            found[name] = max(self.spreads[name] * float(np.sqrt(np.mean(kept**2))), _SMALLEST)
        return found

    def solve(self, x: Array, tolerance: float) -> tuple[float, Array]:
        """Cost and point of a local minimum near x, to a relative change of the cost."""
        free = np.full(len(self._begin) if self._free_starts else 0, np.inf)
        bounds = np.concatenate([self._low, -free]), np.concatenate([self._high, free])
        inside = np.clip(x, bounds[0] + 1e-6, bounds[1] - 1e-6)
        self._last = None
        found = least_squares(
            lambda y: self._residuals([y])[0],
            inside,
            jac=self.jacobian,
            bounds=bounds,
            x_scale="jac",
            loss="huber",
            f_scale=ROBUST_AT,
            ftol=tolerance,
            xtol=tolerance,
            gtol=1e-8,
            max_nfev=_MOST,
        )
        return float(found.cost), found.x

    def jacobian(self, x: Array) -> Array:
        """Forward differences, or backward where a bound is nearer: one batch of all columns."""
        p = len(self._parameters)
        steps = np.where(x[:p] + _STEP > self._high, -_STEP, _STEP)
        points = [x]
        for j in range(p):
            points.append(x.copy())
            points[-1][j] += steps[j]
        for which in range(2 * self._free_starts):
            points.append(x.copy())
            points[-1][p + which :: 2] += _STEP
        rows = [self._residuals(points[:1])[0], *self._residuals(points[1:], remember=False)]
        out = np.zeros((len(rows[0]), len(x)))
        for j in range(p):
            out[:, j] = (rows[1 + j] - rows[0]) / steps[j]
        for which in range(2 * self._free_starts):
            column = (rows[1 + p + which] - rows[0]) / _STEP
            for k, span in enumerate(self._slices):
                out[span, p + 2 * k + which] = column[span]
        return out

    def result(self, x: Array, agree: int) -> Fit:
        """What the solver's point means."""
        return Fit(
            parameters=self._parameters,
            values=self.values(x),
            starts=tuple(self._starts(x)),
            spreads=dict(self.spreads),
            jacobian=self.jacobian(x),
            residuals=self._residuals([x])[0],
            channel_of=self._channel_of(),
            series_of=self._series_of(),
            evaluations=self.evaluations,
            starts_agree=agree,
        )

    def values(self, x: Array) -> dict[str, float]:
        """Values of the parameters, by name."""
        scaled = x[: len(self._parameters)] * self._scale
        return {p.name: float(value) for p, value in zip(self._parameters, scaled, strict=True)}

    def at(self, values: Mapping[str, float]) -> Array:
        """The point of some values, each log beginning as its first rows say."""
        scaled = np.array([values[p.name] for p in self._parameters]) / self._scale
        if not self._free_starts:
            return scaled
        return np.concatenate([scaled, self._begin / np.tile(_START_SCALE, len(self._logs))])

    def costs(self, points: Sequence[Array]) -> Array:
        """Robust cost of each point, (m,)."""
        z = np.minimum(np.abs(np.array(self._residuals(points))), 1e6)
        return np.where(z < ROBUST_AT, 0.5 * z * z, ROBUST_AT * (z - 0.5 * ROBUST_AT)).sum(axis=1)

    def diverged(self, cost: float) -> bool:
        """Whether a cost is that of a simulation that left the log altogether."""
        return cost > _DIVERGED * sum(span.stop - span.start for span in self._slices)

    def _starts(self, x: Array) -> list[Start]:
        begin = self._begin
        if self._free_starts:
            begin = x[len(self._parameters) :] * np.tile(_START_SCALE, len(self._logs))
        return [Start(float(q), float(v)) for q, v in begin.reshape(-1, 2)]

    def _residuals(self, points: Sequence[Array], remember: bool = True) -> list[Array]:
        """Simulated minus measured, in spreads, for each point; the first is remembered for the next call."""
        if len(points) == 1 and self._last is not None and np.array_equal(points[0], self._last[0]):
            return [self._raw_over_spread(self._last[1])]
        runs = self._simulator.run([self.values(x) for x in points], [self._starts(x) for x in points])
        self.evaluations += len(points)
        if self._progress:
            self._progress(self.evaluations)
        raw = [self._raw(run) for run in runs]
        if remember:
            self._last = points[0].copy(), raw[0]
        return [self._raw_over_spread(r) for r in raw]

    def _raw(self, run: Sequence[Mapping[str, Array]]) -> Array:
        parts = [
            simulated[name][mask] - log.channels[name][mask]
            for log, simulated, mask, held in zip(self._logs, run, self._masks, self._channels, strict=True)
            for name in held
        ]
        return np.nan_to_num(np.concatenate(parts), nan=1e6, posinf=1e6, neginf=-1e6)

    def _raw_over_spread(self, raw: Array) -> Array:
        spreads = np.array([self.spreads[name] for name in self.names])
        return raw / spreads[self._channel_of()]

    def _channel_of(self) -> NDArray[np.int64]:
        return np.concatenate(
            [
                np.full(int(mask.sum()), self.names.index(name))
                for mask, held in zip(self._masks, self._channels, strict=True)
                for name in held
            ]
        )

    def _series_of(self) -> NDArray[np.int64]:
        lengths = [int(mask.sum()) for mask, held in zip(self._masks, self._channels, strict=True) for _ in held]
        return np.repeat(np.arange(len(lengths)), lengths)

    @staticmethod
    def _cut(counts: Sequence[Sequence[int]]) -> list[slice]:
        """Rows of each log in the residuals."""
        ends = np.cumsum([sum(row) for row in counts])
        return [slice(int(end) - sum(row), int(end)) for row, end in zip(counts, ends, strict=True)]


def _points(problem: _Problem, seed: np.random.SeedSequence, starts: int) -> list[Array]:
    """The sheet's values, and the best of random points between the bounds.

    Positive figures are drawn on a logarithmic scale, within a factor of ten of the sheet's; those that may be zero
    evenly over the lower part of their range.
    """
    parameters = problem._parameters
    first = problem.at({p.name: p.start for p in parameters})
    if starts == 1:
        return [first]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(SCREENED):
        values = {}
        for p in parameters:
            if p.low > 0.0:
                low, high = max(p.low, p.start / 10.0), min(p.high, p.start * 10.0)
                values[p.name] = float(np.exp(rng.uniform(np.log(low), np.log(high))))
            elif p.low == 0.0:
                values[p.name] = float(min(p.high, 20.0 * p.scale) * rng.uniform())
            else:
                values[p.name] = float(rng.uniform(p.low, p.high))
        drawn.append(problem.at(values))
    costs = problem.costs([first, *drawn])
    if problem.diverged(float(costs.min())):
        raise IdentifyError(
            "the simulation leaves the logs from every starting point; check the gains kp, kd and the masses"
        )
    order = np.argsort(costs[1:])[: starts - 1]
    return [first, *(drawn[int(i)] for i in order)]
