"""What a server says of itself before the first request, and whether that fits a station and a robot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilotline.envs.card import load_card
from pilotline.envs.control import BASE_ACTIONS
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.remote.errors import RemoteError, told
from pilotline.robots import Robot

_LONGEST = 200


@dataclass(frozen=True)
class Terms:
    """Metadata of a server, as far as Pilotline reads it; a plain openpi server says none of this.

    Attributes:
      control: action layout that its answers are meant for.
      actions: names of its actions in their order.
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
        names = metadata.get("actions")
        if names is not None and not (isinstance(names, list) and all(map(_is_text, names))):
            raise RemoteError(f"the server's metadata has actions={_short(names)}; allowed: a list of names")
        return cls(
            control=_one(metadata, "control", str) or "joint",
            actions=None if names is None else tuple(names),
            action_horizon=_steps(metadata, "action_horizon"),
            replan=_steps(metadata, "replan"),
            batched=_one(metadata, "batched", bool) or False,
            station=_one(metadata, "station", str),
            robot=_one(metadata, "robot", str),
            period_s=_one(metadata, "period_s", float),
            policy=_one(metadata, "policy", str),
        )

    def refusal(self, station: str, robot: Robot) -> str | None:
        """Why this cannot work at a station (by name) with a robot; None if it can, as far as it says."""
        card = load_card(station)
        wanted = action_names(self.control, robot)
        if self.station not in (None, card.id, card.name):
            return f"it is for station={self.station}; asked for {card.id}"
        if self.robot not in (None, robot.name):
            return f"it is for robot={self.robot}; asked for {robot.name}"
        if wanted is None or card.control not in (None, self.control):
            choices = card.control or ", ".join(kind for kind in ("joint", "legs", "ee") if action_names(kind, robot))
            return f"it speaks control={self.control}; {card.name} with {robot.name} takes: {choices}"
        if self.actions is not None and len(self.actions) != len(wanted):
            return f"it gives {len(self.actions)} actions; control={self.control} of {robot.name} has {len(wanted)}"
        if self.actions is not None and self.actions != wanted:
            k = next(k for k, (one, other) in enumerate(zip(self.actions, wanted, strict=True)) if one != other)
            return f"its action {k} is {self.actions[k]}; control={self.control} of {robot.name} has {wanted[k]}"
        if self.period_s is not None and abs(self.period_s - CONTROL_PERIOD_S) > 1e-9:
            return f"its period_s is {self.period_s:g}; control steps here take {CONTROL_PERIOD_S:g} s"
        return None


def action_names(control: str, robot: Robot) -> tuple[str, ...] | None:
    """Actions of a layout in their order; None where the robot does not have that layout."""
    base = BASE_ACTIONS if robot.base.joints else ()
    if control == "joint":
        return (*robot.driven, *robot.fingers, *base)
    if control == "legs" and robot.feet:
        return tuple(joint for side in robot.feet for joint in robot.groups[f"{side}_leg"])
    if control == "ee" and not robot.feet and len(robot.hands) > 1:
        twist = (f"{side}_{part}" for side in robot.hands for part in ("vx", "vy", "vz", "wx", "wy", "wz"))
        return (*twist, *(f"{side}_gripper" for side in robot.hands), *base)
    return None


def _one(metadata: Mapping[Any, Any], key: str, kind: type) -> Any:
    value = metadata.get(key)
    if kind is float and type(value) is int:
        value = float(value)
    if value is not None and (type(value) is not kind or (kind is str and not _is_text(value))):
        raise RemoteError(f"the server's metadata has {key}={_short(value)}; allowed: {kind.__name__}")
    return value


def _steps(metadata: Mapping[Any, Any], key: str) -> int | None:
    value: int | None = _one(metadata, key, int)
    if value is not None and not 1 <= value <= 10_000:
        raise RemoteError(f"the server's metadata has {key}={value}; allowed: 1 to 10000 control steps")
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def _short(value: Any) -> str:
    return told(repr(value), 60)
