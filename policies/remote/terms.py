"""What a server says of itself before the first request, and whether that fits the interface here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilotline.envs.interface import Interface
from pilotline.policies.remote.errors import RemoteError, told

_LONGEST = 200


@dataclass(frozen=True)
class Terms:
    """Metadata of a server, as far as Pilotline reads it; a plain openpi server says none of this.

    Attributes:
      control: action layout that its answers are meant for.
      actions: names of its actions in their order.
      observation: entries that it reads, with the names of their parts.
      action_horizon: control steps in each answer.
      replan: of these, how many it wants to be played.
      batched: it takes the observations of many simulations in one request.
      station: Gymnasium id of the station that it works at.
      robot: name of the robot that it moves.
      period_s: of its control steps.
      policy: what it serves, for people.
    """

    control: str = "joint"
    actions: tuple[str, ...] | None = None
    observation: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    action_horizon: int | None = None
    replan: int | None = None
    batched: bool = False
    station: str | None = None
    robot: str | None = None
    period_s: float | None = None
    policy: str | None = None

    @classmethod
    def of(cls, metadata: Mapping[Any, Any]) -> Terms:
        """The terms in a server's metadata; keys of others are left alone.

        Raises:
          RemoteError: a key of ours with a value that cannot be.
        """
        return cls(
            control=_one(metadata, "control", str) or "joint",
            actions=_names("actions", metadata.get("actions")),
            observation=_entries(metadata.get("observation")),
            action_horizon=_steps(metadata, "action_horizon"),
            replan=_steps(metadata, "replan"),
            batched=_one(metadata, "batched", bool) or False,
            station=_one(metadata, "station", str),
            robot=_one(metadata, "robot", str),
            period_s=_one(metadata, "period_s", float),
            policy=_one(metadata, "policy", str),
        )

    def refusal(self, here: Interface) -> str | None:
        """Why this cannot work at an interface; None if it can, as far as it says."""
        names = tuple(channel.name for channel in here.action)
        if self.station not in (None, here.station):
            return f"it is for station={self.station}; asked for {here.station}"
        if self.robot not in (None, here.robot):
            return f"it is for robot={self.robot}; asked for {here.robot}"
        if self.period_s is not None and abs(self.period_s - here.period_s) > 1e-9:
            return f"its period_s is {self.period_s:g}; control steps here take {here.period_s:g} s"
        if self.actions is not None and (other := _difference(self.actions, names)):
            return f"its actions of control={self.control} {other}"
        entries = {entry.name: entry.parts for entry in here.observation}
        for name, parts in self.observation or ():
            if name not in entries:
                return f"it reads entry {name}, which {here.station} does not have (it has: {', '.join(entries)})"
            if other := _difference(parts, entries[name]):
                return f"its parts of entry {name} {other}"
        return None


def _difference(told: tuple[str, ...], here: tuple[str, ...]) -> str | None:
    """Where names that were told are not those that are here."""
    if len(told) != len(here):
        return f"are {len(told)}; here there are {len(here)}"
    pairs = enumerate(zip(told, here, strict=True))
    return next((f"begin to differ at {k}: {one}; here {other}" for k, (one, other) in pairs if one != other), None)


def _one(metadata: Mapping[Any, Any], key: str, kind: type) -> Any:
    value = metadata.get(key)
    if kind is float and type(value) is int:
        value = float(value)
    if value is not None and (type(value) is not kind or (kind is str and not _is_text(value))):
        raise RemoteError(f"the server's metadata has {key}={_short(value)}; allowed: {kind.__name__}")
    return value


def _names(key: str, value: Any) -> tuple[str, ...] | None:
    if value is not None and not (isinstance(value, list) and all(map(_is_text, value))):
        raise RemoteError(f"the server's metadata has {key}={_short(value)}; allowed: a list of names")
    return None if value is None else tuple(value)


def _entries(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...] | None:
    if value is not None and not (isinstance(value, dict) and all(map(_is_text, value))):
        raise RemoteError(f"the server's metadata has observation={_short(value)}; allowed: entry -> names")
    return None if value is None else tuple((name, _names(name, parts) or ()) for name, parts in value.items())


def _steps(metadata: Mapping[Any, Any], key: str) -> int | None:
    value: int | None = _one(metadata, key, int)
    if value is not None and not 1 <= value <= 1000:
        raise RemoteError(f"the server's metadata has {key}={value}; allowed: 1 to 1000 control steps")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _short(value: Any) -> str:
    return told(repr(value), 60)
