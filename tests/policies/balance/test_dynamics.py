"""The link tree and its dynamics against MuJoCo's, on a robot thrown into a random state."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics, matrices
from pilotline.policies.reference.balance.tree import Tree, tree
from pilotline.robots import Robot, load

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Thrown:
    """A robot in the air with fingers at home: MuJoCo's state, and the link tree's."""

    robot: Robot
    model: mujoco.MjModel
    data: mujoco.MjData
    tree: Tree
    q: Float
    qd: Float
    dofs: NDArray[np.int64]
    p: Float
    r: Float
    lever: Float
    axis: Float
    v: Float
    w: Float


@pytest.fixture(params=["tiny", "biped hands=five_finger"])
def thrown(request: pytest.FixtureRequest, tiny_biped: Robot) -> Thrown:
    robot = tiny_biped if request.param == "tiny" else load(request.param)
    model, rng = robot.spec(shells=False).compile(), np.random.default_rng(3)
    data = mujoco.MjData(model)
    for name, value in robot.home.items():
        data.joint(name).qpos[0] = value
    q, qd = rng.uniform(-0.6, 0.6, len(robot.driven)), rng.normal(size=len(robot.driven))
    dofs = np.array([int(model.joint(name).dofadr[0]) for name in robot.driven])
    data.qpos[:3], data.qpos[3:7] = 0.0, rng.normal(size=4)
    data.qpos[3:7] /= np.linalg.norm(data.qpos[3:7])
    data.qvel[3:6] = rng.normal(size=3)
    data.qpos[[int(model.joint(name).qposadr[0]) for name in robot.driven]] = q
    data.qvel[dofs] = qd
    mujoco.mj_forward(model, data)
    t, m = tree(robot), 0
    m = len(t.parent)
    p, r, lever, axis, v, w = (np.zeros((m, 3)), np.zeros((m, 3, 3)), *(np.zeros((m, 3)) for _ in range(4)))
    r[0] = matrices.matrix(data.qpos[3:7])
    dynamics.place_links(t, q, p, r)
    dynamics.place_hinges(t, r, lever, axis)
    w[0] = r[0] @ data.qvel[3:6]
    dynamics.move_links(t, p, lever, axis, qd, v, w)
    return Thrown(robot, model, data, t, q, qd, dofs, p, r, lever, axis, v, w)


def test_soles_ankles_and_inertial_unit_are_where_mujoco_has_them(thrown: Thrown) -> None:
    t, data = thrown.tree, thrown.data
    for s, side in enumerate(("right", "left")):
        foot, b = thrown.robot.feet[side], t.foot[s]
        for site, place, turn in ((foot.sole_site, t.sole, t.sole_rot), (foot.ankle_site, t.ankle, t.ankle_rot)):
            np.testing.assert_allclose(thrown.p[b] + thrown.r[b] @ place[s], data.site(site).xpos, atol=1e-9)
            np.testing.assert_allclose(thrown.r[b] @ turn[s], data.site(site).xmat.reshape(3, 3), atol=1e-9)
    unit = thrown.model.site(int(thrown.model.sensor("imu_quat").objid[0])).name
    np.testing.assert_allclose(thrown.r[t.imu] @ t.imu_rot, data.site(unit).xmat.reshape(3, 3), atol=1e-9)


def test_mass_and_centre_of_mass_are_those_of_the_whole_robot(thrown: Thrown) -> None:
    t, root = thrown.tree, thrown.model.body(thrown.robot.root).id
    assert t.mass.sum() == pytest.approx(thrown.model.body_subtreemass[root])
    centre = t.mass @ (thrown.p + np.einsum("bij,bj->bi", thrown.r, t.com)) / t.mass.sum()
    np.testing.assert_allclose(centre, thrown.data.subtree_com[root], atol=1e-9)


def test_velocities_are_those_of_mujoco(thrown: Thrown) -> None:
    for s, side in enumerate(("right", "left")):
        body, b = thrown.model.body(thrown.robot.feet[side].body).id, thrown.tree.foot[s]
        twist = np.zeros(6)
        mujoco.mj_objectVelocity(thrown.model, thrown.data, mujoco.mjtObj.mjOBJ_XBODY, body, twist, 0)
        np.testing.assert_allclose(np.concatenate([thrown.w[b], thrown.v[b]]), twist, atol=1e-9)


def test_a_legs_jacobian_is_mujocos(thrown: Thrown) -> None:
    t = thrown.tree
    for s, side in enumerate(("right", "left")):
        body, linear, angular = thrown.model.body(thrown.robot.feet[side].body).id, *np.zeros((2, 3, thrown.model.nv))
        mujoco.mj_jacBody(thrown.model, thrown.data, linear, angular, body)
        ours = dynamics.leg_jacobian(t, thrown.p, thrown.lever, thrown.axis, s, thrown.p[t.foot[s]])
        np.testing.assert_allclose(ours, np.vstack([linear, angular])[:, thrown.dofs[t.leg[s]]], atol=1e-9)


def test_inverse_dynamics_are_mujocos(thrown: Thrown) -> None:
    t, model, data = thrown.tree, thrown.model, thrown.data
    rng, m = np.random.default_rng(4), len(t.parent)
    qdd, linear, turning = rng.normal(size=len(thrown.q)), rng.normal(size=3), rng.normal(size=3)
    acc, al = np.zeros((m, 3)), np.zeros((m, 3))
    acc[0], al[0] = linear, turning
    dynamics.accelerate(t, thrown.p, thrown.lever, thrown.axis, thrown.w, thrown.qd, qdd, acc, al)
    arm, inertia = np.zeros((m, 3)), np.zeros((m, 3, 3))
    dynamics.spread(t, thrown.r, arm, inertia)
    force, moment, torque = np.zeros((m, 3)), np.zeros((m, 3)), np.zeros(len(qdd))
    dynamics.inverse(
        t, thrown.p, thrown.lever, thrown.axis, arm, inertia, thrown.w, qdd, acc, al, force, moment, torque
    )
    data.qacc[:] = 0.0
    data.qacc[:3], data.qacc[3:6], data.qacc[thrown.dofs] = linear, thrown.r[0].T @ turning, qdd
    wanted = np.zeros(model.nv)
    mujoco.mj_rne(model, data, 1, wanted)  # no rotor inertia, friction or contact in there
    np.testing.assert_allclose(torque, wanted[thrown.dofs] + t.armature * qdd, atol=1e-7)
    np.testing.assert_allclose(force[0], wanted[:3], atol=1e-7)
    np.testing.assert_allclose(thrown.r[0].T @ moment[0], wanted[3:6], atol=1e-7)


def test_a_robot_without_feet_is_refused() -> None:
    with pytest.raises(ValueError, match="wheeled: balance needs two feet, the card has none"):
        tree(load("wheeled"))
