"""Where the weight goes and which foot steps where: the controller's decisions in one step, for n robots.

A robot stands, leaning its centre of pressure against its capture point. When that is about to leave the support, it
plans a step: pushes off for the planned pause, then swings a foot to where the capture point will be. At rest it walks
back to where it stood, foot by foot.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pilotline.policies.reference.balance import capture, dynamics, matrices
from pilotline.policies.reference.balance.estimate import Body
from pilotline.policies.reference.balance.figures import Figures
from pilotline.policies.reference.balance.orders import Orders
from pilotline.policies.reference.balance.tree import Tree
from pilotline.policies.reference.balance.tuning import Tuning

Float = NDArray[np.float64]
Int = NDArray[np.int64]

STAND, SHIFT, SWING = 0, 1, 2

_LANDED = 0.08
"""Share of the weight under a lifted foot that ends a step in its second half."""
_LATE_S = 0.3
"""A step that has not found the floor so long after its time counts as landed."""
_OFF_M, _OFF_RAD = 0.03, 0.1
"""A foot further from its place at home walks there."""
_STRIDE = 0.2
"""Share of the straight leg that a foot goes at most when it walks home; it turns at most by as many rad."""
_UNHURRIED_S = 0.5
"""Of a step home, and the least time of leaning before it."""
_LEAN = 0.94
"""How far towards the middle of a foot to lean on it: a little inside, from where it is easy to come back."""
_LEAN_S = 4.0
"""A lean that has not freed the foot by then is given up."""
_AT_REST = (0.05, 0.03)
"""m/s and m: speed, and distance of the capture point from the middle, of a robot at rest."""
_PULL = (4.5, 30.0)
"""Largest acceleration upwards, m/s^2, and turning, rad/s^2."""
_STRAY_M, _BURDEN_M = 0.03, 0.06
"""Largest gap between pressure and centre of mass that counts, and largest correction of the latter, m."""
_QUIET_S, _QUIET_M_S = 0.3, 0.08
"""So long after a landing and so slow is a robot quiet enough to feel its burden."""
_SINKING_M_S, _RISING_M_S = 0.8, 0.3
"""How fast the wanted height follows what the legs reach."""


class Memory(NamedTuple):
    """What is remembered of n robots; vectors in the world's axes.

    Attributes:
      fresh: 1 until the first step. phase: STAND, SHIFT (before a step) or SWING. side: foot of the step.
      urgent: 1 for a step that catches, 0 for one home.
      clock: s in the phase; since the landing while standing. wait: s to the lift. calm: s at rest.
      duration: s, of the step.
      height: m, wanted. lean: -1..1, wanted place of the weight from the right to the left foot.
      push: (n, 2) m, centre of pressure before the lift.
      goal: (n, 2) m, of the lifted sole, and bearing: rad, its heading.
      at, speed: (n, 3) m, m/s, where the lifted sole should be from the standing one's middle, at the floor's height.
      anchor: foot from which `home`, (n, 2) m, leads to the middle of the place it stood; heading: rad, of that place.
    """

    fresh: Int
    phase: Int
    side: Int
    urgent: Int
    clock: Float
    wait: Float
    calm: Float
    duration: Float
    height: Float
    lean: Float
    push: Float
    goal: Float
    bearing: Float
    at: Float
    speed: Float
    anchor: Int
    home: Float
    heading: Float


def memory(n: int) -> Memory:
    """Of n robots that are yet to start."""
    whole = ("fresh", "phase", "side", "urgent", "anchor")
    wide = {"push": 2, "goal": 2, "home": 2, "at": 3, "speed": 3}
    fields: dict[str, Any] = {name: np.zeros((n, wide[name]) if name in wide else n) for name in Memory._fields}
    fields |= {name: np.zeros(n, np.int64) for name in whole}
    fields["fresh"][:] = 1
    return Memory(**fields)


@njit(cache=True)
def heading_of(r: Float) -> float:
    """Yaw of a frame (3, 3), rad."""
    return np.arctan2(r[1, 0], r[0, 0])


@njit(cache=True)
def wrapped(angle: float) -> float:
    """Into -pi..pi."""
    return np.arctan2(np.sin(angle), np.cos(angle))


@njit(cache=True)
def towards(v: Float, yaw: float, out: float) -> Float:
    """v (2,) in a frame turned by yaw, its second axis to the left (out 1) or right (-1)."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([c * v[0] + s * v[1], out * (c * v[1] - s * v[0])])


