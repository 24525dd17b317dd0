"""Sums over the physics steps of a control step: peaks, work, digests, divergence; native code over raw addresses.

Handing a dozen arrays to a Numba function costs as much as the sums themselves for one simulation, so addresses are
noted once.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import carray, cfunc, types
from numba.extending import intrinsic
from numpy.typing import NDArray

Float = NDArray[np.float64]

_SIGNATURE = types.void(types.int64, types.voidptr, types.voidptr, types.double)
_CALL = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_double)
_SIZES = 6


class Accounts(NamedTuple):
    """What is summed up, of n simulations and m that were stepped.

    Attributes:
      sensors: (m, steps, k) sensors after every physics step.
      torque, velocity: (m, steps, nv) of the actuators at the joints, and of the joints.
      state: (n, nstate) bits of the whole state.
      warnings: (n, kinds, 2) MuJoCo's counts of what went wrong, the second of each kind.
      dofs: (d,) degrees of freedom that are watched.
      unmetered: (d,) those of them whose work counts.
      peaks: (n, k) largest |sensor|.
      energy_j: (n,) positive mechanical work of the unmetered dofs.
      peak_torque: (n, d) largest |torque|.
      digest: (n,) FNV-1a over the words of the states so far.
      warned: (n,) warnings so far.
      diverged: (n,) whether there was one more in this step.
    """

    sensors: Float
    torque: Float
    velocity: Float
    state: NDArray[np.uint64]
    warnings: NDArray[np.int32]
    dofs: NDArray[np.int64]
    unmetered: NDArray[np.bool_]
    peaks: Float
    energy_j: Float
    peak_torque: Float
    digest: NDArray[np.uint64]
    warned: NDArray[np.int64]
    diverged: NDArray[np.bool_]


class Accountant:
    """Sums up one set of arrays after every control step.

    Args:
      accounts: C-contiguous arrays that keep their place in memory.
      timestep_s: of the physics.
    """

    def __init__(self, accounts: Accounts, timestep_s: float) -> None:
        for name in accounts._fields:
            assert getattr(accounts, name).flags.c_contiguous, name
        n, kinds = accounts.warnings.shape[:2]
        steps, k = accounts.sensors.shape[1:]
        sizes = steps, k, accounts.torque.shape[2], accounts.state.shape[1], kinds, len(accounts.dofs)
        assert len(sizes) == _SIZES
        assert len(accounts.peaks) == n
        self._kept = accounts
        self._table = np.array([*sizes, *(getattr(accounts, name).ctypes.data for name in accounts._fields)], np.int64)
        self._address = self._table.ctypes.data
        self._step = timestep_s
        self._run = _CALL(_compiled().address)

    def __call__(self, rows: NDArray[np.int64]) -> None:
        """Sum up the simulations `rows`, (m,), which are those of the records in order."""
        self._run(len(rows), rows.ctypes.data, self._address, self._step)


@intrinsic
def _pointer(typingctx: Any, address: Any) -> Any:
    """An address as a pointer."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), codegen


@cache
def _compiled() -> Any:
    """The native function, compiled at its first use."""

    @cfunc(_SIGNATURE, cache=True)
    def account(count, rows_, table_, dt):
        t = carray(table_, 19, types.int64)
        steps, k, nv, nstate, kinds, d = t[0], t[1], t[2], t[3], t[4], t[5]
        rows = carray(rows_, count, types.int64)
        sensors = carray(_pointer(t[6]), count * steps * k, types.float64)
        torque = carray(_pointer(t[7]), count * steps * nv, types.float64)
        velocity = carray(_pointer(t[8]), count * steps * nv, types.float64)
        dofs = carray(_pointer(t[11]), d, types.int64)
        unmetered = carray(_pointer(t[12]), d, types.boolean)
        for r in range(count):
            i = rows[r]
            state = carray(_pointer(t[9] + i * nstate * 8), nstate, types.uint64)
            warnings = carray(_pointer(t[10] + i * kinds * 8), 2 * kinds, types.int32)
            peaks = carray(_pointer(t[13] + i * k * 8), k, types.float64)
            energy = carray(_pointer(t[14] + i * 8), 1, types.float64)
            highest = carray(_pointer(t[15] + i * d * 8), d, types.float64)
            digest = carray(_pointer(t[16] + i * 8), 1, types.uint64)
            warned = carray(_pointer(t[17] + i * 8), 1, types.int64)
            diverged = carray(_pointer(t[18] + i), 1, types.boolean)
            peaks[:] = 0.0
            highest[:] = 0.0
            work = 0.0
            for s in range(steps):
                at = (r * steps + s) * k
                for j in range(k):
                    peaks[j] = max(peaks[j], abs(sensors[at + j]))
                at = (r * steps + s) * nv
                for j in range(d):
                    turn = torque[at + dofs[j]]
                    power = turn * velocity[at + dofs[j]]
                    if unmetered[j] and power > 0.0:
                        work += power
                    highest[j] = max(highest[j], abs(turn))
            energy[0] = work * dt
            h = digest[0]
            for j in range(nstate):
                h = (h ^ state[j]) * np.uint64(0x100000001B3)
            digest[0] = h
            found = 0
            for j in range(kinds):
                found += warnings[2 * j + 1]
            diverged[0] = found > warned[0]
            warned[0] = found

    return account
