"""Which rows are fitted and which are kept back to check the fit on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.simulate import Trial

HOW = ("auto", "log", "time", "none")
ENOUGH_LOGS = 4
"""Logs from which on whole logs are kept back."""


@dataclass(frozen=True)
class Split:
    """Rows to fit and rows kept back.

    Attributes:
      how: `log`, `time` or `none`.
      fitted: logs that are fitted, with the rows that count.
      held: logs that are kept back wholly or in part, with the rows kept back.
    """

    how: str
    fitted: tuple[tuple[Trial, NDArray[np.bool_]], ...]
    held: tuple[tuple[Trial, NDArray[np.bool_]], ...]


def split(trials: Sequence[Trial], how: str, share: float, seed: np.random.SeedSequence) -> Split:
    """Keep back a share of the logs, or of each log one block of time, as the seed draws.

    Args:
      trials: all logs.
      how: of `HOW`; `auto` is `log` with `ENOUGH_LOGS` and more, else `time`.
      share: of the logs or of the time.
      seed: of the draw.
    """
    if how == "auto":
        how = "log" if len(trials) >= ENOUGH_LOGS else "time"
    rng = np.random.default_rng(seed)
    whole = [np.ones(len(trial.log.t), bool) for trial in trials]
    if how == "none":
        return Split(how, tuple(zip(trials, whole, strict=True)), ())
    if how == "log":
        if len(trials) < 2:
            raise IdentifyError("holdout=log: there is one log; give more, or holdout=time")
        count = min(max(1, math.floor(share * len(trials) + 0.5)), len(trials) - 1)
        kept = set(rng.permutation(len(trials))[:count].tolist())
        pairs = list(zip(trials, whole, strict=True))
        return Split(
            how,
            tuple(pair for k, pair in enumerate(pairs) if k not in kept),
            tuple(pair for k, pair in enumerate(pairs) if k in kept),
        )
    blocks = []
    for trial in trials:
        t = trial.log.t
        begin = rng.uniform(0.0, 1.0 - share) * t[-1]
        blocks.append((t >= begin) & (t < begin + share * t[-1]))
    return Split(
        "time",
        tuple((trial, ~block) for trial, block in zip(trials, blocks, strict=True)),
        tuple(zip(trials, blocks, strict=True)),
    )
