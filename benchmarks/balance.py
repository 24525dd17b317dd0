"""Robots on legs stand and are pushed under the reference balance controller: `make balance-evidence`.

On a plain floor with the step, integrator and contact options of the stations, from home, by what the robot senses. A
push is a horizontal force at the origin of the pelvis, its impulse in N s per kg of the robot. The controller's gains
were found on G1 pushed by 0.4 to 0.7 N s/kg in turns of 45 degrees; every other row is of pushes, robots, floors and
loads that it was not tuned on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from mujoco import batch
from numpy.typing import NDArray

from pilotline import robots
from pilotline.benchmarks.canonical import write_atomically
from pilotline.benchmarks.provenance import versions
from pilotline.policies.reference.balance.gains import servo_gains
from pilotline.policies.reference.balance.stand import BalancePolicy
from pilotline.robots import Robot, adapters
from pilotline.robots.actuators import attach, native

Float = NDArray[np.float64]
Int = NDArray[np.int64]

ROBOTS = ("biped", "menagerie:unitree_g1", "menagerie:pal_talos")
TIERS = ("ideal", "servo", "harmonic")
PERIOD_S, TIMESTEP_S = 0.02, 0.002
PUSH_S, AFTER_S, STAND_S = 8.0, 8.0, 60.0
"""Pushed at, watched after, and standing time: a robot first widens its stance."""
_SEED = 20
_ARM_RAD, _TORSO_RAD, _SEGMENT_S = 0.5, 0.15, (0.8, 2.0)
"""Random work of the upper body: largest way from home, and time from posture to posture."""
_IMPULSES = (0.2, 0.4, 0.5, 0.7, 0.8, 1.0)
_AT_REST_M_S = 0.05
_SETTLED_S = 10.0


@dataclass(frozen=True)
class Trial:
    """One robot's lot.

    Attributes:
      direction_deg: of the push, 0 ahead, 90 to the left. n_s_per_kg: its impulse; 0 for none. seconds: it lasts.
      load_share: of the robot's mass, hung unknown to the controller on its trunk, half a hand's breadth ahead.
      works: the upper body goes through random postures.
    """

    direction_deg: float = 0.0
    n_s_per_kg: float = 0.6
    seconds: float = 0.1
    load_share: float = 0.0
    works: bool = False


def measure(
    robot: Robot, tier: str, trials: Sequence[Trial], seconds: float, friction: float = 0.9
) -> dict[str, Float]:
    """What became of each trial, arrays (n,)."""
    model = _world(robot, tier, friction)
    n, rows = len(trials), [model.joint(name) for name in robot.driven]
    field = batch.Batch(model, n, 1)
    if any(trial.load_share for trial in trials):
        _burden(field, model, robot, trials)
    qpos, qvel, ctrl = field.bind("qpos"), field.bind("qvel"), field.bind("ctrl")
    torque, outer = field.bind("qfrc_actuator"), field.bind("xfrc_applied")
    q, v = np.array([int(r.qposadr[0]) for r in rows]), np.array([int(r.dofadr[0]) for r in rows])
    act = np.array([model.actuator(name).id for name in robot.driven])
    limit = np.array([robot.limit(name) for name in robot.driven])
    root = model.body(robot.root).id
    policy = BalancePolicy(robot, n, *servo_gains(robot, tier, TIMESTEP_S), PERIOD_S)
    upper = _work(robot, policy, trials, seconds)
    qpos[:] = _home(robot, model)
    ctrl[:, act] = qpos[:, q]
    field.forward()
    mass = float(model.body_subtreemass[root])
    begin, end = PUSH_S, PUSH_S + np.array([trial.seconds for trial in trials])
    force = np.array([_force(trial, mass) for trial in trials])
    fell_s, tilt, load, swing, steps = np.full(n, np.nan), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n, np.int64)
    was = policy.memory.phase.copy()
    substeps = round(PERIOD_S / TIMESTEP_S)
    for step in range(round(seconds / PERIOD_S)):
        now = step * PERIOD_S
        ctrl[:, act] = policy.act(_senses(field, q, v, qpos, qvel), upper[step])
        pushed = (now + PERIOD_S > begin) & (now < end)
        for part in range(substeps if pushed.any() else 1):
            on = (now + part * TIMESTEP_S >= begin - 1e-9) & (now + part * TIMESTEP_S < end - 1e-9)
            outer[:, root] = np.where(on[:, None], _wrench(force, qpos, model.body_ipos[root]), 0.0)
            field.step(nstep=1 if pushed.any() else substeps)
        up = 1.0 - 2.0 * (qpos[:, 4] ** 2 + qpos[:, 5] ** 2)
        fallen = (up < 0.5) | (qpos[:, 2] < 0.5 * policy.figures.height)
        fell_s = np.where(fallen & np.isnan(fell_s), now, fell_s)
        stands = np.isnan(fell_s)
        tilt = np.where(stands, np.maximum(tilt, np.degrees(np.arccos(np.clip(up, -1.0, 1.0)))), tilt)
        if now > _SETTLED_S:
            load = np.where(stands, np.maximum(load, (np.abs(torque[:, v]) / limit).max(axis=-1)), load)
            swing = np.where(stands, np.maximum(swing, np.hypot(qvel[:, 0], qvel[:, 1])), swing)
        steps += stands & (policy.memory.phase == 2) & (was != 2)
        was = policy.memory.phase.copy()
    return {
        "fell_s": fell_s,
        "largest_tilt_deg": tilt,
        "steps": steps.astype(np.float64),
        "away_m": np.hypot(qpos[:, 0], qpos[:, 1]),
        "speed_m_s": np.hypot(qvel[:, 0], qvel[:, 1]),
        "late_speed_m_s": swing,
        "late_torque_share": load,
    }


def _world(robot: Robot, tier: str, friction: float) -> mujoco.MjModel:
    spec = robot.spec(shells=False)
    spec.option.timestep = TIMESTEP_S
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    floor = spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0.0, 0.0, 0.1])
    # the floor decides, whatever the feet's own figures and priority
    floor.friction, floor.priority = (friction, 0.005, 0.0001), 2
    attach(spec, robot, tier)
    model = spec.compile()
    native.check(model)
    return model


def _home(robot: Robot, model: mujoco.MjModel) -> Float:
    """Joint positions of a robot at home, both soles on the floor."""
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    mujoco.mj_kinematics(model, data)
    data.qpos[2] -= min(data.site(foot.sole_site).xpos[2] for foot in robot.feet.values())
    return np.array(data.qpos)


def _burden(field: batch.Batch, model: mujoco.MjModel, robot: Robot, trials: Sequence[Trial]) -> None:
    """Hang a point mass on each trunk (the body that carries the arms), 0.05 m ahead of its centre of mass."""
    trunk = int(model.body_parentid[model.joint(robot.groups["right_arm"][0]).bodyid[0]])
    extra = np.array([trial.load_share for trial in trials]) * model.body_subtreemass[model.body(robot.root).id]
    mass, centre = field.expand("body_mass"), field.expand("body_ipos")
    share = extra / (mass[:, trunk] + extra)
    centre[:, trunk, 0] += 0.05 * share
    mass[:, trunk] += extra
    field.set_const()


def _work(robot: Robot, policy: BalancePolicy, trials: Sequence[Trial], seconds: float) -> Float:
    """Wanted upper-body joints (steps, n, u) rad: at home, or from one random posture to the next by minimum jerk."""
    count, names = round(seconds / PERIOD_S), policy.upper
    home = np.array([robot.home[name] for name in names])
    out = np.tile(home, (count, len(trials), 1))
    reach = np.array([_TORSO_RAD if name in robot.groups["torso"] else _ARM_RAD for name in names])
    low, high = (np.array([getattr(robot.joints[name], end) for name in names]) for end in ("low", "high"))
    for i, trial in enumerate(trials):
        if not trial.works:
            continue
        rng = np.random.default_rng(np.random.SeedSequence(_SEED, spawn_key=(i,)))
        here, at = home, 0
        while at < count:
            there = np.clip(home + rng.uniform(-reach, reach), low, high)
            length = round(rng.uniform(*_SEGMENT_S) / PERIOD_S)
            s = np.linspace(0.0, 1.0, length + 1)[1:, None]
            way = here + (there - here) * (10.0 * s**3 - 15.0 * s**4 + 6.0 * s**5)
            out[at : at + length, i] = way[: count - at]
            here, at = there, at + length
    return out


def _senses(
    field: batch.Batch, q: NDArray[np.int64], v: NDArray[np.int64], qpos: Float, qvel: Float
) -> dict[str, Float]:
    def read(*names: str) -> Float:
        return np.concatenate([field.sensor(name).data for name in names], axis=-1)

    ankles = [f"{side}_ankle_{part}" for side in ("right", "left") for part in ("force", "torque")]
    return {
        "joint_pos": qpos[:, q],
        "joint_vel": qvel[:, v],
        "imu": read("imu_gyro", "imu_acc"),
        "imu_quat": read("imu_quat"),
        "foot_wrench": read(*ankles),
    }


def _force(trial: Trial, mass: float) -> Float:
    angle = np.deg2rad(trial.direction_deg)
    return mass * trial.n_s_per_kg / trial.seconds * np.array([np.cos(angle), np.sin(angle), 0.0])


def _wrench(force: Float, qpos: Float, centre: Float) -> Float:
    """Force at the root's origin as force and moment (n, 6) at its centre of mass, which MuJoCo applies it to."""
    w, xyz = qpos[:, 3:4], qpos[:, 4:7]
    t = 2.0 * np.cross(xyz, centre)
    lever = centre + w * t + np.cross(xyz, t)
    return np.concatenate([force, np.cross(-lever, force)], axis=-1)


