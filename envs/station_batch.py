"""The heart: n cycles of one station at once, one code path for one simulation and for thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.cell import ALONE, SCOPES, Cell
from pilotline.envs.compiled import Buffers, Commands, Consequences
from pilotline.envs.control import ActionLayout, JointControl, JointTargets, driven_dofs
from pilotline.envs.engine import Engine
from pilotline.envs.hand_control import HandControl
from pilotline.envs.placement import Placement
from pilotline.envs.safety.guard import Guard
from pilotline.envs.sense import Sense
from pilotline.envs.stance import Stance
from pilotline.envs.transition import ENGINE_FAULTS, Progress, Rules, Step
from pilotline.envs.world import CONTROL_PERIOD_S, World, substeps_of

Float = NDArray[np.float64]
Ids = NDArray[np.int64]


class SetupError(ValueError):
    """A batch that cannot be set up as asked; one line with the value and the choices."""


class StationBatch:
    """n simulations of a world, each working on a cycle of its own.

    Args:
      world: the compiled world.
      nsim: number of simulations, >= 1.
      nthread: CPU threads, 0 for all; results do not depend on it.
      control: `joint`, `legs` or `ee`, see `pilotline.envs.control`.
      pack: disturbance pack the cycles are drawn from.
      host: the engine of a hall with several stations, this one at `cell`; by default the batch has its own. In a hall
        a cycle begins with the robot as it is, and the stations of others go on.

    Raises:
      SetupError: nsim < 1, an unknown pack, or a control that does not exist or does not fit the station.
    """

    def __init__(
        self,
        world: World,
        nsim: int,
        nthread: int = 0,
        control: str = "joint",
        pack: str = "D0",
        host: Engine | None = None,
        cell: Cell = ALONE,
    ) -> None:
        if nsim < 1:
            raise SetupError(f"nsim={nsim}: at least 1 simulation is needed")
        card = world.station.card
        if pack not in card.packs:
            raise SetupError(f"pack={pack!r} does not exist at {card.name}; there are: {', '.join(card.packs)}")
        self.world = world
        self.station = world.station
        self.robot = world.robot
        self.nsim = nsim
        self.pack = pack
        self.groups = driven_dofs(world.model, world.robot)
        dofs = np.concatenate(list(self.groups.values()))
        joints = [joint for group in self.groups for joint in world.robot.groups[group]]
        metered = {joint for joint, drive in world.drives.items() if drive.metered}
        unmetered = np.array([joint not in metered for joint in joints])
        self.engine = host or Engine(world.model, nsim, nthread, substeps_of(world.model), dofs, unmetered)
        self.cell = cell
        self.rules = Rules.of(world)
        self.drives = self.rules.drives
        self.kind = control
        self.control = make_control(control, world, self.engine)
        model = world.model
        self.stance = Stance(model, world.robot)
        self._own = _Own(model, cell)
        self._all = np.arange(nsim)
        self._keys = np.zeros(nsim, np.uint64)
        self._steps = np.zeros(nsim, np.int64)
        self._begun_s = np.zeros(nsim)
        self.draw: dict[str, np.ndarray] = {}
        self.memory: dict[str, np.ndarray] = {}
        self._faults = {name: np.zeros(nsim, np.bool_) for name in ENGINE_FAULTS}
        self._tipping = np.zeros(nsim)
        self.limit_s = np.full(nsim, card.cycle_limit_s)
        # every slot gets a cycle, so that arrays have their shapes and no slot holds an undefined state
        draw, keys = self._drawn([np.random.SeedSequence(0)])
        self._put(self._all, {name: np.repeat(value, nsim, axis=0) for name, value in draw.items()}, keys[0])
        shape = nsim, len(self.control.names)
        self._buffers = Buffers(
            engine=self.engine,
            progress=Progress(self.memory, self._faults, self._tipping, self._steps, self.limit_s, self._keys),
            draw=self.draw,
            action=np.zeros(shape),
            given=np.zeros(shape),
            broken=np.zeros(nsim, np.bool_),
            begun_s=self._begun_s,
            columns=cell.columns(self.engine.columns),
            qpos_shift=cell.qpos_shift(model, world.robot) if cell.shared else None,
            cell=cell,
        )
        safety = world.safety
        self._guard = None if safety is None else Guard(self.engine, world.robot, safety, CONTROL_PERIOD_S)
        self._commands = Commands(self._buffers, self.control)
        self._consequences = Consequences(self._buffers, self.rules)
        self._consequences.observe(self._all)

    def begin(self, ids: Ids, seeds: Sequence[np.random.SeedSequence]) -> None:
        """Start a cycle in each simulation of `ids`, (m,) sorted, from its seed."""
        self._put(ids, *self._drawn(seeds))
        if self._guard is not None:
            self._guard.begin(ids, seeds)
        self._consequences.observe(ids)

    def _drawn(self, seeds: Sequence[np.random.SeedSequence]) -> tuple[dict[str, np.ndarray], NDArray[np.uint64]]:
        """Draws and noise keys of cycles, (m, ...)."""
        rngs = [np.random.default_rng(seed) for seed in seeds]
        draws = [self.station.randomise(rng, self.pack) for rng in rngs]
        keys = np.array([rng.integers(2**64, dtype=np.uint64) for rng in rngs], np.uint64)
        return {name: np.stack([d[name] for d in draws]) for name in draws[0]}, keys

    def _put(self, ids: Ids, draw: dict[str, np.ndarray], keys: NDArray[np.uint64]) -> None:
        """Bring the simulations `ids` to the start of drawn cycles."""
        self._keys[ids] = keys
        self._steps[ids] = 0
        engine, shared = self.engine, self.cell.shared
        if shared:
            self._own.clear(engine, ids)
        else:
            engine.clear(ids)
            self.stance.take(engine, ids)
        put = Placement(engine.batch, ids, self.cell)
        self.station.place(draw, put)
        if not shared:
            # drives hold the pose that the robot was put in, machines and base rest
            engine.ctrl[ids] = 0.0
            self.stance.hold(engine, ids)
        self._begun_s[ids] = engine.time[ids]
        engine.refresh(ids, put.touched_constants)
        self.control.begin(ids)
        _put_rows(self.draw, draw, ids, self.nsim)
        _put_rows(self.memory, self.station.start(draw), ids, self.nsim)
        for fault in self._faults.values():
            fault[ids] = False
        self._tipping[ids] = 0.0

    @property
    def progress(self) -> Progress:
        """How far the cycles are; live arrays."""
        return self._buffers.progress

    def sense(self) -> Sense:
        """What the station reads, as it is now: true values, for trainers and judges, not for policies."""
        return self._buffers.now()

    def observe(self) -> Mapping[str, Float]:
        """Observation of all simulations as they are."""
        self._consequences.observe(self._all)
        return self._consequences.report.observation()

    def step(self, action: NDArray[np.floating], ids: Ids | None = None) -> Step:
        """Advance simulations by one control step of 20 ms.

        Args:
          action: (n, actions) in [-1, 1], one row per simulation, also for those not stepped; beyond is
            clipped. A row that is not finite ends its cycle as `bad_action`; the others go on.
          ids: (m,) sorted simulations to step, all by default. For the others what was last known is returned.

        Raises:
          ValueError: wrong shape.
        """
        rows = self._all if ids is None else ids
        self.command(action, rows)
        self.engine.step(ids)
        self._consequences.step(rows)
        step = self._consequences.report.step()
        if self._guard is None:
            return step
        self._guard.add(rows)
        return step._replace(verdict=self._guard.judged(step.verdict))

    def command(self, action: NDArray[np.floating], ids: Ids) -> None:
        """Give the simulations `ids`, (m,), their rows of actions (n, actions).

        Raises:
          ValueError: wrong shape.
        """
        buffers = self._buffers
        if np.shape(action) != buffers.action.shape:
            wanted = buffers.action.shape
            raise ValueError(f"action has shape {np.shape(action)}, {wanted} (simulations, actions) was asked")
        buffers.action[:] = action
        self._commands(ids)
        if isinstance(self.control, HandControl):
            self.control.command(buffers.given[ids], ids)
        if self._guard is not None:
            changed = self._guard.command(ids, self.elapsed_s()[ids])
            if isinstance(self.control, HandControl):
                self.control.follow(changed)

    def metrics(self) -> dict[str, Float]:
        """Scorecard figures of every simulation's present cycle, (n,) each."""
        found = self.station.metrics(np, self._buffers.now(), self.memory, self.draw)
        return found if self._guard is None else {**found, **self._guard.metrics()}

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """(n,) whether a protective stop is in force."""
        return np.zeros(self.nsim, np.bool_) if self._guard is None else self._guard.stopped()

    def elapsed_s(self) -> Float:
        """Time since each simulation's cycle began, (n,)."""
        return np.asarray(self._steps * CONTROL_PERIOD_S, np.float64)


