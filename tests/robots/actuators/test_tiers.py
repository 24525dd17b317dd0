"""`harmonic` and `twin` in slow motion: the same torque on the joint and the same place of the link.

The loops are those of the built-in robot: 10 Hz in its arms, on any gear, and 8 Hz in its torso, on gears from size 20
up. A small gear on a softer loop sticks and slips at these speeds, and two models never slip at the same moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import mujoco
import numpy as np
import pytest

from pilotline.benchmarks.soak import Field, Subject, build
from pilotline.robots.actuators import catalogue

from .conftest import ARCSEC, FINE

HARMONIC = tuple(name for name in catalogue.names("gear") if catalogue.gear(name).kind == "harmonic")
LARGE = tuple(name for name in HARMONIC if int(name.split("-")[-2]) >= 20)
CASES = [
    pytest.param(names, hz, side, id=f"{len(names)} sets at {hz:g} Hz, {side} encoder")
    for names, hz in ((HARMONIC, 10.0), (LARGE, 8.0))
    for side in ("motor", "link")
]

ENCODERS: dict[str, dict[str, Any]] = {"motor": FINE | {"side": "motor"}, "link": FINE | {"side": "link"}}
"""Without steps: a step of the encoder falls at another moment in every model of a joint."""


def smooth(share: float) -> float:
    """From 0 to 1 with speed and acceleration zero at both ends; top speed twice the mean."""
    share = min(max(share, 0.0), 1.0)
    return share - math.sin(2 * math.pi * share) / (2 * math.pi)


def lifted(time: float) -> float:
    """Hanging, lifted by 45 degrees, held, lowered by 6, held, lifted by 6, held."""
    moves = ((0.5, 25.0, -45.0), (26.0, 4.0, 6.0), (30.5, 4.0, -6.0))
    return math.pi / 2 + sum(math.radians(angle) * smooth((time - at) / lasts) for at, lasts, angle in moves)


@dataclass(frozen=True)
class Lift:
    """Torque on the joints and angle of the links through the motion, (n, k)."""

    torque_nm: np.ndarray
    angle: np.ndarray


def lift(field: Field, torque: str) -> Lift:
    """The motion of `lifted`, everyone at once, read every fifth step."""
    field.data.qpos[field.joints] = math.pi / 2
    where = field.where(torque)
    rows = []
    for _ in range(3500):
        for _ in range(5):
            field.order(lifted(field.data.time))
            mujoco.mj_step(field.model, field.data)
        rows.append((field.data.act[where], field.angle))
    torques, angles = np.array(rows).swapaxes(0, 1)
    return Lift(torques, angles)


@cache
def both(names: tuple[str, ...], frequency_hz: float, side: str) -> tuple[Field, Lift, Lift]:
    """The motion on drives with a weight of 0.6 of their rated torque at its top, by `harmonic` and by `twin`."""
    subjects = [Subject(name, 1.0) for name in names]
    fields = [
        build(tier, subjects, weight=0.85, frequency_hz=frequency_hz, encoder=ENCODERS[side])
        for tier in ("harmonic", "twin")
    ]
    return fields[0], lift(fields[0], "torque_nm"), lift(fields[1], "link_nm")


def worst(field: Field, difference: np.ndarray) -> str:
    """The drive with the largest value, for the message."""
    top = np.abs(difference).max(axis=0)
    return f"{field.subjects[int(top.argmax())].drive}: {top.max():.3g}"


@pytest.mark.parametrize(("names", "frequency_hz", "side"), CASES)
def test_joint_torques_agree_within_three_percent_of_rated(names, frequency_hz, side):
    field, harmonic, twin = both(names, frequency_hz, side)
    rated = np.array([f.gear.rated_nm for f in field.figures])
    share = (harmonic.torque_nm - twin.torque_nm) / rated
    assert np.abs(share).max() < 0.03, worst(field, share)


@pytest.mark.parametrize(("names", "frequency_hz", "side"), CASES)
def test_link_positions_agree_within_fifteen_arc_seconds(names, frequency_hz, side):
    field, harmonic, twin = both(names, frequency_hz, side)
    apart = (harmonic.angle - twin.angle) / ARCSEC
    assert np.abs(apart).max() < 15.0, worst(field, apart)


def test_the_motion_is_worth_comparing():
    """The link lags and winds up by far more than the tiers differ, and every drive carries 0.6 of its rating."""
    field, harmonic, _ = both(HARMONIC, 10.0, "motor")
    times = 0.002 * (5 * np.arange(1, 3501) - 1)
    error = harmonic.angle - np.array([lifted(time) for time in times])[:, None]
    assert (np.abs(error).max(axis=0) > 100 * ARCSEC).all()
    assert (np.abs(harmonic.torque_nm).max(axis=0) > 0.6 * np.array([f.rated_nm for f in field.figures])).all()
    assert np.abs(np.gradient(np.array([lifted(time) for time in times]), 0.01)).max() < math.radians(4.0)


def test_planetary_joints_agree_in_torque():
    names = tuple(name for name in catalogue.names("joint") if catalogue.joint(name).gear.kind == "planetary")
    field, harmonic, twin = both(names, 10.0, "motor")
    share = (harmonic.torque_nm - twin.torque_nm) / np.array([f.gear.rated_nm for f in field.figures])
    assert np.abs(share).max() < 0.03, worst(field, share)
