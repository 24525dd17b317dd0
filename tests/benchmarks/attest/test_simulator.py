"""Attested settings are those of the worlds that a job runs in, and change with what changes physics."""

import mujoco

from pilotline import robots
from pilotline.benchmarks.attest.simulator import settings_of
from pilotline.benchmarks.job import Job
from pilotline.envs import stations
from pilotline.envs.world import build_world


def job(**change):
    asked = {"robot": "wheeled", "actuators": "ideal", "stations": ("device_test",), "policy": "reference", "seed": 0}
    return Job.of(asked | ({} if "hours" in change else {"cycles": 2}) | change)


def test_they_are_those_of_the_compiled_world():
    model = build_world(stations.load("device_test"), robots.load("wheeled"), "ideal").model
    found = settings_of(job())["device_test"]
    assert found["timestep"] == model.opt.timestep
    assert found["solver"] == mujoco.mjtSolver(model.opt.solver).name == "mjSOL_NEWTON"
    assert found["cone"] == mujoco.mjtCone(model.opt.cone).name
    assert found["gravity"] == model.opt.gravity.tolist()


def test_a_stiffer_contact_is_another_world(monkeypatch):
    plain = settings_of(job())["device_test"]
    import pilotline.benchmarks.attest.simulator as simulator

    def stiffer(*words, **more):
        world = build_world(*words, **more)
        world.model.geom_solref[world.model.geom_contype != 0, 0] *= 0.5
        return world

    monkeypatch.setattr(simulator, "build_world", stiffer)
    other = settings_of(job())["device_test"]
    assert {name for name in plain if plain[name] != other[name]} == {"contacts_sha256"}


def test_twins_of_drives_ask_for_another_integrator():
    found = settings_of(job(actuators="twin"))["device_test"]
    assert found["integrator"] == "mjINT_DISCRETE"


def test_a_line_from_end_to_end_has_one_world():
    assert settings_of(job(stations=(), line="packaging", hours=1.0)).keys() == {"packaging"}
