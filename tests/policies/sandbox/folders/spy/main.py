"""Tells what it finds of secrets: in its environment, in those of its parents, in the files that `targets` names."""

import os
from pathlib import Path

import numpy as np
from pilotline_policy import serve

MARK = (Path(__file__).parent / "mark").read_text().encode()
TARGETS = (Path(__file__).parent / "targets").read_text().splitlines()


def everything():
    yield os.environb.get(b"PILOTLINE_TEST_SECRET", b"")
    for path in (*TARGETS, *(f"/proc/{pid}/{name}" for pid in range(1, 3000) for name in ("environ", "cmdline"))):
        try:
            yield Path(path).read_bytes()
        except OSError:
            continue
    for number in range(64):
        try:
            yield os.readlink(f"/proc/self/fd/{number}").encode()
        except OSError:
            continue


def answer(request):
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


found = sum(MARK in text for text in everything())
serve({"control": "ee", "batched": True, "policy": f"secrets: {found}"}, answer)
