"""A network as a policy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Interface
from pilotline.policies.file.contract import Contract
from pilotline.policies.file.fit import Fit
from pilotline.policies.file.inputs import Inputs
from pilotline.policies.file.session import Session

Float = NDArray[np.float64]


class LearnedPolicy:
    """Acts by a network; see `Policy`.

    Args:
      session: the network.
      contract: what it reads and gives.
      found: how its output becomes an action here.
      here: the interface that it works at.
      nsim: simulations served.
      clip: bound of the network's outputs for the action; those of our own files keep to 1 by themselves.

    Attributes:
      control: the action layout it speaks.
      notes: what is not as in training, a line each.
    """

    def __init__(
        self, session: Session, contract: Contract, found: Fit, here: Interface, nsim: int, clip: float | None = None
    ) -> None:
        self.control = contract.control
        self.notes = found.notes
        self._session, self._fit, self._clip = session, found, clip
        self._count = len(contract.action)
        self._inputs = Inputs(contract.reads, here.observation, self._count, nsim, here.period_s)

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`; forget theirs."""
        self._inputs.begin(ids)

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, k) in [-1, 1] for observations (n, ...)."""
        output = self._session(self._inputs(obs))
        if self._clip is not None:
            output[:, : self._count] = np.minimum(np.maximum(output[:, : self._count], -self._clip), self._clip)
        self._inputs.took(output)
        action = output.astype(np.float64)[:, self._fit.take] * self._fit.gain + self._fit.offset
        return np.minimum(np.maximum(action, -1.0), 1.0)
