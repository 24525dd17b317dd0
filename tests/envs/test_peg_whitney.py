"""A peg in two-point contact with its hole: jamming limits and forces against the closed forms of Whitney (1982).

D. E. Whitney, Quasi-static assembly of compliantly supported rigid parts, J. Dyn. Sys. Meas. Control 104 (1982).
Forces at the tip: F_x across, F_z into the hole, moment M; l depth, r peg radius, mu friction, lambda = l / (2 r mu).
The peg slides on while |M / (r F_z) + mu (1 + lambda) F_x / F_z| < lambda and |F_x / F_z| < 1 / mu: a parallelogram.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np
import pytest
from scipy.optimize import brentq

from pilotline.envs import stations
from pilotline.envs.stations.peg_holes import STAVES
from pilotline.envs.stations.peg_rig import Fit, Holder, rig_model
from pilotline.envs.world import CONTROL_PERIOD_S

STEP_S = CONTROL_PERIOD_S / stations.load("peg_gear").card.substeps
PEG_M, HOLE_M, DEPTH_M = 0.003993, 0.00405, 0.012
PRESS_N = 10.0
FREE = Holder(across_n_per_m=0.0, along_n_per_m=0.0, turn_nm_per_rad=0.0)


@dataclass
class Loaded:
    """A free peg in a hole under forces at its tip."""

    model: mujoco.MjModel
    data: mujoco.MjData
    direction: float = 0.0
    """Of F_x in the board's plane: 0 is towards the middle of a stave, pi / STAVES towards a corner between two."""

    @classmethod
    def at(cls, fit: Fit, depth: float, direction: float = 0.0) -> Loaded:
        model = rig_model(fit, FREE, STEP_S)
        data = mujoco.MjData(model)
        data.joint("z").qpos[0] = -depth
        return cls(model, data, direction)

    def push(self, fx: float, fz: float, moment: float, seconds: float, hold: float | None = None) -> None:
        """Load the peg; `hold` keeps its depth by a spring."""
        joint = self.data.joint
        c, s = np.cos(self.direction), np.sin(self.direction)
        for _ in range(round(seconds / STEP_S)):
            z, speed = joint("z").qpos[0], joint("z").qvel[0]
            lift = -2000.0 * (z + hold) - 50.0 * speed if hold is not None else -fz - 20.0 * speed
            joint("x").qfrc_applied[0] = c * fx - joint("x").qvel[0]
            joint("y").qfrc_applied[0] = s * fx - joint("y").qvel[0]
            joint("z").qfrc_applied[0] = lift
            # a positive turn about y takes the peg's top to +x: Whitney's moment has the other sign
            joint("ry").qfrc_applied[0] = -c * moment - 0.01 * joint("ry").qvel[0]
            joint("rx").qfrc_applied[0] = s * moment - 0.01 * joint("rx").qvel[0]
            mujoco.mj_step(self.model, self.data)


def slides(fit: Fit, fx: float, moment: float, direction: float = 0.0) -> bool:
    """Whether a peg, first pressed into contact, then goes deeper."""
    peg = Loaded.at(fit, DEPTH_M, direction)
    peg.push(fx, 0.0, moment, 0.04, hold=DEPTH_M)
    before = float(peg.data.joint("z").qpos[0])
    peg.push(fx, PRESS_N, moment, 0.06)
    return before - float(peg.data.joint("z").qpos[0]) > 0.001


def bisected(test: Callable[[float], bool], low: float, high: float) -> float:
    """Where a test that holds at `low` and fails at `high` changes."""
    assert test(low)
    assert not test(high)
    for _ in range(5):
        middle = (low + high) / 2
        low, high = (middle, high) if test(middle) else (low, middle)
    return (low + high) / 2


@pytest.mark.parametrize("mu", [0.15, 0.3, 0.6])
@pytest.mark.parametrize("share", [-0.5, 0.0, 0.4])
@pytest.mark.parametrize("direction", [0.0, np.pi / STAVES, np.pi])
def test_the_moment_at_which_a_peg_jams_is_that_of_the_parallelogram(mu: float, share: float, direction: float) -> None:
    """At several points of both slanted sides: F_x / F_z as a share of 1 / mu; the other side is the turned load."""
    fit = Fit(PEG_M, HOLE_M, mu)
    slope = DEPTH_M / (2 * PEG_M * mu)
    across = share / mu
    closed = (slope - mu * (1 + slope) * across) * PEG_M * PRESS_N
    found = bisected(lambda moment: slides(fit, across * PRESS_N, moment, direction), 0.6 * closed, 1.5 * closed)
    assert found == pytest.approx(closed, rel=0.2)


@pytest.mark.parametrize("mu", [0.15, 0.6])
def test_a_peg_pressed_against_one_side_jams_where_friction_carries_all(mu: float) -> None:
    """The upright sides of the parallelogram: F_x / F_z = 1 / mu, with the moment that keeps the peg parallel."""
    fit = Fit(PEG_M, HOLE_M, mu)
    closed = PRESS_N / mu

    def parallel(fx: float) -> bool:
        # the middle of the range of moments: contact somewhere along the peg's side
        return slides(fit, fx, -fx * DEPTH_M / 2 - mu * PEG_M * fx)

    assert bisected(parallel, 0.6 * closed, 1.5 * closed) == pytest.approx(closed, rel=0.2)


