"""C1: open a machining centre, take the finished part out, seat the next blank, clamp, shut the door and start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, tilt_of, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.tending_layout import (
    BUTTON_CLOSES_M,
    BUTTON_OPENS_M,
    BUTTONS_M,
    CHIP_OFF_M,
    DOOR_TRAVEL_M,
    INSIDE_X_M,
)
from pilotline.envs.stations.tending_scene import JAWS, PARTS, build_scene, jaw_target
from pilotline.envs.stations.tending_start import draw_cycle, place_cycle, slot_place
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_PERIOD_S = 0.02
_SETTLE_S = 0.3
_REST_M_PER_S = 0.02
_TOUCH_N = 0.05
_BARE_M = 0.05
"""The seat counts as bare once the finished part is this far from it; then chips lie on it."""
_JAW_PLAY_M = 0.0007
"""How far from nominal a jaw may stand for the machine to call a part clamped, and from its stroke for open."""
_SUNK_M = 0.01
"""Where the pad that stands for chips hides inside the seat."""
_HANDS = ("right", "left")
_FIXED = ("door", "housing", "chuck", "table", *(f"button_{name}" for name in BUTTONS_M))


@dataclass(frozen=True)
class MachineTending:
    """One unload-and-load of a machining centre.

    At the start the door is shut, the finished part is in the chuck (clamped, or in open jaws), the next blank is on
    the in tray behind the robot. Buttons on the front: one opens or shuts the chuck, one blows air at the seat while it
    is held, one starts. Success: started with the blank seated and clamped, the door shut, no hand inside and the
    finished part at rest in its slot; then the robot is clear.

    Chips are emulated (their only K3 part): in some cycles a pad stands up on the bare seat by the chips' thickness
    until air has blown long enough. A part on it stands crooked, as it does on chips.
    """

    card: StationCard = field(default_factory=lambda: load_card("machine_tending"))

    @property
    def half(self) -> tuple[float, float]:
        """Radius and half height of a part, m."""
        return self.card.figure("part_diameter_mm") / 2000.0, self.card.figure("part_height_mm") / 2000.0

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Machine ahead, tray table behind, a finished part and a blank."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Past the robot's left shoulder into the machine, trays in the foreground."""
        return View(lookat=(0.15, 0.0, 1.0), distance=3.2, azimuth=38.0, elevation=-24.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Docking, drag, friction, slots, jaw state, chips, waiting time and pose-source error of one cycle."""
        return draw_cycle(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Stand machine and trays where the robot docked, door shut, parts in chuck and tray."""
        place_cycle(self.card, draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Machine at rest, nothing has happened yet."""
        m = len(draw["in_slot"])
        memory: dict[str, Any] = {name: np.zeros(m) for name in ("blown_s", "clear_s", "door_n", "bump_n")}
        for name in (
            "bare",
            "started",
            "floored",
            "hand_inside",
            "door_not_shut",
            "not_seated",
            "misplaced",
            "hot_part",
            "splash",
        ):
            memory[name] = np.zeros(m, np.bool_)
        memory["pressed"] = np.zeros((m, len(BUTTONS_M)), np.bool_)
        memory["chuck_shut"] = draw["jaws_open"] < 0.5
        memory["held_z"] = np.full((m, 2), np.nan)
        memory["flying"] = np.zeros((m, 2), np.bool_)
        memory["drop_m"] = np.zeros((m, 2))
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Read the buttons, move jaws and chips, start if the guard allows, and remember the worst of everything."""
        way = xp.stack([sense[f"button_{name}_way"][:, 0] for name in BUTTONS_M], axis=-1)
        pressed = xp.where(memory["pressed"], way > BUTTON_OPENS_M, way > BUTTON_CLOSES_M)
        edge = pressed & ~memory["pressed"]
        toggled, starting = edge[:, 0] & ~memory["started"], edge[:, 2] & ~memory["started"]
        chuck_shut = (memory["chuck_shut"] & ~toggled) | (~memory["chuck_shut"] & toggled)
        air = pressed[:, 1] & ~memory["started"]

        shut, clamped, inside = self._door_shut(sense), self._clamped(xp, sense, memory), self._inside(xp, sense)
        seated, placed = self._seated(xp, sense), self._placed(xp, sense, draw)
        bare = memory["bare"] | (norm(xp, sense["finished_in_chuck"] - self._on_seat(xp)) > _BARE_M)
        away = norm(xp, sense["blank_in_chuck"] - self._on_seat(xp)) > _BARE_M
        blown_s = memory["blown_s"] + xp.where(air & bare & away, _PERIOD_S, 0.0)
        chips = (draw["chips"] > 0.5) & bare & (blown_s < draw["blow_s"])

        height = xp.stack([sense[f"{name}_in_chuck"][:, 2] for name in PARTS], axis=-1)
        touching = xp.stack([norm(xp, sense.peak(f"{name}_any")) > _TOUCH_N for name in PARTS], axis=-1)
        # a fall counts from the last height at which something held the part to where it is met again
        held_z = memory["held_z"]
        falling = (memory["flying"] | ~touching) & ~xp.isnan(held_z)
        fallen = xp.where(falling, held_z - height, 0.0)
        # along its rails, which run across the cell; across them it is a fixture as any other
        door_n = sense.peak("robot_door")[:, 1]
        bump_n = norm(xp, xp.stack([sense.peak(f"robot_{name}") for name in _FIXED], axis=1)).max(axis=-1)
        free = (bump_n < _TOUCH_N) & ~inside & shut
        floored = (norm(xp, sense.peak("blank_floor")) > _TOUCH_N) | (norm(xp, sense.peak("finished_floor")) > _TOUCH_N)
        near = xp.stack([norm(xp, sense[f"{side}_in_chuck"]) for side in _HANDS], axis=-1).min(axis=-1)
        new = {
            "pressed": pressed,
            "chuck_shut": chuck_shut,
            "bare": bare,
            "blown_s": blown_s,
            "started": memory["started"] | (starting & shut & clamped),
            "hand_inside": memory["hand_inside"] | (starting & inside),
            "door_not_shut": memory["door_not_shut"] | (starting & ~shut),
            "not_seated": memory["not_seated"] | (starting & ~(seated & clamped)),
            "misplaced": memory["misplaced"] | (starting & ~placed),
            "hot_part": memory["hot_part"] | (self._held(xp, sense, "finished") & (sense.time < draw["hot_s"])),
            "splash": memory["splash"] | (air & (near < self.card.figure("splash_mm") / 1000.0)),
            "held_z": xp.where(touching | xp.isnan(held_z), height, held_z),
            "flying": ~touching,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "door_n": xp.maximum(memory["door_n"], door_n),
            "bump_n": xp.maximum(memory["bump_n"], bump_n),
            "clear_s": xp.where(free, memory["clear_s"] + _PERIOD_S, 0.0),
            "floored": memory["floored"] | floored,
        }
        target = jaw_target(chuck_shut * 1.0, draw["stroke"])
        up = xp.where(chips, draw["chip_m"], -_SUNK_M)
        pad = xp.stack([CHIP_OFF_M * xp.cos(draw["chip_angle"]), CHIP_OFF_M * xp.sin(draw["chip_angle"]), up], axis=-1)
        return new, {**{("ctrl", jaw): target for jaw in JAWS}, ("place", "chip"): pad}

    def _on_seat(self, xp: Any) -> Any:
        """Middle (3,) of a part on the seat, in the chuck's frame."""
        return xp.asarray((0.0, 0.0, self.half[1]))

    def _door_shut(self, sense: Sense) -> Any:
        """(n,) bool, the door's switch."""
        return sense["door_way"][:, 0] < self.card.figure("door_shut_mm") / 1000.0

    def _jaws(self, xp: Any, sense: Sense) -> Any:
        """How far each jaw stands outside a part of nominal size, (n, 3) m."""
        return xp.stack([sense[f"{jaw}_way"][:, 0] for jaw in JAWS], axis=-1)

    def _clamped(self, xp: Any, sense: Sense, memory: Arrays) -> Any:
        """(n,) bool, jaws sent inwards stand where a part of nominal size stops them."""
        return memory["chuck_shut"] & (xp.abs(self._jaws(xp, sense)).max(axis=-1) < _JAW_PLAY_M)

    def _inside(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, a hand is beyond the plane of the door."""
        deepest = xp.stack([sense[f"{side}_in_machine"][:, 0] for side in _HANDS], axis=-1).max(axis=-1)
        return deepest > INSIDE_X_M

    def _held(self, xp: Any, sense: Sense, name: str) -> Any:
        """(n,) bool, a hand touches a part."""
        return (norm(xp, sense.peak(f"{name}_right")) > _TOUCH_N) | (norm(xp, sense.peak(f"{name}_left")) > _TOUCH_N)

    def _gaps(self, xp: Any, sense: Sense) -> tuple[Any, Any, Any]:
        """Lowest and highest point of the blank's rim above the seat, and its axis off the chuck's, (n,) m each."""
        radius, half = self.half
        tilt, at = tilt_of(xp, sense["blank_turn_in_chuck"]), sense["blank_in_chuck"]
        # a blank standing on its head is as good
        middle, spread = at[:, 2] - half * xp.abs(xp.cos(tilt)), radius * xp.sin(tilt)
        return middle - spread, middle + spread, norm(xp, at[:, :2])

    def _seated(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, the blank stands on the seat all round, in the chuck's axis."""
        low, high, off = self._gaps(xp, sense)
        gap, runout = self.card.figure("seat_gap_mm") / 1000.0, self.card.figure("runout_mm") / 1000.0
        return (low > -gap) & (high < gap) & (off < runout)

    def _slot_error(self, xp: Any, sense: Sense, draw: Arrays) -> Any:
        """Distance (n,) m of the finished part's middle from its slot, seen from above."""
        return norm(xp, sense["finished_in_table"][:, :2] - slot_place(xp, draw["out_slot"]))

    def _placed(self, xp: Any, sense: Sense, draw: Arrays) -> Any:
        """(n,) bool, the finished part stands in its slot, at rest and out of both hands."""
        half = self.half[1]
        tilt = tilt_of(xp, sense["finished_turn_in_table"])
        level = xp.abs(sense["finished_in_table"][:, 2] - half) < 0.1 * half
        upright = level & (tilt < np.deg2rad(self.card.figure("slot_tilt_deg")))
        still = ~self._held(xp, sense, "finished") & (norm(xp, sense["finished_vel"]) < _REST_M_PER_S)
        return upright & still & (self._slot_error(xp, sense, draw) < self.card.figure("slot_tolerance_mm") / 1000.0)

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Poses from markers and the tray camera, signals from the machine's control.

        `machine`: x, y, yaw of the chuck's axis, `table`: of the tray table's datum, `blank`: x, y of the next blank,
        all in the base frame. `slot`: x, y of the free slot in the table's frame (order data). `ready`: 1 once the
        finished part may be touched. `door`: shut and open switches. `chuck`: open, clamped on a part, and whether the
        seat's air gauge finds the clamped part seated. `running`: the machine has started. `signal`: 0 and
        everything zeros while the cell is silent.
        """
        scale = xp.asarray((1.0, 1.0, 1.0)) * draw["jitter"]
        base = base_of(xp, sense)

        def seen(name: str, body: str) -> Any:
            at = into_planar(xp, base, sense[f"{body}_pos"])[:, :2]
            turn = yaw_of(xp, sense[f"{body}_quat"]) - base[:, 2]
            pose = xp.concatenate([at, turn[:, None]], axis=-1) + draw[f"{name}_bias"] + noise(name, 3) * scale
            return xp.concatenate([pose[:, :2], wrap(xp, pose[:, 2:])], axis=-1)

        blank = into_planar(xp, base, sense["blank_pos"])[:, :2] + draw["blank_bias"] + noise("blank", 2) * scale[:, :2]
        opened = self._jaws(xp, sense).min(axis=-1) > draw["stroke"] - _JAW_PLAY_M
        clamped = self._clamped(xp, sense, memory)
        door = sense["door_way"][:, 0]
        said = {
            "machine": seen("machine", "chuck"),
            "table": seen("table", "table"),
            "blank": blank,
            "slot": slot_place(xp, draw["out_slot"]),
            "ready": ((sense.time >= draw["hot_s"]) * 1.0)[:, None],
            "door": xp.stack([self._door_shut(sense) * 1.0, (door > DOOR_TRAVEL_M - 0.01) * 1.0], axis=-1),
            "running": (memory["started"] * 1.0)[:, None],
            "chuck": xp.stack([opened * 1.0, clamped * 1.0, (clamped & self._seated(xp, sense)) * 1.0], axis=-1),
        }
        return told(xp, sense, draw, said)

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Unload, load, seat and clamp, shut the door, start."""
        to_seat = norm(xp, sense["blank_in_chuck"] - self._on_seat(xp))
        shut = memory["bare"] & self._door_shut(sense) & self._seated(xp, sense)
        return {
            "unload": tolerance(xp, self._slot_error(xp, sense, draw), upper=0.005, margin=1.5),
            "load": tolerance(xp, to_seat, upper=0.005, margin=1.5),
            "clamp": (self._seated(xp, sense) & self._clamped(xp, sense, memory)) * 1.0,
            "shut": shut * 1.0,
            "start": memory["started"] * 1.0,
        }

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Any fault ends a cycle, and so does a machine that runs with the robot clear of it."""
        card = self.card
        named = ("hand_inside", "door_not_shut", "not_seated", "misplaced", "hot_part", "splash")
        faults = {
            **{name: memory[name] for name in named},
            "door_force": memory["door_n"] > card.figure("door_limit_n"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
            "drop": (memory["drop_m"].max(axis=-1) > card.figure("drop_limit_mm") / 1000.0) | memory["floored"],
        }
        broken = xp.zeros(len(sense.time), dtype=bool)
        for fault in faults.values():
            broken = broken | fault
        done = memory["started"] & (memory["clear_s"] >= _SETTLE_S)
        return Verdict(success=done & ~broken, done=done | broken, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; seat and slot errors mean something once both parts are where they belong."""
        low, high, off = self._gaps(xp, sense)
        faults = self.judge(xp, sense, memory, draw).faults
        return {
            "mass_kg": draw["blank_kg"],
            "door_drag_n": draw["door_drag"],
            "coolant_friction": draw["coolant_friction"],
            "grip_friction": draw["grip_friction"],
            "jaws_open_at_start": draw["jaws_open"],
            "chips": draw["chips"],
            "hot_s": draw["hot_s"],
            "slot_error_mm": 1000.0 * self._slot_error(xp, sense, draw),
            "seat_gap_mm": 1000.0 * xp.maximum(high, -low),
            "runout_mm": 1000.0 * off,
            "blown_s": memory["blown_s"],
            "max_door_n": memory["door_n"],
            "max_bump_n": memory["bump_n"],
            "max_drop_mm": 1000.0 * memory["drop_m"].max(axis=-1),
            "drops": faults["drop"] * 1.0,
            "force_exceedances": (faults["door_force"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["door_n"], memory["bump_n"]),
        }
