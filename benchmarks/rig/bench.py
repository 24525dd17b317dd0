"""The bench: one joint actuator with a machine on its output and one on its input, stepped by MuJoCo.

The actuator is the one that robots get, mounted by `robots.actuators.mount` with its native laws; nothing of a
gear or a motor is computed here. Around it stand

* `load`: a torque on the output, like a magnetic brake;
* `push`: a torque on the input shaft, like a torque arm (tier `twin`, which has that shaft);
* an input machine: a position and velocity servo on the input shaft so stiff that it prescribes the motion, or as
  soft as wanted. Its force is what a torque transducer between machine and gear shows;
* locks: a locked output carries an inertia so large that no torque of the bench moves it; a locked input is one
  that the machine holds.

Shafts stand in output coordinates inside the model (input angle over N). `Log` gives input quantities at the
input, and all shafts at the same instant, the beginning of a step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import mujoco
import numpy as np
from mujoco import rollout
from numpy.typing import ArrayLike, NDArray

from pilotline.robots.actuators import native
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.law import Law
from pilotline.robots.actuators.mount import GEAR, mount
from pilotline.robots.actuators.pack import Setup

Floats = NDArray[np.float64]
Tier = Literal["twin", "harmonic"]

FINE_S = 1e-4
"""Step of everything that vibrates: exact integration (implicitfast) far above the torsional resonance."""

_JOINT = "drive"
_LOCK_KGM2 = 1e12
_GRIP = 50.0
"""Of the prescribing input machine: its damping takes a fiftieth of the fine step to stop the rotor."""

_CHUNK = 8192


@dataclass(frozen=True)
class Shafts:
    """What holds the two shafts.

    Attributes:
      input: `free`, `locked`, `prescribed` in angle and speed, `turned` at a speed only, or `soft`: a position servo
        of `soft_hz` that lets the rotor vibrate.
      output: `free` or `locked`.
      output_kgm2: inertia on the output; None for a flange so light that it follows the gear.
      soft_hz: natural frequency of the soft input machine on the whole inertia.
    """

    input: Literal["free", "locked", "prescribed", "turned", "soft"] = "free"
    output: Literal["free", "locked"] = "free"
    output_kgm2: float | None = None
    soft_hz: float = 1.5


@dataclass(frozen=True)
class Control:
    """The drive's own loops, see `pack.Setup`; a bench that does not use the drive leaves it at torque 0."""

    mode: Literal["position", "velocity", "torque"] = "torque"
    frequency_hz: float = 20.0


@dataclass(frozen=True)
class Log:
    """What the bench's instruments showed, each array (runs, samples).

    Attributes:
      time_s: (samples,).
      input_rad, input_rad_s: of the input shaft; tier `harmonic` has one body, so N times the output.
      output_rad, output_rad_s: of the output shaft.
      input_nm: torque that the input machine puts into the shaft.
      states: states of the drive's law by name; those of a twin's gear begin with `gear.`.
    """

    time_s: Floats
    input_rad: Floats
    input_rad_s: Floats
    output_rad: Floats
    output_rad_s: Floats
    input_nm: Floats
    states: Mapping[str, Floats]

    def __getitem__(self, state: str) -> Floats:
        return self.states[state]