def around(count: int, **figures: Any) -> list[Trial]:
    """Trials pushed from `count` directions."""
    return [Trial(direction_deg=360.0 * i / count, **figures) for i in range(count)]


def summary(trials: Sequence[Trial], result: dict[str, Float]) -> dict[str, Any]:
    """How many survive, which fall, and how it goes for the others."""
    stands = np.isnan(result["fell_s"])
    rests = stands & (result["speed_m_s"] < _AT_REST_M_S)

    def worst(key: str) -> float | None:
        return float(f"{result[key][stands].max():.3g}") if stands.any() else None

    return {
        "survived": int(stands.sum()),
        "of": len(trials),
        "fell_deg": [trial.direction_deg for trial, up in zip(trials, stands, strict=True) if not up],
        "at_rest_in_the_end": int(rests.sum()),
        "largest_tilt_deg": worst("largest_tilt_deg"),
        "most_steps": worst("steps"),
        "furthest_in_the_end_m": worst("away_m"),
    }


def evidence(robot: Robot, tier: str) -> dict[str, Any]:
    """Standing, and every kind of push, of one robot."""

    def pushed(trials: list[Trial], friction: float = 0.9) -> dict[str, Any]:
        return summary(trials, measure(robot, tier, trials, PUSH_S + AFTER_S, friction))

    eight, between = around(8), [replace(trial, direction_deg=trial.direction_deg + 22.5) for trial in around(8)]
    still = [Trial(n_s_per_kg=0.0), *(Trial(n_s_per_kg=0.0, works=True) for _ in range(3))]
    stood = measure(robot, tier, still, STAND_S)
    policy = BalancePolicy(robot, 1, *servo_gains(robot, tier, TIMESTEP_S))
    return {
        "robot": robot.name,
        "actuators": tier,
        "mass_kg": float(f"{policy.tree.mass.sum():.4g}"),
        "stance_width_m": float(f"{policy.figures.reach.nominal:.3g}"),
        "stands_60_s": bool(np.isnan(stood["fell_s"][0])),
        "stands_60_s_at_work": [bool(fell) for fell in np.isnan(stood["fell_s"][1:])],
        "standing_late_speed_m_s": [float(f"{value:.2g}") for value in stood["late_speed_m_s"]],
        "standing_late_torque_share": [float(f"{value:.2g}") for value in stood["late_torque_share"]],
        "eight_directions": pushed(eight),
        "directions_between": pushed(between),
        "push_of_0.05_s": pushed(around(8, seconds=0.05)),
        "push_of_0.2_s": pushed(around(8, seconds=0.2)),
        "by_impulse": {
            f"{impulse:.1f}": pushed(around(8, n_s_per_kg=impulse)) for impulse in (0.2, 0.4, 0.5, 0.7, 0.8, 1.0)
        },
        "floor_friction_0.5": pushed(eight, friction=0.5),
        "unknown_load_5_percent": pushed(around(8, load_share=0.05)),
        "at_work": pushed(around(8, works=True)),
    }


def main(arguments: Sequence[str]) -> int:
    """Gather the evidence for the robots at hand and write it to the file named."""
    if len(arguments) not in (1, 2):
        print("usage: python -m pilotline.benchmarks.balance FILE.json [ROBOT]", file=sys.stderr)
        return 2
    rows, left_out = [], []
    for name in arguments[1:] or ROBOTS:
        try:
            robot = robots.load(name)
        except adapters.ModelError as error:
            left_out.append({"robot": name, "why": str(error)})
            continue
        for tier in TIERS:
            rows.append(evidence(robot, tier))
            print(json.dumps(rows[-1]))
    result = {"seed": _SEED, "versions": versions(), "rows": rows, "left_out": left_out}
    write_atomically(Path(arguments[0]), (json.dumps(result, indent=1, sort_keys=True) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