@njit(cache=True)
def back_from(v: Float, yaw: float, out: float) -> Float:
    """v (2,) of such a frame, in the world's axes."""
    c, s = np.cos(yaw), np.sin(yaw)
    return np.array([c * v[0] - s * out * v[1], s * v[0] + c * out * v[1]])


@njit(cache=True)
def corners(t: Tree, body: Body, i: int, s: int, k: Tuning) -> Float:
    """Corners (4, 2) of the part of sole s that planning counts on."""
    half = np.array([k.plan_x * t.half[s, 0], k.plan_y * t.half[s, 1]])
    return capture.rectangle(body.sole[i, s], heading_of(body.sole_rot[i, s]), half)


@njit(cache=True)
def support(t: Tree, body: Body, i: int, stance: NDArray[np.bool_], k: Tuning) -> Float:
    """Convex support polygon (j, 2) of the standing feet."""
    points, n = np.empty((8, 2)), 0
    for s in range(2):
        if stance[s]:
            points[n : n + 4] = corners(t, body, i, s, k)
            n += 4
    return capture.hull(points[:n])


@njit(cache=True)
def _from(v: Float, o: Float) -> Float:
    """v - o in the floor's plane, (2,)."""
    return np.array([v[0] - o[0], v[1] - o[1]])


@njit(cache=True)
def _begin(body: Body, mem: Memory, i: int) -> None:
    """Start afresh where the robot stands."""
    sole = body.sole[i]
    mem.fresh[i], mem.phase[i], mem.clock[i], mem.calm[i], mem.lean[i] = 0, STAND, 1.0, 0.0, 0.0
    mem.height[i] = -0.5 * (sole[0, 2] + sole[1, 2])
    right, left = heading_of(body.sole_rot[i, 0]), heading_of(body.sole_rot[i, 1])
    mem.heading[i] = right + 0.5 * wrapped(left - right)
    mem.anchor[i] = 0
    for a in range(2):
        mem.home[i, a] = 0.5 * (sole[1, a] - sole[0, a])


@njit(cache=True)
def _land(body: Body, mem: Memory, i: int, dt: float, weight: float) -> None:
    """Time goes on; a step that has found the floor is over."""
    mem.clock[i] += dt
    if mem.phase[i] != SWING:
        return
    late = mem.clock[i] - mem.duration[i]
    if late > _LATE_S or (mem.clock[i] > 0.5 * mem.duration[i] and body.load[i, mem.side[i]] > _LANDED * weight):
        if mem.urgent[i] == 1:
            mem.lean[i] = 0.0
        mem.phase[i], mem.clock[i], mem.calm[i] = STAND, 0.0, 0.0


@njit(cache=True)
def _lift(body: Body, mem: Memory, i: int) -> None:
    """The step's foot leaves the floor."""
    s = mem.side[i]
    st = 1 - s
    mem.phase[i], mem.clock[i] = SWING, 0.0
    mem.at[i] = matrices.minus(body.sole[i, s], body.sole[i, st])
    mem.at[i, 2] = body.sole[i, s, 2] - body.cop[i, st, 2]
    mem.speed[i] = 0.0
    mem.bearing[i] = heading_of(body.sole_rot[i, st])
    if mem.anchor[i] == s:
        for a in range(2):
            mem.home[i, a] += body.sole[i, s, a] - body.sole[i, st, a]
        mem.anchor[i] = st


