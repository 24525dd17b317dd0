"""Keeps watch over n simulations: people, zones, near-falls, and the supervisor where one is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.envs.safety import metrics as names
from pilotline.envs.safety.capture import PATIENCE_S, CaptureMeter
from pilotline.envs.safety.limits import limits
from pilotline.envs.safety.pedestrian import Pedestrian
from pilotline.envs.safety.points import PREFIX
from pilotline.envs.safety.separation import apart_m, towards_m_s
from pilotline.envs.safety.setup import Safety
from pilotline.envs.safety.stopping import deceleration, lag_s
from pilotline.envs.safety.supervisor import Machine, State, Watched, start, supervise
from pilotline.envs.safety.zones import inside
from pilotline.envs.station import Verdict
from pilotline.robots import Robot

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Ids = NDArray[np.int64]

_SETTLING = 2.0
"""Lags after which a servo has come to rest behind its command, but for a fiftieth."""
_STREAM = 0x5AFE
"""Keeps the random numbers of people apart from those of the station."""


class Guard:
    """Of all simulations of an engine.

    Args:
      engine: steps them.
      robot: that they are of.
      safety: what their world was built with.
      period_s: of a control step.
    """

    def __init__(self, engine: Engine, robot: Robot, safety: Safety, period_s: float) -> None:
        n = engine.nsim
        self._engine, self._safety, self._period = engine, safety, period_s
        self._limits = limits()
        self._capture = CaptureMeter(engine.model, robot, engine.columns) if safety.falls else None
        self._outside_s, self._near_falls = np.zeros(n), np.zeros(n)
        people = safety.asked.people == "crossing"
        assert safety.zones is not None or not people
        self._people = Pedestrian(engine, safety.zones, period_s) if people and safety.zones else None
        self._balls = np.array(
            [range(at.start, at.stop) for at in (engine.columns[f"{PREFIX}{k}"] for k in range(len(safety.balls)))],
            np.int64,
        ).reshape(-1, 3)
        self._radii = np.array([ball.radius_m for ball in safety.balls])
        self._before = np.zeros((n, len(self._radii), 3))
        self._velocity = np.zeros_like(self._before)
        self._inside = np.zeros(n, np.bool_)
        self._breaches, self._fast = np.zeros(n), np.zeros(n)
        self._supervised = _Supervised(engine, robot) if safety.asked.supervisor == "limits" else None

    def begin(self, ids: Ids, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Cycles begin in simulations `ids`, each from its seed."""
        engine = self._engine
        if self._people is not None:
            streams = (np.random.SeedSequence(s.entropy, spawn_key=(*s.spawn_key, _STREAM)) for s in seeds)
            self._people.begin(ids, [np.random.default_rng(stream) for stream in streams])
            engine.refresh(ids, constants=False)
        self._outside_s[ids], self._near_falls[ids] = 0.0, 0.0
        self._before[ids], self._velocity[ids] = self._places(ids), 0.0
        self._inside[ids] = self._reached(ids)
        self._breaches[ids], self._fast[ids] = 0.0, 0.0
        if self._supervised is not None:
            self._supervised.begin(ids, len(self._radii))

    def command(self, ids: Ids, time_s: Float) -> Ids:
        """Change the commands that simulations `ids` have been given by their policy; `time_s` (m,) into the cycle.

        Returns:
          Simulations whose drives get something else than was asked for.
        """
        if self._people is not None:
            self._people.command(ids, time_s)
        if self._supervised is None:
            return ids[:0]
        with np.errstate(invalid="ignore"):
            return self._supervised.command(ids, self._seen(ids), self._period)

    def add(self, ids: Ids) -> None:
        """Note the control step that simulations `ids` have just made."""
        engine = self._engine
        with np.errstate(invalid="ignore"):
            if self._capture is not None:
                outside = self._capture.margin_m(engine.sensordata[ids], engine.qvel[ids]) < 0.0
                lasted = np.where(outside, self._outside_s[ids] + self._period, 0.0)
                limit = PATIENCE_S + 1e-9
                self._near_falls[ids] += (lasted > limit) & (self._outside_s[ids] <= limit)
                self._outside_s[ids] = lasted
            if len(self._radii):
                places = self._places(ids)
                self._velocity[ids] = (places - self._before[ids]) / self._period
                self._before[ids] = places
                self._note_zones(ids)
            if self._people is not None:
                self._people.add(ids)
                apart, _ = apart_m(places, self._radii, self._people.place(ids), self._people.radius_m)
                self._people.least_m[ids] = np.minimum(self._people.least_m[ids], apart.min(axis=-1))

    def judged(self, verdict: Verdict) -> Verdict:
        """The verdict with what safety adds: a person hit above a limit, or power cut off, ends a cycle."""
        faults: dict[str, Bool] = {}
        if self._people is not None:
            faults["person_hit"] = self._people.hurt()
        if self._supervised is not None:
            faults["emergency_stop"] = self._supervised.state.failed
        if not faults:
            return verdict
        ended = np.logical_or.reduce(list(faults.values()))
        return replace(
            verdict,
            success=verdict.success & ~ended,
            done=verdict.done | ended,
            faults={**{name: verdict.faults[name] for name in verdict.faults}, **faults},
        )

    def stopped(self) -> Bool:
        """(n,) whether a protective stop is in force."""
        n = self._engine.nsim
        return np.zeros(n, np.bool_) if self._supervised is None else self._supervised.state.stopped.copy()

    def metrics(self) -> Mapping[str, Float]:
        """Figures of every simulation's present cycle, (n,) each, by the names of `metrics`."""
        found: dict[str, Float] = {}
        critical = np.zeros(self._engine.nsim)
        if self._capture is not None:
            found[names.NEAR_FALLS] = self._near_falls.copy()
        if len(self._radii) and self._safety.zones is not None:
            found |= {names.BREACHES: self._breaches.copy(), names.FAST_BREACHES: self._fast.copy()}
            critical += self._fast
        if self._people is not None:
            people = self._people
            hurt = people.hurt().astype(np.float64)
            found |= {names.CONTACTS: people.contacts.copy(), names.EXCEEDANCES: hurt}
            found[names.SEPARATION] = people.least_m.copy()
            found |= {names.force(name): people.force_n[:, k].copy() for k, name in enumerate(names.REGIONS)}
            critical += hurt
        if self._supervised is not None:
            state = self._supervised.state
            found |= {
                names.PROTECTIVE: state.stops.copy(),
                names.EMERGENCY: state.failed.astype(np.float64),
                names.RESTARTS: state.restarts.copy(),
                names.STOPPED: state.rests.copy(),
                names.STOP_TIME: state.stop_s.copy(),
                names.STOP_WAY: state.stop_m.copy(),
            }
            found |= {names.interventions(kind): state.interventions[:, k].copy() for k, kind in enumerate(names.KINDS)}
            critical += state.restarts
        if self._safety.asked.located:
            found[names.CRITICAL] = critical
        return found

    def _places(self, ids: Ids) -> Float:
        """Centres of the balls, (m, k, 3) m."""
        return np.asarray(self._engine.sensordata[ids[:, None, None], self._balls])

    def _reached(self, ids: Ids) -> Bool:
        if self._safety.zones is None or not len(self._radii):
            return np.zeros(len(ids), np.bool_)
        found: Bool = inside(self._safety.zones.keep_out, self._before[ids], self._radii).any(axis=-1)
        return found

    def _note_zones(self, ids: Ids) -> None:
        if self._safety.zones is None:
            return
        within = inside(self._safety.zones.keep_out, self._before[ids], self._radii)
        speed = _size(self._velocity[ids])
        entered = within.any(axis=-1) & ~self._inside[ids]
        fast = (within & (speed > self._limits.fast_breach_m_s)).any(axis=-1)
        self._breaches[ids] += entered
        self._fast[ids] += entered & fast
        self._inside[ids] = within.any(axis=-1)

    def _seen(self, ids: Ids) -> Watched:
        assert self._supervised is not None
        position, velocity, torque = self._supervised.sensed(ids)
        speed = _size(self._velocity[ids])
        if self._people is None:
            far = np.full(speed.shape, np.inf)
            return Watched(position, velocity, torque, far, np.zeros_like(speed), speed)
        apart, direction = apart_m(self._before[ids], self._radii, self._people.place(ids), self._people.radius_m)
        return Watched(position, velocity, torque, apart, towards_m_s(self._velocity[ids], direction), speed)


