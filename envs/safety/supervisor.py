"""Between policy and drives: limits of position, speed, torque and separation, and protective stops.

Pure functions over arrays, one row per simulation: the state after a control step follows from the state before it and
from what is sensed, elementwise, so that a cycle is the same in any slot of any batch.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.safety.limits import Limits
from pilotline.envs.safety.metrics import KINDS
from pilotline.envs.safety.separation import protective_m

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Machine(NamedTuple):
    """What is supervised of a robot, (k,) each; the first `joints` are commanded by position, the rest by velocity.

    Attributes:
      low, high: targets that are allowed: rad, of a base m/s or rad/s.
      speed: largest, rad/s; of a base its velocity limit.
      torque: limits, N m or N.
      brake: deceleration of a controlled stop, rad/s^2 or m/s^2.
      joints: how many are commanded by position.
      lag_s: by how much joints follow their commands.
    """

    low: Float
    high: Float
    speed: Float
    torque: Float
    brake: Float
    joints: int
    lag_s: float


class Watched(NamedTuple):
    """What the supervisor sees, of m simulations.

    Attributes:
      position, velocity, torque: (m, k) of the supervised joints.
      apart: (m, p) m, distance of every ball of the robot from the nearest person; inf where there is none.
      towards: (m, p) m/s, speeds of the balls towards that person.
      speed: (m, p) m/s, speeds of the balls.
    """

    position: Float
    velocity: Float
    torque: Float
    apart: Float
    towards: Float
    speed: Float


class State(NamedTuple):
    """Memory of the supervisor, (m, ...).

    Attributes:
      given: (m, k) the last commands.
      stopped: (m,) a protective stop is in force.
      rested: (m,) the robot has come to rest in it.
      resuming: (m,) work goes on after it, and joints are still behind what is asked.
      since_s: (m,) how long it has been in force.
      clear_s: (m,) for how long no cause has been there.
      way_m: (m, p) what each ball has moved since.
      target: (m, k) of the braking ramp.
      from_speed: (m, k) with which it began, and ramp_s: (m,) how long it takes.
      torque_s: (m, k) for how long each joint has been at its torque limit.
      active: (m, kinds) whether a limit is being held, for counting onsets.
      moved: (m,) the robot moved again without release in this stop.
      failed: (m,) a stop did not come to rest in time: power is to be cut.
      interventions: (m, kinds) counts.
      stops, rests, restarts: (m,) counts.
      stop_s, stop_m: (m,) longest time and way to rest.
    """

    given: Float
    stopped: Bool
    rested: Bool
    resuming: Bool
    since_s: Float
    clear_s: Float
    way_m: Float
    target: Float
    from_speed: Float
    ramp_s: Float
    torque_s: Float
    active: Bool
    moved: Bool
    failed: Bool
    interventions: Float
    stops: Float
    rests: Float
    restarts: Float
    stop_s: Float
    stop_m: Float


def start(given: Float, balls: int) -> State:
    """Nothing has happened yet; `given` (m, k) are the commands that hold the robot."""
    m, k = given.shape

    def zeros(*shape: int) -> Float:
        return np.zeros((m, *shape))

    def no(*shape: int) -> Bool:
        return np.zeros((m, *shape), np.bool_)

    return State(
        given=given.copy(),
        stopped=no(),
        rested=no(),
        resuming=no(),
        since_s=zeros(),
        clear_s=zeros(),
        way_m=zeros(balls),
        target=given.copy(),
        from_speed=zeros(k),
        ramp_s=zeros(),
        torque_s=zeros(k),
        active=no(len(KINDS)),
        moved=no(),
        failed=no(),
        interventions=zeros(len(KINDS)),
        stops=zeros(),
        rests=zeros(),
        restarts=zeros(),
        stop_s=zeros(),
        stop_m=zeros(),
    )


def stopping_s(machine: Machine, velocity: Float) -> Float:
    """Time (m,) s in which the command of the slowest joint rests: the largest |w| / a, with a = tau / I."""
    return np.asarray((np.abs(velocity) / machine.brake).max(axis=-1))


def too_near(limits: Limits, machine: Machine, seen: Watched) -> Bool:
    """(m,) a ball is nearer to a person than its protective separation distance."""
    rest_s = machine.lag_s + stopping_s(machine, seen.velocity)[:, None]
    braking_m = 0.5 * seen.towards * rest_s
    needed = protective_m(limits.person_m_s, seen.towards, limits.reaction_s, rest_s, braking_m, limits.uncertainty_m)
    return np.asarray((seen.apart < needed).any(axis=-1))


def clear_m(limits: Limits) -> float:
    """Distance that lets work go on: the protective one at working speed, so that it need not stop again at once."""
    v, t = limits.working_m_s, limits.stopping_s
    return float(protective_m(limits.person_m_s, v, limits.reaction_s, t, 0.5 * v * t, limits.uncertainty_m))


def supervise(
    limits: Limits, machine: Machine, before: State, asked: Float, seen: Watched, period_s: float
) -> tuple[Float, State]:
    """Commands that the drives get instead of those asked for.

    Targets stay within the range and move no faster than the joint may; that of a joint which has been at its torque
    limit for `torque_s` moves no further against what holds it. A person within the protective separation distance
    stops the robot: targets run out in the time that the slowest joint needs at its torque and hold there, under power
    (stop category 2). Work goes on when the person has been away for `release_s`, slowly until the joints
    have caught up with what is asked. A stop that does not come to rest in time has failed.

    Args:
      asked: (m, k) commands of the policy.

    Returns:
      Commands (m, k), and the state after.
    """
    j = machine.joints
    bounded = np.minimum(np.maximum(asked, machine.low), machine.high)
    # a velocity that is asked beyond the limit is a matter of speed, an angle one of position
    beyond = bounded != asked
    near = too_near(limits, machine, seen)
    gone = (seen.apart > clear_m(limits)).all(axis=-1)
    clear_s = np.where(gone, before.clear_s + period_s, 0.0)
    fastest = seen.speed.max(axis=-1)
    begins = near & ~before.stopped
    released = before.stopped & before.rested & (clear_s >= limits.release_s)
    stopped = (before.stopped & ~released) | begins

    # what was asked meanwhile may be far away: joints catch up gently before they work on
    resuming = before.resuming | released
    step = machine.speed[:j] * period_s * np.where(resuming, limits.resume_share, 1.0)[:, None]
    paced = bounded.copy()
    paced[:, :j] = np.minimum(np.maximum(bounded[:, :j], before.given[:, :j] - step), before.given[:, :j] + step)
    behind = (np.abs(paced[:, :j] - bounded[:, :j]) > 1e-12).any(axis=-1)
    hurried = (behind & ~resuming) | beyond[:, j:].any(axis=-1)

    at_limit = np.abs(seen.torque) >= limits.torque_share * machine.torque
    torque_s = np.where(at_limit, before.torque_s + period_s, 0.0)
    further = (paced - before.given) * np.sign(seen.torque) > 0.0
    held = further & (torque_s > limits.torque_s)
    held[:, j:] = False
    paced = np.where(held, before.given, paced)
    since_s = np.where(begins, 0.0, np.where(stopped, before.since_s + period_s, 0.0))
    way_m = np.where(begins[:, None], 0.0, before.way_m + seen.speed * period_s)
    ramp_s = np.where(begins, np.maximum(stopping_s(machine, seen.velocity), period_s), before.ramp_s)
    rests_now = stopped & ~begins & ~before.rested & (fastest < limits.rest_m_s)
    rested = stopped & ~begins & (before.rested | rests_now)
    moves = rested & before.rested & ~before.moved & (fastest > limits.moving_m_s)
    failed = before.failed | (stopped & ~rested & (since_s > ramp_s + limits.standstill_s))

    from_speed = np.where(begins[:, None], seen.velocity, before.from_speed)
    # all joints slow down by the same share, so that the hands stay on their way and level what they hold
    left = np.maximum(1.0 - (since_s + period_s) / np.maximum(ramp_s, period_s), 0.0)
    pace = from_speed * left[:, None]
    # from the command and not from where the joint is: the difference is what presses on a held part
    lead = np.minimum(np.maximum(before.given, seen.position - limits.lead_rad), seen.position + limits.lead_rad)
    target = np.where(begins[:, None], lead, before.target)
    target = np.minimum(np.maximum(target + pace * period_s, machine.low), machine.high)
    halted = np.concatenate([target[:, :j], pace[:, j:]], axis=-1)
    given = np.where(stopped[:, None], halted, paced)

    working = ~stopped
    active = np.stack(
        [beyond[:, :j].any(axis=-1) & working, hurried & working, held.any(axis=-1) & working, begins], axis=-1
    )
    onset = active & ~before.active
    after = State(
        given=given,
        stopped=stopped,
        rested=rested,
        resuming=resuming & behind & ~stopped,
        since_s=since_s,
        clear_s=clear_s,
        way_m=way_m,
        target=target,
        from_speed=from_speed,
        ramp_s=ramp_s,
        torque_s=torque_s,
        active=active,
        moved=np.where(begins, False, before.moved | moves),
        failed=failed,
        interventions=before.interventions + onset,
        stops=before.stops + begins,
        rests=before.rests + rests_now,
        restarts=before.restarts + moves,
        stop_s=np.where(rests_now, np.maximum(before.stop_s, since_s), before.stop_s),
        stop_m=np.where(rests_now, np.maximum(before.stop_m, way_m.max(axis=-1)), before.stop_m),
    )
    return given, after
