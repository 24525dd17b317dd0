"""The same laws as Python callbacks: what everyone would write first, for comparison with the native ones.

MuJoCo then calls back into Python for every actuator and step, on one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mujoco
import numpy as np

from pilotline.robots.actuators import native
from pilotline.robots.actuators.law import Law, LawError, Motion, flatten, unflatten

Callback = Callable[[Any, Any, int], float]


@contextmanager
def python_callbacks(model: mujoco.MjModel) -> Iterator[None]:
    """While the context lasts, the laws of `model` run as Python on NumPy's numbers; then natively again.

    MuJoCo's callbacks are the process's: another model whose laws differ stops with an error meanwhile.

    Raises:
      LawError: a model without laws, or one that `native.check` refuses.
    """
    native.check(model)
    laws = {i: law for i in range(model.nactuator) if (law := native.law_of(model, i))}
    if not laws:
        raise LawError("this model has no actuator with a law; allowed: tiers above ideal")
    params = {i: unflatten(law.params, model.actuator_user[i, : len(law.parameters)].copy()) for i, law in laws.items()}
    dyn, bias = _callbacks(laws, params)
    mujoco.set_mjcb_act_dyn(dyn)
    mujoco.set_mjcb_act_bias(bias)
    try:
        yield
    finally:
        mujoco.set_mjcb_act_dyn(None)
        mujoco.set_mjcb_act_bias(None)
        native.install()


def _callbacks(laws: dict[int, Law], params: dict[int, Any]) -> tuple[Callback, Callback]:
    """The two callbacks of a model; each does what its twin in `native` does."""

    def dyn(m: Any, d: Any, i: int) -> float:
        law = laws.get(i)
        if law is None or m.actuator_dynprm[i, native.IDENTITY] != law.identity:
            raise LawError(f"actuator {i} belongs to another model than the one that Python callbacks were set for")
        h, start, number = m.opt.timestep, m.actuator_actadr[i], len(law.states)
        state = unflatten(law.state, d.act[start : start + number])
        with np.errstate(all="ignore"):
            after = law.step(state, params[i], _motion(m, d, i), h)
        d.act_dot[start : start + number] = (np.array(flatten(after)) - d.act[start : start + number]) / h
        return 0.0

    def bias(m: Any, d: Any, i: int) -> float:
        start = m.actuator_actadr[i]
        force = d.act[start] + m.opt.timestep * d.act_dot[start]
        return float(force - _gravity(m, d, i))

    return dyn, bias


def _motion(m: Any, d: Any, i: int) -> Motion:
    """What the law of an actuator is told."""
    partner = int(m.actuator_dynprm[i, native.PARTNER])
    far = i + partner
    torque = reaction = 0.0
    if partner < 0:
        first = m.actuator_actadr[far]
        after = d.act[first : first + 3] + m.opt.timestep * d.act_dot[first : first + 3]
        torque, reaction = after[1], after[2]
    return Motion(
        command=d.ctrl[m.actuator_ctrladr[i]],
        q=d.actuator_length[i],
        v=d.actuator_velocity[i],
        feedforward=_gravity(m, d, i) + (_gravity(m, d, far) if partner else 0.0),
        q_far=d.actuator_length[far] if partner else 0.0,
        v_far=d.actuator_velocity[far] if partner else 0.0,
        far_torque_nm=torque,
        far_reaction_nm=reaction,
    )


def _gravity(m: Any, d: Any, i: int) -> float:
    """Gravity torque that an actuator is to provide to its joint, N m."""
    joint = m.actuator_trnid[i, 0]
    if m.actuator_trntype[i] != mujoco.mjtTrn.mjTRN_JOINT or not m.jnt_actgravcomp[joint]:
        return 0.0
    return d.qfrc_gravcomp[m.jnt_dofadr[joint]]
