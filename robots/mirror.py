"""The left side of a robot as the image of its right side, in the plane y = 0 of every frame.

A frame is reflected as S R S with S = diag(1, -1, 1), so roll and yaw change sign and pitch stays. Turning by q about
an axis a becomes turning by q about (-ax, ay, -az). Robots count hip, shoulder and wrist pitch the same way on both
sides but roll and yaw the same way in space: a joint mostly along y keeps its range, any other keeps its axis and has
range and angles negated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilotline.robots.card import Collision, Joint, RobotCard

RIGHT, LEFT = "right_", "left_"
Vec3 = tuple[float, float, float]


def left_name(name: str) -> str:
    """`right_knee` becomes `left_knee`; a name without the prefix stays."""
    return LEFT + name.removeprefix(RIGHT) if name.startswith(RIGHT) else name


def point(v: Vec3) -> Vec3:
    """A point or offset reflected."""
    return (v[0], -v[1], v[2])


def turn(rpy_rad: Vec3) -> Vec3:
    """Roll, pitch, yaw of a reflected frame."""
    return (-rpy_rad[0], rpy_rad[1], -rpy_rad[2])


def keeps_range(axis: Vec3) -> bool:
    """Whether the image of a hinge about this axis counts its angle the same way."""
    return abs(axis[1]) >= max(abs(axis[0]), abs(axis[2]))


def joint_image(joint: Joint) -> tuple[Joint, float]:
    """A joint on the other side, and the factor, 1 or -1, of its values."""
    x, y, z = joint.axis
    if joint.kind == "slide":
        return joint.model_copy(update={"link": left_name(joint.link), "axis": point(joint.axis)}), 1.0
    if keeps_range(joint.axis):
        return joint.model_copy(update={"link": left_name(joint.link), "axis": (-x, y, -z)}), 1.0
    low, high = joint.range_rad
    update = {"link": left_name(joint.link), "axis": (x, -y, z), "range_rad": (-high, -low)}
    return joint.model_copy(update=update), -1.0


def placed_image(thing: Any) -> Any:
    """A link, mount, flange or foot reflected: every offset, turn and centre, and the link or parent named."""
    update: dict[str, Any] = {}
    for field in ("offset_m", "com_m", "ankle_offset_m", "sole_centre_m"):
        if hasattr(thing, field):
            update[field] = point(getattr(thing, field))
    if hasattr(thing, "rpy_rad"):
        update["rpy_rad"] = turn(thing.rpy_rad)
    for field in ("link", "parent"):
        if getattr(thing, field, None) is not None:
            update[field] = left_name(getattr(thing, field))
    return thing.model_copy(update=update)


def shape_image(shape: Collision) -> Collision:
    """A collision shape reflected."""
    fields = ("centre_m",) if shape.shape != "capsule" else ("from_m", "to_m")
    update: dict[str, Any] = {field: point(getattr(shape, field)) for field in fields}
    return shape.model_copy(update={**update, "link": left_name(shape.link)})


def add_left(card: RobotCard) -> None:
    """Give a card under construction the image of every right part that has no left part of its own."""
    factor: dict[str, float] = {}
    for name, joint in list(card.joints.items()):
        if name.startswith(RIGHT) and left_name(name) not in card.joints:
            card.joints[left_name(name)], factor[left_name(name)] = joint_image(joint)
    for table in (card.links, card.cameras):
        images = {left_name(name): placed_image(part) for name, part in table.items() if name.startswith(RIGHT)}
        table.update({name: image for name, image in images.items() if name not in table})
    for ends in (card.flanges, card.feet):
        if "right" in ends and "left" not in ends:
            ends["left"] = placed_image(ends["right"])
    if "right" in card.hands:
        card.hands.setdefault("left", card.hands["right"])
    for angles in (card.home, card.posture.arms if card.posture is not None else {}):
        for name, value in list(angles.items()):
            image = left_name(name)
            if image in factor and image not in angles:
                angles[image] = factor[image] * value
    for part in ("leg", "arm"):
        if card.groups.get(f"right_{part}") and not card.groups.get(f"left_{part}"):
            card.groups[f"left_{part}"] = tuple(left_name(name) for name in card.groups[f"right_{part}"])
    if "right_leg" in card.servo.frequency_hz:
        card.servo.frequency_hz.setdefault("left_leg", card.servo.frequency_hz["right_leg"])
    if "right_arm" in card.servo.frequency_hz:
        card.servo.frequency_hz.setdefault("left_arm", card.servo.frequency_hz["right_arm"])
    sided = [shape for shape in card.collisions if shape.link.startswith(RIGHT)]
    drawn = {shape.link for shape in card.collisions}
    images_of = tuple(shape_image(shape) for shape in sided if left_name(shape.link) not in drawn)
    # the card's tables are being completed here; from the end of validation on they are constant
    object.__setattr__(card, "collisions", (*card.collisions, *images_of))
    pairs = {frozenset(pair) for pair in card.exclude}
    more = [(left_name(a), left_name(b)) for a, b in card.exclude]
    object.__setattr__(card, "exclude", (*card.exclude, *(pair for pair in more if frozenset(pair) not in pairs)))
