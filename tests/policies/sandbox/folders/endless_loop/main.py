"""Thinks for ever."""

from pilotline_policy import serve


def answer(request):
    while True:
        pass


serve({"control": "ee", "batched": True}, answer)
