"""A minute of random commands on every shipped drive, and what is left of it at rest: `make actuators-soak`.

Each drive moves a pendulum of its own; they hang side by side in one model, so that a step costs what the laws cost.
Three loads (link inertia over the drive's own inertia at the output) and a weight of 0.4 times the rated torque.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import mujoco
import numpy as np

from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import versions
from pilotline.robots.actuators import catalogue, native
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.mount import LAW_TIERS, TWIST, mount
from pilotline.robots.actuators.pack import Setup

GRAVITY = 9.81
LOADS = (0.3, 1.0, 3.0)
WEIGHT = 0.4
TIMESTEP_S = 0.002
FREQUENCY_HZ = 8.0
SECONDS = 60.0

_RANGE_RAD = 2.0
"""Commands are drawn from plus and minus this."""
_CHANGE_S = (0.02, 0.1)
"""A command stays for a time drawn from this range."""
_REST_RAD = 0.3
_SEED = 20260914
_KICK = 0.1
"""Speed of a kick at rest over the no-load speed."""


class Subject(NamedTuple):
    """A drive by its catalogue name, and link inertia over its armature."""

    drive: str
    load: float


@dataclass(frozen=True)
class Field:
    """Pendulums side by side, one to a subject.

    Attributes:
      figures: of the drives, k of them.
      inertia_kgm2, weight_nm: of the links, about the joint and where they hang level, (k,).
      actuators, controls, joints, twists: actuator id, and addresses in `ctrl`, in `qpos` and `qvel`, and of the twist
        joint, -1 where there is none, (k,).
    """

    model: mujoco.MjModel
    data: mujoco.MjData
    subjects: tuple[Subject, ...]
    figures: tuple[JointFigures, ...]
    inertia_kgm2: np.ndarray
    weight_nm: np.ndarray
    actuators: np.ndarray
    controls: np.ndarray
    joints: np.ndarray
    twists: np.ndarray

    @property
    def angle(self) -> np.ndarray:
        return self.data.qpos[self.joints]

    @property
    def speed(self) -> np.ndarray:
        return self.data.qvel[self.joints]

    @property
    def rotor_speed(self) -> np.ndarray:
        """Motor speed over the ratio."""
        return self.speed + np.where(self.twists >= 0, self.data.qvel[self.twists], 0.0)

    @property
    def no_load_rad_s(self) -> np.ndarray:
        """Speeds at which back-EMF reaches the bus, at the output."""
        return np.array([f.drive.bus_v / (f.motor.kt_nm_per_a * f.gear.ratio) for f in self.figures])

    @property
    def energy_j(self) -> np.ndarray:
        """Kinetic energy of link and rotor, and of the weight's height."""
        armature = np.array([f.armature_kgm2 for f in self.figures])
        kinetic = 0.5 * (self.inertia_kgm2 * self.speed**2 + armature * self.rotor_speed**2)
        return kinetic - self.weight_nm * np.sin(self.angle)

    def where(self, state: str) -> np.ndarray:
        """Addresses in `act` of a state of every drive's law."""
        laws = [native.law_of(self.model, int(a)) for a in self.actuators]
        return self.model.actuator_actadr[self.actuators] + [law.states.index(state) for law in laws if law]

    def state(self, name: str) -> np.ndarray:
        """A state of every drive's law."""
        return self.data.act[self.where(name)]

    def order(self, values: np.ndarray | float) -> None:
        self.data.ctrl[self.controls] = values

    def run(self, seconds: float) -> None:
        mujoco.mj_step(self.model, self.data, nstep=round(seconds / self.model.opt.timestep))

    @property
    def healthy(self) -> bool:
        """Everything finite, and not one warning of MuJoCo's."""
        numbers = np.concatenate([self.data.qpos, self.data.qvel, self.data.act])
        return bool(np.isfinite(numbers).all()) and not any(w.number for w in self.data.warning)


def drives() -> tuple[str, ...]:
    """Every shipped joint, and every harmonic gear with its default motor."""
    gears = tuple(name for name in catalogue.names("gear") if catalogue.gear(name).kind == "harmonic")
    return catalogue.names("joint") + gears


