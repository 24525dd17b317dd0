"""Made-up humanoids of any lengths, names, frames and axes, with what is what in them; and the real files at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline.robots import Robot
from pilotline.robots.adapters.card import AdapterCard
from pilotline.robots.adapters.make import make as make_robot
from pilotline.robots.adapters.read import Model, read
from pilotline.robots.adopt import Adoption
from pilotline.robots.yamlfile import validated

HINGE, SLIDE = mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE
X, Y, Z = np.eye(3)


@dataclass(frozen=True)
class Plan:
    """What to make.

    Attributes:
      seed: of lengths, names, frames and axes.
      legs, arms, torso, head: joints each; no legs means a pedestal.
      fingers: per hand, 0 for a stump.
      slides: whether the fingers slide.
      arms_at_zero: where they point in the zero pose: down, ahead or aside.
      floating: whether the file lets the root go.
      servos: position servos instead of motors.
    """

    seed: int
    legs: int = 6
    arms: int = 7
    torso: int = 1
    head: int = 2
    fingers: int = 0
    slides: bool = False
    arms_at_zero: str = "down"
    floating: bool = True
    servos: bool = False
    scrambled: bool = True


@dataclass
class Made:
    """A model's text and what is what in it; joints in series from the torso outwards."""

    xml: str
    groups: dict[str, list[str]]
    efforts: dict[str, float]
    feet: dict[str, str]
    palms: dict[str, str]
    root: str


@dataclass
class _Maker:
    plan: Plan
    spec: mujoco.MjSpec = field(default_factory=mujoco.MjSpec)
    frames: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    efforts: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.plan.seed)
        self.spec.modelname = "made up"
        self.spec.compiler.degree = False
        self._numbers = iter(self.rng.permutation(1000))

    def body(self, parent: str | None, place: np.ndarray) -> str:
        """A body at a place in the world, its frame turned at random."""
        name = f"b{next(self._numbers)}"
        turn = self._frame() if self.plan.scrambled else np.eye(3)
        here = self.spec.worldbody if parent is None else self.spec.body(parent)
        origin, above = (np.zeros(3), np.eye(3)) if parent is None else self.frames[parent]
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, (above.T @ turn).ravel())
        here.add_body(name=name, pos=above.T @ (place - origin), quat=quat)
        self.frames[name] = (place, turn)
        return name

    def _frame(self) -> np.ndarray:
        quat = self.rng.normal(size=4)
        matrix = np.zeros(9)
        mujoco.mju_quat2Mat(matrix, quat / np.linalg.norm(quat))
        return matrix.reshape(3, 3)

    def link(
        self,
        group: str,
        parent: str,
        place: np.ndarray,
        axis: np.ndarray,
        span: tuple[float, float],
        effort: float,
        kind: mujoco.mjtJoint = HINGE,
    ) -> str:
        """A body with a joint about an axis of the world; the axis may be turned round, the range with it."""
        name = self.body(parent, place)
        joint = f"j{next(self._numbers)}"
        sign = self.rng.choice((-1.0, 1.0)) if self.plan.scrambled else 1.0
        low, high = span if sign > 0 else (-span[1], -span[0])
        local = self.frames[name][1].T @ (sign * axis)
        self.spec.body(name).add_joint(
            name=joint, type=kind, axis=local, range=(low, high), limited=True, armature=0.01
        )
        self.groups.setdefault(group, []).append(joint)
        self.efforts[joint] = effort
        actuator = self.spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        if self.plan.servos:
            actuator.set_to_position(kp=100.0)
            actuator.forcerange = (-effort, effort)
        else:
            gear = float(self.rng.choice((1.0, 20.0)))
            actuator.ctrlrange = (-effort / gear, effort / gear)
            actuator.gear = (gear, 0, 0, 0, 0, 0)
        return name

    def box(
        self, body: str, centre: np.ndarray, half: tuple[float, float, float], mass: float, touch: bool = True
    ) -> None:
        """A box along the world's axes."""
        origin, turn = self.frames[body]
        quat = np.zeros(4)
        mujoco.mju_mat2Quat(quat, turn.T.ravel())
        geom = self.spec.body(body).add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=half, mass=mass, quat=quat)
        geom.pos = turn.T @ (centre - origin)
        geom.contype = geom.conaffinity = int(touch)

    def rod(self, body: str, start: np.ndarray, end: np.ndarray, radius: float, mass: float) -> None:
        """A capsule between two points of the world, a little shorter so that neighbours stay apart."""
        origin, turn = self.frames[body]
        way = end - start
        a, b = start + 0.3 * way, end - 0.3 * way
        geom = self.spec.body(body).add_geom(type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=(radius, 0, 0), mass=mass)
        geom.fromto = (*(turn.T @ (a - origin)), *(turn.T @ (b - origin)))


