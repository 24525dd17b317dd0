"""Parts on a line that one robot serves: buffers, blocking, starving, rework and scrap, as a clockwork without physics.

The simulated line and its discrete-event twin both turn this clockwork; only who says how long a cycle takes differs.

Assumptions, all estimates (E):

* a part travels from a station to the next buffer in `transfer_s` and holds its place there while it travels;
* a station gives its part on once its machine is done with it, and cannot be served before that (blocking after
  service where the buffer behind is full);
* after a failed cycle a person clears the station for `clear_s`; the part is scrap if a fault of the station's `scrap`
  list happened or it has been done again `rework_limit` times, else it is done again at that station, before others.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import asdict, astuple, dataclass, field
from enum import StrEnum
from typing import Any

from pilotline.configs.lines import Line

_COUNTS = ("now_s", "entered", "good", "first_pass", "scrap")


class State(StrEnum):
    """What a station is at; the times in these states add up to the run."""

    WORKING = "working"
    """The robot is in a cycle there."""
    MACHINE = "machine"
    BLOCKED = "blocked"
    """Done, but the buffer behind is full."""
    CLEARING = "clearing"
    STARVED = "starved"
    """Free, and no part waits."""
    WAITING = "waiting"
    """Free, a part waits, the robot is elsewhere."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a part, or to a station."""

    time_s: float
    kind: str
    """entered, begun, done, failed, passed, arrived, reworked, scrapped, good or cleared."""
    station: str
    part: int


@dataclass
class _Place:
    """A station with the parts that wait for it."""

    waiting: deque[int] = field(default_factory=deque)
    coming: deque[tuple[float, int]] = field(default_factory=deque)
    again: int | None = None
    part: int | None = None
    state: State = State.STARVED
    until_s: float = math.inf
    spent_s: dict[State, float] = field(default_factory=lambda: dict.fromkeys(State, 0.0))


class FlowError(RuntimeError):
    """The clockwork was turned in a way that it does not allow."""


