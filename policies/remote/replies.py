"""Action chunks in a server's answer, whatever else it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pilotline.policies.remote.errors import BAD_REPLY, ServedFault
from pilotline.policies.remote.terms import Terms

_LONGEST = 1000
"""Control steps of a chunk: 20 s, which bounds what a server can make us keep."""


def chunks_of(
    message: Mapping[Any, Any], count: int, width: int, terms: Terms
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Chunks (count, horizon, width) for `count` simulations, and (count,) which of them hold NaN or infinity.

    Those are zero in what is returned.

    Raises:
      ServedFault: no such array in it.
    """
    if "actions" not in message:
        raise ServedFault(BAD_REPLY, f"no actions in the answer, but {str(sorted(map(str, message)))[:80]}")
    actions = message["actions"]
    if not isinstance(actions, np.ndarray) or actions.dtype.kind != "f":
        kind = actions.dtype.str if isinstance(actions, np.ndarray) else type(actions).__name__
        raise ServedFault(BAD_REPLY, f"actions are {kind}; allowed: an array of floats")
    shape = (count, *actions.shape[1:]) if terms.batched else (1, *actions.shape)
    given = actions.shape if terms.batched else (1, *actions.shape)
    horizon = given[1] if len(given) == 3 else 0
    wanted = terms.action_horizon or horizon
    if len(given) != 3 or given != (count, wanted, width) or not 1 <= horizon <= _LONGEST:
        lead = f"({count}, " if terms.batched else "("
        allowed = f"{lead}{terms.action_horizon or 'steps'}, {width})"
        raise ServedFault(BAD_REPLY, f"actions have shape {actions.shape}; allowed: {allowed}")
    chunks = actions.reshape(shape).astype(np.float64)
    broken = np.asarray(~np.isfinite(chunks).all(axis=(1, 2)))
    chunks[broken] = 0.0
    return chunks, broken
