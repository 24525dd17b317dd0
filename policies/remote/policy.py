"""A policy that somebody else serves, as a policy of ours."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import load_card
from pilotline.envs.interface import Interface
from pilotline.policies.file.present import present
from pilotline.policies.remote.errors import BAD_REPLY, FAULTS, LOST, TIMEOUT, RemoteError, ServedFault, told
from pilotline.policies.remote.latency import Latency, Stopwatch
from pilotline.policies.remote.replies import chunks_of
from pilotline.policies.remote.terms import Terms
from pilotline.robots import Robot

Float = NDArray[np.float64]
Ids = NDArray[np.int64]

TRIES = 3
"""So many connections or answers in a row may fail to come; then no more is tried."""
_FINE = -1


class Connection(Protocol):
    """To one that answers; every trouble with it is a `ServedFault`, which closes it."""

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent, as far as is known."""

    def open(self) -> dict[Any, Any]:
        """Connect; the metadata with which the other side begins."""

    def ask(self, request: Mapping[str, Any]) -> dict[Any, Any]:
        """The answer to a request."""

    def close(self) -> None:
        """Hang up; it can be opened again."""


@dataclass(frozen=True)
class Source:
    """Who serves a policy.

    Attributes:
      word: of the policy, as in `policy=WORD`.
      name: before what is told of it.
      title: before what is wrong with it.
      connect: a connection, not open yet; it tells how long, s, each answer took.
      replan: control steps that are played of an answer; None: what the other side says, or all.
      shared: all simulations share one connection, even where each sends a request of its own.
    """

    word: str
    name: str
    title: str
    connect: Callable[[Callable[[float], None]], Connection]
    replan: int | None = None
    shared: bool = False


