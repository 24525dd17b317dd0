"""Answers NaN to the second simulation, and what is right to all others."""

import numpy as np
from pilotline_policy import serve


def answer(request):
    actions = np.zeros((len(request["cycle"]["simulation"]), 1, 17))
    actions[request["cycle"]["simulation"] == 1] = np.nan
    return {"actions": actions}


serve({"control": "ee", "batched": True}, answer)
