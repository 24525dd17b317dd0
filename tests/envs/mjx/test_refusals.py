"""What MJX cannot do as the CPU does is refused by name, with what to use instead, before a device is touched."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import mujoco
import pytest

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.world import World, build_world

pytest.importorskip("jax")
pytest.importorskip("mujoco.mjx")

from pilotline.envs import mjx
from pilotline.envs.mjx.refuse import complaints

FEET = "biped contacts=feet"


@pytest.fixture(scope="module")
def stand() -> World:
    return build_world(stations.load("stand"), robots.load(FEET), "ideal")


def told(world: World, model: mujoco.MjModel) -> str:
    """All that stands against a world, in one text."""
    return "\n".join(complaints(world, model, "legs"))


@pytest.mark.parametrize(
    ("station", "options", "text"),
    [
        ("device_test", {}, r"device_test with .* under MJX: .*geom_surfacevel.*use the CPU engine"),
        ("tote_destack", {"control": "ee"}, r"control=ee .*: use control=joint"),
        ("stand", {"robot": FEET, "actuators": "twin"}, r"actuators=twin \(\w+\) .*discrete: use actuators=harmonic"),
        ("stand", {"robot": FEET, "pack": "D1"}, r"height fields .*: use pack=D0"),
        ("stand", {"robot": FEET, "impl": "warp"}, r"impl=warp: .*use impl=jax"),
        ("stand", {"robot": FEET, "impl": "cuda"}, r"impl='cuda' does not exist; there are: jax, warp"),
        ("stand", {"robot": FEET, "contacts": 0}, r"contacts=0: at least 1"),
        ("stand", {"robot": FEET, "cycles": 0}, r"cycles=0: at least 1"),
        ("nowhere", {}, r"station 'nowhere' does not exist"),
    ],
)
def test_a_station_that_cannot_run_is_refused_in_one_line(station: str, options: dict[str, object], text: str) -> None:
    options = {"cycles": 1, **options}
    with pytest.raises(ValueError, match=text) as caught:
        mjx.make(station, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def springs(model: mujoco.MjModel) -> None:
    model.jnt_springyield[0] = 1.0


def polynomial(model: mujoco.MjModel) -> None:
    model.dof_dampingpoly[0] = 1.0


def moving(model: mujoco.MjModel) -> None:
    model.geom_surfacevel[0, 0] = 0.1


def projected_gauss_seidel(model: mujoco.MjModel) -> None:
    model.opt.solver = mujoco.mjtSolver.mjSOL_PGS


def discrete(model: mujoco.MjModel) -> None:
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_DISCRETE


def slipless(model: mujoco.MjModel) -> None:
    model.opt.noslip_iterations = 3


def windy(model: mujoco.MjModel) -> None:
    model.opt.density = 1.2


def cut_off(model: mujoco.MjModel) -> None:
    model.sensor_cutoff[0] = 1.0


def magnetised(model: mujoco.MjModel) -> None:
    model.sensor_type[0] = mujoco.mjtSensor.mjSENS_USER


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (springs, "springyield of joints: use linear springs"),
        (polynomial, "polynomial damping of joints: use linear damping"),
        (moving, "geom_surfacevel"),
        (projected_gauss_seidel, "solver pgs: use Newton"),
        (discrete, "integrator discrete: use implicitfast"),
        (slipless, "noslip_iterations=3: use 0"),
        (windy, "drag of air"),
        (cut_off, "cut-off of sensors"),
        (magnetised, r"sensor \w+ \(user\)"),
    ],
)
def test_what_mjx_leaves_out_in_silence_is_found(
    stand: World, change: Callable[[mujoco.MjModel], None], text: str
) -> None:
    model = copy.copy(stand.model)
    assert not re.search(text, told(stand, model))
    change(model)
    assert re.search(text, told(stand, model))


def test_shapes_without_a_contact_function_are_named(stand: World) -> None:
    model = copy.copy(stand.model)
    field = model.geom_type == mujoco.mjtGeom.mjGEOM_HFIELD
    model.geom_contype[field] = model.geom_conaffinity[field] = 0
    assert told(stand, model) == ""
    sole = stand.robot.feet["right"].body
    boxes = [g for g in range(model.ngeom) if model.geom_bodyid[g] == model.body(sole).id and model.geom_contype[g]]
    model.geom_type[boxes] = mujoco.mjtGeom.mjGEOM_ELLIPSOID
    other = stand.robot.feet["left"].body
    boxes = [g for g in range(model.ngeom) if model.geom_bodyid[g] == model.body(other).id and model.geom_contype[g]]
    model.geom_type[boxes] = mujoco.mjtGeom.mjGEOM_BOX
    assert re.search(r"contacts ellipsoid-box .*contacts=feet", told(stand, model))
