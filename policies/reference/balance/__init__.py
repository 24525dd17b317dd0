"""Standing on two legs: measure the body, plan where to push and step, turn it into targets of joint servos."""

from __future__ import annotations

import contextlib
from pathlib import Path


def _drop_stale_kernels() -> None:
    """Have numba compile anew after an edit anywhere in this package.

    It keys a compiled kernel by the file that the kernel is in, and here kernels call those of other files.
    """
    here = Path(__file__).parent
    with contextlib.suppress(OSError):  # a folder that cannot be written holds nothing of ours
        newest = max(path.stat().st_mtime for path in here.glob("*.py"))
        for index in (here / "__pycache__").glob("*.nbi"):
            if index.stat().st_mtime < newest:
                index.unlink(missing_ok=True)


_drop_stale_kernels()
