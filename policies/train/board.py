"""Curves of a training run, for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import SupportsFloat, SupportsInt


class Board:
    """Where the curves of a training run are kept.

    Args:
      folder: that TensorBoard reads; None for no curves.
    """

    def __init__(self, folder: Path | None) -> None:
        self._writer = None
        if folder is not None:
            # takes seconds to import, which a run without curves shall not wait for
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(folder))

    def add(self, steps: SupportsInt, values: Mapping[str, SupportsFloat]) -> None:
        """Values by name after so many steps; they may be on a device, and are not fetched where nothing is kept."""
        if self._writer is None:
            return
        for name, value in values.items():
            self._writer.add_scalar(f"train/{name}", float(value), int(steps))
        self._writer.flush()
