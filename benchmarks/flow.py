"""Stations in series with finite buffers, blocking after service.

A pure function of measured cycle times: the robot's physics has been simulated station by station, this
module only asks how the stations wait for each other. Assumptions, all estimates (E):

* the first station never lacks raw parts and the last one never lacks room for finished ones;
* moving a part between a station and a buffer takes no time;
* a station's k-th service takes its k-th measured cycle, whichever part that is: cycles do not depend on the
  part that an earlier station made;
* a scrapped part leaves at the station that scrapped it, which is busy with it for the time given. The caller
  decides that time: the scorecard gives a failed cycle at least the line takt of the station, because the
  cell must be cleared before the next one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


class FlowError(ValueError):
    """A line that cannot be computed; the message names what is wrong and where."""


@dataclass(frozen=True)
class Flow:
    """What happened on a line from time 0 to the horizon. Arrays: p parts that entered, s stations."""

    start_s: np.ndarray
    """(p, s) service began; NaN where a part never got that far before the horizon."""
    finish_s: np.ndarray
    """(p, s) service ended, possibly after the horizon."""
    depart_s: np.ndarray
    """(p, s) the part left the station: finish plus time blocked there; inf if blocked past the horizon."""
    scrapped: np.ndarray
    """(p, s) bool, the station scrapped the part."""
    horizon_s: float
    entered: int
    good: int
    """Parts that left the last station good within the horizon."""
    scrap: int
    in_process: int
    """Parts on the line at the horizon: entered = good + scrap + in_process."""
    busy_s: np.ndarray
    """(s,) time in service; busy + blocked + starved = horizon for each station."""
    blocked_s: np.ndarray
    starved_s: np.ndarray
    buffer_mean: np.ndarray
    """(s - 1,) parts in the buffer behind each station but the last, mean over time."""
    buffer_max: np.ndarray
    """(s - 1,) int64"""

    @property
    def throughput_per_s(self) -> float:
        """Good parts per second over the whole horizon, filling the line included."""
        return self.good / self.horizon_s if self.horizon_s > 0.0 else 0.0


def run_line(
    times_s: Sequence[np.ndarray],
    good: Sequence[np.ndarray],
    buffers: Sequence[int],
    horizon_s: float | None = None,
) -> Flow:
    """Pass parts through the line until they run out, or until the horizon.

    times_s[j], good[j]: (k_j,) time and outcome of station j's services in order. buffers[j]:
    places between station j and j + 1, 0 for none. Without a horizon as many parts enter as the first station
    has services, the line runs empty and the last departure is the horizon. With one, no service begins at or
    after it, and a station that would need more services than it was given is a FlowError.
    """
    times_s = [np.asarray(column, dtype=np.float64) for column in times_s]
    good = [np.asarray(column, dtype=bool) for column in good]
    _check(times_s, good, buffers, horizon_s)
    stations = len(times_s)
    start, finish, depart = (np.full((len(times_s[0]), stations), np.nan) for _ in range(3))
    scrapped = np.zeros(start.shape, dtype=bool)
    left: list[list[float]] = [[] for _ in range(stations)]  # departures from each station, in order
    passed = [0] * stations  # parts that a station handed on
    entered = 0
    for part in range(len(start)):
        ready = 0.0
        for j in range(stations):
            service = len(left[j])
            begin = max(ready, left[j][-1]) if left[j] else ready
            if horizon_s is not None and begin >= horizon_s:
                break
            if service >= len(times_s[j]):
                raise _exhausted(j, len(times_s[j]), begin, horizon_s)
            end = begin + times_s[j][service]
            scrap = not good[j][service]
            leave = end
            if not scrap and j + 1 < stations:
                # room for the part when the one `buffer + 1` ahead of it has left the next station
                ahead = passed[j] - (buffers[j] + 1)
                if ahead >= 0:
                    # a part that had not begun there by the horizon leaves after it
                    leave = max(end, left[j + 1][ahead]) if ahead < len(left[j + 1]) else math.inf
                passed[j] += 1
            start[part, j], finish[part, j], depart[part, j], scrapped[part, j] = begin, end, leave, scrap
            left[j].append(leave)
            ready = leave
            if scrap:
                break
        if np.isnan(start[part, 0]):
            break
        entered += 1
    if horizon_s is not None and entered == len(start) and left[0][-1] < horizon_s:
        raise _exhausted(0, entered, left[0][-1], horizon_s)
    rows = slice(0, entered)
    return _account(start[rows], finish[rows], depart[rows], scrapped[rows], horizon_s)


def _account(
    start: np.ndarray, finish: np.ndarray, depart: np.ndarray, scrapped: np.ndarray, horizon_s: float | None
) -> Flow:
    """Clip everything to [0, horizon] and add up."""
    if horizon_s is not None:
        end = horizon_s
    else:
        end = float(np.nanmax(depart)) if depart.size else 0.0
    busy = np.nansum(np.minimum(finish, end) - np.minimum(start, end), axis=0)
    blocked = np.nansum(np.minimum(depart, end) - np.minimum(finish, end), axis=0)
    scrap = int(np.count_nonzero(scrapped & (depart <= end)))
    good = int(np.count_nonzero(~scrapped[:, -1] & (depart[:, -1] <= end)))
    passed = [~scrapped[:, j] & (depart[:, j] <= end) for j in range(start.shape[1] - 1)]
    waits = [
        _waiting(depart[on, j], np.fmin(start[on, j + 1], end), end) if end > 0.0 else (0.0, 0)
        for j, on in enumerate(passed)
    ]
    return Flow(
        start_s=start,
        finish_s=finish,
        depart_s=depart,
        scrapped=scrapped,
        horizon_s=end,
        entered=len(start),
        good=good,
        scrap=scrap,
        in_process=len(start) - good - scrap,
        busy_s=busy,
        blocked_s=blocked,
        starved_s=np.maximum(end - busy - blocked, 0.0),
        buffer_mean=np.array([mean for mean, _ in waits], dtype=np.float64),
        buffer_max=np.array([most for _, most in waits], dtype=np.int64),
    )


def _waiting(came: np.ndarray, went: np.ndarray, end: float) -> tuple[float, int]:
    """Mean over [0, end] and maximum of the parts in a buffer; came, went: (m,) ascending, came <= went."""
    stays = went > came
    came, went = came[stays], went[stays]
    if not len(came):
        return 0.0, 0
    # a place is free again from the very moment a part leaves it
    present = np.arange(1, len(came) + 1) - np.searchsorted(went, came, side="right")
    return float((went - came).sum() / end), int(present.max())


def _exhausted(station: int, services: int, at_s: float, horizon_s: float | None) -> FlowError:
    until = "there is no horizon" if horizon_s is None else f"the horizon is {horizon_s:.6g} s"
    return FlowError(f"station {station} has {services} services; one more is asked for at {at_s:.6g} s, {until}")


def _check(
    times_s: Sequence[np.ndarray], good: Sequence[np.ndarray], buffers: Sequence[int], horizon_s: float | None
) -> None:
    if not times_s or len(good) != len(times_s) or len(buffers) != len(times_s) - 1:
        raise FlowError(
            f"{len(times_s)} stations with {len(good)} outcome lists and {len(buffers)} buffers; "
            "allowed: one outcome list each and one buffer between two stations"
        )
    for j, (times, outcomes) in enumerate(zip(times_s, good, strict=True)):
        if times.ndim != 1 or times.shape != outcomes.shape:
            raise FlowError(f"station {j}: times {times.shape}, outcomes {outcomes.shape}; allowed: equal (k,)")
        if not len(times):
            raise FlowError(f"station {j} has no services; allowed: one or more")
        if not np.all(np.isfinite(times) & (times > 0.0)):
            raise FlowError(f"station {j}: a service time is not positive and finite")
    for j, places in enumerate(buffers):
        if places < 0:
            raise FlowError(f"buffer {j} is {places}; allowed: 0 or more places")
    if horizon_s is not None and not horizon_s > 0.0:
        raise FlowError(f"horizon_s is {horizon_s}; allowed: more than 0, or None")