@njit(cache=True)
def _catch(t: Tree, fig: Figures, k: Tuning, body: Body, mem: Memory, i: int, xi: Float, rate: float) -> None:
    """Plan the cheaper foot's step."""
    mem.phase[i], mem.urgent[i], mem.clock[i] = SHIFT, 1, 0.0
    least = 1e18
    for s in range(2):
        st, out = 1 - s, 2.0 * s - 1.0
        yaw, o = heading_of(body.sole_rot[i, st]), body.sole[i, st]
        stance, swing = corners(t, body, i, st, k), corners(t, body, i, s, k)
        for c in range(4):
            stance[c] = towards(_from(stance[c], o), yaw, out)
            swing[c] = towards(_from(swing[c], o), yaw, out)
        cost, pause, push, duration = capture.plan(
            towards(_from(xi, o), yaw, out),
            rate,
            stance,
            swing,
            towards(_from(body.sole[i, s], o), yaw, out),
            fig.reach,
        )
        if cost < least:
            least = cost
            mem.side[i], mem.wait[i], mem.duration[i] = s, pause, duration
            mem.push[i] = back_from(push, yaw, out)
            for a in range(2):
                mem.push[i, a] += o[a]


@njit(cache=True)
def _away(fig: Figures, body: Body, mem: Memory, i: int, s: int) -> tuple[Float, float]:
    """From sole s to its place at home: (2,) m, and rad."""
    aside = back_from(np.array([0.0, 0.5 * fig.reach.nominal]), mem.heading[i], 2.0 * s - 1.0)
    way = np.empty(2)
    for a in range(2):
        way[a] = body.sole[i, mem.anchor[i], a] + mem.home[i, a] + aside[a] - body.sole[i, s, a]
    return way, wrapped(mem.heading[i] - heading_of(body.sole_rot[i, s]))


@njit(cache=True)
def _walk_home(fig: Figures, k: Tuning, body: Body, mem: Memory, i: int, xi: Float, dt: float) -> None:
    """A robot that has been at rest for a while brings the foot home that is furthest off."""
    dx = xi[0] - 0.5 * (body.sole[i, 0, 0] + body.sole[i, 1, 0])
    dy = xi[1] - 0.5 * (body.sole[i, 0, 1] + body.sole[i, 1, 1])
    speed = np.sqrt(body.com_vel[i, 0] ** 2 + body.com_vel[i, 1] ** 2)
    rests = speed < _AT_REST[0] and np.sqrt(dx * dx + dy * dy) < _AT_REST[1]
    mem.calm[i] = mem.calm[i] + dt if rests else 0.0
    if mem.calm[i] < k.calm_s:
        return
    furthest = 1.0
    for s in range(2):
        way, turn = _away(fig, body, mem, i, s)
        off_by = max(np.sqrt(way[0] ** 2 + way[1] ** 2) / _OFF_M, abs(turn) / _OFF_RAD)
        if off_by > furthest:
            furthest = off_by
            mem.phase[i], mem.urgent[i], mem.side[i], mem.clock[i] = SHIFT, 0, s, 0.0


