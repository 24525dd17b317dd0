"""The sensor noise of `pilotline.envs.noise` under JAX: the same draws, in 32-bit arithmetic, which JAX has by default.

A 64-bit integer is a pair of 32-bit ones here, the high half first.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from pilotline.envs.noise import SPLITMIX, channel_of

Pair = tuple[Any, Any]

_GOLDEN, _MIX1, _MIX2 = (divmod(constant, 2**32) for constant in SPLITMIX)


def halves(keys: Any) -> Any:
    """Keys (n,) uint64 of NumPy as (n, 2) uint32, high half first."""
    keys = np.asarray(keys, np.uint64)
    return np.stack([keys >> np.uint64(32), keys & np.uint64(0xFFFFFFFF)], axis=-1).astype(np.uint32)


class StepNoise:
    """Draws of one control step, equal to those of `pilotline.envs.noise.StepNoise`.

    Args:
      keys: (n, 2) uint32, one per cycle, see `halves`.
      steps: (n,) int, control steps since the cycle began.
    """

    def __init__(self, keys: Any, steps: Any) -> None:
        turned = _splitmix((jnp.zeros_like(steps, jnp.uint32), steps.astype(jnp.uint32)))
        self._base = _splitmix((keys[:, 0] ^ turned[0], keys[:, 1] ^ turned[1]))

    def __call__(self, key: str, k: int) -> Any:
        """Standard normal draws (n, k) of the channel `key`."""
        high, low = jnp.asarray(halves(channel_of(key, k))).T
        bits = _splitmix((self._base[0][:, None] ^ high, self._base[1][:, None] ^ low))
        total = sum((word >> shift) & 0xFFFF for word in bits for shift in (0, 16))
        return (total.astype(float) - 2.0 * 65535.0) * (np.sqrt(3.0) / 65536.0)


def _splitmix(x: Pair) -> Pair:
    """SplitMix's output function, see `pilotline.envs.noise.splitmix64`."""
    x = _add(x, _GOLDEN)
    x = _times(_shifted(x, 30), _MIX1)
    x = _times(_shifted(x, 27), _MIX2)
    return _shifted(x, 31)


def _shifted(x: Pair, by: int) -> Pair:
    """x ^ (x >> by), by < 32."""
    high, low = x
    return high ^ (high >> by), low ^ ((low >> by) | (high << (32 - by)))


def _add(x: Pair, constant: tuple[int, int]) -> Pair:
    low = x[1] + jnp.uint32(constant[1])
    carry = (low < x[1]).astype(jnp.uint32)
    return x[0] + jnp.uint32(constant[0]) + carry, low


def _times(x: Pair, constant: tuple[int, int]) -> Pair:
    """Product modulo 2**64, from products of 16-bit halves."""
    high, low = x
    c_high, c_low = jnp.uint32(constant[0]), jnp.uint32(constant[1])
    a0, a1 = low & 0xFFFF, low >> 16
    b0, b1 = c_low & 0xFFFF, c_low >> 16
    cross = (a0 * b0 >> 16) + (a1 * b0 & 0xFFFF) + (a0 * b1 & 0xFFFF)
    carried = a1 * b1 + (a1 * b0 >> 16) + (a0 * b1 >> 16) + (cross >> 16)
    return high * c_low + low * c_high + carried, low * c_low
