"""Walking by Stable-Baselines3's PPO."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from stable_baselines3.common.vec_env import VecMonitor, VecNormalize

from pilotline.envs.interface import Interface, interface_of
from pilotline.policies.file import Layer
from pilotline.policies.train import sb3
from pilotline.policies.train.gait.env import GaitEnv
from pilotline.policies.train.gait.lift import lift_of
from pilotline.policies.train.gait.moments import MirrorMoments
from pilotline.policies.train.gait.network import GaitPolicy
from pilotline.policies.train.gait.reads import SWING, reads
from pilotline.policies.train.gait.settings import Gait
from pilotline.policies.train.gait.smooth import with_filter
from pilotline.policies.train.inputs_env import make_simulations
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan

_TRAINER, _ACTIVATIONS = "sb3_ppo", ("relu", "elu")
"""Activations that pass on what is positive as it is, so that an untrained network can step and a filter hold."""
_THREADS = 2


def make_env(plan: Plan, nthread: int, clip_obs: float) -> tuple[VecNormalize, Interface]:
    """The simulations of a plan, observed as the normalised vector of policy and critic, and their interface."""
    envs = make_simulations(plan, nthread)
    interface, gait = interface_of(envs.envs.batch), Gait.of(plan.params["gait"])
    env = GaitEnv(envs, interface, reads(interface, gait), gait)
    normal = VecNormalize(VecMonitor(env), norm_reward=False, clip_obs=clip_obs)
    normal.obs_rms = MirrorMoments(env.mirror, env.plain)
    return normal, interface


def make(plan: Plan, env: VecNormalize) -> Any:
    """The model of a plan on its environment.

    Raises:
      TrainError: a trainer or an activation that doesn't go with a gait.
    """
    if plan.trainer != _TRAINER:
        raise TrainError(f"gait with trainer={plan.trainer}; allowed: {_TRAINER}")
    if (activation := plan.params.get("activation")) not in _ACTIVATIONS:
        raise TrainError(f"gait with activation={activation}; allowed: {', '.join(_ACTIVATIONS)}")
    own, gait = _gait_env(env), Gait.of(plan.params["gait"])
    world = own.batch.world
    lift = lift_of(world.model, world.robot, "right", gait.lift_m)
    policy = {
        "width": own.width,
        "mirror": own.mirror,
        "action_mirror": own.action_mirror,
        "lift": [lift.get(joint, 0.0) / gait.reach_rad for joint in own.batch.control.names],
        "clock": SWING.start,
        "average_updates": gait.average_updates,
    }
    model = sb3.make(plan, env, GaitPolicy, policy)
    # networks of this size gain by it; always as many, since the last bits of a sum depend on how it is shared out
    torch.set_num_threads(_THREADS)
    return model


def layers(model: Any) -> tuple[Layer, ...]:
    """From normalised input to mean action."""
    env, found = _gait_env(model.env), model.policy.layers()
    if env.held is not None:
        return with_filter(found, env.held, env.share, env.aim)
    *hidden, last = found
    return (*hidden, env.aim.layer(last))


def _gait_env(env: Any) -> GaitEnv:
    while not isinstance(env, GaitEnv):
        env = env.venv
    return env


LIBRARY = replace(sb3.LIBRARY, make_env=make_env, make=make, layers=layers)
