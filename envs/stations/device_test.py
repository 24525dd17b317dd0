"""C2: take a tested tablet out of a test nest, sort it by its verdict, load the next one and shut the lid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, quat_conj, rotate, tilt_of, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.device_layout import (
    EYE_X_M,
    INFEED_M,
    LID_LENGTH_M,
    OUTFEED_M,
    REJECT_M,
)
from pilotline.envs.stations.device_scene import DEVICES, INFEED_STRAPS, build_scene
from pilotline.envs.stations.device_start import draw_cycle, place_cycle
from pilotline.envs.tolerance import tolerance
from pilotline.envs.world import CONTROL_PERIOD_S
from pilotline.robots import Robot

_SETTLE_S = 0.3
_REST_M_PER_S = 0.02
_TOUCH_N = 0.05
_CREEP_M = 2e-5
"""Motion of a touching hand below 1 mm/s is creep of the grip, not a slide."""
_CLEAR_M = 0.04
"""A tool point this far from a device has its finger tips 20 mm clear of it."""
_OVER_M = 0.02
"""A device is over the pocket when its middle is this near the pocket's along both edges."""
_IN_VIEW_M = 0.10
"""The camera knows the old device while its middle is this near the pocket's."""
_HANDS = ("right", "left")


@dataclass(frozen=True)
class DeviceTest:
    """Swap of the device in a test fixture.

    At the start a tested device lies in the nest, the lid is open, the verdict is known, and the next device comes
    in on a belt at the right. The old one belongs on the outfeed (pass) or in the reject rack above it (bad), both
    at the left. Success: new device seated in the nest, lid held shut by the magnet, old device at rest where it
    belongs, hands clear.
    """

    card: StationCard = field(default_factory=lambda: load_card("device_test"))

    @property
    def half(self) -> NDArray[np.float64]:
        """Half lengths of a device (3,), m."""
        return np.array(self.card.figures["device_mm"].value) / 2000.0

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Nest with lid ahead, infeed at the right, outfeed and reject rack at the left, two devices."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Over the infeed, on both hands."""
        return View(lookat=(0.52, 0.02, 1.0), distance=1.9, azimuth=112.0, elevation=-20.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Belt, poses, friction, film, verdict, docking error and what the cell tells of one cycle."""
        return draw_cycle(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Stand the cell where the robot docked, open the lid, put both devices in, start the belt."""
        place_cycle(self.card, draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Belt at rest, magnet off, nothing has happened yet."""
        m = len(draw["bad"])
        memory: dict[str, Any] = {
            name: np.zeros(m) for name in ("clear_s", "latched_s", "press_n", "bump_n", "lid_m_per_s")
        }
        memory["belt_m_per_s"] = np.zeros(m)
        memory["belt_stopped"] = np.zeros(m, np.bool_)
        memory["floored"] = np.zeros(m, np.bool_)
        memory["held_z"] = np.full((m, 2), np.nan)
        memory["flying"] = np.zeros((m, 2), np.bool_)
        memory["drop_m"] = np.zeros((m, 2))
        memory["hand_at"] = np.full((m, 4, 3), np.nan)
        memory["slide_m"] = np.zeros((m, 4))
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Stop the belt at the photo-eye, hold the lid once it is shut, and remember the worst of everything."""
        stopped = memory["belt_stopped"] | self._eye_sees(xp, sense)
        change = self.card.figure("belt_ramp_m_per_s2") * CONTROL_PERIOD_S
        runs = ~stopped & (sense.time >= draw["late_s"])
        wanted = xp.where(runs, draw["belt_speed"], 0.0) - memory["belt_m_per_s"]
        belt = memory["belt_m_per_s"] + xp.minimum(xp.maximum(wanted, -change), change)
        angle = sense["lid_angle"][:, 0]
        shut = angle < np.deg2rad(self.card.figure("lid_shut_deg"))
        was_latched = memory["latched_s"] > 0.0
        latched_s = xp.where(shut, memory["latched_s"] + CONTROL_PERIOD_S, 0.0)
        arriving = xp.where(shut & ~was_latched, LID_LENGTH_M * sense.peak("lid_rate")[:, 0], 0.0)

        height = xp.stack([sense[f"{name}_in_nest"][:, 2] for name in DEVICES], axis=-1)
        touching = xp.stack([norm(xp, sense.peak(f"{name}_any")) > _TOUCH_N for name in DEVICES], axis=-1)
        # a fall counts from the last height at which something held the device to where it is met again
        held_z = memory["held_z"]
        falling = (memory["flying"] | ~touching) & ~xp.isnan(held_z)
        fallen = xp.where(falling, held_z - height, 0.0)
        hand_at, slid, held = _slides(xp, sense, memory["hand_at"])
        press = _largest(
            xp,
            [sense.peak(f"{n}_{place}") for n in DEVICES for place in ("nest", "lid", "infeed", "outfeed", "reject")],
        )
        bump = norm(xp, sense.peak("robot_cell"))
        free = ~held & (bump < _TOUCH_N) & self._hands_clear(xp, sense)
        floored = (norm(xp, sense.peak("new_floor")) > _TOUCH_N) | (norm(xp, sense.peak("old_floor")) > _TOUCH_N)
        new = {
            "belt_stopped": stopped,
            "belt_m_per_s": belt,
            "latched_s": latched_s,
            "lid_m_per_s": xp.maximum(memory["lid_m_per_s"], arriving),
            "held_z": xp.where(touching | xp.isnan(held_z), height, held_z),
            "flying": ~touching,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "hand_at": hand_at,
            "slide_m": memory["slide_m"] + slid,
            "press_n": xp.maximum(memory["press_n"], press),
            "bump_n": xp.maximum(memory["bump_n"], bump),
            "clear_s": xp.where(free, memory["clear_s"] + CONTROL_PERIOD_S, 0.0),
            "floored": memory["floored"] | floored,
        }
        outputs = {("belt", strap): -belt for strap in INFEED_STRAPS}
        for name in DEVICES:
            outputs["push", name] = self._cling(xp, sense, name, draw["cling_n"])
        return new, {**outputs, ("ctrl", "lid_magnet"): shut * 1.0}

    def _cling(self, xp: Any, sense: Sense, name: str, most: Any) -> Any:
        """Force and torque (n, 6) of a charged protective film that draws a device down onto the pocket's floor.

        K2 law: the film pulls evenly over the face, `cling_n` when it lies on the floor, less in proportion to the mean
        gap, nothing beyond `cling_reach_mm`; the charge does not leak within a cycle (estimate). Beside the pocket and
        at belts, which are of conductive rubber, there is none.
        """
        at = sense[f"{name}_in_nest"]
        gap = xp.maximum(at[:, 2] - self.half[2], 0.0)
        over = (xp.abs(at[:, 0]) < _OVER_M) & (xp.abs(at[:, 1]) < _OVER_M)
        share = xp.maximum(1.0 - gap / (self.card.figure("cling_reach_mm") / 1000.0), 0.0) * over
        none = 0.0 * gap
        return xp.stack([none, none, -most * share, none, none, none], axis=-1)

    def _eye_sees(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, the new device covers the infeed's photo-eye."""
        eye = xp.asarray((INFEED_M[0] + EYE_X_M, INFEED_M[1], 0.0)) - sense["new_in_nest"]
        inside = xp.abs(rotate(xp, quat_conj(xp, sense["new_turn_in_nest"]), eye))
        return (inside[:, 0] < self.half[0]) & (inside[:, 1] < self.half[1]) & (inside[:, 2] < 0.1)

    def _hands_clear(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, both tool points away from both devices."""
        clear = xp.ones(len(sense.time), dtype=bool)
        for name in DEVICES:
            for side in _HANDS:
                outside = xp.maximum(xp.abs(sense[f"{side}_in_{name}"]) - self.half, 0.0)
                clear = clear & (norm(xp, outside) > _CLEAR_M)
        return clear

    def _corner_heights(self, xp: Any, sense: Sense) -> tuple[Any, Any]:
        """Lowest and highest corner of the new device's underside above the nest floor, (n,) m each."""
        half = self.half
        turn = sense["new_turn_in_nest"]
        x, y, z = (rotate(xp, turn, axis + 0.0 * sense["new_in_nest"])[:, 2] for axis in np.eye(3))
        middle = sense["new_in_nest"][:, 2] - z * half[2]
        spread = xp.abs(x) * half[0] + xp.abs(y) * half[1]
        return middle - spread, middle + spread

    def _seated(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, the new device lies in the pocket, every corner down."""
        low, high = self._corner_heights(xp, sense)
        depth = self.card.figure("seat_depth_mm") / 1000.0
        # a corner of a device turned within the play is no further out than this
        room = 2.0 * self.card.figure("nest_clearance_mm") / 1000.0
        at = xp.abs(sense["new_in_nest"])
        return (low > -depth) & (high < depth) & (at[:, 0] < room) & (at[:, 1] < room)

    def _old_at_rest(self, xp: Any, sense: Sense) -> tuple[Any, Any]:
        """(n,) bool each, the old device lies still and flat, out of both hands, on the outfeed or in the rack."""
        held = (norm(xp, sense.peak("old_right")) > _TOUCH_N) | (norm(xp, sense.peak("old_left")) > _TOUCH_N)
        flat = tilt_of(xp, sense["old_turn_in_nest"]) < np.deg2rad(self.card.figure("target_tilt_deg"))
        still = ~held & flat & (norm(xp, sense["old_vel"]) < _REST_M_PER_S)
        outfeed = norm(xp, sense.peak("old_outfeed")) > _TOUCH_N
        reject = norm(xp, sense.peak("old_reject")) > _TOUCH_N
        return still & outfeed & ~reject, still & reject & ~outfeed

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Poses from the camera, signals from the cell's controller.

        `new_device`, `old_device`: x, y, yaw in the base frame, and 1 while in view (0 and zeros once the old device
        has left the nest). `nest`: x, y, yaw of the pocket. `verdict`: 1 pass, 0 bad. `lid`: open switch, shut and
        held. `belt_stopped`: 1 once a device waits at the infeed's photo-eye. `signal`: 1; 0 and zeros for all the rest
        while the cell is silent.
        """
        base = base_of(xp, sense)

        def seen(name: str) -> Any:
            place = into_planar(xp, base, sense[f"{name}_pos"])[:, :2]
            turn = wrap(xp, yaw_of(xp, sense[f"{name}_quat"]) - base[:, 2])
            pose = xp.concatenate([place, turn[:, None]], axis=-1)
            return pose + draw[f"{name}_bias"] + noise(f"{name}_pose", 3) * draw["jitter"]

        away = norm(xp, sense["old_in_nest"])[:, None]
        visible = (away < _IN_VIEW_M) * 1.0
        opened = np.deg2rad(self.card.figure("lid_open_deg") - 2.0)
        lid = xp.stack([sense["lid_angle"][:, 0] > opened, memory["latched_s"] > 0.0], axis=-1)
        said = {
            "new_device": xp.concatenate([seen("new"), xp.ones_like(visible)], axis=-1),
            "old_device": xp.concatenate([seen("old") * visible, visible], axis=-1),
            "nest": seen("nest"),
            "verdict": 1.0 - draw["bad"][:, None],
            "lid": lid * 1.0,
            "belt_stopped": memory["belt_stopped"][:, None] * 1.0,
        }
        return told(xp, sense, draw, said)

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Sort the old device, bring the new one over the nest, seat it, shut the lid, be gentle."""
        target = xp.where(draw["bad"][:, None] > 0.5, xp.asarray(REJECT_M), xp.asarray(OUTFEED_M))
        over = sense["new_in_nest"]
        _, high = self._corner_heights(xp, sense)
        across = norm(xp, over[:, :2])
        return {
            "sort": tolerance(xp, norm(xp, sense["old_in_nest"] - target), upper=0.05, margin=0.3),
            "bring": tolerance(xp, across, upper=0.001, margin=0.3),
            "seat": tolerance(xp, across, upper=0.001, margin=0.02) * tolerance(xp, high, upper=0.0005, margin=0.02),
            "lid": tolerance(xp, sense["lid_angle"][:, 0], upper=0.02, margin=1.0) * self._seated(xp, sense),
            "gentle": tolerance(xp, memory["press_n"], upper=self.card.figure("press_limit_n"), margin=20.0),
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Every limit broken ends a cycle; so does a lid shut on a device that isn't seated, and the finished job."""
        card = self.card
        outfeed, reject = self._old_at_rest(xp, sense)
        bad = draw["bad"] > 0.5
        settled = memory["clear_s"] >= _SETTLE_S
        right, wrong = xp.where(bad, reject, outfeed), xp.where(bad, outfeed, reject)
        latched = memory["latched_s"] >= _SETTLE_S
        seated = self._seated(xp, sense)
        faults = {
            "press": memory["press_n"] > card.figure("press_limit_n"),
            "drop": (memory["drop_m"].max(axis=-1) > card.figure("drop_limit_mm") / 1000.0) | memory["floored"],
            "slide": memory["slide_m"].max(axis=-1) > card.figure("slide_limit_mm") / 1000.0,
            "lid_slam": memory["lid_m_per_s"] > card.figure("lid_speed_limit_m_per_s"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
            "not_seated": latched & ~seated,
            "missorted": wrong & settled,
        }
        broken = xp.zeros(len(bad), dtype=bool)
        for fault in faults.values():
            broken = broken | fault
        done = seated & latched & right & settled
        return Verdict(success=done & ~broken, done=done | broken, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; seat errors mean something once the new device is in the nest."""
        at = sense["new_in_nest"]
        _, high = self._corner_heights(xp, sense)
        faults = self.judge(xp, sense, memory, draw).faults
        return {
            "mass_kg": xp.full(len(at), self.card.figure("device_kg")),
            "verdict_pass": 1.0 - draw["bad"],
            "belt_speed_m_per_s": draw["belt_speed"],
            "glass_friction": draw["glass_friction"],
            "nest_friction": draw["nest_friction"],
            "cling_n": draw["cling_n"],
            "place_error_mm": 1000.0 * norm(xp, at[:, :2]),
            "yaw_error_deg": xp.rad2deg(xp.abs(yaw_of(xp, sense["new_turn_in_nest"]))),
            "seat_height_mm": 1000.0 * high,
            "max_press_n": memory["press_n"],
            "max_slide_mm": 1000.0 * memory["slide_m"].max(axis=-1),
            "max_drop_mm": 1000.0 * memory["drop_m"].max(axis=-1),
            "max_bump_n": memory["bump_n"],
            "lid_speed_m_per_s": memory["lid_m_per_s"],
            "drops": faults["drop"] * 1.0,
            "force_exceedances": (faults["press"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["press_n"], memory["bump_n"]),
        }


def _slides(xp: Any, sense: Sense, last: Any) -> tuple[Any, Any, Any]:
    """Hands in device frames (n, 4, 3), path slid in this step (n, 4) m, and whether any hand touches a device (n,)."""
    pairs = [(side, name) for side in _HANDS for name in DEVICES]
    at = xp.stack([sense[f"{side}_in_{name}"] for side, name in pairs], axis=1)
    force = xp.stack([norm(xp, sense.peak(f"{name}_{side}")) for side, name in pairs], axis=1)
    touch = force > _TOUCH_N
    moved = norm(xp, at - last)
    slid = xp.where(touch & (moved > _CREEP_M), moved, 0.0)
    return xp.where(touch[:, :, None], at, xp.nan), slid, touch.any(axis=-1)


def _largest(xp: Any, forces: list[Any]) -> Any:
    """Largest magnitude (n,) among forces (n, 3)."""
    return norm(xp, xp.stack(forces, axis=1)).max(axis=-1)
