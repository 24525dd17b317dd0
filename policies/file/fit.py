"""Whether a policy means here what it meant in training: refused, adapted with a note, or as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.interface import Interface
from pilotline.policies.file.contract import ChannelGiven, Contract
from pilotline.policies.file.segments import EntrySegment

GAINS_SAME, GAINS_NEAR = 0.01, 0.20
"""Relative differences of a servo's gains up to which nothing is said, and up to which a policy runs with a note."""

_EXACT = 1e-9
_LISTED = 12


class FitError(ValueError):
    """A policy that would mean something else here; one line with both values and what is allowed."""


@dataclass(frozen=True)
class Fit:
    """How a network's output becomes an action here: output[:, take] * gain + offset, one number for each channel.

    Attributes:
      take: (k,) output for each channel; gain 0 where there is none.
      gain, offset: (k,).
      notes: what is not as in training, a line each.
    """

    take: NDArray[np.int64]
    gain: NDArray[np.float64]
    offset: NDArray[np.float64]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """What a policy asks of the place where it works.

    Attributes:
      gains_near: largest relative difference of gains to run with.
      holds: values of channels that the policy does not give.
      mapped: inputs and outputs were mapped by hand, so that another order or scale is no news, and joints whose
        gains are not told do not matter.
    """

    contract: Contract
    gains_near: float = GAINS_NEAR
    holds: Mapping[str, float] = field(default_factory=dict)
    mapped: bool = False


def fit(terms: Terms, here: Interface) -> Fit:
    """Compare a policy's terms with an interface.

    Raises:
      FitError: something differs that cannot be adapted.
    """
    contract = terms.contract
    try:
        return _fit(terms, here)
    except FitError as error:
        if contract.robot == here.robot:
            raise
        raise FitError(f"{error} (trained on robot {contract.robot}, here is {here.robot})") from None


def _fit(terms: Terms, here: Interface) -> Fit:
    contract = terms.contract
    if here.station not in contract.stations:
        raise FitError(f"is for station {', '.join(contract.stations)}, here is {here.station}; allowed: its own")
    if contract.control != here.control:
        raise FitError(f"speaks control {contract.control!r}, here is {here.control!r}; allowed: the same")
    if not _same(contract.period_s, here.period_s):
        raise FitError(
            f"acts every {contract.period_s:.6g} s, here a control step is {here.period_s:.6g} s; allowed: the same"
        )
    notes = []
    if contract.robot != here.robot:
        notes.append(f"was trained on robot {contract.robot}, here is {here.robot}")
    notes += _observation(contract, here)
    take, gain, offset, told = _channels(terms, here)
    notes += [] if terms.mapped else told
    notes += _gains(terms, here)
    return Fit(take, gain, offset, tuple(notes))


def _observation(contract: Contract, here: Interface) -> list[str]:
    """Notes on the entries that are read."""
    known = {entry.name: entry for entry in here.observation}
    given = {entry.name: entry for entry in contract.observation}
    notes = []
    read = [
        (name, segment.parts if isinstance(segment, EntrySegment) else ())
        for segment in contract.reads
        for name in segment.entries
    ]
    for name, parts in read:
        if name not in known:
            raise FitError(f"reads {name!r}, which is not observed here; allowed: {_listed(known)}")
        there, entry = given[name], known[name]
        if there.unit != entry.unit:
            raise FitError(f"reads {name} in {there.unit!r}, here it is in {entry.unit!r}; allowed: the same unit")
        if missing := [part for part in parts or there.parts if part not in entry.parts]:
            raise FitError(f"reads {missing[0]!r} of {name}, which has here: {_listed(entry.parts)}; allowed: those")
        if not entry.unit and there.parts != entry.parts:
            raise FitError(
                f"reads {name} of {len(there.parts)} numbers, here it has {len(entry.parts)}; allowed: the same"
            )
        if _other_order(there.parts, entry.parts):
            notes.append(f"{name} is in another order here than in training: reordered by name")
    if _other_order([name for name in given if name in dict(read)], list(known)):
        notes.append("the entries of the observation are in another order here than in training: reordered by name")
    return notes