@dataclass(frozen=True)
class Bench:
    """A bench ready to run: a model per ambient temperature, equal but for it."""

    figures: JointFigures
    tier: Tier
    shafts: Shafts
    step_s: float
    models: tuple[mujoco.MjModel, ...]
    signals: Mapping[str, int] = field(repr=False)

    def run(
        self,
        signals: Mapping[str, ArrayLike],
        every: int = 1,
        speed_rad_s: ArrayLike = 0.0,
        angle_rad: ArrayLike = 0.0,
        states: Mapping[str, ArrayLike] | None = None,
    ) -> Log:
        """Apply signals and read the instruments.

        Args:
          signals: by name: `command` of the drive (N m, rad or rad/s at the output), `load` (N m at the
            output), `push` (N m at the input), `input_rad` and `input_rad_s` of the input machine; each (steps,) or
            (runs, steps).
          every: steps per sample of the log.
          speed_rad_s, angle_rad: of the input at the start, both shafts together, a number or one per run.
          states: of the drive's law at the start, where they are not 0, likewise.

        Returns:
          The log; a run per model where there are several models.
        """
        native.check(self.models[0])
        controls = self._controls(signals)
        runs, steps = controls.shape[0], controls.shape[1] // every * every
        models = list(self.models) if len(self.models) > 1 else [self.models[0]] * runs
        runs = max(runs, len(models))
        speed, angle = (np.broadcast_to(np.asarray(a, float), (runs,)) for a in (speed_rad_s, angle_rad))
        state = self._start(speed, angle, states or {})
        data = [mujoco.MjData(self.models[0]) for _ in range(min(runs, 2))]
        chunk = max(every, _CHUNK // every * every)
        kept, read = [], []
        with rollout.Rollout(nthread=len(data)) as pool:
            for first in range(0, steps, chunk):
                part = controls[:, first : min(first + chunk, steps)]
                passed, sensed = pool.rollout(models, data, state, np.broadcast_to(part, (runs, *part.shape[1:])))
                state = passed[:, -1].copy()
                kept.append(passed[:, every - 1 :: every].copy())
                read.append(sensed[:, every - 1 :: every].copy())
        return self._log(np.concatenate(kept, axis=1), np.concatenate(read, axis=1))

    def copies(self, which: Sequence[int]) -> Bench:
        """The same bench with one model per run, `which` of its temperatures each."""
        return replace(self, models=tuple(self.models[i] for i in which))

    @property
    def ratio(self) -> float:
        """Of the gear."""
        return self.figures.gear.ratio

    @property
    def inertia_kgm2(self) -> float:
        """Everything that turns, at the output."""
        return self.figures.armature_kgm2 + _output_kgm2(self.figures, self.shafts)

    def _controls(self, signals: Mapping[str, ArrayLike]) -> Floats:
        """(runs, steps, controls) with everything at the output."""
        at_input = {"push": self.ratio, "input_rad": 1.0 / self.ratio, "input_rad_s": 1.0 / self.ratio}
        arrays = {name: np.atleast_2d(np.asarray(values, float)) for name, values in signals.items()}
        runs, steps = (max(array.shape[k] for array in arrays.values()) for k in (0, 1))
        controls = np.zeros((runs, steps, self.models[0].nu))
        for name, array in arrays.items():
            controls[:, :, self.signals[name]] = array * at_input.get(name, 1.0)
        return controls

    def _start(self, input_rad_s: Floats, input_rad: Floats, preset: Mapping[str, ArrayLike]) -> Floats:
        """Full physics states at rest or turning, (runs, state)."""
        model = self.models[0]
        data, kind = mujoco.MjData(model), mujoco.mjtState.mjSTATE_FULLPHYSICS
        states = np.zeros((len(input_rad_s), mujoco.mj_stateSize(model, kind)))
        law, first = self._law(_JOINT)
        for row, speed, angle in zip(states, input_rad_s, input_rad, strict=True):
            data.qvel[model.joint(_JOINT).dofadr[0]] = speed / self.ratio
            data.qpos[model.joint(_JOINT).qposadr[0]] = angle / self.ratio
            mujoco.mj_getState(model, data, row, kind)
        for name, values in preset.items():
            states[:, self._act + first + law.states.index(name)] = values
        return states

    @property
    def _act(self) -> int:
        """Where `act` begins in a full physics state: time, qpos, qvel, act."""
        model = self.models[0]
        return int(1 + model.nq + model.nv)

    def _law(self, actuator: str) -> tuple[Law, int]:
        """Law of an actuator and its first place in `act`."""
        model = self.models[0]
        at = model.actuator(actuator).id
        law = native.law_of(model, at)
        assert law is not None
        return law, int(model.actuator_actadr[at])

    def _log(self, states: Floats, sensed: Floats) -> Log:
        model = self.models[0]
        act = states[:, :, self._act :]
        named: dict[str, Floats] = {}
        laws = {_JOINT: "", _JOINT + GEAR: "gear."} if self.tier == "twin" else {_JOINT: ""}
        for name, prefix in laws.items():
            law, first = self._law(name)
            named |= {prefix + state: act[:, :, first + i] for i, state in enumerate(law.states)}
        shown = {model.sensor(i).name: sensed[:, :, i] for i in range(model.nsensor)}
        force = shown.get("angle_nm", 0.0) + shown.get("speed_nm", np.zeros_like(act[:, :, 0]))
        return Log(
            time_s=states[0, :, 0],
            input_rad=shown["input_rad"] * self.ratio,
            input_rad_s=shown["input_rad_s"] * self.ratio,
            output_rad=shown["output_rad"],
            output_rad_s=shown["output_rad_s"],
            input_nm=force / self.ratio,
            states=named,
        )


def build(
    figures: JointFigures,
    tier: Tier,
    shafts: Shafts,
    temperatures_c: Sequence[float],
    control: Control | None = None,
    step_s: float = FINE_S,
    integrator: str = "implicitfast",
) -> Bench:
    """A bench for a joint actuator.

    Args:
      figures: of the actuator.
      tier: which model of it.
      shafts: what holds them; the input machine needs tier `twin`.
      temperatures_c: of the climate chamber, one model each.
      control: the drive's own loops.
      step_s: `FINE_S`, or longer where nothing vibrates.
      integrator: `implicitfast`, or `discrete` for steps beyond the torsional resonance.
    """
    control = control or Control()
    specs = [_spec(figures, tier, shafts, t, control, step_s, integrator) for t in temperatures_c]
    models = tuple(spec.compile() for spec in specs)
    names = {_JOINT: "command", "load": "load", "push": "push", "angle": "input_rad", "speed": "input_rad_s"}
    addresses = {
        names[models[0].actuator(i).name]: int(models[0].actuator_ctrladr[i])
        for i in range(models[0].nactuator)
        if models[0].actuator(i).name in names
    }
    return Bench(figures, tier, shafts, step_s, models, addresses)


def rig_motor(figures: JointFigures) -> JointFigures:
    """The same gear and rotor with a motor and a drive that take nothing from what the gear does.

    Kt is 1 N m/A, no limit, no loss, no delay; the housing is held at the chamber's temperature by a large heat
    capacity. For measurements of the gear alone.
    """
    motor = replace(
        figures.motor,
        kt_nm_per_a=1.0,
        resistance_ohm=1e-9,
        peak_a=1e6,
        continuous_a=1e6,
        housing_j_per_k=1e12,
        winding_j_per_k=1e12,
        winding_max_c=1e9,
        magnet_per_k=0.0,
        copper_per_k=0.0,
    )
    drive = replace(
        figures.drive,
        bus_v=1e6,
        current_limit_a=1e6,
        current_bandwidth_hz=2e4,
        loop_hz=1.0 / FINE_S,
        delay_s=0.0,
        standby_w=0.0,
        loss_share=0.0,
        derate_from_c=1e8,
        trip_c=1e9,
    )
    encoder = replace(figures.encoder, side="link", counts_per_rad=1e10)
    return replace(figures, motor=motor, drive=drive, encoder=encoder, rated_nm=1e9, peak_nm=1e9, speed_rad_s=1e9)


def flange_kgm2(figures: JointFigures, step_s: float = FINE_S) -> float:
    """Inertia of a light output flange: its resonance on the stiffest part of the spring at 0.3 rad per step."""
    return figures.gear.k3_nm_per_rad * (step_s / 0.3) ** 2


def _output_kgm2(figures: JointFigures, shafts: Shafts) -> float:
    return flange_kgm2(figures) if shafts.output_kgm2 is None else shafts.output_kgm2


def _spec(
    figures: JointFigures,
    tier: Tier,
    shafts: Shafts,
    ambient_c: float,
    control: Control,
    step_s: float,
    integrator: str,
) -> mujoco.MjSpec:
    spec = mujoco.MjSpec()
    spec.option.timestep = step_s
    spec.option.integrator = getattr(mujoco.mjtIntegrator, f"mjINT_{integrator.upper()}")
    spec.option.gravity = [0.0, 0.0, 0.0]
    body = spec.worldbody.add_body(name="flange")
    own = _output_kgm2(figures, shafts)
    body.mass, body.inertia, body.explicitinertial = 1.0, [own] * 3, True
    hinge = body.add_joint(name=_JOINT, type=mujoco.mjtJoint.mjJNT_HINGE, axis=[0.0, 0.0, 1.0])
    moved = figures.armature_kgm2 + own
    setup = Setup(moved, control.frequency_hz, ambient_c=ambient_c, mode=control.mode)
    mount(spec, _JOINT, figures, tier, setup)
    if shafts.output == "locked":
        hinge.armature = _LOCK_KGM2
    joint, drive = mujoco.mjtObj.mjOBJ_JOINT, mujoco.mjtObj.mjOBJ_ACTUATOR
    _sensor(spec, "output_rad", mujoco.mjtSensor.mjSENS_JOINTPOS, joint, _JOINT)
    _sensor(spec, "output_rad_s", mujoco.mjtSensor.mjSENS_JOINTVEL, joint, _JOINT)
    _sensor(spec, "input_rad", mujoco.mjtSensor.mjSENS_ACTUATORPOS, drive, _JOINT)
    _sensor(spec, "input_rad_s", mujoco.mjtSensor.mjSENS_ACTUATORVEL, drive, _JOINT)
    spec.add_actuator(name="load", target=_JOINT, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    if tier == "twin":
        _on_rotor(spec, "push")
        _input_machine(spec, shafts, figures.armature_kgm2, moved)
    return spec


def _on_rotor(spec: mujoco.MjSpec, name: str) -> mujoco.MjsActuator:
    """An actuator on what the drive of a twin acts on."""
    drive = spec.actuator(_JOINT)
    return spec.add_actuator(name=name, target=drive.target, trntype=drive.trntype)


def _sensor(spec: mujoco.MjSpec, name: str, kind: mujoco.mjtSensor, of: mujoco.mjtObj, of_name: str) -> None:
    spec.add_sensor(name=name, type=kind, objtype=of, objname=of_name)


def _input_machine(spec: mujoco.MjSpec, shafts: Shafts, rotor: float, moved: float) -> None:
    """A position servo and a velocity servo on the rotor, and a sensor of the force of each.

    The prescribing machine relaxes an error of position within ten fine steps; being implicit in speed it is
    stable. One that turns the shaft has no hold on its angle, so its force is right at any step.
    """
    if shafts.input == "turned":
        damping, stiffness = _GRIP * rotor / FINE_S, 0.0
    elif shafts.input in ("prescribed", "locked"):
        damping = _GRIP * rotor / FINE_S
        stiffness = 0.1 * damping / FINE_S
    elif shafts.input == "soft":
        omega = 2.0 * np.pi * shafts.soft_hz
        damping, stiffness = 2.0 * omega * moved, omega**2 * moved
    else:
        return
    for name, gain, coordinate in (("angle", stiffness, 1), ("speed", damping, 2)):
        servo: Any = _on_rotor(spec, name)
        servo.biastype = mujoco.mjtBias.mjBIAS_AFFINE
        gains, biases = [0.0] * mujoco.mjNGAIN, [0.0] * mujoco.mjNBIAS
        gains[0], biases[coordinate] = gain, -gain
        servo.gainprm, servo.biasprm = gains, biases
        _sensor(spec, name + "_nm", mujoco.mjtSensor.mjSENS_ACTUATORFRC, mujoco.mjtObj.mjOBJ_ACTUATOR, name)