class _Own:
    """State that belongs to a station of a hall: its joints, machines and bodies."""

    def __init__(self, model: mujoco.MjModel, cell: Cell) -> None:
        def ids(kind: str) -> Ids:
            full = (cell.name(kind, name) for name in sorted(cell.own.get(kind, ())))
            return np.array([mujoco.mj_name2id(model, SCOPES[kind], name) for name in full], np.int64)

        joints = set(ids("jnt").tolist())
        self._actuators, self._bodies = ids("actuator"), ids("body")
        width = {mujoco.mjtJoint.mjJNT_FREE: (7, 6), mujoco.mjtJoint.mjJNT_BALL: (4, 3)}
        q: list[int] = []
        v: list[int] = []
        for joint in sorted(joints):
            nq, nv = width.get(model.jnt_type[joint], (1, 1))
            q += range(model.jnt_qposadr[joint], model.jnt_qposadr[joint] + nq)
            v += range(model.jnt_dofadr[joint], model.jnt_dofadr[joint] + nv)
        self._q, self._v = np.array(q, np.int64), np.array(v, np.int64)
        self._q0 = model.qpos0[self._q].copy()

    def clear(self, engine: Engine, ids: Ids) -> None:
        """Bring it back to the model's defaults, at rest."""
        engine.qpos[np.ix_(ids, self._q)] = self._q0
        engine.qvel[np.ix_(ids, self._v)] = 0.0
        engine.ctrl[np.ix_(ids, self._actuators)] = 0.0
        engine.push[np.ix_(ids, self._bodies)] = 0.0


