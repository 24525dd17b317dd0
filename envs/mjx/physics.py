"""Physics under MJX: one physics step with the actuators' own laws in it, and the physics of a control step."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco import mjx

from pilotline.envs.mjx.device import Device
from pilotline.envs.mjx.state import Sim
from pilotline.robots.actuators import jaxed

_STATE = ("qpos", "qvel", "qacc_warmstart", "ctrl", "xfrc_applied", "time")
_ON_JOINT = (int(mujoco.mjtTrn.mjTRN_JOINT), int(mujoco.mjtTrn.mjTRN_JOINTINPARENT))
_WILD = 1e10
"""MuJoCo takes a larger coordinate, velocity or acceleration for the end of the physics (mjMAXVAL)."""


def control_step(device: Device, model: Any, user: Any, sim: Sim, substeps: Any) -> tuple[Sim, Any, Any]:
    """The physics steps of a control step.

    Args:
      device: the world.
      model: its MJX model with the fields of this cycle.
      user: (actuators, ...) parameters of the laws in this cycle.
      sim: where it stands; `ctrl`, `xfrc_applied` hold throughout.
      substeps: how many, >= 1.

    Returns:
      Where it ends, whether the physics broke down, and whether all slots for contacts were taken. A simulation that
      broke down stays where it was.
    """

    def body(_: Any, carry: tuple[Sim, Any, Any]) -> tuple[Sim, Any, Any]:
        now, wild, full = carry
        after, crowded = physics_step(device, model, user, now)
        after = after.replace(peaks=jnp.maximum(now.peaks, jnp.abs(after.sensordata)))
        return after, wild | _wild(after), full | crowded

    start = sim.replace(peaks=jnp.zeros_like(sim.peaks))
    no = jnp.zeros((), bool)
    end, wild, full = jax.lax.fori_loop(0, substeps, body, (start, no, no))
    return jax.tree.map(lambda new, old: jnp.where(wild, old, new), end, sim), wild, full


def physics_step(device: Device, model: Any, user: Any, sim: Sim) -> tuple[Sim, Any]:
    """One physics step, in MuJoCo's order: forces at the state, then integration.

    Returns:
      The next state, with sensors and forces of the one before, and whether all slots for contacts were taken.
    """
    d = device.blank.replace(**{name: getattr(sim, name) for name in _STATE})
    if device.warp:
        d = mjx.step(model, d)
        return _read(sim, d, sim.act, d.sensordata), jnp.zeros((), bool)
    d = mjx.sensor_pos(model, mjx.fwd_position(model, d))
    d = mjx.sensor_vel(model, mjx.fwd_velocity(model, d))
    force, act, h = d.ctrl, sim.act, model.opt.timestep
    for group in device.laws:
        given, act = jaxed.drive(group, user, sim.ctrl, d.qpos, d.qvel, d.qfrc_gravcomp, act, h)
        force = force.at[group.ctrl].set(given)
    d = mjx.fwd_acceleration(model, mjx.fwd_actuation(model, d.replace(ctrl=force)))
    crowded = jnp.zeros((), bool)
    if d._impl.efc_J.size:
        d = mjx.solve(model, d)
        contact = d._impl.contact
        crowded = (contact.dist < contact.includemargin).all()
    else:
        d = d.replace(qacc=d.qacc_smooth)
    d = mjx.sensor_acc(model, d)
    sensordata = device.forces(d, model.opt.cone == mujoco.mjtCone.mjCONE_ELLIPTIC)
    implicit = model.opt.integrator == mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    d = mjx.implicit(_free(model, d), d) if implicit else mjx.euler(model, d)
    return _read(sim, d, act, sensordata), crowded


def _free(model: Any, d: Any) -> Any:
    """The model without the velocity gains of actuators at a force limit, their own or their joint's.

    The force of such an actuator does not change with velocity, which MuJoCo minds when it integrates and MJX does not.
    """
    stuck = model.actuator_forcelimited & _at_limit(d.actuator_force, model.actuator_forcerange)
    dof_joint = model.dof_jntid
    held = model.jnt_actfrclimited[dof_joint] & _at_limit(d.qfrc_actuator, model.jnt_actfrcrange[dof_joint])
    on_joint = np.flatnonzero(np.isin(model.actuator_trntype, _ON_JOINT))
    dof = model.jnt_dofadr[model.actuator_trnid[on_joint, 0]]
    stuck = stuck.at[on_joint].set(stuck[on_joint] | held[dof])
    gain, bias = model.actuator_gainprm, model.actuator_biasprm
    return model.replace(
        actuator_gainprm=gain.at[:, 2].set(jnp.where(stuck, 0.0, gain[:, 2])),
        actuator_biasprm=bias.at[:, 2].set(jnp.where(stuck, 0.0, bias[:, 2])),
    )


def _at_limit(force: Any, span: Any) -> Any:
    return (force <= span[:, 0]) | (force >= span[:, 1])


def _read(sim: Sim, d: Any, act: Any, sensordata: Any) -> Sim:
    return sim.replace(
        qpos=d.qpos,
        qvel=d.qvel,
        qacc_warmstart=d.qacc_warmstart,
        time=d.time,
        act=act,
        qfrc_actuator=d.qfrc_actuator,
        sensordata=sensordata,
    )


def _wild(sim: Sim) -> Any:
    """() bool, the physics broke down."""
    parts = (sim.qpos, sim.qvel, sim.qacc_warmstart)
    return ~jnp.stack([(jnp.abs(part) < _WILD).all() for part in parts]).all()
