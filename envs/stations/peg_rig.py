"""A peg above one hole on a compliant holder, without a robot: to measure the fit itself against closed forms.

Around the hole's rim: x, y in its plane, z up. The holder is moved by a carriage and gives way about the peg's tip,
as a remote-centre compliance does; its springs are the peg's only connection to the carriage.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco

from pilotline.envs.contacts import add_netforce
from pilotline.envs.stations.peg_bits import PEG
from pilotline.envs.stations.peg_holes import ROOM_M, add_hole
from pilotline.envs.stations.peg_layout import PEG_LENGTH_M

_AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
OUTER_M = 0.0125
"""Staves of the hole fill a disc of this radius."""


@dataclass(frozen=True)
class Fit:
    """A peg and its hole.

    Attributes:
      peg_m, hole_m: radii.
      friction: sliding, of the hole.
      depth_m: of the hole.
      edge_m: radius of the hole's edge.
    """

    peg_m: float
    hole_m: float
    friction: float
    depth_m: float = 0.025
    edge_m: float = 0.0001

    @property
    def clearance_m(self) -> float:
        """Radial."""
        return self.hole_m - self.peg_m


@dataclass(frozen=True)
class Holder:
    """Springs between carriage and peg, acting at the peg's tip; 0 leaves a direction free.

    Attributes:
      across_n_per_m, along_n_per_m: stiffness across and along the peg.
      turn_nm_per_rad: about both axes across.
      mass_kg: that moves with the peg.
      damping_s: of each spring, per stiffness.
      drag_ns_per_m: across and along, on top.
    """

    across_n_per_m: float
    along_n_per_m: float
    turn_nm_per_rad: float
    mass_kg: float = 0.1
    damping_s: float = 0.01
    drag_ns_per_m: float = 0.0


def rig_model(fit: Fit, holder: Holder, timestep_s: float, sized_later: bool = False) -> mujoco.MjModel:
    """The rig, compiled; without gravity, since the holder carries the peg. A hole `sized_later` is for `place_hole`.

    Joints `x`, `y`, `z` (m) and `rx`, `ry` (rad) are the holder's, `go_x`, `go_y`, `go_z` the carriage's, which
    actuators of these names drive at the speeds (m/s) that they are given. With all at zero the tip's middle is at the
    rim's. Sensors: `force`, net contact force (3,) of hole on peg, N; `tip`, its middle; `tilt`, quaternion.
    """
    spec = mujoco.MjSpec()
    spec.option.timestep = timestep_s
    spec.option.gravity = (0.0, 0.0, 0.0)
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    hole = spec.worldbody.add_body(name="hole")
    room = ROOM_M if sized_later else 0.0
    add_hole(hole, fit.hole_m, fit.depth_m, fit.edge_m, OUTER_M, room, friction=(fit.friction, 0.005, 0.0001))

    carriage = spec.worldbody.add_body(name="carriage", mass=2.0, inertia=(0.01, 0.01, 0.01))
    for name, axis in _AXES.items():
        carriage.add_joint(name=f"go_{name}", type=mujoco.mjtJoint.mjJNT_SLIDE, axis=axis)
        drive = spec.add_actuator(name=f"go_{name}", target=f"go_{name}", trntype=mujoco.mjtTrn.mjTRN_JOINT)
        # 30 Hz, critically damped: a stiff gantry that follows a moving set point
        stiff = 2.0 * (2 * 3.14159 * 30.0) ** 2
        drive.set_to_intvelocity(stiff, kv=2.0 * (2.0 * stiff) ** 0.5)
    peg = carriage.add_body(name="peg", mass=holder.mass_kg, inertia=(1e-4, 1e-4, 1e-4), ipos=(0.0, 0.0, 0.02))
    for name in ("z", "x", "y"):
        stiffness = holder.along_n_per_m if name == "z" else holder.across_n_per_m
        _spring(peg, name, mujoco.mjtJoint.mjJNT_SLIDE, _AXES[name], stiffness, holder)
    for name in ("x", "y"):
        _spring(peg, f"r{name}", mujoco.mjtJoint.mjJNT_HINGE, _AXES[name], holder.turn_nm_per_rad, holder)
    peg.add_geom(
        name="shank",
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        pos=(0.0, 0.0, PEG_LENGTH_M / 2),
        size=(fit.peg_m, PEG_LENGTH_M / 2, 0.0),
        contype=PEG.contype,
        conaffinity=PEG.conaffinity,
        mass=0.0,
    )
    add_netforce(spec, "force", "peg", subtree="hole")
    for name, kind in (("tip", mujoco.mjtSensor.mjSENS_FRAMEPOS), ("tilt", mujoco.mjtSensor.mjSENS_FRAMEQUAT)):
        spec.add_sensor(name=name, type=kind, objtype=mujoco.mjtObj.mjOBJ_XBODY, objname="peg")
    return spec.compile()


def _spring(
    peg: mujoco.MjsBody,
    name: str,
    kind: mujoco.mjtJoint,
    axis: tuple[float, float, float],
    stiffness: float,
    holder: Holder,
) -> None:
    slides = kind == mujoco.mjtJoint.mjJNT_SLIDE
    peg.add_joint(
        name=name,
        type=kind,
        axis=axis,
        stiffness=(stiffness, 0.0, 0.0),
        damping=(holder.damping_s * stiffness + (holder.drag_ns_per_m if slides else 0.0), 0.0, 0.0),
    )