def make_control(kind: str, world: World, engine: Engine | None) -> ActionLayout:
    """The action layout called `kind`; `ee` needs the engine whose commands it writes.

    Raises:
      SetupError: it does not exist, or does not fit the station or the robot.
    """
    model, robot, only = world.model, world.robot, world.station.card.control
    if only is not None and kind != only:
        raise SetupError(
            f"control={kind!r} does not fit {world.station.card.name}, which takes another one; allowed: {only}"
        )
    if kind == "joint":
        return JointControl(model, robot)
    if kind == "ee" and engine is not None:
        return HandControl(engine, robot, CONTROL_PERIOD_S)
    if kind == "legs" and robot.feet:
        return JointTargets(model, robot, tuple(j for side in robot.feet for j in robot.groups[f"{side}_leg"]))
    raise SetupError(
        f"control={kind!r} does not exist for {robot.name}; there are: joint, {'legs' if robot.feet else 'ee'}"
    )


def _put_rows(store: dict[str, np.ndarray], rows: dict[str, np.ndarray], ids: Ids, nsim: int) -> None:
    """Write rows into a store of named arrays, allocating on first use."""
    for name, value in rows.items():
        value = np.asarray(value)
        if name not in store:
            store[name] = np.zeros((nsim, *value.shape[1:]), value.dtype)
        store[name][ids] = value
