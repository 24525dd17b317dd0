"""Reference controller of C1: left hand works the door and carries parts, right fist presses buttons, base drives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.frames import norm, turn_planar, wrap
from pilotline.envs.stations.tending_layout import (
    BUTTONS_M,
    CHUCK_AT_M,
    DOOR_TRAVEL_M,
    HANDLE_M,
    TABLE_AT_M,
    TRAY_TOP_M,
)
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.policies.reference.arms import Arms, home_action
from pilotline.policies.reference.hands import no_grippers
from pilotline.policies.reference.motion import base_action, grip_action, hand_errors, reach_twist, slew
from pilotline.policies.reference.taught import ToolPose
from pilotline.policies.reference.tending_plan import (
    GRIP_SHORT_M,
    GRIP_UP_M,
    NEVER,
    STEPS,
    after_press,
    column,
    steps_with,
)
from pilotline.policies.reference.tending_poses import BAR, CARRY, HOVER, TRAY, WORK, plan_of
from pilotline.robots import Robot

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_TIP_M = 0.020
"""Finger tips ahead of the tool point."""
_BEFORE_M, _BACK_M, _OVER_JAWS_M, _OVER_PARTS_M, _LIFT_M = 0.12, 0.13, 0.045, 0.095, 0.050
"""Ways before and back from a part or the bar, and above what a part stands on."""
_LAND_M = -0.001
"""Parts are set down this much below where they were taken: a millimetre is what they slip on their way."""
_SLIP_M = 0.0015
"""So far a part slips outwards in its grip while the robot turns round with it."""
_LANDED_N = 25.0
"""Change of wrist force at which what is lowered stands on something, wherever that is."""
_AIM_M, _PUSH_M = 0.015, 0.012
"""Tips before a button's face, and how far beyond it the push would go."""
_FELT_N = 13.0
"""Change of wrist force at which a button is at its end: its spring alone gives 10 N there."""
_OVERSHOOT_M = 0.006
"""The door is sent this far past its end; its switch stops it before."""
_OFF_RAD = 0.08
_STRAIGHT_RAD, _STILL = 0.01, 0.02
_COARSE_M = 0.015
"""A place to be reached within less than this is reached standing and straight; others on the way."""
_FAR_M, _FAR_RAD = 0.03, 0.05
"""While the base is further from its place than this, hands go where they will be needed there."""
_SPEED, _DOOR_SPEED, _TURN = 0.6, 0.40, 1.2
_ACCELERATION, _DOOR_ACCELERATION = (0.7, 0.7, 1.8), (0.20, 0.20, 10.0)
_BAR_M_PER_S, _PART_M_PER_S, _OPEN_M_PER_S = 0.03, 0.05, 0.10
"""Fingers close slowly, so that they meet bar and parts softly."""
_GAIN, _TURN_GAIN = 3.0, 6.0
_HOLD_GAIN, _LEAN_GAIN = 12.0, 20.0
"""1/s and 1/s^2, of the heading while the door pulls."""
_SLOW_M_PER_S = 0.04
_X = np.array([1.0, 0.0, 0.0])
_RAILS = np.array([0.1, 0.3, 0.1])
"""Share of its error that a hand on the bar takes out along each axis: across the rails it gives way."""
_SIDES = ("right", "left")
_SIGNALS = ("ready", "door_shut", "door_open", "chuck_open", "clamped", "seated", "running", "felt", "")


def refusal(robot: Robot) -> str | None:
    """Why a robot cannot do this job with this controller; None if it can."""
    if robot.base.kind == "fixed":
        return "its base is fixed, and the trays stand behind it"
    if robot.base.kind == "floating":
        return "it would have to walk from the machine to the trays behind it, and no walking controller is here"
    if reason := no_grippers(robot):
        return reason
    miss = plan_of(robot).miss
    return None if miss is None else f"in front of the machine an arm misses {miss}"


