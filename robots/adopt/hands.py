"""The end of an arm: the model's own hand where it has fingers, else a place where one can be bolted on.

What a finger joint does is read from where it takes its tip: closing brings the tip nearer to the wrist and to the
middle between the thumb and the others. A joint that does neither much is left at home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.adapters.home import home_pose
from pilotline.robots.adopt.frames import across, point, rpy, snapped, unit
from pilotline.robots.adopt.home import pose
from pilotline.robots.adopt.points import surface
from pilotline.robots.adopt.shape import Shape
from pilotline.robots.adopt.tree import Limb

Float = NDArray[np.float64]

CLOSING_SHARE = 0.1
"""Of a finger's length: a joint whose two ends differ by less spreads the finger, it does not close it."""
FREQUENCY_HZ = 8.0
STIFFNESS_N_M = 20_000.0
PAD_FRICTION = (0.9, 0.02, 0.001)
FORCE_N = 10.0
"""Of a finger whose joints' efforts nobody knows."""


@dataclass(frozen=True)
class End:
    """What a card says of one end of an arm.

    Attributes:
      entry: of the card's `hands`.
      joints: of the hand's group.
      note: how it was found, and what could not be told.
    """

    entry: dict[str, Any]
    joints: tuple[str, ...]
    note: str


def end_of(shape: Shape, arm: Limb, home: Mapping[str, float], source: str) -> End:
    """The end of an arm, the shape's data being in the home pose before and after."""
    fingers = [finger for finger in arm.fingers if len(surface(shape, finger))]
    driven = [name for finger in fingers for name in shape.names(shape.below(finger)) if shape.driven(name)]
    if driven:
        return _own(shape, arm, fingers, tuple(driven), home, source)
    limp = shape.names([part for finger in arm.fingers for part in shape.below(finger)])
    why = f"no actuator moves its fingers' joints ({len(limp)}); they are passive" if limp else "no fingers were found"
    return End(_flange(shape, arm, source), (), why)


def _own(
    shape: Shape, arm: Limb, fingers: list[int], driven: tuple[str, ...], home: Mapping[str, float], source: str
) -> End:
    joints = shape.names([part for finger in arm.fingers for part in shape.below(finger)])
    elsewhere = {name: value for name, value in home.items() if name not in joints}

    def moved(commands: Mapping[str, float]) -> list[Float]:
        """Tips of the fingers, world, with driven joints at some values and the rest of the hand following."""
        given = {**elsewhere, **{name: 0.0 for name in driven if _holds_zero(shape, name)}, **commands}
        pose(shape, home_pose(given, shape.limits, shape.limits, shape.model, shape.file))
        return [_tip(shape, finger) for finger in fingers]

    rest = moved({})
    wrist = shape.anchor(arm.end)
    thumb = _thumb(shape, fingers)
    middle = _between(rest, thumb)
    closed, opened, spreading = {}, {}, []
    for name in driven:
        finger = next(n for n, top in enumerate(fingers) if name in shape.names(shape.below(top)))
        one = shape.limits[name]
        size = float(np.linalg.norm(rest[finger] - shape.anchor(fingers[finger])))
        near = [_nearness(moved({name: value})[finger], wrist, middle) for value in (one.low, one.high)]
        if abs(near[0] - near[1]) < CLOSING_SHARE * size:
            spreading.append(name)
            closed[name] = opened[name] = float(np.clip(0.0, one.low, one.high)) + 0.0
        else:
            closed[name], opened[name] = (one.low, one.high) if near[0] < near[1] else (one.high, one.low)
    tips = moved(opened)
    body = shape.parts[arm.end].bodies[0]
    pose(shape, home)
    frame, place = shape.data.xmat[body].reshape(3, 3), shape.data.xpos[body]
    approach = snapped(frame.T @ (np.mean(tips, axis=0) - wrist))
    gap = 2.0 * (tips[thumb] - _between(tips, thumb)) if len(tips) > 1 else frame[:, 1]
    opening = across(snapped(across(frame.T @ gap, approach)), approach)
    opening *= np.sign(opening[np.argmax(np.abs(opening))])
    # an even number of fingers faces each other in pairs, an odd one has a thumb
    grip = np.mean(tips, axis=0) if len(tips) % 2 == 0 else _between(tips, thumb)
    entry = {
        "palm": shape.body(arm.end),
        "wrist_offset_m": point(frame.T @ (wrist - place)),
        "tcp_offset_m": point(frame.T @ (grip - place)),
        "approach_axis": unit(approach),
        "opening_axis": unit(opening),
        "closed": closed,
        "opened": opened,
        "opening_max_m": round(max(float(abs(gap @ (frame @ opening))) / 2.0, 0.005), 4),
        "force_max_n": round(_force(shape, fingers, driven), 2),
    }
    slides = [shape.model.joint(name).type[0] == mujoco.mjtJoint.mjJNT_SLIDE.value for name in driven]
    entry |= {"stiffness_n_m": STIFFNESS_N_M} if all(slides) else {"frequency_hz": FREQUENCY_HZ}
    pads = [shape.body(part) for finger in fingers for part in shape.below(finger)]
    entry |= {"pad_links": pads, "pad_friction": list(PAD_FRICTION), "source": source, "mark": "E"}
    note = f"its own hand: {len(fingers)} fingers, {len(driven)} driven joints, what they do read from their tips"
    note += f"; neither open nor close: {', '.join(spreading)}" if spreading else ""
    return End({"own": entry}, tuple(joints), note)