def pendulum(spec: mujoco.MjSpec, name: str, inertia_kgm2: float, weight_nm: float) -> mujoco.MjsBody:
    """A link on a hinge, level at zero: inertia about the hinge, and torque of its weight there.

    The weight pulls along the joint.
    """
    length = inertia_kgm2 * GRAVITY / weight_nm if weight_nm > 0.0 else 1e-3
    mass = max(weight_nm, 1e-9) / (GRAVITY * length)
    body = spec.worldbody.add_body(name=name + "/link")
    body.explicitinertial = True
    body.mass, body.ipos = mass, [length, 0.0, 0.0]
    rest = max(inertia_kgm2 - mass * length**2, 1e-9 * inertia_kgm2)
    body.inertia = [rest, rest, rest]
    body.add_joint(name=name, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0.0, 1.0, 0.0])
    return body


def empty(tier: str, timestep_s: float = TIMESTEP_S, integrator: str | None = None) -> mujoco.MjSpec:
    """A world with the step and the integrator that a tier needs."""
    spec = mujoco.MjSpec()
    chosen = integrator or ("discrete" if tier == "twin" else "implicitfast")
    spec.option.timestep = timestep_s
    spec.option.integrator = getattr(mujoco.mjtIntegrator, "mjINT_" + chosen.upper())
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONTACT
    return spec


def build(
    tier: str,
    subjects: Sequence[Subject],
    *,
    weight: float = WEIGHT,
    frequency_hz: float = FREQUENCY_HZ,
    mode: str = "position",
    encoder: dict[str, Any] | None = None,
) -> Field:
    """Pendulums on drives of a tier.

    Args:
      tier: servo, harmonic or twin.
      subjects: drives and loads.
      weight: torque of a level link's weight over the drive's rated torque.
      frequency_hz: of the position loops.
      mode: of the commands, see `Setup`.
      encoder: figures of the encoder to replace.
    """
    spec = empty(tier)
    figures, inertias = [], []
    for k, subject in enumerate(subjects):
        f = catalogue.joint(subject.drive)
        f = replace(f, encoder=replace(f.encoder, **(encoder or {})))
        inertia = subject.load * f.armature_kgm2
        pendulum(spec, f"j{k}", inertia, weight * f.rated_nm)
        mount(spec, f"j{k}", f, tier, Setup(inertia + f.armature_kgm2, frequency_hz, mode=mode))
        figures.append(f)
        inertias.append(inertia)
    model = spec.compile()
    native.check(model)
    names = [f"j{k}" for k in range(len(subjects))]
    actuators = np.array([model.actuator(name).id for name in names])
    twists = [mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_JOINT, name + TWIST) for name in names]
    return Field(
        model=model,
        data=mujoco.MjData(model),
        subjects=tuple(subjects),
        figures=tuple(figures),
        inertia_kgm2=np.array(inertias),
        weight_nm=np.array([weight * f.rated_nm for f in figures]),
        actuators=actuators,
        controls=model.actuator_ctrladr[actuators],
        joints=np.array([model.joint(name).dofadr[0] for name in names]),
        twists=np.array([-1 if joint < 0 else model.jnt_dofadr[joint] for joint in twists]),
    )


def shake(field: Field, seconds: float, seed: int = _SEED) -> np.ndarray:
    """Random steps of command on every drive; largest speed over the no-load speed, (k,)."""
    rng = np.random.default_rng(seed)
    count, step = len(field.subjects), field.model.opt.timestep
    shortest, longest = (round(t / step) for t in _CHANGE_S)
    change = np.zeros(count, np.int64)
    commands, fastest = np.zeros(count), np.zeros(count)
    block = 5
    for now in range(0, round(seconds / step), block):
        due = change <= now
        commands[due] = rng.uniform(-_RANGE_RAD, _RANGE_RAD, due.sum())
        change[due] = now + rng.integers(shortest, longest + 1, due.sum())
        field.order(commands)
        mujoco.mj_step(field.model, field.data, nstep=block)
        fastest = np.maximum(fastest, np.abs(field.speed))
    return fastest / field.no_load_rad_s


