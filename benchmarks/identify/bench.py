"""What the actuator moved while its log was taken: a pendulum, or a joint of an arm; as a MuJoCo model.

The driven joint is the actuator of that name; its command is the control. Other joints of an arm are held on their
logged (or home) angles by servos on rotors so heavy that the arm cannot move them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from scipy.signal import savgol_filter

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.log import Array, Log

GRAVITY = 9.81
JOINT = "joint"
"""Name of the pendulum's joint."""

_HOLD_HZ = 50.0
_HEAVY = 1.0e3
"""Rotor of a held joint over the largest inertia of the arm."""

_SMOOTH_S = 0.05
"""Window over which logged angles of held joints are smoothed to get their speed and acceleration."""


@dataclass(frozen=True)
class Pendulum:
    """A mass on a rod; zero is down.

    Attributes:
      mass_kg, length_m: of the point mass and its distance from the axis.
      arm_mass_kg: of the rod, uniform from the axis to the mass.
    """

    mass_kg: float
    length_m: float
    arm_mass_kg: float = 0.0

    @property
    def inertia_kgm2(self) -> float:
        """About the axis."""
        return (self.mass_kg + self.arm_mass_kg / 3.0) * self.length_m**2

    def spec(self, log: Log) -> tuple[mujoco.MjSpec, str]:
        """The model without actuators, and the joint to drive."""
        spec = mujoco.MjSpec()
        spec.option.gravity = [0.0, 0.0, -GRAVITY]
        rod = spec.worldbody.add_body(name="rod")
        rod.add_joint(name=JOINT, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0.0, 1.0, 0.0])
        point = 1e-10
        mass = max(self.arm_mass_kg, 1e-9)
        own = max(mass * self.length_m**2 / 12.0, point)
        rod.mass, rod.ipos, rod.inertia = mass, [0.0, 0.0, -0.5 * self.length_m], [own, own, point]
        rod.explicitinertial = True
        load = rod.add_body(name="mass", pos=[0.0, 0.0, -self.length_m])
        load.mass, load.ipos, load.inertia = self.mass_kg, [0.0, 0.0, 0.0], [point] * 3
        load.explicitinertial = True
        return spec, JOINT

    def controls(self, log: Log, times: Array) -> dict[str, Array]:
        """Controls of held joints by name, (n,) each: none."""
        return {}