@njit(cache=True)
def _decide(
    t: Tree, fig: Figures, k: Tuning, body: Body, mem: Memory, i: int, xi: Float, rate: float, dt: float
) -> None:
    """Stand, shift or swing."""
    if mem.phase[i] == SWING:
        if mem.urgent[i] == 0 and capture.depth(support(t, body, i, _stance(mem, i), k), xi) < 0.0:
            mem.urgent[i] = 1
        return
    under = support(t, body, i, np.array([True, True]), k)
    inside = capture.depth(under, capture.after(xi, capture.nearest(under, xi), rate, dt))
    if mem.phase[i] == SHIFT and mem.urgent[i] == 1:
        mem.wait[i] -= dt
        if inside > k.trigger_m + 0.01:
            mem.phase[i], mem.calm[i], mem.clock[i] = STAND, 0.0, 1.0
    elif inside < k.trigger_m and (mem.phase[i] == SHIFT or mem.clock[i] > k.settle_s):
        _catch(t, fig, k, body, mem, i, xi, rate)
    elif mem.phase[i] == STAND:
        _walk_home(fig, k, body, mem, i, xi, dt)
    if mem.phase[i] != SHIFT:
        return
    if mem.urgent[i] == 1:
        if mem.wait[i] <= 1e-9:
            _lift(body, mem, i)
        return
    alone = np.array([mem.side[i] == 1, mem.side[i] == 0])
    foot = support(t, body, i, alone, k)
    free = capture.depth(foot, xi) > 0.0 and capture.depth(foot, body.com[i, :2]) > 0.0
    if free and mem.clock[i] > _UNHURRIED_S:
        mem.duration[i] = _UNHURRIED_S
        _lift(body, mem, i)
    elif mem.clock[i] > _LEAN_S:
        mem.phase[i], mem.calm[i], mem.clock[i] = STAND, 0.0, 1.0


@njit(cache=True)
def _stance(mem: Memory, i: int) -> NDArray[np.bool_]:
    """Feet that stand, (2,)."""
    up = mem.phase[i] == SWING
    return np.array([not (up and mem.side[i] == 0), not (up and mem.side[i] == 1)])


@njit(cache=True)
def _press(
    t: Tree, k: Tuning, body: Body, mem: Memory, i: int, xi: Float, rate: float, stance: NDArray[np.bool_], dt: float
) -> Float:
    """Wanted centre of pressure (2,)."""
    if mem.phase[i] == SHIFT and mem.urgent[i] == 1:
        return mem.push[i].copy()
    side = 1.0 - 2.0 * mem.side[i]  # the standing foot: 1 left, -1 right
    wish = 0.0 if mem.phase[i] == STAND else _LEAN * side
    most = 2.0 * k.sway_hz * dt
    mem.lean[i] += min(max(wish - mem.lean[i], -most), most)
    if mem.phase[i] == SWING:
        mem.lean[i] = _LEAN * side
    p = np.empty(2)
    for a in range(2):
        middle, half = 0.5 * (body.sole[i, 1, a] + body.sole[i, 0, a]), 0.5 * (body.sole[i, 1, a] - body.sole[i, 0, a])
        p[a] = xi[a] + k.capture_gain / rate * (xi[a] - middle - mem.lean[i] * half)
    return capture.nearest(support(t, body, i, stance, k), p)


@njit(cache=True)
def _aim(t: Tree, fig: Figures, k: Tuning, body: Body, mem: Memory, i: int, xi: Float, rate: float) -> None:
    """Where the lifted sole shall land."""
    left = mem.duration[i] - mem.clock[i]
    if left <= k.lock_s and mem.clock[i] > 0.0:
        return
    s = mem.side[i]
    st, out = 1 - s, 2.0 * s - 1.0
    yaw, o = heading_of(body.sole_rot[i, st]), body.sole[i, st]
    spot = np.empty(2)
    if mem.urgent[i] == 1:
        held = capture.nearest(support(t, body, i, _stance(mem, i), k), xi)
        spot[0], spot[1], _ = capture.foothold(
            towards(_from(capture.after(xi, held, rate, left), o), yaw, out), fig.reach
        )
        mem.bearing[i] = yaw
    else:
        way, _ = _away(fig, body, mem, i, s)
        stride = _STRIDE * fig.length
        way[0] += body.sole[i, s, 0]
        way[1] += body.sole[i, s, 1]
        spot = towards(_from(way, o), yaw, out)
        spot[0] = min(max(spot[0], -stride), stride)
        spot[1] = min(max(spot[1], fig.reach.near), fig.reach.nominal + stride)
        mem.bearing[i] = yaw + min(max(wrapped(mem.heading[i] - yaw), -_STRIDE), _STRIDE)
    mem.goal[i] = back_from(spot, yaw, out)


