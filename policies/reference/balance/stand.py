"""The reference balance controller: stands, catches itself with steps, and walks back to where it stood."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import dynamics, wrench
from pilotline.policies.reference.balance.estimate import Body, body, measure
from pilotline.policies.reference.balance.figures import Figures, figures
from pilotline.policies.reference.balance.footwork import SWING, Memory, memory, order
from pilotline.policies.reference.balance.orders import Orders, orders
from pilotline.policies.reference.balance.servo import target
from pilotline.policies.reference.balance.tree import Tree, tree
from pilotline.policies.reference.balance.tuning import Tuning
from pilotline.robots import Robot

Float = NDArray[np.float64]

_DAMPING = 3e-4


@njit(cache=True)
def _tell(
    t: Tree,
    fig: Figures,
    body: Body,
    mem: Memory,
    out: Orders,
    q: Float,
    qd: Float,
    torque: Float,
    qdd: Float,
    upper: Float,
    dt: float,
    told: Float,
) -> None:
    """Targets (n, k) rad of n robots: legs give torques or lead the lifted foot, the upper body holds its place."""
    for i in range(len(q)):
        for j in range(q.shape[1]):
            if fig.is_leg[j]:
                led = q[i, j] + dt * qd[i, j] + 0.5 * dt * dt * qdd[i, j]
                told[i, j] = target(
                    torque[i, j],
                    qdd[i, j],
                    q[i, j],
                    qd[i, j],
                    led,
                    fig.stiffness[j],
                    fig.held[j],
                    fig.held_stays[j],
                    fig.held_drifts[j],
                    dt,
                )
            else:
                bearing = min(max(torque[i, j], -fig.limit[j]), fig.limit[j])
                told[i, j] = upper[i, j] + bearing / fig.stiffness[j]
        if mem.phase[i] == SWING:
            s = mem.side[i]
            jac = dynamics.leg_jacobian(t, body.p[i], body.lever[i], body.axis[i], s, body.sole[i, s])
            back = dynamics.damped_inverse(jac, _DAMPING)
            for leg in range(t.leg.shape[1]):
                j = t.leg[s, leg]
                led = q[i, j]
                for a in range(6):
                    led += back[leg, a] * out.way[i, a]
                told[i, j] = target(
                    torque[i, j],
                    qdd[i, j],
                    q[i, j],
                    qd[i, j],
                    led,
                    fig.stiffness[j],
                    fig.free[j],
                    fig.free_stays[j],
                    fig.free_drifts[j],
                    dt,
                )


class BalancePolicy:
    """Keeps n robots of a kind on their feet, whatever their upper bodies do, from what they sense themselves.

    It knows the robot's model (masses, links, soles, servos), not its place or velocity, nor loads in its hands.

    Args:
      robot: a robot with two feet.
      nsim: robots served.
      stiffness, damping: (k,) N m/rad and N m s/rad, of the servos of `robot.driven`, see `gains.servo_gains`.
      period: s, from one call of `act` to the next.
      tuning: gains.

    Raises:
      ValueError: the robot has no two like legs of hinges.
    """

    def __init__(
        self,
        robot: Robot,
        nsim: int,
        stiffness: Float,
        damping: Float,
        period: float = 0.02,
        tuning: Tuning | None = None,
    ) -> None:
        self.tuning = Tuning() if tuning is None else tuning
        self.tree = tree(robot)
        self._home = np.array([robot.home[name] for name in robot.driven])
        joints = [robot.joints[name] for name in robot.driven]
        ranges, limit = np.array([(j.low, j.high) for j in joints]), np.array([j.effort for j in joints])
        self.figures = figures(self.tree, self._home, ranges, limit, stiffness, damping, period, self.tuning)
        self.upper = tuple(name for name, leg in zip(robot.driven, self.figures.is_leg, strict=True) if not leg)
        """Joints whose wanted positions `act` takes, in the order of `robot.driven`."""
        self.memory = memory(nsim)
        self.body = body(nsim, self.tree)
        self._orders = orders(nsim)
        self._period = period

    def begin(self, ids: NDArray[np.int64]) -> None:
        """Robots `ids` stand somewhere anew, at rest."""
        self.memory.fresh[ids] = 1
        self.body.root_vel[ids] = 0.0

    def act(self, obs: Mapping[str, Float], upper: Float | None = None) -> Float:
        """Targets (nsim, k) rad of the servos of `robot.driven` for one period.

        Args:
          obs: `joint_pos`, `joint_vel`, `imu`, `imu_quat`, `foot_wrench`.
          upper: (nsim, len(self.upper)) rad, where torso, arms and head shall be; home if left out. Their targets lie
            off these by what the servos need to bear the weight.
        """
        senses = [
            np.ascontiguousarray(obs[key]) for key in ("imu_quat", "imu", "joint_pos", "joint_vel", "foot_wrench")
        ]
        q, qd = senses[2:4]
        measure(self.tree, *senses, self.body)
        order(self.tree, self.figures, self.tuning, self.body, self._period, self.memory, self._orders)
        torque, qdd = np.zeros_like(q), np.zeros_like(q)
        wrench.solve(self.tree, self.body, qd, self._orders, self.tuning, torque, qdd)
        told, place = np.empty_like(q), np.tile(self._home, (len(q), 1))
        if upper is not None:
            place[:, ~self.figures.is_leg] = upper
        _tell(
            self.tree,
            self.figures,
            self.body,
            self.memory,
            self._orders,
            q,
            qd,
            torque,
            qdd,
            place,
            self._period,
            told,
        )
        return told
