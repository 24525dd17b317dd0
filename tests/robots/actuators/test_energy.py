"""The energy books of every tier: what the bus gave is what the joint did, what became heat, and what is stored."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest

from pilotline.benchmarks.soak import Field, Subject, build
from pilotline.robots.actuators.mount import GEAR
from pilotline.robots.actuators.native import law_of

DRIVES = ("csg-14-100", "csg-25-100", "shg-32-160", "hfuc-17-30", "rby1-shoulder", "g1-7520-22", "h1-knee", "ak80-9")
TIERS = ("servo", "harmonic", "twin")
SWINGS = ((0.5, 0.3), (2.0, 0.1))
"""Frequency, Hz, and amplitude, rad: friction and weight rule the first, inertia and braking the second."""


def books(field: Field) -> dict[str, np.ndarray]:
    """Drawn, returned, work and heat of every drive and its gear so far, and energy of the moving parts, J."""
    heat = field.state("drive.heat_j")
    for k, actuator in enumerate(field.actuators):
        number = mujoco.mj_name2id(
            field.model, mujoco.mjtObj.mjOBJ_ACTUATOR, field.model.actuator(actuator).name + GEAR
        )
        if number >= 0:
            law = law_of(field.model, number)
            assert law is not None
            heat[k] += field.data.act[field.model.actuator_actadr[number] + law.states.index("heat_j")]
    named = {name: field.state(f"drive.{name}_j") for name in ("drawn", "returned", "work")}
    return named | {"heat": heat, "stored": field.energy_j}


def swung(tier: str, frequency_hz: float, amplitude: float) -> dict[str, np.ndarray]:
    """Change of the books over three swings about hanging, the first two not counted."""
    field = build(tier, [Subject(name, 1.0) for name in DRIVES])
    field.data.qpos[field.joints] = math.pi / 2

    def swing(times: int) -> None:
        for _ in range(round(times / frequency_hz / field.model.opt.timestep)):
            field.order(math.pi / 2 + amplitude * math.sin(2 * math.pi * frequency_hz * field.data.time))
            mujoco.mj_step(field.model, field.data)

    swing(2)
    before = books(field)
    swing(3)
    return {name: value - before[name] for name, value in books(field).items()}


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize(("frequency_hz", "amplitude"), SWINGS)
def test_electrical_in_is_work_and_heat_and_what_is_stored(tier, frequency_hz, amplitude):
    """Within 1 % of what was drawn, at 2 ms: by the law's own account of its work, and by the mechanical energy in the
    simulation, which knows nothing of that account.
    """
    book = swung(tier, frequency_hz, amplitude)
    useful = book["drawn"] - book["returned"] - book["heat"]
    assert (np.abs(useful - book["work"]) < 0.01 * book["drawn"]).all()
    assert (np.abs(useful - book["stored"]) < 0.01 * book["drawn"]).all()


def test_braking_heavy_drives_gives_energy_back():
    """Size 32 at ratio 160, 9.9 kg m^2 of rotor and as much of link, swung at 2 Hz."""
    book = swung("servo", *SWINGS[1])
    assert book["returned"][DRIVES.index("shg-32-160")] > 0.3 * book["drawn"][DRIVES.index("shg-32-160")]
    assert (book["returned"] < book["drawn"]).all()


@pytest.mark.parametrize("tier", TIERS)
def test_holding_still_all_that_is_drawn_becomes_heat(tier):
    field = build(tier, [Subject(name, 1.0) for name in DRIVES])
    field.order(0.2)
    field.run(3.0)
    before = books(field)
    field.run(1.0)
    after = {name: value - before[name] for name, value in books(field).items()}
    assert after["heat"] == pytest.approx(after["drawn"], rel=1e-3)
    current = field.state("drive.current_a")
    rise = 25.0 + field.state("drive.winding_k") - 20.0
    copper = [f.motor.resistance_ohm * (1 + f.motor.copper_per_k * k) for f, k in zip(field.figures, rise, strict=True)]
    standby = np.array([f.drive.standby_w for f in field.figures])
    share = np.array([f.drive.loss_share for f in field.figures])
    assert after["drawn"] == pytest.approx((1 + share) * np.array(copper) * current**2 + standby, rel=0.05)


def test_a_drive_at_rest_has_clean_books():
    """Nothing moves, nothing is held: standby only."""
    field = build("harmonic", [Subject(name, 1.0) for name in DRIVES], weight=0.0)
    field.run(2.0)
    standby = np.array([2.0 * f.drive.standby_w for f in field.figures])
    assert field.state("drive.drawn_j") == pytest.approx(standby, rel=1e-9)
    assert field.state("drive.work_j") == pytest.approx(np.zeros(len(DRIVES)), abs=1e-12)
