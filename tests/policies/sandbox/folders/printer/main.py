"""Prints as fast as it can, then ends."""

import sys

from pilotline_policy import serve


def answer(request):
    for _ in range(200_000):
        print("\x1b[2J" + "x" * 200)
    sys.exit("the last line")


serve({"control": "ee", "batched": True}, answer)
