"""Leaves a process that has left its group and session and ignores every signal, then ends."""

import os
import signal
import time

from pilotline_policy import serve


def answer(request):
    for _ in range(3):
        if not os.fork():
            os.setsid()
            if os.fork():
                os._exit(0)
            for sign in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(sign, signal.SIG_IGN)
            for number in range(64):
                try:
                    os.close(number)
                except OSError:
                    continue
            time.sleep(1000)
    time.sleep(0.3)
    os._exit(7)


serve({"control": "ee", "batched": True}, answer)
