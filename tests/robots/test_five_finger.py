"""The five-finger hand has the figures its card cites, fits every robot, presses as hard as it says, and grasps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline import robots
from pilotline.robots import builtin, hands
from pilotline.robots.actuators import attach
from pilotline.robots.card import RobotCard
from pilotline.robots.handcard import HandCard

from .conftest import new_spec

FINGERS = ("index", "middle", "ring", "little")
BOTH = ("right", "left")
MADE_UP: Mapping[str, Any] = {"source": "test", "mark": "E"}
CAN_KG, CAN_HEIGHT_M = 0.5, 0.16


@pytest.fixture(scope="module")
def card() -> HandCard:
    return hands.load("five_finger")


def hoist(side: str) -> RobotCard:
    """A card with one joint that lifts a flange whose hand points ahead with the thumb up."""
    here, still = [0.0, 0.0, 0.0], [0.01, 0.01, 0.01]
    return RobotCard.model_validate(
        {
            "schema": "pilotline/robot/1",
            "name": "hoist",
            "title": "A hand on a hoist",
            "sources": {"test": "made up for this test"},
            "base": {"kind": "fixed", "link": "post", **MADE_UP},
            "links": {
                "post": {"parent": None, "mass_kg": 10.0, "com_m": here, "inertia_kgm2": still, **MADE_UP},
                "carriage": {
                    "parent": "post",
                    "offset_m": [0.0, 0.0, 0.4],
                    "mass_kg": 2.0,
                    "com_m": here,
                    "inertia_kgm2": still,
                    **MADE_UP,
                },
            },
            "drives": {
                "screw": {"kind": "linear", "rated_n": 300.0, "reflected_mass_kg": 2.0, "damping_ns_m": 0.0, **MADE_UP}
            },
            "joints": {
                "lift": {
                    "kind": "slide",
                    "link": "carriage",
                    "drive": "screw",
                    "axis": [0.0, 0.0, 1.0],
                    "range_m": [0.0, 0.5],
                    "effort_n": 500.0,
                    "speed_m_s": 0.5,
                    **MADE_UP,
                }
            },
            "groups": {"torso": ["lift"]},
            "home": {"lift": 0.0},
            "flanges": {side: {"link": "carriage", "offset_m": here, "rpy_rad": [0.0, -np.pi / 2, 0.0], **MADE_UP}},
            "imu": {"link": "post", "offset_m": here, **MADE_UP},
            "cameras": {},
            "collisions": [],
            "servo": {"frequency_hz": {"torso": 8.0}, "damping_ratio": 1.0, **MADE_UP},
        }
    )


@dataclass
class Bench:
    """A hand on a hoist in a world, and what it is told."""

    side: str
    model: mujoco.MjModel
    data: mujoco.MjData
    opened: np.ndarray
    closed: np.ndarray

    def tell(self, share: float) -> None:
        """Command the fingers from open (0) to a fist (1)."""
        for number, (one, other) in enumerate(zip(self.opened, self.closed, strict=True)):
            self.data.ctrl[1 + number] = one + share * (other - one)

    def run(self, seconds: float) -> None:
        """Step on."""
        mujoco.mj_step(self.model, self.data, nstep=round(seconds / self.model.opt.timestep))

    def in_palm(self, body: str) -> np.ndarray:
        """Where a body is in the palm's frame, (3,) m."""
        palm = self.data.body(f"{self.side}_palm")
        return palm.xmat.reshape(3, 3).T @ (self.data.body(body).xpos - palm.xpos)


