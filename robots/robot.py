"""A robot: joint groups, hands, feet and figures, and a fresh MuJoCo spec on demand, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import mujoco

from pilotline.robots.card import BenchStance, FixedBase, FloatingBase, Mark, PlanarBase, Servo, WorkPosture
from pilotline.robots.cardrules import DRIVEN_GROUPS

EntryClass = Literal["wheeled", "fixed", "biped"]
ENTRY_CLASS: Mapping[str, EntryClass] = {"planar": "wheeled", "fixed": "fixed", "floating": "biped"}
"""Class in which a robot is scored, by its kind of base."""


@dataclass(frozen=True)
class DrivenJoint:
    """What the rest of the project knows of a hinge or slide that a drive moves, or that follows a driven one.

    Attributes:
      low, high: rad or m.
      effort: largest torque (N m) or force (N) of its actuator.
      rated: continuous torque or force.
      speed: largest, rad/s or m/s.
      armature: inertia (kg m^2) or mass (kg) that its drive adds.
      sheet: data sheet of its actuator, for the tiers above `ideal`.
      source, mark: of the limits.
    """

    low: float
    high: float
    effort: float
    rated: float
    speed: float
    armature: float
    sheet: str | None
    source: str
    mark: Mark


@dataclass(frozen=True)
class Hand:
    """One hand: names, and the commands of its actuators.

    Attributes:
      kind: name of its hand card; `own` for one that came with the robot.
      palm: body that carries it.
      tcp_site: x points where it approaches, y is the fingers' opening direction.
      wrist_site: frame of the force-torque sensor.
      arm_group, hand_group: joint groups.
      actuators: driven joints of the hand group, which name their actuators.
      closed, opened: commands as a fist and wide open, one per actuator.
      opening_max_m: way of one finger from the middle when open.
      force_max_n: of a finger.
      stiffness_n_m, frequency_hz, damping_ratio: tuning of its servos: a stiffness for slides, else a frequency.
    """

    kind: str
    palm: str
    tcp_site: str
    wrist_site: str
    arm_group: str
    hand_group: str
    actuators: tuple[str, ...]
    closed: tuple[float, ...]
    opened: tuple[float, ...]
    opening_max_m: float
    force_max_n: float
    stiffness_n_m: float | None = None
    frequency_hz: float | None = None
    damping_ratio: float = 1.0


@dataclass(frozen=True)
class Foot:
    """One foot.

    Attributes:
      body: that carries the sole.
      sole_site: middle of the sole, on its plane, z up.
      ankle_site: frame of the force-torque sensor.
      half_m: half length and half width of the sole.
    """

    body: str
    sole_site: str
    ankle_site: str
    half_m: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Robot:
    """A robot ready to be put in a world; equal to itself alone, so that what is found about it can be kept.

    Attributes:
      name, title, version, sources, notes: from its card.
      base: how it stands in the world; `root` is the base's body.
      joints: all but the base's, hands' followers included, in the order of the groups.
      groups: joints of base, legs, torso, arms, head and hands; () where there is none.
      hands, feet: by side; empty where there is none.
      home: rad or m, of every joint in `joints`.
      servo: tuning of the `ideal` tier.
      posture: how it holds itself when its hands work at a height, where its card says so.
      bench: how it stands at a bench, where its card says so.
      files: name and SHA-256 of every file it was made of.
      make: builds its spec, with or without shells.
    """

    name: str
    title: str
    version: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    base: PlanarBase | FixedBase | FloatingBase
    joints: Mapping[str, DrivenJoint]
    groups: Mapping[str, tuple[str, ...]]
    hands: Mapping[str, Hand]
    feet: Mapping[str, Foot]
    home: Mapping[str, float]
    servo: Servo
    posture: WorkPosture | None
    bench: BenchStance | None
    files: tuple[tuple[str, str], ...]
    make: Callable[[bool], mujoco.MjSpec]

    @property
    def entry_class(self) -> EntryClass:
        """Class in which it is scored."""
        return ENTRY_CLASS[self.base.kind]

    @property
    def root(self) -> str:
        """Its only body under the world."""
        return self.base.link

    @cached_property
    def driven(self) -> tuple[str, ...]:
        """Joints that can have a data sheet, in the order of actuators and observations."""
        return tuple(joint for group in DRIVEN_GROUPS for joint in self.groups[group])

    @cached_property
    def fingers(self) -> tuple[str, ...]:
        """Actuators of both hands, right then left."""
        return tuple(actuator for hand in self.hands.values() for actuator in hand.actuators)

    def spec(self, shells: bool = True) -> mujoco.MjSpec:
        """A fresh spec: one root body, no actuators, no keyframes, no floor, no lights.

        `shells=False` leaves visual geoms out where that is possible, for work that is never looked at; physics is
        the same.
        """
        return self.make(shells)

    def rated(self, joint: str) -> float:
        """Continuous torque (N m) or force (N) of `joint`; of a planar base's joints their limit."""
        if joint in self.base.joints:
            return self.limit(joint)
        return self.joints[joint].rated

    def limit(self, joint: str) -> float:
        """Largest torque (N m) or force (N) of the actuator of `joint`."""
        base = self.base
        if isinstance(base, PlanarBase) and joint in base.joints:
            return base.torque_max_nm if joint == base.joints[2] else base.force_max_n
        return self.joints[joint].effort

    def speed(self, joint: str) -> float:
        """Largest speed of `joint`, rad/s or m/s."""
        base = self.base
        if isinstance(base, PlanarBase) and joint in base.joints:
            return base.yaw_speed_max_rad_s if joint == base.joints[2] else base.speed_max_m_s
        return self.joints[joint].speed
