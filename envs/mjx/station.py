"""A station as a functional environment under JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from pilotline import robots
from pilotline.envs import stations
from pilotline.envs.control import TargetLayout
from pilotline.envs.mjx import physics
from pilotline.envs.mjx.bank import begin
from pilotline.envs.mjx.device import put, to_jax
from pilotline.envs.mjx.noise import StepNoise
from pilotline.envs.mjx.refuse import MjxError
from pilotline.envs.mjx.state import Sim, State
from pilotline.envs.sense import Sense, sensor_columns
from pilotline.envs.station_batch import make_control
from pilotline.envs.transition import Progress, Rules, Step, follow, observe
from pilotline.envs.world import CONTROL_PERIOD_S, World, build_world, substeps_of

Outputs = dict[tuple[str, str], Any]
Report = tuple[dict[str, Any], dict[str, Any]]


class MjxStation:
    """A station for JAX: `reset` and `step` are pure functions, to be jitted and vmapped as one likes.

    The same world, actuator laws, station functions and judge as on the CPU; an episode is a cycle, a step is 20 ms.
    Observation: what the CPU's faces give with `flatten`, in JAX's float precision. Action: (action_size,) in [-1, 1];
    beyond is clipped, one that is not finite ends the cycle.

    Args:
      world: the compiled world.
      control: `joint` or `legs`.
      pack: disturbance pack.
      seed, cycles: `reset` draws one of the first `cycles` cycles of this seed, see `pilotline.envs.mjx.bank`.
      contacts: the deepest so many contacts of a simulation count, under `warp` any so many of all together.
      impl: `jax`, or `warp` for MuJoCo Warp on a CUDA GPU.

    Raises:
      MjxError: something that MJX cannot do as the CPU does; says what to use instead.
      SetupError: an unknown pack or control.
    """

    def __init__(
        self,
        world: World,
        control: str = "joint",
        pack: str = "D0",
        seed: int = 0,
        cycles: int = 64,
        contacts: int = 32,
        impl: str = "jax",
    ) -> None:
        bank = begin(world, control, pack, seed, cycles)
        self.device = put(world, control, bank.sunk, contacts, impl)
        layout = make_control(control, world, None)
        assert isinstance(layout, TargetLayout)
        self.world, self.control, self.cycles, self.widths = world, layout, cycles, bank.widths
        self.columns = sensor_columns(world.model)
        self._rules, self._sunk = Rules.of(world), list[str]()
        banked = to_jax((bank.sim, bank.draw, bank.fields, bank.keys, bank.limit_s))
        self._start, self._draw, self._fields, self._keys, self._limit_s = banked
        sim = _row(self._start, 0)
        outputs, self._report = jax.eval_shape(
            lambda: self._followed(sim, sim, jnp.array(False), jnp.array(False))[1:3]
        )
        moved = {name: world.model.body(name).id for kind, name in outputs if kind == "place"}
        self._start = self._start.replace(placed={name: self._body_pos(body) for name, body in moved.items()})
        sunk = {int(world.model.geom_bodyid[geom]) for geom in bank.sunk}
        self._sunk = [name for name, body in moved.items() if body in sunk]

    @property
    def observation_size(self) -> int:
        """Length of an observation."""
        return sum(self.widths.values())

    @property
    def action_size(self) -> int:
        """Length of an action."""
        return len(self.control.names)

    @property
    def episode_length(self) -> int:
        """Control steps after which a cycle is out of time."""
        return round(float(self._limit_s.max()) / CONTROL_PERIOD_S)

    @property
    def dt(self) -> float:
        """Control period, s."""
        return CONTROL_PERIOD_S

    @property
    def backend(self) -> str:
        """Brax's name of the physics."""
        return "mjx"

    @property
    def unwrapped(self) -> MjxStation:
        """Itself."""
        return self

    @property
    def mj_model(self) -> mujoco.MjModel:
        """The compiled world."""
        return self.world.model

    @property
    def mjx_model(self) -> Any:
        """The world as MJX has it, before the fields of a cycle are put in."""
        return self.device.model

    def reset(self, rng: Any) -> State:
        """Begin a cycle of the bank, drawn by a key of JAX."""
        return self.reset_to(jax.random.randint(rng, (), 0, self.cycles))

    def reset_to(self, cycle: Any) -> State:
        """Begin cycle `cycle` () int of the bank."""
        sim = _row(self._start, cycle)
        obs = observe(jnp, self._rules, self._sense(sim), self._progress(sim), self._drawn(sim), StepNoise)
        metrics, info = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), self._report)
        zero = jnp.zeros((), sim.qpos.dtype)
        return State(sim, self._flat(obs), zero, zero, metrics, info)

    def step(self, state: State, action: Any) -> State:
        """Advance one control step of 20 ms, action (action_size,)."""
        return self.advance(state, action, substeps_of(self.world.model))

    def advance(self, state: State, action: Any, substeps: Any) -> State:
        """A control step of `substeps` () int physics steps; any number but that of `step` is for comparisons only."""
        sim = state.data
        broken = ~jnp.isfinite(action).all()
        given = jnp.where(broken, 0.0, jnp.minimum(jnp.maximum(action, -1.0), 1.0)).astype(sim.qpos.dtype)
        targets = self.control.targets(jnp, given[None], self._sense(sim))[0]
        sim = sim.replace(ctrl=sim.ctrl.at[self.control.actuators].set(targets))
        model, user = self._model(sim)
        moved, wild, full = physics.control_step(self.device, model, user, sim, substeps)
        after, outputs, report, step = self._followed(sim, moved, broken, wild, full)
        ended = step.verdict.done[0] & ~step.verdict.faults["timeout"][0]
        return state.replace(
            data=self._machines(after, outputs),
            obs=self._flat(step.obs),
            reward=step.reward[0].astype(sim.qpos.dtype),
            done=ended.astype(sim.qpos.dtype),
            metrics={**state.metrics, **report[0]},
            info={**state.info, **report[1]},
        )

    def named(self, obs: Any) -> dict[str, Any]:
        """An observation (..., observation_size) by name, as the CPU's faces give it without `flatten`."""
        ends = np.cumsum(list(self.widths.values()))
        return dict(zip(self.widths, jnp.split(obs, ends[:-1], axis=-1), strict=True))

    def _followed(
        self, before: Sim, moved: Sim, broken: Any, wild: Any, full: Any = False
    ) -> tuple[Sim, Outputs, Report, Step]:
        """What follows from a control step that began at `before` and that physics has `moved`."""
        wild = wild | self._surfaced(before)
        progress, draw = self._progress(before), self._drawn(before)
        after, outputs, step = follow(
            jnp, self._rules, self._sense(moved), progress, draw, broken[None], wild[None], StepNoise
        )
        settled = jax.tree.map(
            lambda new, old: new[0].astype(old.dtype),
            (dict(after.memory), dict(after.faults), after.tipping_s, after.steps),
            (before.memory, before.faults, before.tipping_s, before.steps),
        )
        sim = moved.replace(**dict(zip(("memory", "faults", "tipping_s", "steps"), settled, strict=True)))
        success, kind = step.verdict.success[0], before.qpos.dtype
        metrics = {name: term[0].astype(kind) for name, term in step.terms.items()}
        metrics |= {"success": success.astype(kind), "contacts_full": jnp.asarray(full).astype(kind)}
        info = {"success": success, **{name: fault[0] for name, fault in step.verdict.faults.items()}}
        return sim, dict(outputs), (metrics, info), step

    def _machines(self, sim: Sim, outputs: Outputs) -> Sim:
        model, ctrl, push, placed = self.world.model, sim.ctrl, sim.xfrc_applied, dict(sim.placed)
        for (kind, name), value in outputs.items():
            if kind == "ctrl":
                ctrl = ctrl.at[model.actuator(name).id].set(value[0])
            elif kind == "push":
                push = push.at[model.body(name).id].set(value[0])
            elif kind == "place":
                placed[name] = value[0].astype(sim.qpos.dtype)
            else:
                raise MjxError(f"machine output {(kind, name)!r} under MJX; allowed: ctrl, push, place")
        return sim.replace(ctrl=ctrl, xfrc_applied=push, placed=placed)

    def _surfaced(self, sim: Sim) -> Any:
        """() bool, a body that was left out of the contacts has been brought up, so the physics is not the CPU's."""
        up = [sim.placed[name][2] > self._start.placed[name][sim.cycle, 2] + 1e-6 for name in self._sunk]
        return jnp.stack(up).any() if up and sim.placed else jnp.array(False)

    def _body_pos(self, body: int) -> Any:
        """(cycles, 3) where a body stands in its parent when cycles begin."""
        if "body_pos" in self._fields:
            return self._fields["body_pos"][:, body]
        return jnp.tile(self.device.model.body_pos[body], (self.cycles, 1))

    def _model(self, sim: Sim) -> tuple[Any, Any]:
        """The model of a simulation, and the parameters of its laws."""
        fields = _row(self._fields, sim.cycle)
        user = fields.pop("actuator_user", self.device.user)
        model = self.device.model
        for name, place in sim.placed.items():
            everywhere = fields.get("body_pos", model.body_pos)
            fields["body_pos"] = everywhere.at[self.world.model.body(name).id].set(place)
        return model.tree_replace(fields), user

    def _sense(self, sim: Sim) -> Sense:
        """Of one simulation, for functions of many."""
        return Sense(
            time=sim.time[None],
            last=sim.sensordata[None],
            peaks=sim.peaks[None],
            columns=self.columns,
            qpos=sim.qpos[None],
            qvel=sim.qvel[None],
            act=sim.act[None],
            torque=sim.qfrc_actuator[None],
        )

    def _progress(self, sim: Sim) -> Progress:
        memory, faults, tipping, steps = jax.tree.map(
            lambda value: value[None], (sim.memory, sim.faults, sim.tipping_s, sim.steps)
        )
        limit_s, keys = self._limit_s[sim.cycle][None], self._keys[sim.cycle][None]
        return Progress(memory, faults, tipping, steps, limit_s, keys)

    def _drawn(self, sim: Sim) -> dict[str, Any]:
        return {name: values[sim.cycle][None] for name, values in self._draw.items()}

    def _flat(self, obs: Any) -> Any:
        return jnp.concatenate([obs[name][0].astype(self._limit_s.dtype) for name in self.widths])


def make(
    station: str,
    robot: str | None = None,
    actuators: str = "ideal",
    control: str | None = None,
    pack: str = "D0",
    **options: Any,
) -> MjxStation:
    """A station under JAX, everything by name as in `pilotline.envs.StationEnv`.

    Args:
      station, robot, actuators, control, pack: by name; without robot or control those of the station's card.
      options: seed, cycles, contacts, impl, see `MjxStation`.

    Raises:
      ValueError: an unknown name, or something that MJX cannot do; the message says what to use instead.
    """
    job = stations.load(station)
    world = build_world(job, robots.load(robot or job.card.robot), actuators)
    return MjxStation(world, control or job.card.control or "joint", pack, **options)


def _row(tree: Any, cycle: Any) -> Any:
    return jax.tree.map(lambda value: value[cycle], tree)