def rest(field: Field, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """What still moves in the last half second of a hold.

    Returns:
      (kinetic energy over that at the no-load speed, ripple of torque over the peak torque), (k,) each.
    """
    field.order(_REST_RAD)
    field.run(seconds - 0.5)
    speeds, torques, torque = [], [], field.where("torque_nm")
    for _ in range(round(0.5 / field.model.opt.timestep)):
        field.run(field.model.opt.timestep)
        speeds.append(np.maximum(np.abs(field.speed), np.abs(field.rotor_speed)))
        torques.append(field.data.act[torque])
    kinetic = (np.max(speeds, axis=0) / field.no_load_rad_s) ** 2
    return kinetic, np.ptp(torques, axis=0) / np.array([f.peak_nm for f in field.figures])


def kick(field: Field) -> None:
    """A push of a tenth of the no-load speed on every link and rotor."""
    field.data.qvel[field.joints] += _KICK * field.no_load_rad_s


def slump(field: Field, seconds: float) -> np.ndarray:
    """Level links let go: largest growth of their energy over the fall's, (k,)."""
    least, growth = np.full(len(field.subjects), math.inf), np.zeros(len(field.subjects))
    for _ in range(round(seconds / field.model.opt.timestep)):
        field.run(field.model.opt.timestep)
        energy = field.energy_j
        least = np.minimum(least, energy)
        growth = np.maximum(growth, energy - least)
    return growth / (2.0 * field.weight_nm)


def measure(tier: str, frequency_hz: float) -> dict[str, Any]:
    """A tier's whole soak on every drive and load."""
    subjects = [Subject(name, load) for name in drives() for load in LOADS]
    field = build(tier, subjects, frequency_hz=frequency_hz)
    speed = shake(field, SECONDS)
    moving, ripple = rest(field, 6.0)
    kick(field)
    kicked, _ = rest(field, 4.0)
    loose = build(tier, subjects, frequency_hz=frequency_hz, mode="torque")
    growth = slump(loose, 8.0)
    return {
        "tier": tier,
        "frequency_hz": frequency_hz,
        "drives": len(drives()),
        "subjects": len(subjects),
        "seconds": SECONDS,
        "timestep_s": TIMESTEP_S,
        "finite_without_warning": field.healthy and loose.healthy,
        "tripped": int(field.state("drive.tripped").sum()),
        "speed_over_no_load": _worst(field, speed),
        "kinetic_share_at_rest": _worst(field, moving),
        "kinetic_share_after_kick": _worst(field, kicked),
        "torque_ripple_at_rest_over_peak": _worst(field, ripple),
        "energy_growth_when_off": _worst(loose, growth),
    }


def _worst(field: Field, values: np.ndarray, count: int = 5) -> dict[str, Any]:
    order = np.argsort(-values)[:count]
    return {
        "median": float(f"{np.median(values):.3g}"),
        "worst": [[field.subjects[i].drive, field.subjects[i].load, float(f"{values[i]:.3g}")] for i in order],
    }


def main(arguments: Sequence[str]) -> int:
    """Soak every tier at three loop frequencies and write the figures to the file named."""
    if len(arguments) != 1:
        print("usage: python -m pilotline.benchmarks.soak FILE.json", file=sys.stderr)
        return 2
    rows = []
    for frequency_hz in (4.0, FREQUENCY_HZ, 15.0):
        for tier in LAW_TIERS:
            rows.append(measure(tier, frequency_hz))
            print(f"{tier} at {frequency_hz:g} Hz: {json.dumps(rows[-1])}")
    result = {"seed": _SEED, "versions": versions(), "rows": rows}
    write_atomically(Path(arguments[0]), (json.dumps(result, indent=1, sort_keys=True) + "\n").encode())
    return 0 if all(row["finite_without_warning"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
