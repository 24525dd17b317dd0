"""Figures of each joint from three places: the card, else the data sheet or the model; what is guessed says so."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from pilotline.robots.actuators import catalogue
from pilotline.robots.adapters.card import AdapterCard
from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.limits import JointLimits, is_servo_gain
from pilotline.robots.card import Mark
from pilotline.robots.robot import DrivenJoint

RATED_SHARE = 1.0 / 3.0
"""Continuous over peak torque where nothing gives it; geared servo joints have between 0.25 and 0.5."""


@dataclass(frozen=True)
class Figures:
    """A joint's figures, its passive losses, and remarks on where they come from.

    Losses are those the spec keeps: of a joint whose drive is ours they are none, an actuator's law brings its own.
    """

    joint: DrivenJoint
    damping: float
    friction: float
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Given:
    """What the patterns of a card give for one joint, later ones over earlier ones."""

    effort: float | None = None
    rated: float | None = None
    speed: float | None = None
    armature: float | None = None
    damping: float | None = None
    friction: float | None = None
    sheet: str | None = None
    source: str = ""
    mark: Mark = "V"


def figures(card: AdapterCard, name: str, model: JointLimits, file: str, driven: bool, card_name: str) -> Figures:
    """Figures of a joint of a driven group (`driven`) or of an own hand.

    Raises ModelError: no effort or speed anywhere.
    """
    given = _given(card, name)
    sheet = None
    if given.sheet is not None:
        try:
            sheet = catalogue.joint(given.sheet)
        except ValueError as error:
            raise ModelError(f"{card_name}: joints: sheet {given.sheet!r} of {name!r}: {error}") from error
    remarks = []
    source, mark = given.source, given.mark
    if given.effort is not None:
        effort = given.effort
    elif model.effort is not None:
        effort, source, mark = model.effort, f"{file}, {model.effort_from}", "V"
    elif sheet is not None:
        effort, source, mark = sheet.peak_nm, f"data sheet {sheet.name}", "D"
    else:
        raise ModelError(f"{card_name}: joints: {name!r} has no torque limit in {file}; give effort_nm or a sheet")
    of_sheet = (None, None, None) if sheet is None else (sheet.speed_rad_s, sheet.rated_nm, sheet.armature_kgm2)
    speed = _first(given.speed, of_sheet[0], model.speed)
    if speed is None:
        raise ModelError(f"{card_name}: joints: {name!r} has no speed limit in {file}; give speed_rad_s or a sheet")
    rated = _first(given.rated, of_sheet[1])
    if rated is None:
        rated = RATED_SHARE * effort
        remarks.append("continuous torque not given; a third of the peak is taken")
    armature = _first(given.armature, of_sheet[2])
    servo = is_servo_gain(model.damping, effort, speed)
    if servo:
        remarks.append(f"damping {model.damping:g} N m s/rad is a servo's gain, not a loss; taken out")
    damping, friction = (0.0, 0.0) if driven else (0.0 if servo else model.damping, model.friction)
    return Figures(
        joint=DrivenJoint(
            low=model.low,
            high=model.high,
            effort=effort,
            rated=min(rated, effort),
            speed=speed,
            armature=model.armature if armature is None else armature,
            sheet=given.sheet,
            source=card.sources.get(source, source),
            mark=mark,
        ),
        damping=given.damping if given.damping is not None else damping,
        friction=given.friction if given.friction is not None else friction,
        remarks=tuple(remarks),
    )


def follower(model: JointLimits, leader: DrivenJoint) -> Figures:
    """Figures of an own hand's joint that follows a driven one: its own motion and losses, the driven one's limits."""
    servo = is_servo_gain(model.damping, leader.effort, leader.speed)
    joint = DrivenJoint(
        low=model.low,
        high=model.high,
        effort=leader.effort,
        rated=leader.rated,
        speed=leader.speed,
        armature=model.armature,
        sheet=None,
        source=leader.source,
        mark=leader.mark,
    )
    return Figures(joint, 0.0 if servo else model.damping, model.friction, ())


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _given(card: AdapterCard, name: str) -> _Given:
    """Patterns first in the card's order, then the joint's own name."""
    patterns = [pattern for pattern in card.joints if pattern != name and fnmatchcase(name, pattern)]
    merged: dict[str, object] = {}
    for pattern in (*patterns, *([name] if name in card.joints else [])):
        entry = card.joints[pattern]
        fields = {
            "effort": entry.effort_nm,
            "rated": entry.rated_nm,
            "speed": entry.speed_rad_s,
            "armature": entry.armature_kgm2,
            "damping": entry.damping_nms_rad,
            "friction": entry.friction_nm,
            "sheet": entry.sheet,
        }
        merged.update({field: value for field, value in fields.items() if value is not None})
        if entry.effort_nm is not None or "source" not in merged:
            merged["source"], merged["mark"] = entry.source, entry.mark
    return _Given(**merged)  # type: ignore[arg-type]
