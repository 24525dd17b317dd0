"""Answers, and burns processor time from then on."""

import threading

import numpy as np
from pilotline_policy import serve


def burn():
    while True:
        sum(range(100_000))


def answer(request):
    if threading.active_count() < 3:
        threading.Thread(target=burn, daemon=True).start()
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


serve({"control": "ee", "batched": True}, answer)