def bench(side: str, things: Mapping[str, Mapping[str, Any]] | None = None) -> Bench:
    """An open hand of a side, at rest; `things` are geoms of free bodies at offsets from the tool point (`pos`)."""
    robot = builtin.from_card(hoist(side), hands={side: "five_finger"})
    spec = robot.spec(shells=False)
    spec.option = new_spec().option
    attach(spec, robot)
    hand = robot.hands[side]
    alone = spec.compile()
    start = mujoco.MjData(alone)
    mujoco.mj_forward(alone, start)
    for name, thing in (things or {}).items():
        figures = dict(thing)
        body = spec.worldbody.add_body(name=name, pos=start.site(hand.tcp_site).xpos + figures.pop("pos"))
        if figures.pop("free"):
            body.add_freejoint()
        body.add_geom(**figures)
    model = spec.compile()
    data = mujoco.MjData(model)
    made = Bench(side, model, data, np.array(hand.opened), np.array(hand.closed))
    for joint, value in zip(hand.actuators, hand.opened, strict=True):
        data.joint(joint).qpos[0] = value
    made.tell(0.0)
    mujoco.mj_forward(model, data)
    return made


def test_twelve_joints_are_driven_and_six_follow(card: HandCard) -> None:
    assert len(card.driven) == 12
    assert {coupling.joint for coupling in card.couplings} == {
        *(f"{finger}_end" for finger in FINGERS),
        "thumb_end",
        "little_spread",
    }


def test_masses_are_between_the_hands_it_cites(card: HandCard) -> None:
    shadow = {"proximal": 0.03, "middle": 0.017, "distal": 0.013}
    aero = {"proximal": 0.006003, "middle": 0.002376, "distal": 0.003093}
    for finger in FINGERS:
        for part in shadow:
            mean = np.sqrt(shadow[part] * aero[part])
            assert card.links[f"{finger}_{part}"].mass_kg == pytest.approx(mean, rel=0.02), (finger, part)
    thumb = {
        "base": (0.01, 0.008935),
        "metacarpal": (0.04, 0.01027),
        "proximal": (0.02, 0.005746),
        "distal": (0.017, 0.006929),
    }
    for part, (one, other) in thumb.items():
        assert card.links[f"thumb_{part}"].mass_kg == pytest.approx(np.sqrt(one * other), rel=0.02), part
    assert card.links["palm"].mass_kg == pytest.approx(0.3642, rel=0.02)
    assert 0.4 < card.mass_kg < 0.7


def test_phalanges_and_knuckles_are_as_long_and_far_as_cited(card: HandCard) -> None:
    for finger in FINGERS:
        assert card.links[f"{finger}_middle"].offset_m == (0, 0, -0.045)
        assert card.links[f"{finger}_distal"].offset_m == (0, 0, -0.025)
    knuckles = {"index_knuckle": 0.1006, "middle_proximal": 0.09961, "ring_proximal": 0.09563}
    for link, distance in knuckles.items():
        assert np.linalg.norm(card.links[link].offset_m) == pytest.approx(distance, rel=0.02), link
    assert card.links["thumb_proximal"].offset_m == (0, 0, -0.038)
    assert card.links["thumb_distal"].offset_m == (0, 0, -0.032)


def test_torques_follow_from_the_force_at_the_tips(card: HandCard) -> None:
    finger_m = {"knuckle": 0.096, "bend": 0.051, "end": 0.026}
    thumb_m = {"turn": 0.0975, "swing": 0.0975, "bend": 0.0595, "end": 0.0275}
    tips = {**dict.fromkeys(FINGERS, (12.0, finger_m)), "thumb": (15.0, thumb_m)}
    for finger, (tip_n, lengths) in tips.items():
        for joint, length in lengths.items():
            assert card.joints[f"{finger}_{joint}"].effort == pytest.approx(tip_n * length, rel=0.02), (finger, joint)


@pytest.mark.parametrize("name", ["wheeled", "fixed", "biped"])
def test_it_fits_every_built_in_robot(card: HandCard, name: str) -> None:
    robot = robots.load(f"{name} hands=five_finger")
    for side in BOTH:
        hand = robot.hands[side]
        assert hand.actuators == tuple(f"{side}_{joint}" for joint in card.driven)
        assert len(robot.groups[f"{side}_hand"]) == 18
    spec = robot.spec(shells=True)
    attach(spec, robot)
    model = spec.compile()
    for side in BOTH:
        assert model.body(f"{side}_palm").subtreemass[0] == pytest.approx(card.mass_kg)


