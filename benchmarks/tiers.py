"""What the actuator tiers cost: physics steps per second of one robot in each tier, measured in turns in one run."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from mujoco import batch as mjbatch

from pilotline import robots
from pilotline.benchmarks import turns
from pilotline.benchmarks.turns import Way
from pilotline.envs.scenery import add_cell
from pilotline.envs.world import TIMESTEP_S
from pilotline.robots.actuators import TIERS, attach, catalogue
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.interpreted import python_callbacks
from pilotline.robots.actuators.mount import mount
from pilotline.robots.actuators.pack import Setup

SHEET = "csg-20-100+tbm-6025"
"""On every joint of a menagerie robot: cost does not depend on the figures."""

_FREQUENCY_HZ = 8.0
_BLOCK = 10
"""Physics steps in a call, as in a control step."""
_TURN_S = 0.05
"""A turn is short, often a single call, so that tiers which are compared meet the same mood of the machine."""
_FEWEST = 7
_FRESH = 40
"""Turns after which every simulation begins again from the model's own pose; that is not timed."""
_NUDGE_RAD = 0.1
_PYTHON = "harmonic, Python callbacks"


@dataclass(frozen=True)
class Subject:
    """A robot whose tiers are compared.

    Attributes:
      name: for people.
      joints: how many of its joints change their actuator with the tier.
      build: tier -> compiled model.
    """

    name: str
    joints: int
    build: Callable[[str], mujoco.MjModel]


def subject(robot: str) -> Subject:
    """Unitree G1 with its 29 driven joints where `MENAGERIE_ROOT` has it, else the built-in robot of that name."""
    file = Path(os.environ.get("MENAGERIE_ROOT", "")) / "unitree_g1" / "g1.xml"
    if os.environ.get("MENAGERIE_ROOT") and file.is_file():
        return _menagerie(file)
    body = robots.load(robot)

    def build(tier: str) -> mujoco.MjModel:
        spec = body.spec(shells=False)
        attach(spec, body, tier)
        add_cell(spec)
        return _compiled(spec, tier)

    joints = sum(len(body.groups[group]) for group in ("torso", "right_arm", "left_arm", "head"))
    return Subject(body.card.title, joints, build)


def measure(robot: str, nsim: int, nthread: int, seconds: float) -> dict[str, Any]:
    """Speed of every tier against `ideal`.

    Simulations start at the model's own pose; targets jump by a small random angle every block, the same in each
    tier. The tiers take turns, and a ratio is the median of the ratios within each turn. The law as Python callbacks
    cannot run in a batch's threads: its ratio is against `ideal` in a plain `mj_step` loop.

    Args:
      robot: see `subject`.
      nsim, nthread: of the batches; 0 threads for all cores.
      seconds: measured time of each tier.

    Returns:
      `subject`, `joints`, `ratios` (median), `ratio_spread` (middle half), `steps_per_s` (median), `rounds`.
    """
    chosen = subject(robot)
    threads = nthread or os.cpu_count() or 1
    batches = {tier: mjbatch.Batch(chosen.build(tier), nsim, threads) for tier in TIERS}
    ways = [_batched(tier, batch) for tier, batch in batches.items()]
    rates = turns.rates(ways, seconds, _TURN_S, _FEWEST, _FRESH)
    single = [_looped("ideal", batches["ideal"].model), _looped(_PYTHON, batches["harmonic"].model)]
    with python_callbacks(batches["harmonic"].model):
        alone = turns.rates(single, min(seconds, 2.0), _TURN_S, _FEWEST, _FRESH)
    pairs = {tier: (rates[tier], rates["ideal"]) for tier in TIERS[1:]} | {_PYTHON: (alone[_PYTHON], alone["ideal"])}
    ratios = {name: [a / b for a, b in zip(*pair, strict=True)] for name, pair in pairs.items()}
    return {
        "subject": chosen.name,
        "joints": chosen.joints,
        "ratios": {f"{name} / ideal": statistics.median(values) for name, values in ratios.items()},
        "ratio_spread": {f"{name} / ideal": _middle_half(values) for name, values in ratios.items()},
        "steps_per_s": {tier: statistics.median(values) for tier, values in rates.items()}
        | {_PYTHON: statistics.median(alone[_PYTHON])},
        "rounds": len(rates["ideal"]),
    }


def _middle_half(values: list[float]) -> list[float]:
    return [float(value) for value in np.percentile(values, (25.0, 75.0))]


def _batched(name: str, batch: mjbatch.Batch) -> Way:
    driven, targets = _driven(batch.model), _targets(batch.model, batch.nsim)

    def step() -> None:
        batch.ctrl[:, driven] = next(targets)
        batch.step(nstep=_BLOCK)

    return Way(name, batch.nsim * _BLOCK, step, batch.reset)


def _looped(name: str, model: mujoco.MjModel) -> Way:
    data, driven, targets = mujoco.MjData(model), _driven(model), _targets(model, 1)

    def step() -> None:
        data.ctrl[driven] = next(targets)[0]
        mujoco.mj_step(model, data, _BLOCK)

    return Way(name, _BLOCK, step, lambda: mujoco.mj_resetData(model, data))


def _targets(model: mujoco.MjModel, nsim: int) -> Iterator[Any]:
    """Targets (nsim, k) of the driven joints near the model's own pose, the same for every tier."""
    joints = [int(model.joint(model.actuator(i).name).id) for i in _driven(model)]
    start, rng = model.qpos0[model.jnt_qposadr[joints]], np.random.default_rng(0)
    while True:
        yield start + rng.uniform(-_NUDGE_RAD, _NUDGE_RAD, (nsim, len(joints)))


def _driven(model: mujoco.MjModel) -> list[int]:
    """Controls of the position servos: actuators named as a hinge joint."""
    names = {model.joint(j).name for j in range(model.njnt) if model.jnt_type[j] == mujoco.mjtJoint.mjJNT_HINGE}
    return [
        i for i in range(model.nactuator) if model.actuator(i).name in names and "base" not in model.actuator(i).name
    ]


def _menagerie(file: Path) -> Subject:
    figures = catalogue.joint(SHEET)

    def build(tier: str) -> mujoco.MjModel:
        spec = mujoco.MjSpec.from_file(str(file))
        for key in list(spec.keys):
            spec.delete(key)
        targets = [actuator.target for actuator in spec.actuators]
        for actuator in list(spec.actuators):
            spec.delete(actuator)
        for joint in targets:
            _drive(spec, joint, tier, figures)
        add_cell(spec)
        return _compiled(spec, tier)

    joints = mujoco.MjSpec.from_file(str(file)).actuators
    return Subject("Unitree G1 (mujoco-menagerie)", len(joints), build)


def _drive(spec: mujoco.MjSpec, joint: str, tier: str, figures: JointFigures) -> None:
    inertia = figures.armature_kgm2
    if tier != "ideal":
        mount(spec, joint, figures, tier, Setup(inertia, _FREQUENCY_HZ))
        return
    omega = 2.0 * np.pi * _FREQUENCY_HZ
    hinge = spec.joint(joint)
    hinge.armature = inertia
    actuator = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    actuator.set_to_position(kp=omega**2 * inertia, kv=2.0 * omega * inertia)
    actuator.forcelimited, actuator.forcerange = True, (-figures.peak_nm, figures.peak_nm)


def _compiled(spec: mujoco.MjSpec, tier: str) -> mujoco.MjModel:
    twin, plain = mujoco.mjtIntegrator.mjINT_DISCRETE, mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = twin if tier == "twin" else plain
    return spec.compile()
