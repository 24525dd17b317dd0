"""Words for what a network reads, and the segments that they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from pilotline.envs.interface import Interface
from pilotline.policies.file.segments import (
    Clock,
    ClockSegment,
    EntrySegment,
    HeadingSegment,
    MemorySegment,
    PlaceSegment,
    PreviousSegment,
    Segment,
)

_CLOCK = re.compile(r"clock:(\d{1,4}(?:\.\d{1,3})?)")
_MEMORY = re.compile(r"memory:([1-9]\d{0,3})(?::([1-9]\d{0,3})(?::(\d+(?:\.\d+)?))?)?")
_HEADING = re.compile(r"heading:([^:@]+)(?::([1-9]))?")
_PLACE = re.compile(r"([^:@]+)@([^:@]+)(?::([1-9]))?")
_NEAR = re.compile(r"([^~]+)~(\d{1,4}(?:\.\d{1,6})?)")
_PREVIOUS = "previous_action"
_PLANAR = ("x", "y", "z", "heading")
Read = str | tuple[str, Sequence[str]] | Segment
"""An entry of the observation by name, whole, or with the parts that are read of it, or any other segment."""


class ReadsError(ValueError):
    """Something to be read that is not there; one line with what there is."""


def segments(interface: Interface, reads: Sequence[Read] | None = None) -> tuple[Segment, ...]:
    """What is read, as segments; all entries of the observation by default.

    Beside entries there are words: `previous_action`, what the network gave last, or `previous_action:base`, of the
    channels whose names begin so; `heading:POSE`, sine and cosine of the heading of a planar pose; `ENTRY@POSE`, where
    something is as seen from one, and with `:2` after either one that looks the same turned half round; any of these
    or an entry with `~0.05` after it, its numbers bounded to +-0.05, so that what is near shows; `clock:SECONDS`, sine
    and cosine of a phase that starts with the cycle and goes round once in so many seconds; `memory:N`, numbers that
    the network keeps for itself and adds to; with `memory:N:W`, W of them are whole, and with `memory:N:W:SECONDS` the
    time since one of those changed is read as well, up to so many.

    Raises:
      ReadsError: an entry or channel that the interface does not have, or one that cannot be read so.
    """
    known = {entry.name: entry.parts for entry in interface.observation}
    channels = [channel.name for channel in interface.action]
    found: list[Segment] = []
    for read in known if reads is None else reads:
        if isinstance(read, str):
            found.append(_of_word(read, known, channels))
        elif isinstance(read, tuple):
            found.append(_entry(*read, known))
        else:
            found.append(read)
    return tuple(found)


def _of_word(word: str, known: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> Segment:
    if word in known:
        return _entry(word, None, known)
    if (near := _NEAR.fullmatch(word)) and float(near[2]) > 0.0:
        return _of_entries(near[1], known).model_copy(update={"within": float(near[2])})
    if (clock := _CLOCK.fullmatch(word)) and float(clock[1]) > 0.0:
        return ClockSegment(clock=Clock(period_s=float(clock[1])))
    if word.split(":")[0] == _PREVIOUS:
        start = word[len(_PREVIOUS) + 1 :]
        only = tuple(i for i, name in enumerate(names) if name.startswith(start)) if start else ()
        if start and not only:
            raise ReadsError(f"reads {word!r}, but no channel begins with {start!r}; allowed: {', '.join(names)}")
        return PreviousSegment(previous_action=len(names), only=only)
    if kept := _MEMORY.fullmatch(word):
        try:
            return MemorySegment(memory=int(kept[1]), adds=True, whole=int(kept[2] or 0), timer_s=float(kept[3] or 0))
        except ValidationError as error:
            said = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise ReadsError(f"reads {word!r}: {said}") from None
    return _of_entries(word, known)


def _of_entries(word: str, known: Mapping[str, tuple[str, ...]]) -> EntrySegment | HeadingSegment | PlaceSegment:
    """An entry, or what is made of one or two."""
    if word in known:
        return _entry(word, None, known)
    found: HeadingSegment | PlaceSegment
    if pose := _HEADING.fullmatch(word):
        found = HeadingSegment(heading=pose[1], fold=int(pose[2] or 1))
    elif both := _PLACE.fullmatch(word):
        found = PlaceSegment(place=both[1], seen_from=both[2], fold=int(both[3] or 1))
    else:
        words = "heading:ENTRY, ENTRY@ENTRY, each also ~BOUND, previous_action, clock:SECONDS, memory:N"
        raise ReadsError(f"reads {word!r}; allowed: {', '.join(known)}, {words}")
    if wrong := misread(found, {name: len(parts) for name, parts in known.items()}):
        raise ReadsError(wrong)
    return found


def misread(read: Segment, counts: Mapping[str, int]) -> str | None:
    """What is wrong with what is read of entries of so many numbers."""
    for entry in read.entries:
        if entry not in counts:
            return f"reads {entry!r}; allowed: {', '.join(counts)}"
    if (pose := read.planar) and counts[pose] != len(_PLANAR):
        return f"reads the heading of {pose}, {counts[pose]} numbers; allowed: of {', '.join(_PLANAR)}"
    if isinstance(read, PlaceSegment) and counts[read.place] < len(_PLANAR) - 1:
        return f"reads the place of {read.place}, {counts[read.place]} numbers; allowed: of {', '.join(_PLANAR)}"
    return None


def _entry(name: str, parts: Sequence[str] | None, known: Mapping[str, tuple[str, ...]]) -> EntrySegment:
    if name not in known:
        raise ReadsError(f"reads {name!r}; allowed: {', '.join(known)}")
    return EntrySegment(entry=name, parts=known[name] if parts is None else tuple(parts))