class MachineTendingPolicy:
    """Acts on observations alone: marker poses, machine signals, encoders, odometry, wrist sensors.

    Heights and the places of bar, buttons and slots relative to the markers come from the cell's drawing.

    Args:
      robot: whose hands are used.
      nsim: simulations served.
    """

    control = "joint"

    def __init__(self, robot: Robot, nsim: int) -> None:
        self._grip_max = np.array([hand.opening_max_m for hand in robot.hands.values()])
        self._arms = Arms(robot, nsim)
        self._plan = plan_of(robot)
        self._legs = np.array([home_action(robot, name) for side in robot.feet for name in robot.groups[f"{side}_leg"]])
        self._columns = {
            name: column(name) for name in ("opening", "speed", "near_m", "base_m", "least_s", "patience_s")
        }
        self._signal = np.array([_SIGNALS.index(step.signal) for step in STEPS])
        self._unless = np.array([_SIGNALS.index(step.unless or "") for step in STEPS])
        self._after_press = after_press()
        self._left_name, self._right_name = ([getattr(s, side) for s in STEPS] for side in ("left", "right"))
        self._left_pose = _left_poses()
        self._taught = np.array([[s.right.isupper(), s.left.isupper()] for s in STEPS])
        self._loose = np.array([[s.right != "pressed", s.left not in ("held", "along", "back", "up")] for s in STEPS])
        self._awaited = np.array([[s.near_m < NEVER and s.waits in (side, "both") for side in _SIDES] for s in STEPS])
        self._step = np.zeros(nsim, np.int64)
        self._spent_s = np.zeros(nsim)
        self._machine, self._table = np.full((nsim, 3), np.nan), np.full((nsim, 3), np.nan)
        self._blank = np.full((nsim, 2), np.nan)
        self._slot = np.zeros((nsim, 2))
        self._post, self._velocity = np.zeros((nsim, 3)), np.zeros((nsim, 3))
        self._taken = np.zeros((nsim, 2, 3))
        self._calm, self._load = np.zeros((nsim, 3)), np.zeros((nsim, 3))
        self._hold = np.tile(_HOLD, (nsim, 1))
        self._opening, self._lean = np.zeros(nsim), np.zeros(nsim)
        self._stood, self._along = np.zeros((nsim, 3)), np.zeros((nsim, 3))

    def begin(self, ids: NDArray[np.int64]) -> None:
        """A new cycle starts in `ids`."""
        self._arms.begin(ids)
        self._step[ids] = 0
        for array in (self._spent_s, self._velocity, self._calm, self._load, self._slot, self._opening, self._lean):
            array[ids] = 0.0
        for known in (self._machine, self._table, self._blank, self._post, self._taken):
            known[ids] = np.nan
        self._hold[ids] = _HOLD

    def describe(self, slot: int) -> str:
        """What the controller is at, for captions."""
        return STEPS[self._step[slot]].name

    def act(self, obs: Mapping[str, Float]) -> Float:
        """Actions of the joint layout."""
        step, base = self._step, obs["base_pose"]
        hands = np.stack([obs["right_hand"][:, :3], obs["left_hand"][:, :3]], axis=1)
        self._taken = np.where(np.isnan(self._taken), hands, self._taken)
        self._locate(base, obs)
        place = self._place(base)
        drive, gap, turn = self._drive(base, place)
        far = (gap > _FAR_M) | (turn > _FAR_RAD)
        stand = np.where(far[:, None], place, base)
        goals = self._goals(stand)
        self._along = self._along_rails(base)
        right, miss_r = self._reach(obs["right_hand"], goals, 0)
        left, miss_l = self._reach(obs["left_hand"], goals, 1)
        joints = obs["joint_pos"][:, self._arms.columns]
        posture = self._posture()
        off = np.abs(posture - joints[:, -posture.shape[1] :]).reshape(len(base), 2, -1).max(axis=-1)
        arms = self._arms.act(joints, np.stack([right, left], axis=1), posture, self._taught[step])
        step_m = self._columns["opening"][step] - self._opening
        shut = np.where(_AT_BAR[step], _BAR_M_PER_S, _PART_M_PER_S) * CONTROL_PERIOD_S
        self._opening = self._opening + np.minimum(np.maximum(step_m, -shut), _OPEN_M_PER_S * CONTROL_PERIOD_S)
        opening = np.stack([np.zeros(len(base)), self._opening], axis=-1)
        legs = np.broadcast_to(self._legs, (len(base), len(self._legs)))
        action = [legs, arms, grip_action(opening, self._grip_max), base_action(drive)]

        self._taken = np.where(self._loose[step][:, :, None], hands, self._taken)
        self._learn_hold(hands[:, 1], goals)
        self._stood = np.where(self._loose[step][:, 1:], base, self._stood)
        self._advance(obs, base, np.stack([miss_r, miss_l], axis=-1), off, gap, turn)
        return np.concatenate(action, axis=-1)

    def _locate(self, base: Float, obs: Mapping[str, Float]) -> None:
        """Chuck, table and blank in the frame of the odometry, where they stand still, so they are averaged."""
        heard = obs["signal"][:, 0] > 0.5
        for name, known in (("machine", self._machine), ("table", self._table)):
            spot = turn_planar(np, base[:, 2], obs[name]) + base
            spot[:, 2] = wrap(np, spot[:, 2])
            known[:] = _averaged(known, spot, heard)
        flat = np.concatenate([obs["blank"], np.zeros((len(base), 1))], axis=-1)
        waits = heard & (self._step < _FIRST["round blank"])
        self._blank = _averaged(self._blank, (turn_planar(np, base[:, 2], flat) + base)[:, :2], waits)
        self._slot = np.where(heard[:, None], obs["slot"], self._slot)
        self._post = np.where(np.isnan(self._post), base, self._post)

    def _at_machine(self, point: tuple[float, float, float], dy: float = 0.0) -> Float:
        """A point of the drawing (n, 3) in the frame of the odometry."""
        drawn = np.array(point) - np.array(CHUCK_AT_M) + (0.0, dy, 0.0)
        turned = turn_planar(np, self._machine[:, 2], np.broadcast_to(drawn, (len(self._machine), 3)))
        flat = np.concatenate([self._machine[:, :2], np.full((len(turned), 1), CHUCK_AT_M[2])], axis=-1)
        return turned + flat

    def _at_slot(self) -> Float:
        """The free slot's middle (n, 3) in the frame of the odometry."""
        flat = np.concatenate([self._slot, np.zeros((len(self._slot), 1))], axis=-1)
        spot = turn_planar(np, self._table[:, 2], flat)
        return np.concatenate([spot[:, :2] + self._table[:, :2], np.full((len(spot), 1), TABLE_AT_M[2])], axis=-1)

    def _at_blank(self) -> Float:
        return np.concatenate([self._blank, np.full((len(self._blank), 1), TRAY_TOP_M)], axis=-1)

    def _place(self, base: Float) -> Float:
        """Where the base shall stand: x, y, heading (n, 3) in the frame of the odometry."""
        ahead, behind = self._machine[:, 2], self._table[:, 2] + np.pi
        bar_open = self._at_machine(HANDLE_M, DOOR_TRAVEL_M + _OVERSHOOT_M)
        places = {
            "bar shut": _stand(self._at_machine(HANDLE_M, -_OVERSHOOT_M), BAR.position, ahead),
            "bar open": _stand(bar_open, BAR.position, ahead),
            "panel": _stand(self._at_machine(BUTTONS_M["chuck"]), (HOVER.position[0] + 0.06, HOVER.position[1]), ahead),
            "chuck": _stand(self._at_machine(CHUCK_AT_M), WORK.position, ahead),
            "front": _stand(self._at_machine(CHUCK_AT_M), (WORK.position[0] + 0.33, WORK.position[1]), ahead),
            "slot": _stand(self._at_slot(), TRAY.position, behind),
            "blank": _stand(self._at_blank(), TRAY.position, behind),
        }
        return np.select([_BASE[name][self._step][:, None] for name in places], list(places.values()), self._post)

    def _drive(self, base: Float, place: Float) -> tuple[Float, Float, Float]:
        """Base velocity (n, 3) in its own frame, way still to go (n,) m, and angle (n,) rad."""
        away = place[:, :2] - base[:, :2]
        gap, turn = norm(np, away), place[:, 2] - base[:, 2]
        sliding = _SLIDING[self._step]
        slow = np.where(sliding, _DOOR_ACCELERATION[0], 0.5 * _ACCELERATION[0])
        top = np.where(sliding, _DOOR_SPEED, _SPEED)
        speed = np.minimum(np.minimum(top, _GAIN * gap), np.sqrt(2.0 * slow * gap))
        speed = np.where(sliding, np.maximum(speed, _SLOW_M_PER_S), speed)
        left = np.abs(turn)
        spin = np.minimum(np.minimum(_TURN, _TURN_GAIN * left), np.sqrt(1.2 * _ACCELERATION[2] * left))
        # the door pulls far ahead of the wheels: what turns the base is learned while it lasts
        self._lean = np.where(sliding, self._lean + _LEAN_GAIN * turn * CONTROL_PERIOD_S, 0.0)
        way = away * (speed / np.maximum(gap, 1e-6))[:, None]
        wanted = np.concatenate([way, (np.sign(turn) * spin)[:, None]], axis=-1)
        wanted[:, 2] = np.where(sliding, _HOLD_GAIN * turn + self._lean, wanted[:, 2])
        gentle, brisk = (slew(self._velocity, wanted, each) for each in (_DOOR_ACCELERATION, _ACCELERATION))
        self._velocity = np.where(sliding[:, None], gentle, brisk)
        return turn_planar(np, -base[:, 2], self._velocity), gap, np.abs(turn)

    def _goals(self, stand: Float) -> dict[str, tuple[Float, str]]:
        """Where tool points shall be (n, 3) in the frame of a base that stands there, and the tool pose to take."""
        n = len(stand)
        up = np.array([0.0, 0.0, 1.0])

        def near(point: Float) -> Float:
            flat = np.concatenate([stand[:, :2], np.zeros((n, 1))], axis=-1)
            return turn_planar(np, -stand[:, 2], point - flat)

        bar = near(self._at_machine(HANDLE_M, 0.0)), near(self._at_machine(HANDLE_M, DOOR_TRAVEL_M))
        opened = self._step > _FIRST["door to bar open"]
        inwards = _level(WORK)
        held = self._hold - _SLIP_M * inwards
        foot, tray, blank = (near(p) for p in (self._at_machine(CHUCK_AT_M), self._at_slot(), self._at_blank()))
        finished, blank = foot + _HOLD, blank + _HOLD
        seat, slot = foot + held, tray + held
        goals = {
            "carry": (np.broadcast_to(CARRY.position, (n, 3)), "carry"),
            "bar": (np.where(opened[:, None], bar[1], bar[0]), "bar"),
            "before finished": (finished - _BEFORE_M * inwards, "work"),
            "finished": (finished, "work"),
            "above slot": (slot + _OVER_PARTS_M * up, "tray"),
            "on slot": (slot + _LAND_M * up, "tray"),
            "before blank": (blank - _BEFORE_M * inwards, "tray"),
            "blank": (blank, "tray"),
            "above seat": (seat + _OVER_JAWS_M * up, "work"),
            "on seat": (seat + _LAND_M * up, "work"),
        }
        fist, _ = HOVER.axes
        for name, at in BUTTONS_M.items():
            face = near(self._at_machine(at))
            goals[f"at {name}"] = (face - _AIM_M * _X - _TIP_M * fist, "hover")
            goals[f"push {name}"] = (face + _PUSH_M * _X - _TIP_M * fist, "hover")
        return goals

    def _learn_hold(self, hand: Float, goals: Mapping[str, tuple[Float, str]]) -> None:
        """Where the left hand is above the foot of what it holds, from where it closed: never quite as planned."""
        for what in ("finished", "blank"):
            closing = _CLOSING[what][self._step][:, None]
            self._hold = np.where(closing, _HOLD + hand - goals[what][0], self._hold)

    def _along_rails(self, base: Float) -> Float:
        """Where the hand that took the bar is (n, 3) in the base frame once the bar has gone as far as the base."""
        bar = turn_planar(np, self._stood[:, 2], self._taken[:, 1]) + np.concatenate(
            [self._stood[:, :2], np.zeros((len(base), 1))], axis=-1
        )
        yaw = self._machine[:, 2]
        gone = base[:, :2] - self._stood[:, :2]
        rail = np.stack([-np.sin(yaw), np.cos(yaw)], axis=-1)
        bar[:, :2] += rail * (gone * rail).sum(axis=-1)[:, None] - base[:, :2]
        return turn_planar(np, -base[:, 2], bar)

    def _reach(self, hand: Float, goals: Mapping[str, tuple[Float, str]], side: int) -> tuple[Float, Float]:
        """Twist (n, 6) of a hand towards its goal, and what is still to go (n,) m; side 0 is right."""
        step, taken = self._step, self._taken[:, side]
        names = (self._right_name, self._left_name)[side]
        pose = ["hover"] * len(STEPS) if side == 0 else self._left_pose
        kept = {
            "held": taken,
            "along": self._along,
            "pressed": taken,
            "back": taken - _BACK_M * _BACKWARDS[step],
            "up": taken + np.array([0.0, 0.0, _LIFT_M]),
        }
        all_goals = {**{name: goal for name, (goal, _) in goals.items()}, **kept}
        here = {name: np.array([each == name for each in names])[step] for name in all_goals if name in names}
        position = np.select(
            [chosen[:, None] for chosen in here.values()], [all_goals[name] for name in here], hand[:, :3]
        )
        quats = np.array([self._plan.quats[each] for each in pose])[step]
        move, spin = hand_errors(hand, position, quats)
        move = np.where(_SLIDING[step][:, None] & (side == 1), move * _RAILS, move)
        miss = norm(np, move) + 0.1 * norm(np, spin)
        return reach_twist(move, spin, self._columns["speed"][step]), miss

    def _posture(self) -> Float:
        """Arm joints (n, 2 k) to prefer, right then left."""
        right = np.array([self._plan.angles["rest" if name == "REST" else "hover"] for name in self._right_name])
        left = np.array([self._plan.angles[name] for name in self._left_pose])
        return np.concatenate([right[self._step], left[self._step]], axis=-1)

    def _advance(self, obs: Mapping[str, Float], base: Float, miss: Float, off: Float, gap: Float, turn: Float) -> None:
        """Go to the next step where all its conditions hold, or its patience has run out."""
        step, spent = self._step, self._spent_s
        force = obs["wrist_wrench"][:, :3]
        aiming = _AIMING[step]
        self._calm = np.where(aiming[:, None], self._calm + 0.2 * (force - self._calm), self._calm)
        felt = norm(np, force - self._calm) > _FELT_N
        load = obs["wrist_wrench"][:, 6:9]
        self._load = np.where(_ABOVE[step][:, None], self._load + 0.2 * (load - self._load), self._load)
        landed = _LANDING[step] & (norm(np, load - self._load) > _LANDED_N)
        told = [obs["ready"][:, 0], *obs["door"].T, *obs["chuck"].T, obs["running"][:, 0], felt, np.ones(len(step))]
        signals = np.stack(told, axis=-1) > 0.5
        rows = np.arange(len(step))
        limit = {name: values[step] for name, values in self._columns.items()}
        taught = self._taught[step]
        arrived = np.where(taught, off < _OFF_RAD, miss < limit["near_m"][:, None]) | ~self._awaited[step]
        exact = limit["base_m"] < _COARSE_M
        speed = norm(np, obs["base_velocity"])
        still = np.where(exact, (turn < _STRAIGHT_RAD) & (speed < _STILL), turn < 0.15)
        driven = ((gap < limit["base_m"]) & still) | (limit["base_m"] >= NEVER)
        over = arrived.all(axis=-1) & driven & signals[rows, self._signal[step]] & (spent >= limit["least_s"])
        over = (over | landed | (spent > limit["patience_s"])) & (step < len(STEPS) - 1)
        skips = over & signals[rows, self._unless[step]] & _SKIPPABLE[step]
        self._post = np.where(over[:, None], base, self._post)
        self._step = np.where(skips, self._after_press[step], step + over)
        self._spent_s = np.where(over, 0.0, spent + CONTROL_PERIOD_S)


