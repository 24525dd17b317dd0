"""A2: load three sheet-metal panels from racks onto the pins of a weld fixture, inside its load window."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.base_frame import base_of
from pilotline.envs.card import StationCard, load_card
from pilotline.envs.frames import into_planar, norm, rotate, wrap, yaw_of
from pilotline.envs.outage import told
from pilotline.envs.placement import Placement
from pilotline.envs.rendering import View
from pilotline.envs.sense import Sense
from pilotline.envs.station import Arrays, Noise, Verdict
from pilotline.envs.stations.weld_layout import (
    ACROSS_M,
    BASE_RADIUS_M,
    DOOR_X_M,
    PANELS,
    PERSON_Y_M,
    THICK_M,
    PanelSize,
)
from pilotline.envs.stations.weld_scene import build_scene, sizes
from pilotline.envs.stations.weld_start import draw_cycle, place_cycle
from pilotline.envs.tolerance import tolerance
from pilotline.robots import Robot

_SETTLE_S = 0.3
_REST_M_PER_S = 0.02
_TOUCH_N = 0.05
_PERIOD_S = 0.02
_BEAMS_AWAY_M = (0.0, 0.0, -4.0)
_X, _Y = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


@dataclass(frozen=True)
class WeldFixture:
    """Three panels, one from each rack ahead of the robot, belong on the pins of a fixture behind it.

    The fixture welds the last car until the load window opens, and again from its end. Success: every panel's pins are
    in its holes and its corners down on the nets within the card's tolerance, released and at rest, and robot and
    panels out of the door zone, before the window ends.
    """

    card: StationCard = field(default_factory=lambda: load_card("weld_fixture"))

    @cached_property
    def sizes(self) -> dict[str, PanelSize]:
        """Sizes of the panels by name."""
        return sizes(self.card)

    @property
    def window(self) -> tuple[float, float]:
        """When the load window opens and ends, s since the cycle began."""
        end = self.card.figure("tau_machine_s")
        return end - self.card.figure("window_s"), end

    def build(self, spec: mujoco.MjSpec, robot: Robot) -> None:
        """Three racks ahead, the fixture with its door line behind, three panels."""
        build_scene(spec, robot, self.card)

    def view(self) -> View:
        """Over the lane, with racks at the left and the fixture at the right."""
        return View(lookat=(-0.1, 0.0, 0.85), distance=4.0, azimuth=115.0, elevation=-24.0)

    def randomise(self, rng: np.random.Generator, pack: str) -> dict[str, NDArray[np.float64]]:
        """Panels, how the racks are filled, the fixture's pose and pins, the pose source, the signals of one cycle."""
        return draw_cycle(self.card.in_pack(pack), rng)

    def place(self, draw: Arrays, put: Placement) -> None:
        """Fill the racks, set up the fixture and its pins, arm the light curtain."""
        place_cycle(self.card, self.sizes, draw, put)

    def start(self, draw: Arrays) -> dict[str, Any]:
        """Nothing has happened yet."""
        m, k = len(draw["stock"]), len(PANELS)
        memory: dict[str, Any] = {name: np.zeros(m) for name in ("clear_s", "force_n", "bump_n")}
        for name in ("floored", "entered", "in_walkway"):
            memory[name] = np.zeros(m, np.bool_)
        memory["held_z"] = np.full((m, k), np.nan)
        memory["flying"] = np.zeros((m, k), np.bool_)
        memory["drop_m"] = np.zeros((m, k))
        memory["seated_at_s"] = np.full((m, k), np.nan)
        return memory

    def advance(
        self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Arm or mute the light curtain, and remember falls, forces, and who broke into zones."""
        opens, ends = self.window
        shut = (sense.time < opens) | (sense.time >= ends)
        height = xp.stack([sense[f"{name}_in_cell"][:, 2] for name in PANELS], axis=-1)
        touching = xp.stack([norm(xp, sense.peak(f"{name}_any")) > _TOUCH_N for name in PANELS], axis=-1)
        # a fall counts from the last height at which something held the panel to where it is met again
        held_z = memory["held_z"]
        falling = (memory["flying"] | ~touching) & ~xp.isnan(held_z)
        fallen = xp.where(falling, held_z - height, 0.0)
        handled, floored = xp.zeros_like(memory["floored"]), memory["floored"]
        walkway = memory["in_walkway"]
        for name in PANELS:
            handled = handled | self._handled(xp, sense, name)
            floored = floored | (norm(xp, sense.peak(f"{name}_floor")) > _TOUCH_N)
            _, reach_y = self._reach(xp, sense, name)
            walkway = walkway | (sense[f"{name}_in_cell"][:, 1] + reach_y > PERSON_Y_M)
        inside = self._in_zone(xp, sense)
        seated = xp.stack([self._seated(xp, sense, name) for name in PANELS], axis=-1)
        at = memory["seated_at_s"]
        now = xp.where(xp.isnan(at), sense.time[:, None], at)
        new = {
            "clear_s": xp.where(handled | inside, 0.0, memory["clear_s"] + _PERIOD_S),
            "force_n": xp.maximum(memory["force_n"], norm(xp, sense.peak("fixture_any"))),
            "bump_n": xp.maximum(memory["bump_n"], norm(xp, sense.peak("robot_racks"))),
            "floored": floored,
            "entered": memory["entered"] | (shut & inside),
            "in_walkway": walkway,
            "held_z": xp.where(touching | xp.isnan(held_z), height, held_z),
            "flying": ~touching,
            "drop_m": xp.maximum(memory["drop_m"], fallen),
            "seated_at_s": xp.where(seated, now, xp.nan),
        }
        away = xp.asarray(_BEAMS_AWAY_M) * xp.where(shut, 0.0, 1.0)[:, None]
        return new, {("place", "door_beams"): away}

    def _handled(self, xp: Any, sense: Sense, name: str) -> Any:
        """(n,) bool, a hand touches the panel."""
        right, left = sense.peak(f"{name}_right"), sense.peak(f"{name}_left")
        return (norm(xp, right) > _TOUCH_N) | (norm(xp, left) > _TOUCH_N)

    def _reach(self, xp: Any, sense: Sense, name: str) -> tuple[Any, Any]:
        """How far a panel's corners reach from its middle along world x and y, (n,) m each."""
        size, turn = self.sizes[name], sense[f"{name}_quat"]
        across = xp.abs(rotate(xp, turn, xp.asarray(_X) + 0.0 * sense[f"{name}_pos"])) * size.half_across
        along = xp.abs(rotate(xp, turn, xp.asarray(_Y) + 0.0 * sense[f"{name}_pos"])) * size.half_along
        return across[:, 0] + along[:, 0], across[:, 1] + along[:, 1]

    def _in_zone(self, xp: Any, sense: Sense) -> Any:
        """(n,) bool, base or a hand behind the light curtain, or a panel across it."""
        inside = sense["robot_in_cell"][:, 0] - BASE_RADIUS_M < DOOR_X_M
        for side in ("right", "left"):
            inside = inside | (sense[f"{side}_in_cell"][:, 0] < DOOR_X_M)
        for name in PANELS:
            reach, _ = self._reach(xp, sense, name)
            inside = inside | (xp.abs(sense[f"{name}_in_cell"][:, 0] - DOOR_X_M) < reach)
        return inside

    def _seat_errors(self, xp: Any, sense: Sense, name: str) -> tuple[Any, Any]:
        """Distance of the worse hole from its pin, and of the worst corner from the nets' plane, (n,) m each."""
        size, turn, at = self.sizes[name], sense[f"{name}_turn_in_fixture"], sense[f"{name}_in_fixture"]
        along = rotate(xp, turn, xp.asarray(_Y) + 0.0 * at)
        across = rotate(xp, turn, xp.asarray(_X) + 0.0 * at)
        nest = xp.asarray((0.0, -ACROSS_M[name], 0.0))
        aside = 0.0 * at[:, 0]
        for sign in (-1.0, 1.0):
            pin = nest + sign * size.pin_y * xp.asarray(_Y)
            aside = xp.maximum(aside, norm(xp, (at + sign * size.pin_y * along - pin)[:, :2]))
        spread = xp.abs(across[:, 2]) * size.half_across + xp.abs(along[:, 2]) * size.half_along
        return aside, xp.abs(at[:, 2] - THICK_M / 2) + spread

    def _seated(self, xp: Any, sense: Sense, name: str) -> Any:
        """(n,) bool, the panel lies on the fixture at rest, on its pins, every corner down."""
        limit = self.card.figure("tolerance_mm") / 1000.0
        aside, off = self._seat_errors(xp, sense, name)
        still = norm(xp, sense[f"{name}_vel"]) < _REST_M_PER_S
        touching = norm(xp, sense.peak(f"{name}_fixture")) > _TOUCH_N
        return (aside <= limit) & (off <= limit) & still & touching

    def observe(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays, noise: Noise) -> dict[str, Any]:
        """Poses from the cell's cameras, signals from the fixture's controller.

        `panel_pose`: x, y, z, yaw in the base frame of the middle of each panel, in the order of the drawing, (n, 12).
        `nest_pose`: of each panel in its nest, were it seated, likewise. `door`: 1 while the window is open.
        `window_left`: s to the weld signal, 0 while the door is shut. `signal`: 1 while the cell is
        heard, else everything is 0.
        """
        base = base_of(xp, sense)

        def seen(name: str, bias: Any) -> Any:
            at = into_planar(xp, base, sense[f"{name}_pos"])
            turn = yaw_of(xp, sense[f"{name}_quat"]) - base[:, 2]
            pose = xp.concatenate([at, turn[:, None]], axis=-1) + bias + noise(f"{name}_pose", 4) * draw["jitter"]
            return xp.concatenate([pose[:, :3], wrap(xp, pose[:, 3:])], axis=-1)

        panels = [seen(name, draw["panel_bias"][:, i]) for i, name in enumerate(PANELS)]
        nests = [seen(f"nest_{name}", draw["nest_bias"][:, i]) for i, name in enumerate(PANELS)]
        opens, ends = self.window
        opened = (sense.time >= opens + draw["signal_late_s"]) & (sense.time < ends)
        said = {
            "panel_pose": xp.concatenate(panels, axis=-1),
            "nest_pose": xp.concatenate(nests, axis=-1),
            "door": (opened * 1.0)[:, None],
            "window_left": xp.where(opened, ends - sense.time, 0.0)[:, None],
        }
        return told(xp, sense, draw, said)

    def reward(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Bring every panel to its nest, seat it, be gentle, leave the door zone."""
        terms = {}
        limit = self.card.figure("tolerance_mm") / 1000.0
        ready = xp.ones_like(memory["floored"])
        for name in PANELS:
            aside, off = self._seat_errors(xp, sense, name)
            terms[f"bring_{name}"] = tolerance(xp, aside, upper=limit, margin=2.0)
            down = tolerance(xp, aside, upper=limit, margin=0.05) * tolerance(xp, off, upper=limit, margin=0.05)
            terms[f"seat_{name}"] = down
            ready = ready & self._seated(xp, sense, name)
        terms["leave"] = 1.0 * (ready & ~self._in_zone(xp, sense))
        terms["gentle"] = tolerance(xp, memory["force_n"], upper=self.card.figure("force_limit_n"), margin=150.0)
        return terms

    def judge(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> Verdict:
        """Any fault ends a cycle, and so do three seated panels with robot and hands away."""
        card = self.card
        over = sense.time >= self.window[1]
        opened = sense.time >= self.window[0]
        inside = self._in_zone(xp, sense)
        seated, stray = xp.ones_like(over), xp.zeros_like(over)
        for name in PANELS:
            one = self._seated(xp, sense, name)
            seated = seated & one
            stray = stray | (~one & (norm(xp, sense.peak(f"{name}_fixture")) > _TOUCH_N))
        ready = seated & opened & (memory["clear_s"] >= _SETTLE_S)
        faults = {
            "window": over & ~ready & (~seated | ~inside),
            "in_zone": memory["entered"] | (over & inside),
            "misplaced": over & stray,
            "force": memory["force_n"] > card.figure("force_limit_n"),
            "bump": memory["bump_n"] > card.figure("bump_limit_n"),
            "drop": (memory["drop_m"].max(axis=-1) > card.figure("drop_limit_mm") / 1000.0) | memory["floored"],
            "walkway": memory["in_walkway"],
        }
        broken = xp.zeros_like(over)
        for fault in faults.values():
            broken = broken | fault
        return Verdict(success=ready & ~broken, done=ready | broken, faults=faults)

    def metrics(self, xp: Any, sense: Sense, memory: Arrays, draw: Arrays) -> dict[str, Any]:
        """Figures of the cycle; seat errors of a panel mean something once it is on the fixture."""
        faults = self.judge(xp, sense, memory, draw).faults
        figures = {
            "mass_kg": draw["mass"].max(axis=-1),
            "friction_least": draw["friction"].min(axis=-1),
            "load_s": xp.maximum(sense.time - self.window[0], 0.0),
            "seated": (~xp.isnan(memory["seated_at_s"]) * 1.0).sum(axis=-1),
        }
        for name in PANELS:
            aside, off = self._seat_errors(xp, sense, name)
            figures[f"{name}_pin_error_mm"] = 1000.0 * aside
            figures[f"{name}_height_error_mm"] = 1000.0 * off
        return {
            **figures,
            "max_fixture_n": memory["force_n"],
            "max_bump_n": memory["bump_n"],
            "max_drop_mm": 1000.0 * memory["drop_m"].max(axis=-1),
            "drops": faults["drop"] * 1.0,
            "force_exceedances": (faults["force"] * 1.0) + (faults["bump"] * 1.0),
            "peak_force_n": xp.maximum(memory["force_n"], memory["bump_n"]),
        }
