"""What is compared with what: a peer at its own task, and environments of ours that are like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Party:
    """One side of a comparison.

    Attributes:
      script: file in `sides`, without suffix.
      settings: for its `build`.
      environment: Python environment it runs in, made by `make peers-env`; None for ours.
    """

    script: str
    settings: Mapping[str, Any]
    environment: str | None = None


@dataclass(frozen=True)
class Pairing:
    """A peer and those of ours that take turns with it.

    Attributes:
      name: for the command line.
      title: for people.
      peer: the other side.
      ours: by a short name.
      speed_target: environment steps per second of ours over theirs that the project claims, by our short name.
      memory_target: memory of ours over theirs at most, by our short name.
      start_limit_s: time that building a side may take.
    """

    name: str
    title: str
    peer: Party
    ours: Mapping[str, Party]
    speed_target: Mapping[str, float] = field(default_factory=dict)
    memory_target: Mapping[str, float] = field(default_factory=dict)
    start_limit_s: float = 180.0


G1, G1_FEET = "menagerie:unitree_g1", "menagerie:unitree_g1 contacts=feet"
FEET, WHOLE = "contacts of the feet", "all contacts"


def _ours(
    station: str, robot: str, actuators: str, num_envs: int, actions: str, threads: int = 2, **more: Any
) -> Party:
    settings = {
        "station": station,
        "robot": robot,
        "actuators": actuators,
        "num_envs": num_envs,
        "threads": threads,
        "actions": actions,
    }
    return Party("ours", settings | more)


def _envpool(task: str, actions: str = "random") -> Party:
    return Party("envpool_task", {"task": task, "num_envs": 64, "threads": 2, "actions": actions}, "envpool")


_BENCH = {f"{count} simulations": _ours("device_test", "wheeled", "ideal", count, "near") for count in (64, 256)}

PAIRINGS = (
    Pairing(
        "g1",
        "G1 walking, random actions within 0.5 rad of the default pose",
        _envpool("G1JoystickFlatTerrain-v1"),
        {
            FEET: _ours("walk", G1_FEET, "servo", 64, "near"),
            WHOLE: _ours("walk", G1, "servo", 64, "near"),
        },
        speed_target={FEET: 1.0},
        memory_target={FEET: 0.1},
    ),
    Pairing(
        "g1_still",
        "G1 told to hold its default pose",
        _envpool("G1JoystickFlatTerrain-v1", "home"),
        {
            FEET: _ours("walk", G1_FEET, "servo", 64, "home"),
            WHOLE: _ours("walk", G1, "servo", 64, "home"),
        },
    ),
    Pairing(
        "robosuite",
        "two arms at work",
        Party("robosuite_gr1", {}, "robosuite"),
        _BENCH,
        speed_target=dict.fromkeys(_BENCH, 30.0),
    ),
    Pairing(
        "taskboard",
        "insertion",
        Party("taskboard_pegs", {}, "taskboard"),
        _BENCH,
        speed_target=dict.fromkeys(_BENCH, 30.0),
    ),
    Pairing(
        "gymnasium",
        "a humanoid on its legs, one process a simulation",
        Party("gymnasium_humanoid", {"num_envs": 8}, "gymnasium"),
        {"biped": _ours("walk", "biped", "servo", 64, "near")},
    ),
    Pairing(
        "envpool_humanoid",
        "a humanoid on its legs",
        _envpool("Humanoid-v5"),
        {"biped": _ours("walk", "biped", "servo", 64, "near")},
    ),
    Pairing(
        "playground",
        "G1 walking, everything on one core",
        Party("playground_task", {"task": "G1JoystickFlatTerrain", "num_envs": 64, "cores": 1}, "playground"),
        {FEET: _ours("walk", G1_FEET, "servo", 64, "near", threads=1, cores=1)},
        start_limit_s=900.0,
    ),
)