class PartFlow:
    """Parts of one line from time 0 on.

    Args:
      line: its card.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.now_s = 0.0
        self.entered = self.good = self.first_pass = self.scrap = 0
        self.events: list[Event] = []
        self._places = [_Place() for _ in line.stations]
        self._tries: dict[int, int] = {}
        self._supply_s = 0.0
        self._settle()

    def ready(self, k: int) -> bool:
        """Whether station k can be served now."""
        return self._places[k].state is State.WAITING

    def state(self, k: int) -> State:
        """What station k is at."""
        return self._places[k].state

    def waiting(self, k: int) -> int:
        """Parts that wait at station k, without those on their way; at the first one, whether a raw part is there."""
        place = self._places[k]
        raw = k == 0 and self._supply_s <= self.now_s
        return len(place.waiting) + (place.again is not None) + raw

    def in_process(self) -> int:
        """Parts on the line: entered = good + scrap + in process."""
        held = (len(p.waiting) + len(p.coming) + (p.again is not None) + (p.part is not None) for p in self._places)
        return sum(held)

    def spent_s(self, k: int) -> dict[State, float]:
        """Time that station k has spent in each state."""
        return dict(self._places[k].spent_s)

    def next_change_s(self) -> float:
        """When something will happen by itself; infinity if nothing will."""
        timers = [place.until_s for place in self._places]
        timers += [place.coming[0][0] for place in self._places if place.coming]
        if self._supply_s > self.now_s:
            timers.append(self._supply_s)
        return min(timers)

    def advance(self, now_s: float) -> None:
        """Let everything happen that happens by itself until `now_s`.

        Raises:
          FlowError: time would run backwards.
        """
        if now_s < self.now_s:
            raise FlowError(f"advance to {now_s:.6g} s; allowed: {self.now_s:.6g} s or later")
        while (at := self.next_change_s()) <= now_s:
            self._run_clock(at)
            self._happen()
        self._run_clock(now_s)

    def begin(self, k: int) -> int:
        """The robot begins a cycle at station k; the part it works on.

        Raises:
          FlowError: the station cannot be served now.
        """
        place = self._places[k]
        if not self.ready(k):
            raise FlowError(f"station {self._name(k)} is {place.state}; allowed: {State.WAITING}")
        if place.again is not None:
            place.part, place.again = place.again, None
        elif k == 0:
            place.part = self.entered
            self.entered += 1
            self._tries[place.part] = 0
            self._supply_s = max(self._supply_s, self.now_s) + self.line.supply_s if self.line.supply_s else 0.0
            self._log("entered", k, place.part)
        else:
            place.part = place.waiting.popleft()
        place.state = State.WORKING
        self._log("begun", k, place.part)
        self._settle()
        return place.part

    def end(self, k: int, success: bool, faults: Collection[str] = ()) -> None:
        """The robot's cycle at station k is over.

        Raises:
          FlowError: none was begun there.
        """
        place, card = self._places[k], self.line.stations[k]
        if place.state is not State.WORKING or place.part is None:
            raise FlowError(f"station {self._name(k)} is {place.state}; allowed: {State.WORKING}")
        if success:
            self._log("done", k, place.part)
            place.state, place.until_s = State.MACHINE, self.now_s + card.machine_s
        else:
            self._fail(k, place, faults)
            place.state, place.until_s = State.CLEARING, self.now_s + self.line.clear_s
        self.advance(self.now_s)

    def saved(self) -> dict[str, Any]:
        """All that happened and will happen, as JSON takes it."""
        places = [
            {name: list(value) if isinstance(value, deque) else value for name, value in asdict(place).items()}
            for place in self._places
        ]
        own = {name: getattr(self, name) for name in _COUNTS} | {"supply_s": self._supply_s}
        return own | {"tries": list(self._tries.items()), "events": [*map(astuple, self.events)], "places": places}

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from what a flow of the same line has saved."""
        for name in _COUNTS:
            setattr(self, name, saved[name])
        self._supply_s, self._tries = saved["supply_s"], dict(saved["tries"])
        self.events = [Event(*event) for event in saved["events"]]
        self._places = [
            _Place(
                waiting=deque(place["waiting"]),
                coming=deque((time_s, part) for time_s, part in place["coming"]),
                again=place["again"],
                part=place["part"],
                state=State(place["state"]),
                until_s=place["until_s"],
                spent_s={State(name): time_s for name, time_s in place["spent_s"].items()},
            )
            for place in saved["places"]
        ]

    def _fail(self, k: int, place: _Place, faults: Collection[str]) -> None:
        part = place.part
        assert part is not None
        self._log("failed", k, part)
        self._tries[part] += 1
        place.part = None
        if set(faults) & set(self.line.stations[k].scrap) or self._tries[part] > self.line.rework_limit:
            self.scrap += 1
            self._log("scrapped", k, part)
        else:
            place.again = part
            self._log("reworked", k, part)

    def _happen(self) -> None:
        """Everything that is due now."""
        for k, place in enumerate(self._places):
            while place.coming and place.coming[0][0] <= self.now_s:
                part = place.coming.popleft()[1]
                place.waiting.append(part)
                self._log("arrived", k, part)
            if place.until_s <= self.now_s:
                place.until_s = math.inf
                if place.state is State.CLEARING:
                    self._log("cleared", k, -1)
                place.state = State.BLOCKED if place.state is State.MACHINE else State.STARVED
        self._settle()

    def _settle(self) -> None:
        """Parts that are done go on where there is room; the last station first, since that makes room before it."""
        for k in reversed(range(len(self._places))):
            place = self._places[k]
            if place.state is State.BLOCKED and self._room(k):
                self._pass_on(k, place)
                place.state = State.STARVED
            if place.state in (State.STARVED, State.WAITING):
                place.state = State.WAITING if self.waiting(k) else State.STARVED

    def _pass_on(self, k: int, place: _Place) -> None:
        part = place.part
        assert part is not None
        place.part = None
        if k + 1 == len(self._places):
            self.good += 1
            self.first_pass += self._tries[part] == 0
            self._log("good", k, part)
            return
        self._log("passed", k, part)
        self._places[k + 1].coming.append((self.now_s + self.line.transfer_s, part))

    def _room(self, k: int) -> bool:
        """Whether the place behind station k takes one more part; without a buffer the next station must be free."""
        if k + 1 == len(self._places):
            return True
        after = self._places[k + 1]
        held = len(after.waiting) + len(after.coming)
        if places := self.line.stations[k].buffer_after:
            return held < places
        return held == 0 and after.state is State.STARVED

    def _run_clock(self, to_s: float) -> None:
        for place in self._places:
            place.spent_s[place.state] += to_s - self.now_s
        self.now_s = to_s

    def _name(self, k: int) -> str:
        return self.line.stations[k].station

    def _log(self, kind: str, k: int, part: int) -> None:
        self.events.append(Event(self.now_s, kind, self._name(k), part))
