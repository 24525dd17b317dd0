"""A minute of random commands on every shipped drive at the default step; and nothing moves by itself.

The complete soak, every drive at three loads and three loop frequencies, is `make actuators-soak`.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from pilotline.benchmarks.soak import LOADS, SECONDS, Field, Subject, build, drives, kick, rest, shake, slump

TIERS = ("servo", "harmonic", "twin")
SUBJECTS = tuple(Subject(name, LOADS[k % len(LOADS)]) for k, name in enumerate(drives()))
"""Every shipped joint, and every harmonic set with its default motor; a load of 0.3, 1 or 3 times its own inertia."""

LIGHT = tuple(k for k, s in enumerate(SUBJECTS) if s.drive.startswith("xl-320"))
"""The lightest hobby servo: a count of its 12 bits is a tenth of its torque, and the cascade plays within it."""


@cache
def soaked(tier: str) -> tuple[Field, np.ndarray]:
    """Everyone after a minute of random commands, and top speeds over the no-load speed."""
    field = build(tier, SUBJECTS)
    return field, shake(field, SECONDS)


def named(values: np.ndarray) -> str:
    """The worst, for the message."""
    worst = int(np.argmax(values))
    return f"{SUBJECTS[worst]}: {values[worst]:.3g}"


@pytest.mark.parametrize("tier", TIERS)
def test_a_minute_of_random_commands_leaves_everything_finite_and_no_warning(tier):
    field, _ = soaked(tier)
    assert field.healthy


@pytest.mark.parametrize("tier", TIERS)
def test_no_drive_runs_faster_than_its_motor_can(tier):
    _, speed = soaked(tier)
    assert (speed < 1.5).all(), named(speed)
    assert (speed > 0.2).all(), "the commands must move every drive"


@pytest.mark.parametrize("tier", TIERS)
def test_told_to_hold_it_comes_to_rest_and_does_so_again_after_a_push(tier):
    """Kinetic energy left after seconds, over that at the no-load speed."""
    field, _ = soaked(tier)
    for _ in range(2):
        moving, ripple = rest(field, 6.0)
        moving[list(LIGHT)] = ripple[list(LIGHT)] = 0.0
        assert (moving < 1e-4).all(), named(moving)
        assert (ripple < 0.1).all(), named(ripple)
        kick(field)


@pytest.mark.parametrize("tier", ["harmonic", "twin"])
def test_switched_off_a_drive_never_gives_energy(tier):
    """Level links let go: energy of link, rotor and height only falls."""
    growth = slump(build(tier, SUBJECTS, mode="torque"), 6.0)
    assert (growth < 1e-3).all(), named(growth)


def test_a_frictionless_drive_swings_for_ever_but_no_higher():
    """`servo` has no friction: what is left is the integrator's own swing of energy, which does not add up."""
    field = build("servo", SUBJECTS, mode="torque")
    early, late = slump(field, 4.0), slump(field, 12.0)
    assert (late < 0.04).all(), named(late)
    assert (late < early + 0.01).all()
    # a link that was let go level comes back to the level, no further
    highest = np.zeros(len(SUBJECTS))
    for _ in range(3000):
        field.run(field.model.opt.timestep)
        highest = np.maximum(highest, -np.sin(field.angle))
    assert (highest < 0.04).all(), named(highest)


@pytest.mark.parametrize("tier", TIERS)
def test_a_tripped_drive_falls_like_one_that_is_off(tier):
    tripped, loose = build(tier, SUBJECTS), build(tier, SUBJECTS, mode="torque")
    tripped.data.act[tripped.where("drive.tripped")] = 1.0
    tripped.order(1.0)
    tripped.run(2.0)
    loose.run(2.0)
    assert tripped.angle == pytest.approx(loose.angle, abs=0.05)  # one switches its brake off sooner
