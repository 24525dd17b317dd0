"""The reference balance controller: stands, catches itself with a step, and walks back into its usual stance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import capture, dynamics, wrench
from pilotline.policies.reference.balance.capture import Reach
from pilotline.policies.reference.balance.estimate import Body, measure
from pilotline.policies.reference.balance.tree import Tree, tree

Float = NDArray[np.float64]
Int = NDArray[np.int64]

STAND, SHIFT, SWING = 0, 1, 2


class Tuning(NamedTuple):
    """Gains."""

    capture_gain: float = 3.0
    height_hz: float = 2.0
    ahead_s: float = 0.1
    spare_m: float = 0.06
    lock_s: float = 0.04
    sink: float = 2.5
    yaw_hz: float = 0.8
    speed: float = 1.6
    aim: float = 0.3
    side_push_m_s: float = 0.6
    turn_hz: float = 1.1
    swing_hz: float = 4.0
    lift_m: float = 0.05
    dig_m: float = 0.0
    drop_m_s: float = 0.3
    plan_x: float = 0.88
    plan_y: float = 0.57
    upright: float = 0.7
    grip: float = 0.5
    use_x: float = 0.72
    use_y: float = 0.49
    trigger_m: float = 0.012
    friction: float = 0.5
    calm_s: float = 0.6
    settle_s: float = 0.05


class Figures(NamedTuple):
    """Lengths of one robot."""

    half: Float
    height: float
    reach: Reach
    limit: Float
    stiffness: Float
    damping: Float
    leg_mask: NDArray[np.bool_]
    held: Float
    held_stays: Float
    held_drifts: Float
    free: Float
    free_stays: Float
    free_drifts: Float
    hip: Float
    leg_length: float


class Memory(NamedTuple):
    """What the controller remembers of n robots."""

    fresh: Int
    phase: Int
    side: Int
    slow: Int
    clock: Float
    wait: Float
    duration: Float
    calm: Float
    height: Float
    push: Float
    goal: Float
    at: Float
    speed: Float
    root_vel: Float
    touch: Float
    debug: Float


def memory(n: int) -> Memory:
    """Empty memory."""
    i = lambda: np.zeros(n, np.int64)
    f = lambda *k: np.zeros((n, *k))
    return Memory(i(), i(), i(), i(), f(), f(), f(), f(), f(), f(2), f(2), f(3), f(3), f(3), f(), f(64))


PAUSES = np.array([0.0, 0.04, 0.08, 0.12, 0.16, 0.2])
SWINGS = np.array([0.26, 0.32, 0.38, 0.44])


@njit(cache=True)
def _yaw(r: Float) -> float:
    return np.arctan2(r[1, 0], r[0, 0])


@njit(cache=True)
def _frame(origin: Float, yaw: float, out: float, point: Float) -> Float:
    c, s = np.cos(yaw), np.sin(yaw)
    x, y = point[0] - origin[0], point[1] - origin[1]
    return np.array([c * x + s * y, out * (c * y - s * x)])


@njit(cache=True)
def _unframe(yaw: float, out: float, v: Float) -> Float:
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([c * v[0] - s * out * v[1], s * v[0] + c * out * v[1]])


@njit(cache=True)
def _rects(body: Body, half: Float, s: int, k: Tuning) -> Float:
    return capture.rectangle(body.sole[s], _yaw(body.sole_rot[s]), half[s] * np.array([k.plan_x, k.plan_y]))


@njit(cache=True)
def _local(origin: Float, yaw: float, out: float, corners: Float) -> Float:
    res = np.empty_like(corners)
    for i in range(len(corners)):
        res[i] = _frame(origin, yaw, out, corners[i])
    return res


@njit(cache=True)
def _step_plan(body: Body, fig: Figures, k: Tuning, xi: Float, rate: float, swing: int, pauses: Float, swings: Float):  # type: ignore[no-untyped-def]
    st = 1 - swing
    out = 1.0 if swing == 1 else -1.0
    yaw = _yaw(body.sole_rot[st])
    o = body.sole[st]
    stance = _local(o, yaw, out, _rects(body, fig.half, st, k))
    sw = _local(o, yaw, out, _rects(body, fig.half, swing, k))
    cost, pause, push, duration = capture.plan(
        _frame(o, yaw, out, xi), rate, stance, sw, _frame(o, yaw, out, body.sole[swing]), fig.reach, pauses, swings
    )
    return cost, pause, _unframe(yaw, out, push) + o[:2], duration


@njit(cache=True)
def _tick(t: Tree, fig: Figures, k: Tuning, mem: Memory, i: int, body: Body, qd: Float, q: Float, upper: Float, dt: float, pauses: Float, swings: Float) -> Float:  # noqa: E501
    if mem.fresh[i] == 1:
        mem.fresh[i] = 0
        mem.phase[i] = STAND
        mem.height[i] = -0.5 * (body.sole[0, 2] + body.sole[1, 2])
        mem.calm[i] = 0.0
        mem.touch[i] = 1.0
    feet_ground = np.zeros(2, np.bool_)
    feet_ground[0] = feet_ground[1] = True
    if mem.phase[i] == SWING:
        feet_ground[mem.side[i]] = False
    floor = 0.0
    count = 0.0
    for s in range(2):
        if feet_ground[s]:
            floor += body.cop[s, 2]
            count += 1.0
    floor /= count
    rate = np.sqrt(dynamics.GRAVITY / max(body.com[2] - floor, 0.2))
    xi = body.com[:2] + body.com_vel[:2] / rate
    both = capture.hull(np.concatenate((_rects(body, fig.half, 0, k), _rects(body, fig.half, 1, k))))
    mid = 0.5 * (body.sole[0, :2] + body.sole[1, :2])
    stance_foot = 1 - mem.side[i]
    weight = body.mass * dynamics.GRAVITY

    # ---- phases
    if mem.phase[i] == SWING:
        mem.clock[i] += dt
        s = mem.side[i]
        landed = body.load[s] > 0.08 * weight and mem.clock[i] > 0.5 * mem.duration[i]
        if landed or mem.clock[i] > mem.duration[i] + 0.3:
            mem.phase[i] = STAND
            mem.calm[i] = 0.0
            mem.touch[i] = 0.0
            feet_ground[s] = True
    elif mem.phase[i] == STAND:
        mem.touch[i] += dt
    elif mem.phase[i] == SHIFT:
        mem.clock[i] += dt
    ahead = capture.after(xi, capture.nearest(both, xi), rate, dt)
    inside = capture.depth(both, ahead)
    if mem.phase[i] == SHIFT and mem.slow[i] == 0:
        mem.wait[i] -= dt
        if inside > k.trigger_m + 0.01:
            mem.phase[i] = STAND
            mem.calm[i] = 0.0
        elif mem.wait[i] <= 1e-9:
            mem.phase[i] = SWING
            mem.clock[i] = 0.0
    elif mem.phase[i] == SHIFT or (mem.phase[i] == STAND and mem.touch[i] > k.settle_s):
        if inside < k.trigger_m:
            c0, w0, p0, d0 = _step_plan(body, fig, k, xi, rate, 0, pauses, swings)
            c1, w1, p1, d1 = _step_plan(body, fig, k, xi, rate, 1, pauses, swings)
            mem.phase[i] = SHIFT
            mem.slow[i] = 0
            if c0 < c1:
                mem.side[i], mem.wait[i], mem.duration[i], mem.push[i] = 0, w0, d0, p0
            else:
                mem.side[i], mem.wait[i], mem.duration[i], mem.push[i] = 1, w1, d1, p1
            stance_foot = 1 - mem.side[i]
            if mem.wait[i] <= 0.0:
                mem.phase[i] = SWING
                mem.clock[i] = 0.0
    # ---- recovery of the stance
    off = _frame(body.sole[0], _yaw(body.sole_rot[0]), 1.0, body.sole[1]) - np.array([0.0, fig.reach.nominal])
    turn = _yaw(body.sole_rot[1]) - _yaw(body.sole_rot[0])
    turn = np.arctan2(np.sin(turn), np.cos(turn))
    if mem.phase[i] == STAND:
        slow = np.sqrt(body.com_vel[0] ** 2 + body.com_vel[1] ** 2) < 0.05
        near = np.sqrt((xi[0] - mid[0]) ** 2 + (xi[1] - mid[1]) ** 2) < 0.03
        mem.calm[i] = mem.calm[i] + dt if slow and near else 0.0
        if mem.calm[i] > k.calm_s and (abs(off[0]) > 0.03 or abs(off[1]) > 0.03 or abs(turn) > 0.1):
            mem.phase[i] = SHIFT
            mem.slow[i] = 1
            mem.side[i] = 0
            mem.clock[i] = 0.0
            stance_foot = 1
    reference = mid
    if mem.phase[i] == SHIFT and mem.slow[i] == 1:
        s = mem.side[i]
        out = 1.0 if s == 1 else -1.0
        reference = body.sole[stance_foot, :2] + _unframe(_yaw(body.sole_rot[stance_foot]), out, np.array([0.0, 0.0]))
        near = capture.depth(capture.hull(_rects(body, fig.half, stance_foot, k)), body.com[:2])
        nearxi = capture.depth(capture.hull(_rects(body, fig.half, stance_foot, k)), xi)
        if near > 0.0 and nearxi > 0.0 and mem.clock[i] > 0.5:
            mem.phase[i] = SWING
            mem.clock[i] = 0.0
            mem.duration[i] = 0.5
        elif mem.clock[i] > 4.0:
            mem.phase[i] = STAND
            mem.calm[i] = 0.0
    # ---- swing start
    if mem.phase[i] == SWING and mem.clock[i] == 0.0:
        mem.at[i] = body.sole[mem.side[i]] - body.sole[stance_foot]
        mem.at[i, 2] = body.sole[mem.side[i], 2] - body.cop[stance_foot, 2]
        mem.speed[i] = 0.0
        feet_ground[mem.side[i]] = False
    # ---- centre of pressure
    if mem.phase[i] == SWING:
        reference = body.sole[stance_foot, :2]
    p = xi + (k.capture_gain / rate) * (xi - reference)
    if mem.phase[i] == SWING:
        p = capture.nearest(capture.hull(_rects(body, fig.half, stance_foot, k )), p)
    elif mem.phase[i] == SHIFT and mem.slow[i] == 0:
        p = mem.push[i].copy()
    else:
        p = capture.nearest(capture.hull(np.concatenate((_rects(body, fig.half, 0, k), _rects(body, fig.half, 1, k)))), p)
    # ---- feet
    feet = np.zeros((2, 6))
    if mem.phase[i] == SWING:
        s = mem.side[i]
        out = 1.0 if s == 1 else -1.0
        yaw = _yaw(body.sole_rot[stance_foot])
        o = body.sole[stance_foot]
        left = max(mem.duration[i] - mem.clock[i], 0.0)
        if mem.slow[i] == 1:
            spot = np.array([0.0, fig.reach.nominal])
            if capture.depth(capture.hull(_rects(body, fig.half, stance_foot, k)), xi) < 0:
                mem.slow[i] = 0
        if mem.slow[i] == 0:
            held = capture.nearest(capture.hull(_rects(body, fig.half, stance_foot, k)), xi)
            end = capture.after(xi, held, rate, left)
            x, y, _ = capture.foothold(_frame(o, yaw, out, end), fig.reach)
            spot = np.array([x, y])
        if left > k.lock_s or mem.clock[i] == 0.0:
            mem.goal[i] = _unframe(yaw, out, spot)
        horizon = max(left, 0.06)
        acc = np.zeros(3)
        for a in range(2):
            acc[a] = 6.0 * (mem.goal[i, a] - mem.at[i, a]) / horizon**2 - 4.0 * mem.speed[i, a] / horizon
        # height: up and down again, then on down until it touches
        ph0 = mem.clock[i] / mem.duration[i]
        ph1 = (mem.clock[i] + dt) / mem.duration[i]
        drop = k.drop_m_s
        z1 = k.lift_m * np.sin(np.pi * min(ph1, 1.0)) ** 2 - k.dig_m * min(ph1, 1.0) ** 3 - drop * max(0.0, mem.clock[i] + dt - mem.duration[i])
        vz1 = k.lift_m * np.pi / mem.duration[i] * np.sin(2 * np.pi * min(ph1, 1.0)) - 3 * k.dig_m * ph1**2 / mem.duration[i] if ph1 < 1.0 else -drop
        vz0 = mem.speed[i, 2]
        acc[2] = (vz1 - vz0) / dt
        nxt = mem.at[i] + dt * mem.speed[i] + 0.5 * dt * dt * acc
        nxt[2] = z1
        w = 2 * np.pi * k.swing_hz
        rel = body.sole[s] - o
        rel[2] = body.sole[s, 2] - body.cop[stance_foot, 2]
        relv = body.sole_vel[s, :3] - body.sole_vel[stance_foot, :3]
        for a in range(3):
            feet[s, a] = acc[a] + 2 * w * (mem.speed[i, a] - relv[a]) + w * w * (mem.at[i, a] - rel[a])
        mem.at[i] = nxt
        mem.speed[i] += dt * acc
        mem.speed[i, 2] = vz1
        flat = dynamics.about(np.array([0.0, 0.0, 1.0]), yaw)
        err = dynamics.rotation_vector(dynamics.product(flat, body.sole_rot[s].T.copy()))
        for a in range(3):
            feet[s, 3 + a] = w * w * err[a] - 2 * w * body.sole_vel[s, 3 + a]
    # ---- body
    w = 2 * np.pi * k.turn_hz
    y0, y1 = _yaw(body.sole_rot[0]), _yaw(body.sole_rot[1])
    heading = np.arctan2(np.sin(y0) + np.sin(y1), np.cos(y0) + np.cos(y1))
    level = dynamics.about(np.array([0.0, 0.0, 1.0]), heading)
    err = dynamics.rotation_vector(dynamics.product(level, body.r[0].T.copy()))
    turn_acc = w * w * err - 2 * w * body.w[0]
    wy = 2 * np.pi * k.yaw_hz
    turn_acc[2] = wy * wy * err[2] - 2 * wy * body.w[0, 2]
    for a in range(3):
        turn_acc[a] = min(max(turn_acc[a], -30.0), 30.0)
    # height that every leg can reach
    wish = fig.height
    for s in range(2):
        hip = dynamics.turned(body.r[0], fig.hip[s])
        b = t.foot[s]
        dx = body.p[b, 0] - hip[0] - k.ahead_s * body.root_vel[0]
        dy = body.p[b, 1] - hip[1] - k.ahead_s * body.root_vel[1]
        if mem.phase[i] == SWING and s == mem.side[i]:
            dx += body.sole[stance_foot, 0] + mem.goal[i, 0] - body.sole[s, 0]
            dy += body.sole[stance_foot, 1] + mem.goal[i, 1] - body.sole[s, 1]
            left = max(mem.duration[i] - mem.clock[i], 0.0)
            dx -= max(left - k.ahead_s, 0.0) * body.root_vel[0]
            dy -= max(left - k.ahead_s, 0.0) * body.root_vel[1]
        room = np.sqrt(max(fig.leg_length**2 - dx * dx - dy * dy, 0.01))
        wish = min(wish, room - hip[2] + body.p[b, 2] - body.sole[s, 2])
    mem.height[i] += min(max(wish - mem.height[i], -0.8 * dt), 0.3 * dt)
    wz = 2 * np.pi * k.height_hz
    com_acc = np.zeros(3)
    com_acc[2] = wz * wz * (mem.height[i] + floor) - 2 * wz * body.root_vel[2]
    com_acc[2] = min(max(com_acc[2], -k.sink), 4.5)
    com_acc[0] = rate * rate * (body.com[0] - p[0])
    com_acc[1] = rate * rate * (body.com[1] - p[1])
    torque, qdd, forces = wrench.torques(t, body, fig.half, qd, feet_ground, com_acc, turn_acc, feet, fig.half[0] * np.array([1.0 - k.use_x, 1.0 - k.use_y]), k.friction, k.upright, k.grip)
    mem.debug[i, 0:2] = xi
    mem.debug[i, 2:4] = p
    mem.debug[i, 4:6] = body.com[:2]
    mem.debug[i, 6:9] = body.root_vel
    mem.debug[i, 9:11] = body.load
    mem.debug[i, 11] = inside
    mem.debug[i, 12:14] = mem.goal[i]
    mem.debug[i, 14:17] = body.sole[0]
    mem.debug[i, 17:20] = body.sole[1]
    mem.debug[i, 20] = mem.at[i, 2]
    mem.debug[i, 21:23] = forces[:, 2]
    mem.debug[i, 23:26] = com_acc
    mem.debug[i, 26:29] = turn_acc
    mem.debug[i, 29:35] = feet[mem.side[i]]
    mem.debug[i, 35:47] = torque[:12]
    mem.debug[i, 47:59] = qdd[:12]
    led = q + dt * qd + 0.5 * dt * dt * qdd
    inertia, stays, drifts = fig.held.copy(), fig.held_stays.copy(), fig.held_drifts.copy()
    if mem.phase[i] == SWING:
        s = mem.side[i]
        want = np.zeros(6)
        # where the sole goes within the period, less what the root carries it
        gap = mem.at[i] + body.sole[stance_foot] - body.sole[s]
        gap[2] = mem.at[i, 2] + body.cop[stance_foot, 2] - body.sole[s, 2]
        arm = body.sole[s]
        carried = body.root_vel - body.sole_vel[stance_foot, :3] + dynamics.cross(body.w[0], arm)
        flat = dynamics.about(np.array([0.0, 0.0, 1.0]), _yaw(body.sole_rot[stance_foot]))
        err = dynamics.rotation_vector(dynamics.product(flat, body.sole_rot[s].T.copy()))
        for a in range(3):
            want[a] = min(max(gap[a], -0.05), 0.05) - dt * carried[a]
            want[3 + a] = min(max(err[a], -4.0 * dt), 4.0 * dt) - dt * body.w[0, a]
        step = dynamics.damped_solution(dynamics.leg_jacobian(t, body.p, body.r, s, body.sole[s]), want, 3e-4)
        for a in range(t.leg.shape[1]):
            j = t.leg[s, a]
            led[j] = q[j] + step[a]
            inertia[j], stays[j], drifts[j] = fig.free[j], fig.free_stays[j], fig.free_drifts[j]
    told = wrench.targets(torque, qdd, q, qd, led, fig.stiffness, inertia, stays, drifts, dt)
    for j in range(len(q)):
        if not fig.leg_mask[j]:
            told[j] = upper[j] + min(max(torque[j], -fig.limit[j]), fig.limit[j]) / fig.stiffness[j]
    return told


@njit(cache=True)
def _act(t, fig, k, mem, quat, imu, q, qd, load, dt, pauses, swings, out):  # type: ignore[no-untyped-def]
    for i in range(len(q)):
        body = measure(t, fig.half, quat[i], imu[i], q[i], qd[i], load[i], mem.root_vel[i], dt)
        mem.root_vel[i] = body.root_vel
        told = _tick(t, fig, k, mem, i, body, qd[i], q[i], out[i], dt, pauses, swings)
        for j in range(len(told)):
            out[i, j] = told[j]


@njit(cache=True)
def solve_stance(t: Tree, q: Float, sole: Float, rounds: int) -> tuple[Float, float]:
    """Legs' joints (in a copy of q) that put the soles at `sole` (2, 3), flat, below a level root; and what is left, m."""
    q = q.copy()
    for _ in range(rounds):
        p, r = dynamics.pose(t, np.eye(3), q)
        for s in range(2):
            b = t.foot[s]
            at = p[b] + dynamics.turned(r[b], t.sole[s])
            rot = dynamics.product(r[b], t.sole_rot[s])
            want = np.zeros(6)
            want[:3] = sole[s] - at
            want[3:] = -dynamics.rotation_vector(rot)
            dq = dynamics.damped_solution(dynamics.leg_jacobian(t, p, r, s, at), want, 1e-4)
            for j in range(t.leg.shape[1]):
                q[t.leg[s, j]] += min(max(dq[j], -0.3), 0.3)
    p, r = dynamics.pose(t, np.eye(3), q)
    worst = 0.0
    for s in range(2):
        b = t.foot[s]
        d = p[b] + dynamics.turned(r[b], t.sole[s]) - sole[s]
        worst = max(worst, np.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2))
    return q, worst


