"""The shipped law in MuJoCo, run along logs: many candidates and all logs in one batch of native threads."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import mujoco
import numpy as np
from mujoco.batch import Batch
from numpy.typing import NDArray

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.bench import Bench
from pilotline.benchmarks.identify.log import Array, Log
from pilotline.benchmarks.identify.parameters import applied
from pilotline.robots.actuators import native
from pilotline.robots.actuators.figures import JointFigures
from pilotline.robots.actuators.law import unflatten
from pilotline.robots.actuators.laws import harmonic
from pilotline.robots.actuators.laws.identified import CASCADE_PI, CONTROLLERS, RELEASED
from pilotline.robots.actuators.laws.torsion import transmission_error
from pilotline.robots.actuators.mount import mount
from pilotline.robots.actuators.pack import INTEGRAL_SHARE, Setup

STEP_S = 0.002
"""Longest physics step."""

_SMOOTH_COUNTS = 1e9
"""Encoder steps per radian where they are smoothed away."""

_DISABLED = int(mujoco.mjtDisableBit.mjDSBL_CONTACT | mujoco.mjtDisableBit.mjDSBL_CONSTRAINT)
"""Nothing on a bench touches anything, and joints have no limits; a fifth of the time is saved."""

_FEWEST_ROWS = 20
"""Rows of the shortest piece of a log."""

_START_S = 0.05
"""Span at the beginning of a log from which its first angle and speed are taken."""


@dataclass(frozen=True)
class Gains:
    """Gains of the drive's position loop, in the units of its controller.

    Attributes:
      kp: `duty-p` V/rad, `current-pd` A/rad, `cascade-pi` 1/s.
      kd: `current-pd` A s/rad, `cascade-pi` N m s/rad.
      ki: `cascade-pi` N m/rad; by default the usual share, see `pack`.
    """

    kp: float
    kd: float = 0.0
    ki: float | None = None

    def settings(self, controller: str) -> dict[str, float]:
        """Parameters of a law, by name."""
        if controller != CASCADE_PI:
            return {"control.gain": self.kp, "control.damping": self.kd}
        # with zeta = 1 the loop's natural frequency is twice the position gain
        ki = self.kd * INTEGRAL_SHARE * 2.0 * self.kp if self.ki is None else self.ki
        return {"drive.position_gain_per_s": self.kp, "drive.velocity_gain": self.kd, "drive.integral_gain": ki}


@dataclass(frozen=True)
class Trial:
    """A log, what moved, and how the drive was set.

    Attributes:
      log: measured.
      bench: what the actuator moved.
      gains: of the drive.
    """

    log: Log
    bench: Bench
    gains: Gains


@dataclass(frozen=True)
class Start:
    """Angle and speed of the joint at the first row."""

    position: float
    velocity: float


def first_guess(log: Log) -> Start:
    """Angle and speed at the first row by a straight line through the first rows."""
    early = max(3, int(np.searchsorted(log.t, _START_S)))
    slope, begin = np.polyfit(log.t[:early], log.channels["position"][:early], 1)
    return Start(float(begin), float(slope))


class Simulator:
    """Runs one joint actuator along several logs.

    Args:
      trials: the logs; pendulums and arms do not mix, and arms are the same arm.
      figures: the actuator, in the form of friction to be used.
      step_s: longest physics step.
      nthread: threads, 0 for all cores.
      exact: with the encoder's steps; without them the response is smooth in the parameters.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        figures: JointFigures,
        step_s: float = STEP_S,
        nthread: int = 0,
        exact: bool = False,
    ) -> None:
        self.trials = tuple(trials)
        self.figures = figures
        self._nthread = nthread
        self._exact = exact
        period = min(trial.log.period_s for trial in trials)
        self.step_s = period / math.ceil(period / step_s - 1e-9)
        self._models = [self._model(trial) for trial in trials]
        model = self._models[0]
        self._joint = trials[0].bench.spec(trials[0].log)[1]
        self._actuator = model.actuator(self._joint).id
        law = native.law_of(model, self._actuator)
        assert law is not None, "mount puts a law on the joint"
        self._law = law
        self._dof = int(model.joint(self._joint).dofadr[0])
        self._qpos = int(model.joint(self._joint).qposadr[0])
        self._act = int(model.actuator_actadr[self._actuator])
        self._steps = [math.ceil(float(trial.log.t[-1]) / self.step_s - 1e-9) for trial in trials]
        self._held = [
            trial.bench.controls(trial.log, self.step_s * np.arange(max(self._steps), dtype=np.float64))
            for trial in trials
        ]
        self._batch: Batch | None = None
        self._copies: list[mujoco.MjModel] = []

    def cut(
        self, masks: Sequence[NDArray[np.bool_]], span_s: float, step_s: float
    ) -> tuple[Simulator, list[NDArray[np.bool_]]]:
        """The same logs in pieces, each simulated from its own measured first rows; and the masks of the pieces.

        A simulation that starts again before it has gone astray makes an error that grows evenly with that of the
        parameters, so that a fit on pieces finds its way from far off. Pieces without rows that count are left out.
        """
        trials, parts = [], []
        for trial, mask in zip(self.trials, masks, strict=True):
            log = trial.log
            rows = max(_FEWEST_ROWS, math.ceil(span_s / log.period_s))
            for begin in range(0, len(log.t) - _FEWEST_ROWS, rows):
                piece = slice(begin, begin + rows)
                if mask[piece].any():
                    trials.append(replace(trial, log=log.rows(piece)))
                    parts.append(mask[piece])
        return Simulator(trials, self.figures, step_s, self._nthread, self._exact), parts

    def run(
        self, candidates: Sequence[Mapping[str, float]], starts: Sequence[Sequence[Start]]
    ) -> list[list[dict[str, Array]]]:
        """Simulated channels at the rows of every log.

        Args:
          candidates: values of the free parameters, (m,).
          starts: first angle and speed, (m, logs).

        Returns:
          (m, logs) of the channels that the log has, (rows,) each. A simulation that diverged gives infinities.
        """
        logs, n = len(self.trials), len(candidates)
        batch = self._sized(n * logs)
        batch.reset()
        nstep = max(self._steps)
        control = np.zeros((n * logs, nstep, self._models[0].nu))
        qpos, qvel = batch.bind("qpos"), batch.bind("qvel")
        for i, values in enumerate(candidates):
            figures = applied(self.figures, values)
            user = {gains: self._parameters(figures, gains, values) for gains in {t.gains for t in self.trials}}
            for k, trial in enumerate(self.trials):
                at = i * logs + k
                model = self._copies[at]
                params = user[trial.gains]
                model.actuator_user[self._actuator, : len(params)] = params
                model.dof_armature[self._dof] = figures.armature_kgm2
                control[at] = self._control(k, values, nstep)
                self._place(model, qpos[at], trial, control[at, 0])
                qpos[at, self._qpos] = starts[i][k].position - values.get("rig.offset_rad", 0.0)
                qvel[at, self._dof] = starts[i][k].velocity
        first = qpos[:, self._qpos].copy(), qvel[:, self._dof].copy()
        record = batch.rollout(nstep, control=control, record=("qpos", "qvel", "act"))
        return [
            [self._measured(record, first, i * logs + k, trial.log, values) for k, trial in enumerate(self.trials)]
            for i, values in enumerate(candidates)
        ]

    def _model(self, trial: Trial) -> mujoco.MjModel:
        spec, joint = trial.bench.spec(trial.log)
        spec.option.timestep = self.step_s
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        spec.option.disableflags |= _DISABLED
        mount(spec, joint, self.figures, "harmonic", self._setup(self.figures))
        model = spec.compile()
        native.check(model)
        return model

    def _setup(self, figures: JointFigures) -> Setup:
        """Gains come from the trial; what a setup has to have besides does not matter."""
        return Setup(figures.armature_kgm2, 1.0)

    def _parameters(self, figures: JointFigures, gains: Gains, values: Mapping[str, float]) -> Array:
        """The law's parameters as `mount` makes them, with the gains of the log and without the sheet's delay.

        Delay acts on the command itself, see `_control`.
        """
        spec = mujoco.MjSpec()
        body = spec.worldbody.add_body()
        body.add_joint(name="joint", type=mujoco.mjtJoint.mjJNT_HINGE)
        mount(spec, "joint", figures, "harmonic", self._setup(figures))
        flat = np.array(list(spec.actuators[0].userdata))[: len(self._law.parameters)]
        fitted = {name: value for name, value in values.items() if name.startswith("control.")}
        own = replace(gains, **{name.removeprefix("control."): value for name, value in fitted.items()})
        wanted = own.settings(controller_of(figures)) | {"drive.delay_s": 0.0}
        if not self._exact:
            wanted |= {"drive.counts_per_rad": _SMOOTH_COUNTS, "drive.rotor_counts_per_rad": _SMOOTH_COUNTS}
        for name, value in wanted.items():
            flat[self._law.parameters.index(name)] = value
        return flat

    def _control(self, k: int, values: Mapping[str, float], nstep: int) -> Array:
        """Controls of a log, (nstep, nu): the command as it stands on average over each step, delayed.

        The average of a held command changes smoothly with the delay. MuJoCo's velocities are those of the middle
        of a step and its forces those at the beginning, so that is where the average is centred.
        """
        log, model = self.trials[k].log, self._models[k]
        delay = self.figures.drive.delay_s + values.get("rig.delay_s", 0.0)
        edges = (np.arange(nstep + 1) - 0.5) * self.step_s - delay
        command = log.command - values.get("rig.offset_rad", 0.0)
        total = np.concatenate([[0.0], np.cumsum(command[:-1] * np.diff(log.t))])
        before = np.minimum(edges, 0.0) * command[0]
        after = np.maximum(edges - log.t[-1], 0.0) * command[-1]
        integral = np.interp(edges, log.t, total) + before + after
        mean = np.diff(integral) / self.step_s
        on = log.enabled[
            np.clip(np.searchsorted(log.t, edges[:-1] + 0.5 * self.step_s + 1e-9, side="right") - 1, 0, None)
        ]
        control = np.zeros((nstep, model.nu))
        control[:, model.actuator_ctrladr[self._actuator]] = np.where(on, mean, RELEASED)
        for name, column in self._held[k].items():
            control[:, model.actuator_ctrladr[model.actuator(name).id]] = column[:nstep]
        return control

    def _place(self, model: mujoco.MjModel, qpos: Array, trial: Trial, control: Array) -> None:
        """Put held joints where their servos want them."""
        for joint in range(model.njnt):
            name = model.joint(joint).name
            if name != self._joint:
                qpos[model.jnt_qposadr[joint]] = control[model.actuator_ctrladr[model.actuator(name).id]]

    def _sized(self, n: int) -> Batch:
        """A batch of n simulations, each on a model of its own."""
        if self._batch is None or self._batch.nsim != n:
            logs = len(self._models)
            self._copies += [copy.copy(self._models[i % logs]) for i in range(len(self._copies), n)]
            self._batch = Batch(self._models[0], n, **({"nthread": self._nthread} if self._nthread else {}))
            self._batch.set_models(self._copies[:n])
        return self._batch

    def _measured(
        self, record: Mapping[Any, Any], first: tuple[Array, Array], at: int, log: Log, values: Mapping[str, float]
    ) -> dict[str, Array]:
        """Channels of one simulation at the rows of its log."""
        h, n = self.step_s, record["qpos"].shape[1]
        ends, middles, begins = (np.arange(n) + share for share in (1.0, 0.5, 0.0))

        def at_rows(steps: Array, column: Array) -> Array:
            return np.interp(log.t, h * steps, column)

        q = at_rows(np.append(0.0, ends), np.append(first[0][at], record["qpos"][at, :, self._qpos]))
        v = at_rows(np.append(0.0, middles), np.append(first[1][at], record["qvel"][at, :, self._dof]))
        act = record["act"][at, :, self._act : self._act + len(self._law.states)]
        state = {name: act[:, i] for i, name in enumerate(self._law.states)}
        figures = applied(self.figures, values)
        current = at_rows(begins, state["drive.current_a"])
        offset = values.get("rig.offset_rad", 0.0)
        found = {"position": q + offset, "velocity": v, "link_position": q + offset, "current": current}
        found["torque"] = current * figures.gear.ratio * figures.motor.kt_nm_per_a
        if self._law is harmonic.LAW and figures.encoder.side == "motor":
            params = unflatten(harmonic.Params, list(self._copies[at].actuator_user[self._actuator]))
            error, _ = transmission_error(params.error, figures.gear.ratio * q)
            found["position"] = found["position"] + at_rows(ends, state["twist_rad"]) + error
        broken = not np.isfinite(act).all()
        return {name: np.full(len(log.t), math.inf) if broken else found[name] for name in log.channels}


def controller_of(figures: JointFigures) -> str:
    """The controller that the law takes the drive to have."""
    if figures.identified is None or figures.drive.controller not in CONTROLLERS:
        return CASCADE_PI
    return figures.drive.controller


def check_controller(figures: JointFigures, form: str, trials: Sequence[Trial]) -> None:
    """Raise IdentifyError where a form of friction cannot be had with the drive's controller."""
    controller = figures.drive.controller
    if form == "harmonic" and controller != CASCADE_PI:
        raise IdentifyError(f"model_form=harmonic: the controller is {controller!r}; this form has {CASCADE_PI!r} only")
    for trial in trials:
        if controller == CASCADE_PI and not trial.log.enabled.all():
            raise IdentifyError(
                f"{trial.log.name}: enabled: is 0 in places; {CASCADE_PI!r} cannot be switched off, "
                f"choose controller= from {', '.join(CONTROLLERS[1:])} or leave such logs out"
            )
