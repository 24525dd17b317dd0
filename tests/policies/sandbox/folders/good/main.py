"""A policy that stays where it is."""

import numpy as np
from pilotline_policy import serve


def answer(request):
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


serve({"control": "ee", "batched": True}, answer)