def make(plan: Plan) -> Made:
    """A humanoid of a plan; looks along +x, its left at +y."""
    maker = _Maker(plan)
    rng = maker.rng
    size = float(rng.uniform(0.6, 1.15))
    thigh, shank = size * rng.uniform(0.32, 0.42), size * rng.uniform(0.32, 0.42)
    sole = size * 0.07
    hip = thigh + shank + sole
    root = maker.body(None, np.array([0.0, 0.0, hip + 0.05 * size if plan.legs else 0.05]))
    if plan.floating:
        maker.spec.body(root).add_freejoint(name="free")
    if plan.legs:
        maker.box(root, np.array([0.0, 0.0, hip + 0.09 * size]), (0.06 * size, 0.08 * size, 0.04 * size), 8.0 * size**3)
    else:
        maker.box(root, np.array([0.0, 0.0, 0.5 * size]), (0.1, 0.1, 0.5 * size), 40.0)
    top = maker.frames[root][0] + (0.12 * size if plan.legs else 0.95 * size) * Z
    torso = root
    for number in range(plan.torso):
        torso = maker.link("torso", torso, top, (Z, Y, X)[number % 3], (-0.6, 0.6), 200.0 * size**2)
        if number < plan.torso - 1:
            maker.box(torso, top, (0.02, 0.02, 0.01), 0.5 * size**3, touch=False)
    maker.box(torso, top + 0.25 * size * Z, (0.08 * size, 0.11 * size, 0.18 * size), 18.0 * size**3)
    feet, palms = {}, {}
    sides = [("right", -1.0), ("left", 1.0)]
    if rng.random() < 0.5:
        sides.reverse()
    upper, fore = size * rng.uniform(0.24, 0.32), size * rng.uniform(0.22, 0.28)
    for side, sign in sides:
        if plan.legs:
            feet[side] = _leg(maker, side, sign, root, size, hip, thigh, shank)
        palms[side] = _arm(maker, side, sign, torso, size, top + 0.4 * size * Z, upper, fore)
    if plan.head:
        neck, place = torso, top + 0.48 * size * Z
        for number in range(plan.head):
            neck = maker.link("head", neck, place, (Z, Y)[number % 2], (-0.8, 0.8), 5.0)
            if number < plan.head - 1:
                maker.box(neck, place, (0.01, 0.01, 0.01), 0.2 * size**3, touch=False)
        maker.box(neck, place + 0.12 * size * Z, (0.06 * size, 0.06 * size, 0.08 * size), 2.0 * size**3)
    maker.spec.compile()
    return Made(maker.spec.to_xml(), maker.groups, maker.efforts, feet, palms, root)


def _leg(maker: _Maker, side: str, sign: float, root: str, size: float, hip: float, thigh: float, shank: float) -> str:
    """Hip, knee and ankle; returns the foot."""
    plan, group, push = maker.plan, f"{side}_leg", 300.0 * size**2
    at = np.array([0.0, sign * 0.1 * size, hip])
    hips = [(Z, (-0.8, 0.8)), (X, (-0.6, 0.6)), (Y, (-2.0, 1.0))]
    ankles = [(Y, (-1.0, 0.8)), (X, (-0.4, 0.4))][: 2 if plan.legs >= 6 else 1]
    body = root
    for number, (axis, span) in enumerate(hips):
        body = maker.link(group, body, at, axis, span, push)
        if number < len(hips) - 1:
            maker.box(body, at, (0.02, 0.02, 0.02), 0.8 * size**3, touch=False)
    maker.rod(body, at, at - thigh * Z, 0.04 * size, 5.0 * size**3)
    knee = at - thigh * Z
    body = maker.link(group, body, knee, Y, (-0.05, 2.3), push)
    ankle = knee - shank * Z
    maker.rod(body, knee, ankle, 0.03 * size, 2.5 * size**3)
    for number, (axis, span) in enumerate(ankles):
        body = maker.link(group, body, ankle, axis, span, push)
        if number < len(ankles) - 1:
            maker.box(body, ankle, (0.01, 0.01, 0.01), 0.2 * size**3, touch=False)
    low = ankle[2] - 0.07 * size
    middle = np.array([0.03 * size, at[1], low + 0.02 * size])
    maker.box(body, middle, (0.11 * size, 0.045 * size, 0.02 * size), 1.0 * size**3)
    return body


