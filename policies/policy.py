"""What a policy is: a batch of observations in, a batch of actions out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Policy(Protocol):
    """Acts for n simulations at once; a row of its output depends on the same row of its inputs alone.

    One that may fail for reasons of its own, such as a lost connection, gives NaN actions then and has `faults()`, by
    name the simulations (n,) bool whose cycle it ended so; one that should know which simulations are idle has
    `rest(ids)`; one that has something to tell beside a score has `remarks()`, lines. They are used where they are.

    Attributes:
      control: the action layout it speaks, `joint`, `legs` or `ee`.
    """

    control: str

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`; forget theirs."""

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, k) in [-1, 1] for observations (n, ...)."""


def remarks_of(policy: object) -> tuple[str, ...]:
    """What a policy has to tell beside its score, a line each; most have nothing."""
    remarks = getattr(policy, "remarks", None)
    return tuple(remarks()) if callable(remarks) else ()
