"""The hand card: a gripper or hand, drawn as the right hand in the frame of the flange that carries it."""

from __future__ import annotations

from pydantic import Field, model_validator

from pilotline.robots import cardrules
from pilotline.robots.card import (
    Collision,
    Drive,
    Figures,
    Joint,
    Link,
    NonNegative,
    Positive,
    Sourced,
    UnitAxis,
    Vec3,
)


class Coupling(Figures):
    """A joint that follows a driven one: its value is `ratio` times the other's."""

    joint: str
    of: str
    ratio: float = 1.0


class HandServo(Sourced):
    """Tuning of the hand's position servos: a stiffness for sliding fingers, a natural frequency for hinged ones."""

    stiffness_n_m: Positive | None = None
    frequency_hz: Positive | None = None
    damping_ratio: Positive = 1.0


class HandCard(Sourced):
    """A hand: links from the palm outwards, driven and coupled joints, pads, and the tool point.

    `mirrored` says that the left hand is the image of the right one; otherwise both are alike. `closed` and `opened`
    give the driven joints as a fist and wide open; `opening_max_m` is how far a finger is then from the middle.
    `wrist_offset_m`, `tcp_offset_m` and the two axes are in the palm's frame.
    """

    schema_: str = Field(alias="schema", pattern="^pilotline/hand/1$")
    name: str
    title: str
    notes: tuple[str, ...] = ()
    sources: dict[str, str]
    mirrored: bool
    palm: str
    links: dict[str, Link]
    drives: dict[str, Drive]
    joints: dict[str, Joint]
    couplings: tuple[Coupling, ...] = ()
    home: dict[str, float]
    closed: dict[str, float]
    opened: dict[str, float]
    wrist_offset_m: Vec3
    tcp_offset_m: Vec3
    approach_axis: UnitAxis
    opening_axis: UnitAxis
    opening_max_m: Positive
    force_max_n: Positive
    pads: tuple[Collision, ...]
    pad_friction: tuple[Positive, NonNegative, NonNegative]
    collisions: tuple[Collision, ...] = ()
    exclude: tuple[tuple[str, str], ...] = ()
    servo: HandServo
    look: str | None = None

    @property
    def followers(self) -> dict[str, Coupling]:
        """Coupled joints by name."""
        return {coupling.joint: coupling for coupling in self.couplings}

    @property
    def driven(self) -> tuple[str, ...]:
        """Joints with a drive of their own, in the card's order."""
        return tuple(name for name in self.joints if name not in self.followers)

    @property
    def mass_kg(self) -> float:
        """Sum of the link masses."""
        return float(sum(link.mass_kg for link in self.links.values()))

    def effort(self, joint: str) -> float:
        """Largest torque or force of the actuator on `joint`: its own, and what the joints that follow it take."""
        followers = [c for c in self.couplings if c.of == joint]
        return self.joints[joint].effort + sum(abs(c.ratio) * self.joints[c.joint].effort for c in followers)

    @model_validator(mode="after")
    def _consistent(self) -> HandCard:
        cardrules.check_hand(self)
        return self
