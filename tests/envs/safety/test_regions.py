"""Body regions, and the screening model of a blow."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.envs.safety import regions

FEW = st.floats(0.1, 100.0)


def test_a_blow_may_be_twice_as_hard_as_a_squeeze_but_never_at_the_head() -> None:
    body = regions.body()
    for name, region in body.regions.items():
        factor = 1.0 if name in ("skull", "face") else 2.0
        assert body.transient_n(name) == factor * region.force_n
        assert body.transient_n_cm2(name) == factor * region.pressure_n_cm2


def test_every_figure_has_its_source() -> None:
    body = regions.body()
    assert len(body.regions) == 12
    assert body.limits_mark == "G", "not read in a licensed copy: the card must say so"
    assert all(region.stiffness_mark in ("W", "G") for region in body.regions.values())


@given(speed=st.floats(0.0, 3.0), stiffness=st.floats(1e3, 2e5), one=FEW, other=FEW)
def test_the_spring_takes_all_the_energy_of_the_relative_motion(
    speed: float, stiffness: float, one: float, other: float
) -> None:
    mass = regions.reduced_mass_kg(one, other)
    force = regions.impact_n(speed, stiffness, mass)
    assert force**2 / (2.0 * stiffness) == pytest.approx(0.5 * mass * speed**2)


@given(limit=st.floats(10.0, 500.0), stiffness=st.floats(1e3, 2e5), one=FEW, other=FEW)
def test_the_allowed_speed_reaches_the_limit(limit: float, stiffness: float, one: float, other: float) -> None:
    mass = regions.reduced_mass_kg(one, other)
    assert regions.impact_n(regions.allowed_m_s(limit, stiffness, mass), stiffness, mass) == pytest.approx(limit)


@given(one=FEW, other=FEW)
def test_two_masses_are_together_lighter_than_each(one: float, other: float) -> None:
    mass = regions.reduced_mass_kg(one, other)
    assert mass == regions.reduced_mass_kg(other, one)
    assert mass < min(one, other)
    assert regions.reduced_mass_kg(one, math.inf) == pytest.approx(one)


def test_pressure_is_force_under_the_probe() -> None:
    assert regions.body().pressure_n_cm2(196.0) == pytest.approx(100.0)


def test_a_robot_meets_with_half_its_moving_mass_and_its_load() -> None:
    assert regions.moving_mass_kg(10.0, 3.0) == 8.0