def _averaged(known: Float, spot: Float, heard: Bool) -> Float:
    """What is known of places (n, k), updated by what was seen where the cell was heard."""
    first = np.isnan(known)
    new = np.where(first, spot, known + 0.05 * (spot - known))
    return np.where(heard[:, None], new, known)


def _stand(point: Float, hand: tuple[float, ...], heading: Float) -> Float:
    """Base x, y, heading (n, 3) from which points (n, 3) are where a hand works: x, y in the base frame."""
    offset = turn_planar(np, heading, np.broadcast_to([hand[0], hand[1], 0.0], point.shape))
    return np.concatenate([point[:, :2] - offset[:, :2], heading[:, None]], axis=-1)


def _level(pose: ToolPose) -> Float:
    """Where a hand in a tool pose points, seen from above, (3,)."""
    flat = pose.axes[0] * (1.0, 1.0, 0.0)
    return flat / np.linalg.norm(flat)


def _left_poses() -> list[str]:
    """Tool pose of the left hand in every step: that of the last goal which named one."""
    of_goal = {"BEFORE BAR": "before bar", "bar": "bar", "CARRY": "carry", "carry": "carry"}
    at = {"finished": "work", "seat": "work", "slot": "tray", "blank": "tray"}
    found, last = [], "before bar"
    for step in STEPS:
        what = step.left.split(" ")[-1]
        last = of_goal.get(step.left) or at.get(what) or last
        found.append(last)
    return found


_FIRST = {
    "door to bar open": next(i for i, s in enumerate(STEPS) if s.name == "door to bar open"),
    "round blank": next(i for i, s in enumerate(STEPS) if s.name == "round blank"),
}
_CLOSING = {what: steps_with("name", f"close on {what}") for what in ("finished", "blank")}
_HOLD = GRIP_UP_M * np.array([0.0, 0.0, 1.0]) - GRIP_SHORT_M * _level(WORK)
_BASE = {name: steps_with("base", name) for name in {step.base for step in STEPS}}
_SLIDING = np.array([step.name.startswith("door to") for step in STEPS])
_AIMING = np.array([step.right.startswith("at ") for step in STEPS])
_AT_BAR = np.array([pose in ("bar", "before bar") for pose in _left_poses()])
_ABOVE = np.array([step.name.startswith("over ") for step in STEPS])
_LANDING = np.array([step.name.startswith("down on ") for step in STEPS])
_SKIPPABLE = np.array([bool(step.unless) for step in STEPS])
_BACKWARDS = np.array([_level(BAR if pose in ("bar", "before bar") else WORK) for pose in _left_poses()])
