"""Writes files until it is stopped, then goes on; tells how much it got."""

import os

import numpy as np
from pilotline_policy import serve


def answer(request):
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


written = 0
try:
    for k in range(1000):
        with open(f"{os.environ['HOME']}/{k}", "wb") as file:
            written += file.write(bytes(1_000_000))
except OSError:
    pass
serve({"control": "ee", "batched": True, "policy": f"{written // 1_000_000} MB"}, answer)
