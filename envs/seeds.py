"""Seeds: cycle k of a station is a pure function of (seed, station, k)."""

from __future__ import annotations

import zlib

import numpy as np

SCORED = 2**41
"""Seeds of scores are below this; those of cycles that policies learn from begin here."""


def cycle_seed(seed: int, station: str, cycle: int) -> np.random.SeedSequence:
    """Seed sequence of one cycle, whatever batch, slot, thread or process runs it."""
    return np.random.SeedSequence(seed, spawn_key=(zlib.crc32(station.encode()), cycle))
