"""Starts threads without end."""

import threading
import time

from pilotline_policy import serve


def answer(request):
    threading.stack_size(65_536)
    while True:
        try:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.01)


serve({"control": "ee", "batched": True}, answer)