@njit(cache=True)
def _swing(k: Tuning, body: Body, mem: Memory, i: int, dt: float, feet: Float, way: Float) -> None:
    """Accelerations of the lifted sole, feet[side] (6,), and its way against the root (6,) within the step."""
    s = mem.side[i]
    st = 1 - s
    left = max(mem.duration[i] - mem.clock[i], 0.06)
    now, then = mem.clock[i] / mem.duration[i], min((mem.clock[i] + dt) / mem.duration[i], 1.0)
    after = max(mem.clock[i] + dt - mem.duration[i], 0.0)
    acc, step = np.empty(3), np.empty(3)
    for a in range(2):  # the cubic that ends at the goal at rest
        acc[a] = 6.0 * (mem.goal[i, a] - mem.at[i, a]) / left**2 - 4.0 * mem.speed[i, a] / left
        step[a] = dt * mem.speed[i, a] + 0.5 * dt * dt * acc[a]
    height = k.lift_m * np.sin(np.pi * then) ** 2 - k.drop_m_s * after
    climb = -k.drop_m_s
    if now + dt / mem.duration[i] < 1.0:
        climb = k.lift_m * np.pi / mem.duration[i] * np.sin(2.0 * np.pi * then)
    acc[2], step[2] = (climb - mem.speed[i, 2]) / dt, height - mem.at[i, 2]
    flat = matrices.about(np.array([0.0, 0.0, 1.0]), mem.bearing[i])
    tilt = matrices.rotation_vector(matrices.unturned(flat, body.sole_rot[i, s]))
    w = 2.0 * np.pi * k.swing_hz
    floor = body.cop[i, st, 2] - body.sole[i, st, 2]
    carried = matrices.cross(body.w[i, 0], body.sole[i, s])
    for a in range(3):
        gap = mem.at[i, a] - (body.sole[i, s, a] - body.sole[i, st, a])
        if a == 2:
            gap += floor
        slip = mem.speed[i, a] - (body.sole_vel[i, s, a] - body.sole_vel[i, st, a])
        feet[s, a] = acc[a] + 2.0 * w * slip + w * w * gap
        feet[s, 3 + a] = w * w * tilt[a] - 2.0 * w * body.sole_vel[i, s, 3 + a]
        root = body.root_vel[i, a] - body.sole_vel[i, st, a] + carried[a]
        way[a] = min(max(gap + step[a], -0.05), 0.05) - dt * root
        way[3 + a] = min(max(tilt[a], -4.0 * dt), 4.0 * dt) - dt * body.w[i, 0, a]
        mem.at[i, a] += step[a]
        mem.speed[i, a] += dt * acc[a]


@njit(cache=True)
def _tallest(t: Tree, fig: Figures, k: Tuning, body: Body, mem: Memory, i: int) -> float:
    """Height (m) of the root over the soles that both legs reach, a little later and at the landing."""
    tallest = fig.height
    for s in range(2):
        hip, foot = matrices.turned(body.r[i, 0], fig.hip[s]), body.p[i, t.foot[s]]
        ahead, flat = k.lookahead_s, 0.0
        lifted = mem.phase[i] == SWING and s == mem.side[i]
        if lifted:
            ahead = max(mem.duration[i] - mem.clock[i], ahead)
        for a in range(2):
            d = foot[a] - hip[a] - ahead * body.root_vel[i, a]
            if lifted:
                d += body.sole[i, 1 - s, a] + mem.goal[i, a] - body.sole[i, s, a]
            flat += d * d
        room = np.sqrt(max(fig.length**2 - flat, 0.01))
        tallest = min(tallest, room - hip[2] + foot[2] - body.sole[i, s, 2])
    return tallest


