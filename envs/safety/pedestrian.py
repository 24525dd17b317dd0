"""People in n simulations: put at the begin of their way, walked, and asked what touched them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pilotline.envs.engine import Engine
from pilotline.envs.safety import metrics as names
from pilotline.envs.safety import walk
from pilotline.envs.safety.person import JOINTS, figure, parts
from pilotline.envs.safety.regions import body
from pilotline.envs.safety.zones import Zones

Float = NDArray[np.float64]
Ids = NDArray[np.int64]
_TOUCH_N = 1.0
"""Less than this on a region is no touch; a touch is over when it has been gone for `_APART_S` (estimates)."""
_APART_S = 0.2


class Pedestrian:
    """One person in each simulation of an engine."""

    def __init__(self, engine: Engine, zones: Zones, period_s: float) -> None:
        model = engine.model
        self._engine, self._zones, self._period = engine, zones, period_s
        self._figure = figure()
        self.radius_m = self._figure.radius_m.value
        self._q = np.array([int(model.joint(name).qposadr[0]) for name in JOINTS])
        self._act = np.array([model.actuator(name).id for name in JOINTS])
        self._columns = [engine.columns[part.geom] for part in parts()]
        self._region = np.array([names.REGIONS.index(part.region) for part in parts()])
        limits = body()
        self._limit = np.array([limits.transient_n(name) for name in names.REGIONS])
        self._press = np.array([limits.transient_n_cm2(name) * limits.probe_cm2.value for name in names.REGIONS])
        self._pairs = _Pairs(engine)
        n = engine.nsim
        self._walk = walk.Walk(np.zeros((n, walk.CORNERS, 2)), np.zeros(n), np.zeros(n), np.ones(n, np.int64))
        self._yaw = np.zeros(n)
        self.force_n = np.zeros((n, len(names.REGIONS)))
        self.contacts, self.least_m = np.zeros(n), np.zeros(n)
        self._apart_s = np.zeros(n)

    def begin(self, ids: Ids, rngs: Sequence[np.random.Generator]) -> None:
        """Put the persons of simulations `ids` at the begin of the ways drawn."""
        drawn = [walk.drawn(self._zones, self._figure, rng) for rng in rngs]
        for mine, theirs in zip(self._walk, zip(*drawn, strict=True), strict=True):
            mine[ids] = np.concatenate(theirs)
        rows = self._rows(ids)
        place = rows.corners[:, 0]
        self._yaw[ids] = walk.heading(rows, place)
        self._engine.qpos[np.ix_(ids, self._q)] = np.concatenate([place, self._yaw[ids, None]], axis=-1)
        self._engine.ctrl[ids, self._act[2]] = self._yaw[ids]
        self._pairs.begin(ids)
        self.force_n[ids], self.contacts[ids], self.least_m[ids] = 0.0, 0.0, np.inf
        self._apart_s[ids] = _APART_S

    def command(self, ids: Ids, time_s: Float) -> None:
        """Walk on: commands of simulations `ids`, whose cycles have taken `time_s` (m,)."""
        engine, place = self._engine, self.place(ids)
        rows, velocity = walk.step(self._rows(ids), place, time_s)
        self._walk.towards[ids] = rows.towards
        going = (velocity[:, 0] ** 2 + velocity[:, 1] ** 2) > 1e-4
        most = self._figure.turn_rad_s.value * self._period
        yaw = np.where(going, walk.turned(self._yaw[ids], walk.heading(rows, place), most), self._yaw[ids])
        self._yaw[ids] = yaw
        engine.ctrl[np.ix_(ids, self._act)] = np.concatenate([velocity, yaw[:, None]], axis=-1)

    def add(self, ids: Ids) -> None:
        """Note what touched them in the control step just made: the largest force within it."""
        peaks = self._engine.peaks
        felt = np.zeros((len(ids), len(names.REGIONS)))
        for region, columns in zip(self._region, self._columns, strict=True):
            force = peaks[ids, columns]
            size = np.sqrt(force[:, 0] ** 2 + force[:, 1] ** 2 + force[:, 2] ** 2)
            felt[:, region] = np.maximum(felt[:, region], size)
        self.force_n[ids] = np.maximum(self.force_n[ids], felt)
        touched = felt.max(axis=-1) > _TOUCH_N
        self.contacts[ids] += touched & (self._apart_s[ids] >= _APART_S - 1e-9)
        self._apart_s[ids] = np.where(touched, 0.0, self._apart_s[ids] + self._period)

    def place(self, ids: Ids) -> Float:
        """Where persons are, (m, 2) m."""
        return np.asarray(self._engine.qpos[np.ix_(ids, self._q[:2])])

    def hurt(self) -> NDArray[np.bool_]:
        """(n,) a force or pressure above the limit of its region, in any step of the cycle."""
        return np.asarray((self.force_n > np.minimum(self._limit, self._press)).any(axis=-1))

    def _rows(self, ids: Ids) -> walk.Walk:
        return walk.Walk._make(each[ids] for each in self._walk)


class _Pairs:
    """Contact pairs of a person, whose stiffness must not depend on what meets.

    MuJoCo's reference acceleration -k r acts over a resistance R = (1 - d) / d A, with A the inverse mass that both
    bodies have at the model's reference; with d near 0 the force is k r / A. So k is the tissue's stiffness times A,
    which is taken anew when the masses of a cycle are known.
    """

    def __init__(self, engine: Engine) -> None:
        model = engine.model
        region = {part.geom: part.region for part in parts()}
        first = [model.geom(int(geom)).name for geom in model.pair_geom1]
        second = [model.geom(int(geom)).name for geom in model.pair_geom2]
        who = [region.get(a) or region.get(b) for a, b in zip(first, second, strict=True)]
        self._ours = np.array([k for k, name in enumerate(who) if name], np.int64)
        stiffness = [body().regions[name].stiffness_n_m for name in who if name]
        self._stiffness = np.array(stiffness)
        self._bodies = np.stack(
            [model.geom_bodyid[getattr(model, f"pair_geom{side}")[self._ours]] for side in (1, 2)], axis=-1
        )
        self._solref = engine.batch.expand("pair_solref")
        self._inverse = engine.batch.expand("body_invweight0")

    def begin(self, ids: Ids) -> None:
        """Give the pairs of simulations `ids` their stiffness."""
        inverse = self._inverse[ids][:, self._bodies, 0].sum(axis=-1)
        self._solref[ids[:, None], self._ours[None], 0] = -self._stiffness * inverse