def _arm(
    maker: _Maker, side: str, sign: float, torso: str, size: float, top: np.ndarray, upper: float, fore: float
) -> str:
    """Shoulder, elbow and wrist, the fingers if there are any; returns the last link of the arm."""
    plan, group, push = maker.plan, f"{side}_arm", 90.0 * size**2
    at = top + sign * 0.2 * size * Y
    out = {"down": -Z, "ahead": -Z, "aside": sign * Y}[plan.arms_at_zero]
    along = X if plan.arms_at_zero == "ahead" else out
    bend = Y if plan.arms_at_zero != "aside" else Z
    body = torso
    for number, axis in enumerate((Y, X, out)):
        body = maker.link(group, body, at, axis, (-2.5, 2.5), push)
        if number < 2:
            maker.box(body, at, (0.02, 0.02, 0.02), 0.6 * size**3, touch=False)
    maker.rod(body, at, at + upper * out, 0.03 * size, 1.5 * size**3)
    elbow = at + upper * out
    body = maker.link(group, body, elbow, bend, (-2.2, 2.2), push)
    maker.rod(body, elbow, elbow + fore * along, 0.025 * size, 1.0 * size**3)
    wrist = elbow + fore * along
    side_way = np.cross(along, bend)
    for number in range(plan.arms - 4):
        body = maker.link(group, body, wrist, (along, bend, side_way)[number % 3], (-1.5, 1.5), 20.0 * size**2)
        if number < plan.arms - 5:
            maker.box(body, wrist, (0.01, 0.01, 0.01), 0.15 * size**3, touch=False)
    maker.rod(body, wrist, wrist + 0.12 * size * along, 0.02 * size, 0.4 * size**3)
    if plan.fingers:
        _fingers(maker, side, body, size, wrist + 0.13 * size * along, along, bend)
    return body


def _fingers(
    maker: _Maker, side: str, palm: str, size: float, at: np.ndarray, along: np.ndarray, across: np.ndarray
) -> None:
    """Fingers around the palm's end, the first one the thumb; positive angles of an axis close."""
    plan = maker.plan
    gap = 0.05 * size
    for number in range(plan.fingers):
        away = -across if number == 0 else across
        beside = np.cross(along, across) * 0.03 * size * (number - 1.5) * (number > 0)
        base = at + gap * away + beside
        if plan.slides:
            body = maker.link(f"{side}_hand", palm, base, -away, (0.0, 0.8 * gap), 40.0, SLIDE)
        else:
            body = maker.link(f"{side}_hand", palm, base, np.cross(along, -away), (0.0, 1.2), 2.0)
        maker.rod(body, base, base + 0.08 * size * along, 0.008 * size, 0.05 * size**3)


@dataclass(frozen=True)
class Maker:
    """What tests get: plans, models made of them, and models as read."""

    folder: Path

    @staticmethod
    def plan(**changes: Any) -> Plan:
        """A full-size biped with stumps for hands, or something else."""
        return Plan(**{"seed": 1, **changes})

    def made(self, plan: Plan, change: Callable[[str], str] = lambda text: text) -> tuple[Made, Model]:
        """A model of a plan, its text changed, and what is what in it."""
        made = make(plan)
        path = self.folder / "made.xml"
        path.write_text(change(made.xml), encoding="utf-8")
        return made, read(path)

    def robot(self, adoption: Adoption, model: Model) -> Robot:
        """The robot of a card and its model."""
        return make_robot(validated("made.adapter.yaml", adoption.card, AdapterCard), model, "made.adapter.yaml")


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tmp_path_factory.mktemp("made"))


@pytest.fixture
def menagerie() -> Path:
    """Folder of MuJoCo Menagerie, where `MENAGERIE_ROOT` names one."""
    root = os.environ.get("MENAGERIE_ROOT")
    if not root:
        pytest.skip("MENAGERIE_ROOT is not set")
    return Path(root)
