"""Stops of single joints with their drives, simulated beside closed forms.

`python -m pilotline.benchmarks.stops RESULT.json [robot=wheeled] [actuators=harmonic]`

Every joint of a robot with the drive of its data sheet, alone on a shaft with the inertia that it moves at home,
without gravity, from the largest speed of its card:

* controlled (stop categories 1 and 2): the command slows down by the share of the joint's torque that the supervisor
  brakes with; closed form I w / tau and I w^2 / (2 tau). The servo follows its command by its lag, 2 zeta / omega;
* without power (category 0): the drive is switched off, and the gear's friction is all that brakes. No sheet that is
  shipped names a brake. Closed form: the friction of the gear over the speed, integrated.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import mujoco
from pydantic import BaseModel, ConfigDict

from pilotline import robots
from pilotline.benchmarks import evidence
from pilotline.benchmarks.canonical import rounded
from pilotline.envs.safety.limits import limits
from pilotline.envs.safety.stopping import Stop, braked, coasted
from pilotline.robots import Robot
from pilotline.robots.actuators import Drive, drives_of, native
from pilotline.robots.actuators.gains import setup_of
from pilotline.robots.actuators.inertia import lightest_inertia, servo_inertia
from pilotline.robots.actuators.mount import mount
from pilotline.robots.actuators.pack import Setup

_STEP_S = 0.001
_RUN_UP_S = 1.0
_MOST_S = 20.0
_REST = 0.02
"""Share of its first speed below which a joint is at rest: servos creep in from there, friction has no such end."""


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    robot: str = "wheeled"
    actuators: str = "harmonic"


@dataclass(frozen=True)
class JointStops:
    """How one joint stops; closed forms and simulation, s and rad."""

    joint: str
    inertia_kgm2: float
    speed_rad_s: float
    brake_nm: float
    lag_s: float
    controlled: Stop
    controlled_simulated: Stop
    cut: Stop
    cut_simulated: Stop


class Shaft:
    """A joint actuator that turns a disc, without gravity.

    Args:
      drive: what turns it.
      setup: of its loops.
      disc_kgm2: inertia besides that of the drive.
    """

    def __init__(self, drive: Drive, setup: Setup, disc_kgm2: float) -> None:
        spec = mujoco.MjSpec()
        spec.option.timestep, spec.option.gravity = _STEP_S, (0.0, 0.0, 0.0)
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
        disc = spec.worldbody.add_body(name="disc")
        disc.explicitinertial, disc.mass, disc.inertia = True, 1.0, (disc_kgm2,) * 3
        disc.ipos, disc.iquat = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)
        disc.add_joint(name="shaft", type=mujoco.mjtJoint.mjJNT_HINGE, axis=(0.0, 0.0, 1.0))
        mount(spec, "shaft", drive.figures, drive.tier, setup)
        self._model = spec.compile()
        self._data = mujoco.MjData(self._model)
        law = native.law_of(self._model, self._model.actuator("shaft").id)
        assert law is not None
        self._tripped = int(self._model.actuator("shaft").actadr[0]) + law.states.index("drive.tripped")

    def run_up(self, speed: float) -> None:
        """Turn it at a speed, as the command says, gently."""
        steps = round(_RUN_UP_S / _STEP_S)
        for k in range(3 * steps):
            self._data.ctrl[0] += speed * min(k / steps, 1.0) * _STEP_S
            mujoco.mj_step(self._model, self._data)

    def controlled(self, deceleration: float) -> Stop:
        """Slow the command down and measure."""
        left = [float(self._data.qvel[0])]

        def slower() -> None:
            left[0] = max(left[0] - deceleration * _STEP_S, 0.0)
            self._data.ctrl[0] += left[0] * _STEP_S

        return self._measured(slower)

    def cut(self) -> Stop:
        """Switch the drive off and measure."""
        self._data.act[self._tripped] = 1.0
        return self._measured(lambda: None)

    def _measured(self, each: Callable[[], None]) -> Stop:
        data = self._data
        first, begun, at = abs(float(data.qvel[0])), float(data.time), float(data.qpos[0])
        while abs(float(data.qvel[0])) > _REST * first and data.time < begun + _MOST_S:
            each()
            mujoco.mj_step(self._model, data)
        if data.time >= begun + _MOST_S:
            return Stop(math.inf, math.inf)
        return Stop(float(data.time) - begun, abs(float(data.qpos[0]) - at))


def stops_of(robot: Robot, drives: dict[str, Drive]) -> list[JointStops]:
    """Stops of the joints that have a gear and a data sheet, in the robot's order."""
    inertia, lightest, share = servo_inertia(robot), lightest_inertia(robot), limits().brake_share
    found = []
    for joint, drive in drives.items():
        if drive.tier != "harmonic" or drive.figures.gear is None or drive.figures.identified is not None:
            continue
        setup = setup_of(robot, joint, drive.figures, inertia[joint], lightest[joint], _STEP_S)
        moved, speed, torque = setup.inertia_kgm2, robot.speed(joint), share * robot.limit(joint)

        def shaft(drive: Drive = drive, setup: Setup = setup, speed: float = speed) -> Shaft:
            made = Shaft(drive, setup, setup.inertia_kgm2 - drive.figures.armature_kgm2)
            made.run_up(speed)
            return made

        found.append(
            JointStops(
                joint=joint,
                inertia_kgm2=moved,
                speed_rad_s=speed,
                brake_nm=torque,
                lag_s=setup.damping_ratio / (math.pi * setup.frequency_hz),
                controlled=braked(speed, moved, torque),
                controlled_simulated=shaft().controlled(torque / moved),
                cut=coasted(drive.figures.gear, speed, moved, rest=_REST),
                cut_simulated=shaft().cut(),
            )
        )
    return found


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """The joints of one robot; the folder is left alone."""
    try:
        robot = robots.load(settings.robot)
        found = stops_of(robot, dict(drives_of(robot, settings.actuators)))
    except ValueError as error:
        raise evidence.EvidenceError(str(error)) from None
    return {**settings.model_dump(), "joints": [_plain(stop) for stop in found]}


def _plain(stop: JointStops) -> dict[str, object]:
    def short(value: object) -> object:
        if isinstance(value, dict):
            return {name: short(each) for name, each in value.items()}
        return rounded(round(value, 5)) if isinstance(value, float) else value

    return {name: short(value) for name, value in asdict(stop).items()}


def main(words: list[str]) -> int:
    """Write the result file; 1 where there is no joint to stop."""
    return evidence.main("stops", words, Settings, run, lambda found: bool(found["joints"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