class _Supervised:
    """The supervisor's memory of n simulations, and where its joints are.

    Of a robot on legs the legs are left to the policy, stops included: a leg that is held is a fall.
    """

    def __init__(self, engine: Engine, robot: Robot) -> None:
        model, held = engine.model, limits()
        legs = {joint for side in robot.feet for joint in robot.groups[f"{side}_leg"]}
        own = tuple(joint for joint in robot.driven if joint not in legs)
        joints = (*own, *robot.base.joints)
        self._engine = engine
        self._q = np.array([int(model.joint(name).qposadr[0]) for name in joints], np.int64)
        self._v = np.array([int(model.joint(name).dofadr[0]) for name in joints], np.int64)
        self._act = np.array([model.actuator(name).id for name in joints], np.int64)
        self._fingers = np.array([model.actuator(name).id for name in robot.fingers], np.int64)
        self._grip = np.zeros((engine.nsim, len(self._fingers)))
        speed = np.array([robot.speed(name) for name in joints])
        margin = held.position_margin_rad
        low = [robot.joints[name].low + margin for name in own]
        high = [robot.joints[name].high - margin for name in own]
        base = speed[len(own) :]
        self._machine = Machine(
            low=np.concatenate([low, -base]),
            high=np.concatenate([high, base]),
            speed=speed,
            torque=np.array([robot.limit(name) for name in joints]),
            brake=np.concatenate(
                [
                    deceleration(robot, own, held.brake_share),
                    deceleration(robot, tuple(robot.base.joints), held.base_share),
                ]
            ),
            joints=len(own),
            lag_s=_SETTLING * lag_s(robot),
        )
        self._limits = held
        self.state: State = start(np.zeros((engine.nsim, len(joints))), 0)

    def begin(self, ids: Ids, balls: int) -> None:
        """Cycles begin in simulations `ids`."""
        if self.state.way_m.shape[1] != balls:
            self.state = start(np.zeros((self._engine.nsim, len(self._q))), balls)
        fresh = start(self._engine.ctrl[np.ix_(ids, self._act)], balls)
        self._put(ids, fresh)
        self._grip[ids] = self._engine.ctrl[np.ix_(ids, self._fingers)]

    def sensed(self, ids: Ids) -> tuple[Float, Float, Float]:
        """Position, velocity and torque (m, k)."""
        engine = self._engine
        q, v, t = (
            engine.qpos[np.ix_(ids, self._q)],
            engine.qvel[np.ix_(ids, self._v)],
            engine.torque[np.ix_(ids, self._v)],
        )
        return np.asarray(q), np.asarray(v), np.asarray(t)

    def command(self, ids: Ids, seen: Watched, period_s: float) -> Ids:
        """Replace commands; the simulations where they differ from those asked for."""
        ctrl = self._engine.ctrl
        asked = ctrl[np.ix_(ids, self._act)]
        before = State._make(each[ids] for each in self.state)
        given, after = supervise(self._limits, self._machine, before, asked, seen, period_s)
        ctrl[np.ix_(ids, self._act)] = given
        # hands keep the grip that they have, or a stop would drop the part
        grip = np.where(after.stopped[:, None], self._grip[ids], ctrl[np.ix_(ids, self._fingers)])
        ctrl[np.ix_(ids, self._fingers)] = grip
        self._grip[ids] = grip
        self._put(ids, after)
        return ids[(given != asked).any(axis=-1)]

    def _put(self, ids: Ids, rows: State) -> None:
        for mine, theirs in zip(self.state, rows, strict=True):
            mine[ids] = theirs


def _size(v: Float) -> Float:
    return np.asarray(np.sqrt(v[..., 0] ** 2 + v[..., 1] ** 2 + v[..., 2] ** 2))
