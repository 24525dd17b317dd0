"""What standing and walking share: legs are the policy's, the upper body works on its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.card import StationCard
from pilotline.envs.frames import tilt_of, turn_planar, wrap, yaw_of
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays
from pilotline.envs.tolerance import tolerance
from pilotline.envs.work import feet
from pilotline.envs.work.balance import GRAVITY
from pilotline.envs.work.load import add_loads, add_tote, place_loads, show_tote
from pilotline.envs.work.motion import CARRY, TOTE_HALF, Motion, Pace, motion_of
from pilotline.envs.work.rough_floor import (
    BODY,
    add_rough_floor,
    draw_offset,
    follow,
    place_floor,
    start_height,
)
from pilotline.envs.work.upper_body import UpperBody, WorkError
from pilotline.envs.world import CONTROL_PERIOD_S as PERIOD_S
from pilotline.robots import Robot
from pilotline.robots.card import ROOT_JOINT, FloatingBase

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fit:
    """What a task knows of its robot.

    Attributes:
      robot: it.
      mass_kg: of the robot, hands included, loads not.
      hands_kg: (2,) of what the sensors at the wrists bear without a load, right then left.
      height_m: of its root at home.
      motion: of its upper body.
      legs: joints, right then left.
      strength: (l,) N m, largest torque of the legs' joints.
      tote_place, tote_turn, tote_half_m: a carried tote in the frame of the right tool point, and half its length.
    """

    robot: Robot
    mass_kg: float
    hands_kg: Float
    height_m: float
    motion: Motion
    legs: tuple[str, ...]
    strength: Float
    tote_place: Float
    tote_turn: Float
    tote_half_m: float


@dataclass(frozen=True)
class LegTask:
    """Base of the tasks on legs: `fitted` gives the task for one robot, everything else needs that.

    In pack D0 the floor is flat; D1 has bumps, another friction in every cycle, and heavier loads.
    """

    card: StationCard
    fit: Fit | None = field(default=None, compare=False, repr=False)

    kinds: ClassVar[tuple[int, ...]] = ()
    """Motions of the upper body that are drawn."""

    def fitted(self, robot: Robot) -> Self:
        """The task with the work motions of a robot.

        Raises:
          WorkError: a robot that is not on legs, or without two hands.
        """
        if not isinstance(robot.base, FloatingBase) or not robot.feet:
            raise WorkError(
                f"station={self.card.name}: robot {robot.name} has no legs; allowed: robots on legs (biped)"
            )
        return replace(self, fit=_fit(self.card, robot))

    @property
    def _own(self) -> Fit:
        if self.fit is None:
            raise WorkError(f"station {self.card.name} is not fitted to a robot; call fitted(robot) first")
        return self.fit

    @property
    def steps(self) -> int:
        """Control steps of a cycle."""
        return round(self.card.figure("duration_s") / PERIOD_S)

    def view(self) -> View:
        """From three quarters ahead, following the robot."""
        root = self.fit.robot.root if self.fit else None
        return View(lookat=(0.0, 0.0, 0.75), distance=2.9, azimuth=145.0, elevation=-15.0, body=root)

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Floors, loads, a tote to look at, and the sensors of base, legs and feet."""
        fit = self._own
        floor = spec.geom("floor")
        floor.priority = 1
        floor.size = (0.0, 0.0, 0.1)
        add_rough_floor(spec, self._bumps_m)
        add_loads(spec, robot)
        add_tote(spec, robot, fit.tote_place, fit.tote_turn, fit.tote_half_m)
        sensor, kind = mujoco.mjtSensor, mujoco.mjtObj
        for name, what in (("base_vel", sensor.mjSENS_FRAMELINVEL), ("base_rate", sensor.mjSENS_FRAMEANGVEL)):
            spec.add_sensor(name=name, type=what, objtype=kind.mjOBJ_XBODY, objname=robot.root)
        for joint in fit.legs:
            for part, what in (("torque", sensor.mjSENS_JOINTACTFRC), ("rate", sensor.mjSENS_JOINTVEL)):
                spec.add_sensor(name=f"{joint}_{part}", type=what, objtype=kind.mjOBJ_JOINT, objname=joint)
        feet.add_foot_sensors(spec, robot)

    @property
    def _bumps_m(self) -> float:
        """From the lowest to the highest point of the uneven floor."""
        return 2.0 * self.card.figure("rough_mm") / 1000.0

    def _common_draw(self, rng: np.random.Generator, pack: str) -> dict[str, Float]:
        """Motion, loads and floor of a cycle.

        Raises:
          WorkError: an unknown pack.
        """
        if pack not in self.card.packs:
            there = ", ".join(self.card.packs)
            raise WorkError(f"pack={pack!r} does not exist at {self.card.name}; there are: {there}")
        card, fit, hard = self.card, self._own, pack == "D1"
        draw = fit.motion.draw(rng, self.kinds, card.figure("duration_s"))
        scale = fit.mass_kg / card.figure("reference_kg")
        load = rng.uniform(*card.figure_range("load_hard_kg" if hard else "load_kg"), 2)
        if draw["motion"] == CARRY:
            low, high = card.figure_range("tote_hard_kg" if hard else "tote_kg")
            load[:] = 0.5 * rng.uniform(low, high)
        low, high = card.figure_range("friction_hard")
        friction = rng.uniform(low, high)
        draw["load"] = scale * load
        draw["friction"] = np.array(friction if hard else card.figure("friction"))
        return {**draw, **draw_offset(rng, hard)}

    def place(self, draw: Arrays, put: Placement) -> None:
        """Stand the robot on the floor of the cycle, legs at home, loads in its hands."""
        fit = self._own
        carried = draw["motion"] == CARRY
        place_loads(fit.robot, draw["load"], ~carried, put)
        show_tote(carried, put)
        place_floor(draw, draw["friction"], put)
        root = np.zeros((len(carried), 7))
        root[:, 2] = fit.height_m + start_height(draw, self._bumps_m)
        root[:, 3] = 1.0
        put.qpos(ROOT_JOINT, root)
        first = fit.motion.targets(np, draw, np.zeros(len(carried), np.int64))
        for k, joint in enumerate(fit.motion.joints):
            put.qpos(joint, first[:, k])

    def _common_start(self, m: int) -> dict[str, Any]:
        """Memory of m cycles at their start."""
        memory = feet.start(m, len(self._own.robot.feet))
        for name in ("tilt_rad", "work_j"):
            memory[name] = np.zeros(m)
        memory["step"] = np.zeros(m, np.int64)
        memory["torque"] = np.zeros((m, len(self._own.legs)))
        memory["jolt"] = np.zeros(m)
        return memory

    def _common_advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Count, meter the legs, and tell the upper body where to go next; the uneven floor comes along."""
        fit = self._own
        step = memory["step"] + 1
        torque, rate = self._legs(xp, sense, "torque"), self._legs(xp, sense, "rate")
        power = xp.maximum(torque * rate, 0.0).sum(axis=-1)
        change = xp.abs(torque - memory["torque"]) / fit.strength
        sides = tuple(fit.robot.feet)
        weight = fit.mass_kg * GRAVITY
        new = {
            "step": step,
            "torque": torque,
            "jolt": xp.where(step > 1, change.sum(axis=-1) / len(fit.legs), 0.0),
            "work_j": memory["work_j"] + PERIOD_S * power,
            "tilt_rad": xp.maximum(memory["tilt_rad"], tilt_of(xp, sense["base_quat"])),
            **feet.advance(xp, sense, memory, sides, weight, self._floor_m(draw), PERIOD_S),
        }
        targets = fit.motion.targets(xp, draw, step)
        outputs: dict[tuple[str, str], Any] = {
            ("ctrl", joint): targets[:, k] for k, joint in enumerate(fit.motion.joints)
        }
        outputs["place", BODY] = follow(xp, draw, sense["base_pos"][:, :2])
        return new, outputs

    def _legs(self, xp: Any, sense: Sense, part: str) -> Any:
        """Torque or rate (n, l) of the legs' joints."""
        return xp.concatenate([sense[f"{joint}_{part}"] for joint in self._own.legs], axis=-1)

    def _floor_m(self, draw: Arrays) -> Any:
        """Mean height (n,) of the floor."""
        return 0.5 * draw["rough"] * self._bumps_m

    def _common_reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Stay upright, at height, feet flat, gentle on the drives, and on your feet at all."""
        fit = self._own
        height = (sense["base_pos"][:, 2] - self._floor_m(draw)) / fit.height_m
        return {
            "upright": tolerance(xp, tilt_of(xp, sense["base_quat"]), 0.0, np.deg2rad(5.0), np.deg2rad(30.0)),
            "height": tolerance(xp, height, 0.9, 1.1, 0.2),
            "feet_flat": feet.flat(xp, sense, tuple(fit.robot.feet)),
            "smooth": tolerance(xp, memory["jolt"], 0.0, 0.02, 0.2),
            "alive": xp.ones_like(height),
        }

    def velocity(self, xp: Any, sense: Sense) -> Any:
        """True velocity (n, 3) of the base in its heading's frame: ahead, left (m/s), turning (rad/s)."""
        heading = yaw_of(xp, sense["base_quat"])
        ahead = turn_planar(xp, -heading, sense["base_vel"])
        return xp.concatenate([ahead[:, :2], sense["base_rate"][:, 2:]], axis=-1)

    def _common_metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of a cycle that both tasks tell."""
        at = sense["base_pos"][:, :2]
        return {
            "motion": draw["motion"],
            "load_right_kg": draw["load"][:, 0],
            "load_left_kg": draw["load"][:, 1],
            "floor_friction": draw["friction"],
            "max_tilt_deg": xp.rad2deg(memory["tilt_rad"]),
            "away_mm": 1000.0 * xp.sqrt((at * at).sum(axis=-1)),
            "turned_deg": xp.rad2deg(xp.abs(wrap(xp, yaw_of(xp, sense["base_quat"])))),
            "steps": memory["steps"],
            "legs_work_j": memory["work_j"],
            "peak_force_n": memory["foot_n"],
        }


_FITS: dict[tuple[int, Pace], tuple[Robot, Fit]] = {}
"""Fits of this process by robot (kept, so that its identity stays its own) and pace: motions take seconds to find."""


def _fit(card: StationCard, robot: Robot) -> Fit:
    pace = Pace(
        card.figure("joint_speed_share"), float(np.deg2rad(card.figure("bend_deg"))), card.figure_range("segment_s")
    )
    key = (id(robot), pace)
    if key not in _FITS:
        _FITS[key] = (robot, _fit_new(robot, pace))
    return _FITS[key][1]


def _fit_new(robot: Robot, pace: Pace) -> Fit:
    assert isinstance(robot.base, FloatingBase)
    body = UpperBody(robot)
    motion = motion_of(body, pace, PERIOD_S)
    legs = tuple(joint for side in robot.feet for joint in robot.groups[f"{side}_leg"])
    place, turn, half = _tote(body, motion)
    return Fit(
        robot=robot,
        mass_kg=float(body.model.body_mass.sum()),
        hands_kg=np.array([_borne(body.model, hand.wrist_site) for hand in robot.hands.values()]),
        height_m=robot.base.height_m,
        motion=motion,
        legs=legs,
        strength=np.array([robot.limit(joint) for joint in legs]),
        tote_place=place,
        tote_turn=turn,
        tote_half_m=half,
    )


def _borne(model: mujoco.MjModel, site: str) -> float:
    """Mass (kg) of the body that a force sensor at a site holds, and of all that it carries."""
    return float(model.body_subtreemass[model.site(site).bodyid[0]])


def _tote(body: UpperBody, motion: Motion) -> tuple[Float, Float, float]:
    """A level tote between the hands, in the frame of the right tool point, and half its length."""
    body.put(motion.carry)
    tools = body.tools()
    own = tools[0][1]
    middle = 0.5 * (tools[0][0] + tools[1][0])
    place = np.einsum("ji,j->i", own, middle - tools[0][0])
    return place, np.einsum("ji,jk->ik", own, body.chest_turn()), TOTE_HALF * float(body.arm_m.mean())
