"""Whose fault an action that is not finite was, where whoever acts can tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilotline.envs.station import Verdict


def blamed(verdict: Verdict, actor: object) -> Verdict:
    """A verdict with the actor's own reasons in place of `bad_action`.

    Args:
      verdict: of n cycles.
      actor: who gave the actions. One that may fail for reasons of its own has `faults()`: by name of a fault, (n,)
        bool, the cycles that it ended so. The verdict of any other is returned as it is.
    """
    tell = getattr(actor, "faults", None)
    if not callable(tell) or not np.any(verdict.faults["bad_action"]):
        return verdict
    bad = np.asarray(verdict.faults["bad_action"])
    told = {name: ended & bad for name, ended in tell().items()}
    unexplained = bad & ~np.any(list(told.values()), axis=0)
    return replace(verdict, faults={**verdict.faults, "bad_action": unexplained, **told})
