"""Which cycles of a station are to be run, and when there are enough."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable

from pilotline.benchmarks.facts import StationFacts
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.rows import CycleRow


class Plan:
    """Hands out the cycles of a station, and knows which of them are done.

    A campaign by hours needs the cycles up to the one that its end cuts off. Which one that is, only the rows
    before it tell, so a few cycles beyond it may be run; they are left out.

    Args:
      job: what is asked for.
      facts: the station.
      known: cycles that are done already, in any order; they are not handed out.
    """

    def __init__(self, job: Job, facts: StationFacts, known: Iterable[CycleRow] = ()) -> None:
        self._cycles, self._facts = job.cycles, facts
        self._shift_s = None if job.hours is None else 3600.0 * job.hours
        self._next = 0
        self._out: set[int] = set()
        self._back: list[int] = []
        self._rows: dict[int, CycleRow] = {}
        self._done_s = 0.0
        self._used_s = 0.0
        self._unbroken = 0
        self.done(known)

    @property
    def complete(self) -> bool:
        """Whether every cycle that is needed is done."""
        return self._unbroken == self._cycles if self._shift_s is None else self._used_s >= self._shift_s

    @property
    def left(self) -> int:
        """How many cycles there are still to hand out; of a shift a guess, from those done or the human's time."""
        if self._cycles is not None:
            return self._cycles - len(self._rows) - len(self._out)
        assert self._shift_s is not None
        if self.complete:
            return 0
        each_s = self._done_s / len(self._rows) if self._rows else self._facts.tau_h_s
        needed = math.ceil((self._shift_s - self._used_s) / each_s)
        given = self._next - len(self._back) - self._unbroken
        # what came back may be the gap before many that are done
        return max(needed - given, int(self._unbroken in self._back[:1]), 0)

    def take(self, count: int) -> list[int]:
        """The next cycles, at most so many, ascending."""
        wanted = min(count, self.left)
        given: list[int] = []
        while len(given) < wanted:
            cycle = heapq.heappop(self._back) if self._back else self._next
            self._next = max(self._next, cycle + 1)
            if cycle not in self._rows:
                given.append(cycle)
        self._out.update(given)
        return given

    def back(self, cycles: Iterable[int]) -> None:
        """Cycles that were handed out and have not been run: they are handed out again, before all others."""
        for cycle in self._out.intersection(cycles):
            self._out.remove(cycle)
            heapq.heappush(self._back, cycle)

    def done(self, rows: Iterable[CycleRow]) -> None:
        """Note finished cycles."""
        for row in rows:
            if row.cycle not in self._rows:
                self._done_s += self._facts.occupied_s(row)
            self._rows[row.cycle] = row
            self._out.discard(row.cycle)
        while self._unbroken in self._rows and not (self._shift_s is not None and self.complete):
            self._used_s += self._facts.occupied_s(self._rows[self._unbroken])
            self._unbroken += 1

    def progress(self) -> int:
        """Cycles done, or seconds of the shift used by the cycles that are done without a gap."""
        return len(self._rows) if self._shift_s is None else int(min(self._used_s, self._shift_s))

    def rows(self) -> list[CycleRow]:
        """The cycles of the campaign in order."""
        assert self.complete
        return [self._rows[cycle] for cycle in range(self._unbroken)]
