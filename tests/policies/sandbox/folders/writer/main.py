"""Tries to write, change and delete in the folders of `targets`, its own and the root; counts what works."""

import os
from pathlib import Path

import numpy as np
from pilotline_policy import serve

MINE = Path(__file__).parent
TARGETS = [Path(line) for line in (MINE / "targets").read_text().splitlines()]


def attempts(folder):
    yield lambda: (folder / "written").write_text("mine")
    yield lambda: (folder / "made").mkdir()
    yield lambda: os.symlink("/etc/passwd", folder / "linked")
    yield lambda: os.truncate(folder / "kept", 0)
    yield lambda: os.rename(folder / "kept", folder / "moved")
    yield lambda: os.link(folder / "kept", folder / "again")
    yield lambda: os.chmod(folder / "kept", 0o777)
    yield lambda: os.utime(folder / "kept", (1, 1))
    yield lambda: os.mknod(folder / "device", 0o020666, os.makedev(1, 1))
    yield lambda: (folder / "kept").unlink()


def works(attempt):
    try:
        attempt()
    except (OSError, ValueError):
        return False
    return True


def answer(request):
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


done = sum(works(attempt) for folder in (*TARGETS, MINE, Path("/")) for attempt in attempts(folder))
(Path(os.environ["HOME"]) / "note").write_text("here it may")
serve({"control": "ee", "batched": True, "policy": f"{done} changes"}, answer)
