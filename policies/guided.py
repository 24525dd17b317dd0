"""A learned policy that leads a scripted one: the script does the work, the network trims how it is done.

Residual learning on a controller: Johannink et al., "Residual Reinforcement Learning for Robot Control" (2019); Silver
et al., "Residual Policy Learning" (2018). Here the residual is not added to joints but to what the script decides by
feel, and a network that gives zeros is the script itself, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pilotline import policies
from pilotline.envs.control import Channel
from pilotline.envs.interface import Entry, Interface
from pilotline.policies.policy import Float, Policy
from pilotline.robots import Robot

GUIDED = "guided"
"""The action layout of a policy that leads a script."""


@runtime_checkable
class Guide(Protocol):
    """A scripted controller that can be led.

    Attributes:
      control: the action layout it speaks.
      tells: what it says of itself, an entry beside those of the observation.
      trims: what may be changed; an action of 0 leaves everything as it is.
      hold: control steps for which whoever leads keeps a trim; one that lasts 20 ms has hardly any effect.
    """

    control: str
    tells: Entry
    trims: tuple[Channel, ...]
    hold: int

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`."""

    def told(self) -> Float:
        """What it says of itself now, (n, parts)."""

    def led(self) -> NDArray[np.bool_]:
        """(n,), whether a trim has any effect now."""

    def risk(self, metrics: Mapping[str, Float]) -> Float:
        """How near cycles are to the faults that trims bring about, (n,) in [0, 1], from their scorecard figures."""

    def act(self, obs: Mapping[str, Float], trim: Float | None = None) -> Float:
        """Actions (n, k), trimmed by `trim` (n, trims) in [-1, 1]."""


class GuideError(ValueError):
    """No script to be led; one line with what is allowed."""


def guide_of(station: str, robot: Robot, nsim: int, actuators: str) -> Guide:
    """The scripted controller of a station, to be led.

    Raises:
      GuideError: there is none, it cannot do the job with this robot, or it cannot be led.
    """
    try:
        script = policies.load("reference", station, robot, nsim, actuators)
    except policies.PolicyError as error:
        raise GuideError(f"control={GUIDED}: {error}") from None
    if not isinstance(script, Guide):
        raise GuideError(
            f"control={GUIDED} at {station}, whose reference policy cannot be led; "
            "allowed: at peg_gear, or another control"
        )
    return script


def guided(here: Interface, guide: Guide) -> Interface:
    """The interface of a station, in the control of the script, as whoever leads the script meets it."""
    return replace(here, control=GUIDED, observation=(*here.observation, guide.tells), action=guide.trims)


def seen(obs: Mapping[str, Float], guide: Guide) -> dict[str, Float]:
    """Observations (n, ...) with what the script says."""
    return {**obs, guide.tells.name: guide.told()}


class Led:
    """A script led by a policy; see `Policy`. What the policy says is taken every `hold` control steps of a cycle.

    Args:
      leader: acts on observations with what the script says, in trims.
      guide: the script, for as many simulations.
      nsim: simulations.
    """

    def __init__(self, leader: Policy, guide: Guide, nsim: int) -> None:
        self.control = guide.control
        self._leader, self._guide = leader, guide
        self._steps = np.zeros(nsim, np.int64)
        self._trim = np.zeros((nsim, len(guide.trims)))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in the simulations `ids`; forget theirs."""
        self._leader.begin(ids)
        self._guide.begin(ids)
        self._steps[ids] = 0

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, k) in [-1, 1] for observations (n, ...)."""
        asked = self._steps % self._guide.hold == 0
        self._trim = np.where(asked[:, None], self._leader.act(seen(obs, self._guide)), self._trim)
        self._steps += 1
        return self._guide.act(obs, self._trim)
