"""What the network of a plan takes."""

from __future__ import annotations

from collections.abc import Sequence

from pilotline.envs.interface import Interface
from pilotline.policies.file.contract import Read
from pilotline.policies.train.gait.reads import reads as gait_reads
from pilotline.policies.train.gait.settings import Gait
from pilotline.policies.train.plan import Plan


def reads_of(plan: Plan, interface: Interface) -> Sequence[Read] | None:
    """As for `Contract.of`: what the plan names, or what a gait needs.

    Raises:
      TrainError: a gait that cannot be.
    """
    return gait_reads(interface, Gait.of(gait)) if (gait := plan.params.get("gait")) else plan.reads