def inertias(t: Tree, q: Float) -> tuple[Float, Float]:
    """Inertia that each joint moves, (k,) kg m^2: all that is above it when it stands, halved; all that is below it."""
    p, r = dynamics.pose(t, np.eye(3), q)
    held, free = np.ones(len(q)), np.ones(len(q))
    for b in range(1, len(t.parent)):
        j = t.joint[b]
        u, c = r[b] @ t.axis[b], p[b] + r[b] @ t.anchor[b]
        about = np.zeros(2)
        for i in range(len(t.parent)):
            under = i
            while under > b:
                under = t.parent[under]
            arm = p[i] + r[i] @ t.com[i] - c
            about[int(under == b)] += u @ r[i] @ t.inertia[i] @ r[i].T @ u + t.mass[i] * (arm @ arm - (u @ arm) ** 2)
        held[j], free[j] = 0.5 * about[0] + t.armature[j], about[1] + t.armature[j]
    return held, free


class BalancePolicy:
    """Legs in balance under whatever the upper body does."""

    def __init__(self, robot, nsim: int, stiffness: Float, damping: Float, period: float = 0.02, tuning: Tuning = Tuning(), width: float | None = None):  # type: ignore[no-untyped-def]  # noqa: B008
        self.tree = t = tree(robot)
        self.period = period
        self.tuning = tuning
        home = np.array([robot.home[n] for n in robot.driven])
        self.home = home
        half = np.array([robot.feet[s].half_m for s in ("right", "left")])
        p, r = dynamics.pose(t, np.eye(3), home)
        sole = np.array([p[t.foot[s]] + dynamics.turned(r[t.foot[s]], t.sole[s]) for s in range(2)])
        mid = 0.5 * (sole[0, 0] + sole[1, 0])
        com, _, self.mass = dynamics.centre(t, p, r, np.zeros_like(p), np.zeros_like(p))
        height = -0.5 * (sole[0, 2] + sole[1, 2])
        rate = np.sqrt(dynamics.GRAVITY / (com[2] + height))
        if width is None:
            width = 2.0 * (tuning.side_push_m_s / rate - half[0, 1] * tuning.use_y + tuning.trigger_m)
        nominal = max(width, float(sole[1, 1] - sole[0, 1]))

        def spots(height: float) -> Float:
            return np.array([[mid, -0.5 * nominal, -height], [mid, 0.5 * nominal, -height]])

        low, high = height, 1.3 * height
        for _ in range(20):
            h = 0.5 * (low + high)
            if solve_stance(t, home, spots(h), 60)[1] < 2e-3:
                low = h
            else:
                high = h
        q, _ = solve_stance(t, home, spots(low), 60)
        pp, rr = dynamics.pose(t, np.eye(3), q)
        rows = [[int(np.flatnonzero(t.joint == j)[0]) for j in t.leg[s]] for s in range(2)]
        hips = np.array([np.mean([pp[b] + rr[b] @ t.anchor[b] for b in rows[s][:3]], axis=0) for s in range(2)])
        hip = hips
        length = float(np.linalg.norm(pp[t.foot[0]] - hip[0]))
        self.stance = solve_stance(t, home, spots(height), 60)[0]
        reach = Reach(ahead=0.65 * length, near=max(0.8 * (sole[1, 1] - sole[0, 1]), 2.2 * half[0, 1]), far=0.85 * length, nominal=nominal, speed=tuning.speed, half=half[0], spare=tuning.spare_m, aim=tuning.aim)
        mask = np.zeros(len(home), np.bool_)
        mask[t.leg.ravel()] = True
        held, free = inertias(t, self.stance)
        held_stays, held_drifts = wrench.response(held, stiffness, damping, period)
        free_stays, free_drifts = wrench.response(free, stiffness, damping, period)
        self.figures = Figures(
            held=held, held_stays=held_stays, held_drifts=held_drifts, free=free, free_stays=free_stays, free_drifts=free_drifts,
            half=half,
            height=height,
            reach=reach,
            limit=np.array([robot.joints[n].effort for n in robot.driven]),
            stiffness=np.ascontiguousarray(stiffness),
            damping=np.ascontiguousarray(damping),
            leg_mask=mask,
            hip=hip,
            leg_length=0.965 * length,
        )
        self.memory = memory(nsim)
        self.memory.fresh[:] = 1
        self._upper = np.array([not m for m in mask])

    def begin(self, ids: Int) -> None:
        """Forget robots `ids`."""
        self.memory.fresh[ids] = 1
        self.memory.root_vel[ids] = 0.0

    def act(self, obs: Mapping[str, Float], upper: Float | None = None) -> Float:
        """Targets (n, driven) rad."""
        q = np.ascontiguousarray(obs["joint_pos"])
        out = np.empty_like(q)
        out[:, self._upper] = self.home[self._upper] if upper is None else upper
        _act(
            self.tree, self.figures, self.tuning, self.memory,
            np.ascontiguousarray(obs["imu_quat"]), np.ascontiguousarray(obs["imu"]), q,
            np.ascontiguousarray(obs["joint_vel"]), np.ascontiguousarray(obs["foot_wrench"]), self.period, PAUSES, SWINGS, out,
        )
        return out
