"""Doubles without end, where it may not make a process."""

import os

from pilotline_policy import serve


def answer(request):
    while True:
        os.fork()


serve({"control": "ee", "batched": True}, answer)