@pytest.mark.parametrize("depth", [0.007, 0.012, 0.018])
@pytest.mark.parametrize(("mu", "tilt_deg"), [(0.2, 1.5), (0.2, 3.0), (0.4, 2.0)])
def test_force_that_moves_a_tilted_peg_in_two_point_contact(mu: float, tilt_deg: float, depth: float) -> None:
    """A spring about the tip wants a tilt; at depth l the hole allows 2 c / l, so F_z = 2 mu K (tilt - 2 c / l) / l."""
    fit, stiff, wanted = Fit(PEG_M, HOLE_M, mu), 5.0, np.deg2rad(tilt_deg)
    model = rig_model(fit, Holder(0.0, 0.0, stiff, drag_ns_per_m=5.0), STEP_S)
    model.qpos_spring[model.joint("ry").qposadr[0]] = wanted
    peg = Loaded(model, mujoco.MjData(model))
    peg.data.joint("z").qpos[0] = -depth
    peg.push(0.0, 0.0, 0.0, 0.1, hold=depth)
    room = 2 * fit.clearance_m / depth
    assert peg.data.joint("ry").qpos[0] == pytest.approx(room, rel=0.2)
    closed = 2 * mu * stiff * (wanted - room) / depth
    before, press = float(peg.data.joint("z").qpos[0]), 0.3 * closed
    while before - float(peg.data.joint("z").qpos[0]) < 0.0003 and press < 3.0 * closed:
        press += closed * 0.01
        peg.push(0.0, press, 0.0, 0.005)
    assert press == pytest.approx(closed, rel=0.2)


def test_play_of_a_ring_of_staves_is_the_clearance_across_faces_and_little_more_across_corners() -> None:
    fit = Fit(PEG_M, HOLE_M, 0.0)
    for direction, room in ((0.0, fit.clearance_m), (np.pi / STAVES, fit.clearance_m / np.cos(np.pi / STAVES))):
        model = rig_model(fit, FREE, STEP_S)
        data = mujoco.MjData(model)
        data.joint("z").qpos[0] = -DEPTH_M
        for _ in range(round(0.2 / STEP_S)):
            data.qfrc_applied[:] = -2.0 * data.qvel
            data.joint("x").qfrc_applied[0] += np.cos(direction)
            data.joint("y").qfrc_applied[0] += np.sin(direction)
            # upright, as a guided peg is
            for turn in ("rx", "ry"):
                joint = data.joint(turn)
                joint.qfrc_applied[0] = -50.0 * joint.qpos[0] - 0.1 * joint.qvel[0]
            mujoco.mj_step(model, data)
        assert np.hypot(*data.sensor("tip").data[:2]) == pytest.approx(room, abs=3e-6)


def test_a_press_of_fifty_newtons_sinks_less_than_a_tenth_of_a_millimetre() -> None:
    fit = Fit(PEG_M, HOLE_M, 0.3)
    peg = Loaded.at(fit, fit.depth_m)
    peg.push(0.0, 50.0, 0.0, 0.1)
    peg.push(20.0, 50.0, 0.1, 0.1)
    assert peg.data.contact.dist.min() > -1e-4


def test_the_chamfer_catches_a_peg_beside_the_hole_as_far_as_it_is_wide() -> None:
    """Pressed lightly, a peg on a springy holder slips in from within edge and clearance, not from outside."""
    edge = 0.0004
    fit = Fit(PEG_M, HOLE_M, 0.1, edge_m=edge)
    for share, slips in ((0.6, True), (1.3, False)):
        model = rig_model(fit, Holder(1000.0, 5000.0, 50.0), STEP_S)
        data = mujoco.MjData(model)
        beside = share * (edge + fit.clearance_m)
        data.joint("go_x").qpos[0] = beside
        data.joint("go_z").qpos[0] = 0.0005
        data.act[:] = data.joint("go_x").qpos[0], 0.0, data.joint("go_z").qpos[0]
        data.actuator("go_z").ctrl[0] = -0.01
        for _ in range(round(0.45 / STEP_S)):
            mujoco.mj_step(model, data)
        assert (data.sensor("tip").data[2] < -0.001) == slips


def test_the_side_of_the_parallelogram_follows_from_the_balance_of_two_contacts() -> None:
    """What these tests measure against is not fitted to them: forces across and along, and moments about the tip."""
    mu, fz, fx = 0.3, 10.0, 5.0
    top = brentq(lambda f1: mu * (2 * f1 + fx) - fz, 0.0, 100.0)
    moment = DEPTH_M * top - mu * PEG_M * fx
    slope = DEPTH_M / (2 * PEG_M * mu)
    assert moment / (PEG_M * fz) + mu * (1 + slope) * fx / fz == pytest.approx(slope)