@njit(cache=True)
def _posture(
    t: Tree, fig: Figures, k: Tuning, body: Body, mem: Memory, i: int, floor: float, dt: float, up: Float, turn: Float
) -> None:
    """Acceleration upwards, up[2], and turning (3,): level, at height, heading between the feet."""
    tallest = _tallest(t, fig, k, body, mem, i)
    mem.height[i] += min(max(tallest - mem.height[i], -_SINKING_M_S * dt), _RISING_M_S * dt)
    w = 2.0 * np.pi * k.height_hz
    up[2] = w * w * (mem.height[i] + floor) - 2.0 * w * body.root_vel[i, 2]
    up[2] = min(max(up[2], -k.sink_m_s2), _PULL[0])
    right, left = heading_of(body.sole_rot[i, 0]), heading_of(body.sole_rot[i, 1])
    level = matrices.about(np.array([0.0, 0.0, 1.0]), right + 0.5 * wrapped(left - right))
    off = matrices.rotation_vector(matrices.unturned(level, body.r[i, 0]))
    for a in range(3):
        w = 2.0 * np.pi * (k.yaw_hz if a == 2 else k.turn_hz)
        turn[a] = min(max(w * w * off[a] - 2.0 * w * body.w[i, 0, a], -_PULL[1]), _PULL[1])


@njit(cache=True)
def _feel(k: Tuning, body: Body, mem: Memory, i: int, weight: float, dt: float, out: Orders) -> None:
    """Learn from the pressure under the feet where the weight acts: hands carry what the model doesn't know.

    While the body rests on both feet, the pressure is under its centre of mass.
    """
    load = body.load[i, 0] + body.load[i, 1]
    speed = np.sqrt(body.com_vel[i, 0] ** 2 + body.com_vel[i, 1] ** 2)
    rests = mem.phase[i] == STAND and mem.clock[i] > _QUIET_S and speed < _QUIET_M_S and load > 0.5 * weight
    for a in range(2):
        if rests:
            felt = (body.load[i, 0] * body.cop[i, 0, a] + body.load[i, 1] * body.cop[i, 1, a]) / load
            off = felt - body.com[i, a] - out.burden[i, a]
            learnt = out.burden[i, a] + k.feel_per_s * dt * min(max(off, -_STRAY_M), _STRAY_M)
            out.burden[i, a] = min(max(learnt, -_BURDEN_M), _BURDEN_M)
        body.com[i, a] += out.burden[i, a]


@njit(cache=True)
def order(t: Tree, fig: Figures, k: Tuning, body: Body, dt: float, mem: Memory, out: Orders) -> None:
    """Fill the orders `out` to n robots for the next dt s, and remember."""
    weight = t.mass.sum() * dynamics.GRAVITY
    for i in range(len(mem.phase)):
        if mem.fresh[i] == 1:
            _begin(body, mem, i)
            out.burden[i] = 0.0
        else:
            _feel(k, body, mem, i, weight, dt, out)
        _land(body, mem, i, dt, weight)
        stance = _stance(mem, i)
        floor = 0.0
        for s in range(2):
            floor += body.cop[i, s, 2] * (1.0 if stance[s] else 0.0)
        floor /= stance.sum()
        rate = np.sqrt(dynamics.GRAVITY / max(body.com[i, 2] - floor, 0.2))
        xi = np.array([body.com[i, 0] + body.com_vel[i, 0] / rate, body.com[i, 1] + body.com_vel[i, 1] / rate])
        _decide(t, fig, k, body, mem, i, xi, rate, dt)
        stance = _stance(mem, i)
        p = _press(t, k, body, mem, i, xi, rate, stance, dt)
        out.stance[i] = stance
        out.feet[i] = 0.0
        if mem.phase[i] == SWING:
            _aim(t, fig, k, body, mem, i, xi, rate)
        _posture(t, fig, k, body, mem, i, floor, dt, out.com_acc[i], out.turn_acc[i])
        if mem.phase[i] == SWING:
            _swing(k, body, mem, i, dt, out.feet[i], out.way[i])
        for a in range(2):
            out.com_acc[i, a] = rate * rate * (body.com[i, a] - p[a])