@dataclass(frozen=True)
class Arm:
    """A joint of an arm from an MJCF or URDF file.

    Attributes:
      path: of the file.
      joint: the driven joint.
    """

    path: Path
    joint: str

    def spec(self, log: Log) -> tuple[mujoco.MjSpec, str]:
        """The arm without its own actuators, sensors and contacts; other joints held, see the module."""
        spec = self._read()
        hinge = spec.joint(self.joint)
        hinges = [j.name for j in spec.joints if j.type == mujoco.mjtJoint.mjJNT_HINGE]
        if hinge is None or hinge.name not in hinges:
            raise IdentifyError(
                f"joint={self.joint}: {self.path.name} has no such hinge; choose from {', '.join(hinges)}"
            )
        names = [joint.name for joint in spec.joints]
        if unknown := [name for name in log.others if name not in names]:
            raise IdentifyError(
                f"{log.name}: column position.{unknown[0]}: {self.path.name} has no such joint; "
                f"choose from {', '.join(names)}"
            )
        heavy = self._heavy(spec)
        omega = 2.0 * math.pi * _HOLD_HZ
        for joint in spec.joints:
            if joint.name == self.joint:
                joint.limited = mujoco.mjtLimited.mjLIMITED_FALSE
                joint.damping, joint.stiffness, joint.frictionloss = [0.0] * 3, [0.0] * 3, 0.0
                continue
            if joint.type not in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
                raise IdentifyError(
                    f"model={self.path}: joint {joint.name!r} floats; only hinges and slides can be held"
                )
            joint.armature, joint.limited = heavy, mujoco.mjtLimited.mjLIMITED_FALSE
            joint.damping, joint.stiffness, joint.frictionloss = [0.0] * 3, [0.0] * 3, 0.0
            actuator = spec.add_actuator(name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
            actuator.gaintype, actuator.biastype = mujoco.mjtGain.mjGAIN_FIXED, mujoco.mjtBias.mjBIAS_AFFINE
            stiffness, damping = heavy * omega**2, 2.0 * heavy * omega
            actuator.gainprm = [stiffness, *[0.0] * (mujoco.mjNGAIN - 1)]
            actuator.biasprm = [0.0, -stiffness, -damping, *[0.0] * (mujoco.mjNBIAS - 3)]
        return spec, self.joint

    def controls(self, log: Log, times: Array) -> dict[str, Array]:
        """Controls that keep the held joints on their logged angles: x + 2 v / omega + a / omega^2."""
        home = self.home()
        omega = 2.0 * math.pi * _HOLD_HZ
        found = {}
        for name, rest in home.items():
            if name == self.joint:
                continue
            if name not in log.others:
                found[name] = np.full(len(times), rest)
                continue
            x, v, a = _smoothed(log.t, log.others[name])
            found[name] = np.interp(times, log.t, x + 2.0 * v / omega + a / omega**2)
        return found

    def home(self) -> dict[str, float]:
        """Angle of every joint at the file's key frame `home`, its first key frame, or zero."""
        model = self._file().compile()
        keys = [model.key(i).name for i in range(model.nkey)]
        qpos = model.key_qpos[keys.index("home") if "home" in keys else 0] if keys else model.qpos0
        return {model.joint(j).name: float(qpos[model.jnt_qposadr[j]]) for j in range(model.njnt)}

    def _file(self) -> mujoco.MjSpec:
        try:
            return mujoco.MjSpec.from_file(str(self.path))
        except (ValueError, OSError) as error:
            raise IdentifyError(f"model={self.path}: cannot be read: {' '.join(str(error).split())[:200]}") from None

    def _read(self) -> mujoco.MjSpec:
        """The file's bodies and joints."""
        spec = self._file()
        for item in [*spec.actuators, *spec.sensors, *spec.equalities, *spec.keys]:
            spec.delete(item)
        return spec

    def _heavy(self, spec: mujoco.MjSpec) -> float:
        """A rotor inertia beside which the arm's own is small."""
        model = spec.copy().compile()
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        full = np.zeros((model.nv, model.nv))
        mujoco.mj_fullM(model, data, full)
        return _HEAVY * float(np.diag(full).max())


Bench = Pendulum | Arm


def of_log(log: Log, given: Mapping[str, float], arm: Arm | None) -> Bench:
    """The bench of a log: the arm, or the pendulum that the command line or the log itself states."""
    if arm is not None:
        return arm
    settings = {**log.notes, **given}
    for name in ("mass_kg", "length_m"):
        if name not in settings:
            raise IdentifyError(
                f"{log.name}: {name} is not known; give it, or a line '# {name}=...' in the log, or model= and joint="
            )
    for name in ("mass_kg", "length_m", "arm_mass_kg"):
        value = settings.get(name, 0.0)
        if value < 0.0 or (value == 0.0 and name == "length_m"):
            raise IdentifyError(f"{log.name}: {name} = {value:g}: must be above zero")
    return Pendulum(settings["mass_kg"], settings["length_m"], settings.get("arm_mass_kg", 0.0))


def _smoothed(t: Array, x: Array) -> tuple[Array, Array, Array]:
    """Angle, speed and acceleration by local cubics."""
    period = float(np.median(np.diff(t)))
    window = max(5, int(_SMOOTH_S / period) // 2 * 2 + 1)
    even = np.arange(0.0, t[-1] + 0.5 * period, period)
    y = np.interp(even, t, x)
    window = min(window, (len(even) - 1) // 2 * 2 + 1)
    parts = [savgol_filter(y, window, 3, deriv=k, delta=period, mode="interp") for k in range(3)]
    angle, speed, acceleration = (np.interp(t, even, part) for part in parts)
    return angle, speed, acceleration