def _holds_zero(shape: Shape, name: str) -> bool:
    return shape.limits[name].low <= 0.0 <= shape.limits[name].high


def _nearness(tip: Float, wrist: Float, middle: Float) -> float:
    return float(np.linalg.norm(tip - wrist) + np.linalg.norm(tip - middle))


def _tip(shape: Shape, finger: int) -> Float:
    """The point of a finger that is farthest from its first joint along the way of its last link."""
    base = shape.anchor(finger)
    points = np.concatenate([surface(shape, part) for part in shape.below(finger)])
    far: Float = points[np.argmax(np.linalg.norm(points - base, axis=1))]
    return far


def _between(tips: list[Float], thumb: int) -> Float:
    """Half-way between the thumb's tip and the middle of the others', (3,) m."""
    others = [tip for n, tip in enumerate(tips) if n != thumb]
    middle: Float = (tips[thumb] + np.mean(others, axis=0)) / 2.0 if others else tips[thumb]
    return middle


def _thumb(shape: Shape, fingers: list[int]) -> int:
    """The finger whose base is farthest from the others' bases."""
    bases = np.array([shape.anchor(finger) for finger in fingers])
    if len(bases) < 2:
        return 0
    away = [np.linalg.norm(base - np.delete(bases, n, axis=0).mean(axis=0)) for n, base in enumerate(bases)]
    return int(np.argmax(away))


def _force(shape: Shape, fingers: list[int], driven: tuple[str, ...]) -> float:
    """What the weakest finger presses with at its tip, N: effort over lever."""
    found = []
    for finger in fingers:
        own = [name for name in shape.names(shape.below(finger)) if name in driven]
        for name in own[:1]:
            effort = shape.limits[name].effort
            joint = shape.model.joint(name)
            if effort is None:
                continue
            slides = joint.type[0] == mujoco.mjtJoint.mjJNT_SLIDE.value
            lever = 1.0 if slides else max(float(np.linalg.norm(_tip(shape, finger) - shape.anchor(finger))), 0.01)
            found.append(effort / lever)
    return min(found, default=FORCE_N)


def _flange(shape: Shape, arm: Limb, source: str) -> dict[str, Any]:
    """A flange at the far end of the last link, -z pointing out.

    Its x is ahead of an arm that hangs, and up of one held ahead.
    """
    out, end = outward(shape, arm)
    body = shape.parts[arm.end].bodies[0]
    frame, place = shape.data.xmat[body].reshape(3, 3), shape.data.xpos[body]
    out = snapped(frame.T @ out)
    level = frame.T @ np.array([0.0, 1.0, 0.0])
    level = across(snapped(level if abs(level @ out) < 0.9 else frame.T @ np.array([1.0, 0.0, 0.0])), out)
    turn = np.stack([np.cross(level, -out), level, -out], axis=1)
    mount = {"link": shape.body(arm.end), "offset_m": point(frame.T @ (end - place)), "rpy_rad": rpy(turn)}
    return {"flange": mount | {"source": source, "mark": "E"}}


def outward(shape: Shape, arm: Limb) -> tuple[Float, Float]:
    """Direction (3,) in which an arm's last link points, and the point (3,) m where it ends, in the world."""
    wrist = shape.anchor(arm.end)
    bodies = list(shape.parts[arm.end].bodies)
    mass = np.maximum(shape.model.body_mass[bodies], 1e-9)
    out = np.average(shape.data.xipos[bodies], axis=0, weights=mass) - wrist
    if np.linalg.norm(out) < 0.02 and len(arm.parts) > 1:
        out = wrist - shape.anchor(arm.parts[-2])
    if np.linalg.norm(out) < 1e-6:
        out = np.array([0.0, 0.0, -1.0])
    out = out / np.linalg.norm(out)
    points = surface(shape, arm.end)
    far = max(float(((points - wrist) @ out).max()), 0.0) if len(points) else 0.05
    return out, wrist + far * out
