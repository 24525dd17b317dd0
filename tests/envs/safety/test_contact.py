"""Contact with a person follows closed forms: a blow, a pendulum, a weight that drops."""

import math
from collections.abc import Callable

import mujoco
import numpy as np
import pytest

from pilotline.envs.engine import Engine
from pilotline.envs.safety import metrics
from pilotline.envs.safety.pedestrian import Pedestrian
from pilotline.envs.safety.person import add_person, figure
from pilotline.envs.safety.regions import body, impact_n, reduced_mass_kg
from pilotline.envs.safety.walk import drawn
from pilotline.envs.safety.zones import Way, Zones

G = 9.81
NEVER = (1e6, 1e6)
STEP_S = 0.002
STANDS = Zones(
    enters_s=NEVER,
    loads=(),
    ways=(Way(name="there and nowhere", share=1.0, spread_m=0.0, points_m=((0.0, 0.0), (0.0, 1e-3))),),
    keep_out=(),
)
ONE = np.zeros(1, np.int64)
Hammer = Callable[[mujoco.MjSpec], dict[str, tuple[float, float]]]


def met(hammer: Hammer, steps: int = 30) -> dict[str, float]:
    """Largest force on each region after a hammer has met a person who stands at the origin and looks along +y.

    `hammer` adds itself to the world and says from where and how fast its joints begin.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep, spec.option.integrator = STEP_S, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone, spec.option.impratio = mujoco.mjtCone.mjCONE_ELLIPTIC, 10.0
    begin = hammer(spec)
    add_person(spec, "hammer", ())
    engine = Engine(spec.compile(), 1, 1, 10, np.zeros(1, np.int64), np.zeros(1, np.bool_))
    person = Pedestrian(engine, STANDS, 0.02)
    forth = next(seed for seed in range(20) if drawn(STANDS, figure(), np.random.default_rng(seed)).corners[0, 1, 1])
    person.begin(ONE, [np.random.default_rng(forth)])
    for name, (position, speed) in begin.items():
        joint = engine.model.joint(name)
        engine.qpos[0, joint.qposadr[0]], engine.qvel[0, joint.dofadr[0]] = position, speed
    engine.refresh(ONE, constants=False)
    for _ in range(steps):
        engine.step()
        person.add(ONE)
    return dict(zip(metrics.REGIONS, person.force_n[0].tolist(), strict=True))


def ball(spec: mujoco.MjSpec, at: tuple[float, float, float], mass_kg: float) -> mujoco.MjsBody:
    hammer = spec.worldbody.add_body(name="hammer", pos=at)
    hammer.add_geom(name="hammer", type=mujoco.mjtGeom.mjGEOM_SPHERE, size=(0.05, 0.0, 0.0), mass=mass_kg)
    return hammer


def flying(axis: tuple[float, float, float], at: tuple[float, float, float], mass_kg: float, speed: float) -> Hammer:
    def add(spec: mujoco.MjSpec) -> dict[str, tuple[float, float]]:
        spec.option.gravity = (0.0, 0.0, 0.0)
        ball(spec, at, mass_kg).add_joint(name="fly", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
        return {"fly": (0.0, speed)}

    return add


def check(force_n: float, closed_n: float, stiffness_n_m: float, reduced_kg: float) -> None:
    """As the closed form, up to what the physics step makes of it.

    Explicit steps of h swell an oscillation of frequency w by 1 / sqrt(1 - (w h / 2)^2); 3 % more are left for how
    loosely the segments hang together and for where in a step the touch falls.
    """
    swollen = 1.0 / math.sqrt(1.0 - stiffness_n_m / reduced_kg * (0.5 * STEP_S) ** 2)
    assert 0.97 * closed_n < force_n < 1.03 * swollen * closed_n


@pytest.mark.parametrize(
    ("region", "height_m", "aside_m"),
    [("skull", 1.66, 0.0), ("neck", 1.48, 0.0), ("pelvis", 0.95, 0.0), ("forearm", 0.97, 0.25), ("shin", 0.27, 0.09)],
)
@pytest.mark.parametrize("mass_kg", [2.0, 12.0])
def test_a_blow_has_the_force_of_a_spring_between_two_masses(
    region: str, height_m: float, aside_m: float, mass_kg: float
) -> None:
    """F = v sqrt(k mu), whatever the masses: the stiffness is the tissue's and not the solver's."""
    figures = body().regions[region]
    speed = 0.8
    # from its left and from behind a person who looks along y; 3 cm before the touch
    radius = {"skull": 0.095, "neck": 0.06, "pelvis": 0.13, "forearm": 0.04, "shin": 0.055}[region] + 0.05 + 0.03
    if aside_m:
        at = (-aside_m - radius, 0.06 if region == "forearm" else 0.0, height_m)
        hammer = flying((1.0, 0.0, 0.0), at, mass_kg, speed)
    else:
        hammer = flying((0.0, 1.0, 0.0), (0.0, -radius, height_m), mass_kg, speed)
    force = met(hammer, steps=5)
    reduced = reduced_mass_kg(figures.mass_kg, mass_kg)
    check(force[region], impact_n(speed, figures.stiffness_n_m, reduced), figures.stiffness_n_m, reduced)
    assert max(force, key=lambda name: force[name]) == region


def test_a_pendulum_hits_with_the_speed_of_its_height() -> None:
    """m released at an angle: v = sqrt(2 g L (1 - cos)), then the spring."""
    length, mass, angle, region = 1.0, 5.0, math.radians(30.0), "pelvis"
    figures = body().regions[region]

    def add(spec: mujoco.MjSpec) -> dict[str, tuple[float, float]]:
        # the ball touches where the pendulum hangs straight down
        touch = 0.13 + 0.05
        hammer = ball(spec, (0.0, -touch, 0.95), mass)
        hammer.add_joint(name="swing", type=mujoco.mjtJoint.mjJNT_HINGE, axis=(1.0, 0.0, 0.0), pos=(0.0, 0.0, length))
        return {"swing": (-angle, 0.0)}

    force = met(add, steps=60)
    speed = math.sqrt(2.0 * G * length * (1.0 - math.cos(angle)))
    reduced = reduced_mass_kg(figures.mass_kg, mass)
    check(force[region], impact_n(speed, figures.stiffness_n_m, reduced), figures.stiffness_n_m, reduced)


def test_a_weight_that_drops_on_the_head_meets_what_does_not_give_way() -> None:
    """F = m g (1 + sqrt(1 + 2 k h / (m g))): the spring takes the way of falling and the weight."""
    mass, height, region = 1.0, 0.05, "skull"
    figures = body().regions[region]
    top = 1.66 + 0.095 + 0.05

    def add(spec: mujoco.MjSpec) -> dict[str, tuple[float, float]]:
        hammer = ball(spec, (0.0, 0.01, top + height), mass)
        hammer.add_joint(name="drop", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=(0.0, 0.0, 1.0))
        return {"drop": (0.0, 0.0)}

    force = met(add)
    closed = mass * G * (1.0 + math.sqrt(1.0 + 2.0 * figures.stiffness_n_m * height / (mass * G)))
    check(force[region], closed, figures.stiffness_n_m, mass)
    assert force[region] > body().transient_n(region), "a kilogram from 5 cm: the head has no transient allowance"
