"""Takes memory and uses it."""

from pilotline_policy import serve


def answer(request):
    held = []
    while True:
        held.append(bytearray(b"x") * 10_000_000)


serve({"control": "ee", "batched": True}, answer)