def test_the_left_hand_is_the_image_of_the_right() -> None:
    one, other = bench("right"), bench("left")
    for made in (one, other):
        made.tell(0.6)
        made.run(0.8)
    for finger in (*FINGERS, "thumb"):
        right, left = one.data.body(f"right_{finger}_distal").xpos, other.data.body(f"left_{finger}_distal").xpos
        np.testing.assert_allclose(left, right * [1, -1, 1], atol=1e-6)


def test_followers_follow(card: HandCard) -> None:
    made = bench("right")
    made.tell(0.7)
    made.run(1.0)
    for coupling in card.couplings:
        leader = made.data.joint(f"right_{coupling.of}").qpos[0]
        assert made.data.joint(f"right_{coupling.joint}").qpos[0] == pytest.approx(coupling.ratio * leader, abs=0.01)


def test_nothing_touches_in_an_open_or_a_relaxed_hand(card: HandCard) -> None:
    made = bench("right")
    assert made.data.ncon == 0
    for joint, value in card.home.items():
        made.data.joint(f"right_{joint}").qpos[0] = value
    mujoco.mj_forward(made.model, made.data)
    assert made.data.ncon == 0


def test_a_straight_finger_presses_with_twelve_newton() -> None:
    """A wall stands 5 mm before the middle finger's tip; its knuckle alone is told to bend."""
    free = bench("right").data
    tip = free.body("right_middle_distal").xpos - free.site("right_tcp").xpos
    wall = {
        "type": mujoco.mjtGeom.mjGEOM_BOX,
        "size": (0.006, 0.01, 0.008),
        "pos": tip + np.array([0.018, 0.008 + 0.005 + 0.01, 0.0]),
        "free": False,
    }
    made = bench("right", {"wall": wall})
    made.data.actuator("right_middle_knuckle").ctrl[0] = 1.5
    made.run(1.0)
    force = np.zeros(6)
    total = 0.0
    for number in range(made.data.ncon):
        mujoco.mj_contactForce(made.model, made.data, number, force)
        total += force[0]
    assert total == pytest.approx(12.0, rel=0.15)


@pytest.mark.parametrize(("side", "radius_m"), [("right", 0.025), ("right", 0.030), ("right", 0.035), ("left", 0.030)])
def test_it_lifts_a_can_and_holds_it(side: str, radius_m: float) -> None:
    """Friction alone carries half a kilogram: closed in 0.6 s, lifted 0.12 m, held for 2 s, no slip over 5 mm."""
    can = {
        "type": mujoco.mjtGeom.mjGEOM_CYLINDER,
        "size": (radius_m, CAN_HEIGHT_M / 2, 0),
        "mass": CAN_KG,
        "friction": (0.6, 0.005, 0.0001),
        "pos": np.zeros(3),
        "free": True,
    }
    table = {
        "type": mujoco.mjtGeom.mjGEOM_BOX,
        "size": (0.2, 0.2, 0.02),
        "pos": np.array([0.0, 0.0, -CAN_HEIGHT_M / 2 - 0.02]),
        "free": False,
    }
    made = bench(side, {"can": can, "table": table})
    made.run(0.2)
    for share in np.linspace(0.0, 1.0, 31):
        made.tell(float(share))
        made.run(0.02)
    made.run(0.5)
    before, height = made.in_palm("can"), made.data.body("can").xpos[2]
    slips = []
    for lift_m in np.linspace(0.0, 0.12, 61):
        made.data.ctrl[0] = lift_m
        made.run(0.02)
        slips.append(np.linalg.norm(made.in_palm("can") - before))
    for _ in range(20):
        made.run(0.1)
        slips.append(np.linalg.norm(made.in_palm("can") - before))
    assert made.data.body("can").xpos[2] - height == pytest.approx(0.12, abs=0.005)
    assert max(slips) < 0.005
