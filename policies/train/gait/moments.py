"""Moments of inputs that look alike in the mirror."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.running_mean_std import RunningMeanStd

from pilotline.policies.train.gait.mirror import Mirror


class MirrorMoments(RunningMeanStd):
    """Mean and variance of vectors and their mirror images together.

    Args:
      mirror: of the vectors.
      plain: columns (p,) that are left as they are.
    """

    def __init__(self, mirror: Mirror, plain: NDArray[np.int64]) -> None:
        super().__init__(shape=(len(mirror.take),))
        self._mirror, self._plain = mirror, plain

    def update(self, arr: np.ndarray) -> None:
        """Take in vectors (n, k)."""
        super().update(np.concatenate([arr, self._mirror(arr)]))
        self.mean[self._plain], self.var[self._plain] = 0.0, 1.0