class RemotePolicy:
    """Sends observations to a server, plays what it answers, and survives whatever it does.

    Simulated time stands still until an answer is there. What the server does wrong ends the cycles that it concerns:
    their actions are NaN from then on, and `faults` tells why. A cycle lives on one connection, which its simulation
    has for itself or, where the server takes batches, shares with all others; a lost one is opened again for the next
    cycle.

    Args:
      source: who serves it.
      station: name of the station.
      robot: to be moved.
      nsim: simulations served.
      actuators: of the robot, a selection as text.

    Raises:
      RemoteError: nobody there, or a server that is for something else; one line.
    """

    def __init__(self, source: Source, station: str, robot: Robot, nsim: int, actuators: str = "ideal") -> None:
        self._source, self._nsim = source, nsim
        self._watch, self._reasons = Stopwatch(), Counter[tuple[str, str]]()
        first = source.connect(self._watch.note)
        try:
            self.terms = Terms.of(first.open())
            here = _interface(self.terms, station, robot, actuators)
            steps = self.terms.action_horizon
            if source.replan and steps and source.replan > steps:
                raise RemoteError(f"replan={source.replan}: its answers have {steps} control steps")
        except ServedFault as error:
            raise RemoteError(f"policy={source.word}: {error.reason}") from None
        except RemoteError as error:
            first.close()
            raise RemoteError(f"policy={source.word}: {source.title}: {told(error)}") from None
        self.control = self.terms.control
        reads = self.terms.observation
        self._entries = tuple(e.name for e in here.observation) if reads is None else tuple(name for name, _ in reads)
        self._width, self._prompt = len(here.action), load_card(station).title
        self._replan = source.replan or self.terms.replan
        self._shared = self.terms.batched or source.shared
        others = 0 if self._shared else nsim - 1
        self._links = [first, *(source.connect(self._watch.note) for _ in range(others))]
        weakref.finalize(self, _hang_up, self._links)
        self._failed = 0
        self._at_work, self._new = np.zeros(nsim, np.bool_), np.zeros(nsim, np.bool_)
        self._fault = np.full(nsim, _FINE)
        self._chunk = np.zeros((nsim, 1, self._width))
        self._step, self._steps = np.zeros(nsim, np.int64), np.zeros(nsim, np.int64)

    def begin(self, ids: Ids) -> None:
        """A new cycle starts in `ids`: nothing of an earlier answer is played in it."""
        self._at_work[ids], self._new[ids], self._fault[ids] = True, True, _FINE
        self._step[ids], self._steps[ids] = 0, 0

    def rest(self, ids: Ids) -> None:
        """No cycle is at work in `ids` until one begins there; nothing is asked for them."""
        self._at_work[ids] = False

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions (n, k); NaN in a cycle that the server has ended."""
        due = np.flatnonzero(self._at_work & (self._fault == _FINE) & (self._step >= self._steps))
        if self.terms.batched and len(due):
            self._ask_for(due, obs)
        elif len(due):
            for i in due.tolist():
                if self._fault[i] == _FINE:  # one that was asked before may have ended all
                    self._ask_for(np.array([i]), obs)
        rows = np.arange(self._nsim)
        actions = self._chunk[rows, np.minimum(self._step, self._chunk.shape[1] - 1)]
        self._step += 1
        actions[self._fault != _FINE] = np.nan
        return actions

    def faults(self) -> dict[str, NDArray[np.bool_]]:
        """By name of `FAULTS`: the simulations (n,) whose cycle the server has ended so."""
        return {name: self._fault == k for k, name in enumerate(FAULTS)}

    def latency(self) -> Latency:
        """How long the answers took, from request to answer, wall clock."""
        return self._watch.latency()

    def remarks(self) -> tuple[str, ...]:
        """What is worth telling beside a score, a line each: the latency, and why cycles were ended."""
        ended = (f"{fault} ended {count} cycles: {reason}" for (fault, reason), count in self._reasons.most_common(5))
        more = len(self._reasons) - 5
        tail = (f"and {more} more reasons",) if more > 0 else ()
        return (f"{self._source.name}: {self.latency()}", *ended, *tail)

    def close(self) -> None:
        """Hang up."""
        _hang_up(self._links)

    def _ask_for(self, ids: Ids, obs: Mapping[str, Float]) -> None:
        """Fill the chunks of simulations that share a connection."""
        link = self._links[0 if self._shared else int(ids[0])]
        try:
            self._connected(link)
            message = link.ask(self._request(ids, obs))
            chunks, broken = chunks_of(message, len(ids), self._width, self.terms)
        except ServedFault as error:
            self._failed += error.fault == TIMEOUT
            link.close()
            self._end(ids, error)
            if self._shared:
                rest = np.flatnonzero(self._at_work & (self._fault == _FINE))
                self._end(rest, ServedFault(LOST, "the connection was closed after an answer to others failed"))
            return
        self._failed = 0
        self._new[ids] = False
        self._end(ids[broken], ServedFault(BAD_REPLY, "actions that are NaN or infinite"))
        self._keep(ids, chunks)

    def _connected(self, link: Connection) -> None:
        """Open a connection that is closed, while there is hope."""
        if link.is_open:
            return
        if self._failed >= TRIES:
            raise ServedFault(LOST, f"given up after {TRIES} tries without an answer")
        try:
            terms = Terms.of(link.open())
        except RemoteError as error:
            raise ServedFault(BAD_REPLY, str(error)) from None
        except ServedFault as error:
            if error.fault == BAD_REPLY:
                raise
            self._failed += 1
            raise ServedFault(LOST, error.reason) from None
        if terms != self.terms:
            raise ServedFault(BAD_REPLY, "the server's metadata is not what it was at first")

    def _request(self, ids: Ids, obs: Mapping[str, Float]) -> dict[str, Any]:
        """The observation under its own names, then `prompt` and `cycle`."""
        if self.terms.batched:
            told: dict[str, Any] = {"simulation": ids, "begin": self._new[ids], "simulations": self._nsim}
            return {**{name: obs[name][ids] for name in self._entries}, "prompt": self._prompt, "cycle": told}
        (i,) = ids.tolist()
        told = {"simulation": i, "begin": bool(self._new[i])}
        return {**{name: obs[name][i] for name in self._entries}, "prompt": self._prompt, "cycle": told}

    def _keep(self, ids: Ids, chunks: Float) -> None:
        """Play chunks (m, horizon, k) from their beginning."""
        horizon = chunks.shape[1]
        if horizon > self._chunk.shape[1]:
            longer = np.zeros((self._nsim, horizon, self._width))
            longer[:, : self._chunk.shape[1]] = self._chunk
            self._chunk = longer
        self._chunk[ids, :horizon] = chunks
        self._step[ids], self._steps[ids] = 0, min(self._replan or horizon, horizon)

    def _end(self, ids: Ids, error: ServedFault) -> None:
        if len(ids):
            self._fault[ids] = FAULTS.index(error.fault)
            self._reasons[error.fault, error.reason] += len(ids)


def _interface(terms: Terms, station: str, robot: Robot, actuators: str) -> Interface:
    """The interface that a server's terms are for.

    Raises:
      RemoteError: they are for another.
    """
    try:
        here = present(station, robot, actuators, terms.control)
    except ValueError as error:
        raise RemoteError(str(error)) from None
    if refusal := terms.refusal(here):
        raise RemoteError(refusal)
    return here


def _hang_up(links: list[Connection]) -> None:
    for link in links:
        link.close()
