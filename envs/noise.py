"""Sensor noise that is a function of (cycle key, step, channel) and of nothing else."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

SPLITMIX = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Increment and both multipliers of SplitMix."""
_GOLDEN, _MIX1, _MIX2 = map(np.uint64, SPLITMIX)


def splitmix64(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Avalanche 64-bit integers (Steele, Lea, Flood 2014, the output function of SplitMix)."""
    with np.errstate(over="ignore"):
        x = x + _GOLDEN
        x = (x ^ (x >> np.uint64(30))) * _MIX1
        x = (x ^ (x >> np.uint64(27))) * _MIX2
        return x ^ (x >> np.uint64(31))


def channel_of(key: str, k: int) -> NDArray[np.uint64]:
    """Numbers (k,) that tell the draws of the channel `key` from each other and from those of other channels."""
    first = np.uint64(zlib.crc32(key.encode())) << np.uint64(20)
    return splitmix64(first + np.arange(k, dtype=np.uint64))


class StepNoise:
    """Draws of one control step for n simulations, each from its own cycle key.

    Normal draws are sums of four 16-bit uniforms (Irwin-Hall), scaled to unit variance: bounded at 3.46
    sigma, and integer arithmetic up to the last product, so a draw has the same bits at any batch size.

    Args:
      keys: (n,) uint64, one per cycle.
      steps: (n,) int64, control steps since the cycle began.
    """

    def __init__(self, keys: NDArray[np.uint64], steps: NDArray[np.int64]) -> None:
        self._base = splitmix64(keys ^ splitmix64(steps.astype(np.uint64)))

    def __call__(self, key: str, k: int) -> NDArray[np.float64]:
        """Standard normal draws (n, k) of the channel `key`."""
        bits = splitmix64(self._base[:, None] ^ channel_of(key, k)[None, :])
        parts = [(bits >> np.uint64(shift)) & np.uint64(0xFFFF) for shift in (0, 16, 32, 48)]
        total = (parts[0] + parts[1] + parts[2] + parts[3]).astype(np.float64)
        return np.asarray((total - 2.0 * 65535.0) * (np.sqrt(3.0) / 65536.0))
