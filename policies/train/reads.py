"""What the network of a plan takes."""

from __future__ import annotations

from collections.abc import Sequence

from pilotline.envs.interface import Interface
from pilotline.policies.file.segments import memory_of
from pilotline.policies.file.words import Read, segments
from pilotline.policies.train.gait.reads import reads as gait_reads
from pilotline.policies.train.gait.settings import Gait
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan


def reads_of(plan: Plan, interface: Interface) -> Sequence[Read] | None:
    """As for `Contract.of`: what the plan names, or what a gait needs.

    Raises:
      TrainError: a gait that cannot be.
    """
    return gait_reads(interface, Gait.of(gait)) if (gait := plan.params.get("gait")) else plan.reads


def without_memory(plan: Plan, interface: Interface) -> None:
    """Refuse a plan whose network reads a memory that its trainer cannot teach it.

    Raises:
      TrainError: it does.
      ReadsError: an entry that the station does not have.
    """
    if (kept := memory_of(segments(interface, plan.reads))) is not None:
        raise TrainError(
            f"reads memory:{kept.memory} with trainer={plan.trainer}; "
            "allowed: trainer=dagger, or one of sb3 and sbx, whose output it is a part of"
        )