_Map = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], list[str]]


def _channels(terms: Terms, here: Interface) -> _Map:
    given = {channel.name: channel for channel in terms.contract.action}
    order = list(given)
    known = {channel.name: channel for channel in here.action}
    for name in (*given, *terms.holds):
        if name not in known:
            raise FitError(f"commands {name!r}, which is no channel here; allowed: {_listed(known)}")
    k = len(known)
    take, gain, offset = np.zeros(k, np.int64), np.ones(k), np.zeros(k)
    scaled = []
    for i, channel in enumerate(here.action):
        low, high = channel.low, channel.high
        if (value := terms.holds.get(channel.name)) is not None:
            gain[i], offset[i] = 0.0, (2.0 * value - low - high) / (high - low)
            continue
        if (there := given.get(channel.name)) is None:
            raise FitError(f"does not command {channel.name!r}; allowed: a policy for all of {_listed(known)}")
        if there.unit != channel.unit:
            raise FitError(
                f"commands {channel.name} in {there.unit!r}, here it is in {channel.unit!r}; allowed: the same unit"
            )
        take[i] = order.index(channel.name)
        if not (_same(there.low, low, high - low) and _same(there.high, high, high - low)):
            gain[i] = (there.high - there.low) / (high - low)
            offset[i] = (there.high + there.low - high - low) / (high - low)
            scaled.append((there, f"{low:.6g} to {high:.6g}"))
    notes = []
    if _other_order(order, list(known)):
        notes.append("the channels of the action are in another order here than in training: reordered by name")
    if scaled:
        notes.append(f"{_counted(scaled)}: rescaled, so that targets are those of training")
    return take, gain, offset, notes


def _counted(scaled: Sequence[tuple[ChannelGiven, str]]) -> str:
    there, now = scaled[0]
    span = f"{there.name} spans {there.low:.6g} to {there.high:.6g} {there.unit} in training, {now} here"
    return span if len(scaled) == 1 else f"{span}, and {len(scaled) - 1} more channels differ likewise"


def _gains(terms: Terms, here: Interface) -> list[str]:
    there = terms.contract.gains
    strange = [joint for joint in there if joint not in here.gains]
    missing = [joint for joint in here.gains if joint not in there]
    if strange or (missing and not terms.mapped):
        joint, where = (strange[0], "in training, not here") if strange else (missing[0], "here, not in training")
        raise FitError(f"joint {joint} has a servo {where}; allowed: the same joints")
    worst, text = 0.0, ""
    for joint, values in there.items():
        for what, unit, old, new in zip(
            ("stiffness", "damping"), ("N m/rad", "N m s/rad"), values, here.gains[joint], strict=True
        ):
            off = abs(new - old) / abs(old) if old else (0.0 if new == old else float("inf"))
            # of two that differ alike the first is told, whatever their last bits are here
            if off > worst * (1.0 + _EXACT):
                worst, text = off, f"{what} of {joint} was {old:.4g} {unit} in training, here it is {new:.4g}"
    if worst > terms.gains_near:
        raise FitError(f"{text}; allowed: within {100.0 * terms.gains_near:.3g} %")
    return [f"{text} ({100.0 * worst:.3g} % off, the largest difference of gains)"] if worst > GAINS_SAME else []


def _listed(names: Iterable[str]) -> str:
    found = list(names)
    return (
        ", ".join(found) if len(found) <= _LISTED else f"{', '.join(found[:_LISTED])} and {len(found) - _LISTED} more"
    )


def _same(a: float, b: float, scale: float = 0.0) -> bool:
    return abs(a - b) <= _EXACT * max(abs(a), abs(b), abs(scale))


def _other_order(there: Sequence[str], here: Sequence[str]) -> bool:
    """Whether names that both have come in different orders."""
    mine, theirs = set(here), set(there)
    return [name for name in there if name in mine] != [name for name in here if name in theirs]
