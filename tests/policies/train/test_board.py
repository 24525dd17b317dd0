"""Curves of a training run are there for TensorBoard, and where none are wanted nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotline.policies.train.board import Board

accumulators = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


class OnDevice:
    """A number that must be fetched; remembers whether it was."""

    fetched = False

    def __float__(self) -> float:
        self.fetched = True
        return 0.25


def test_values_are_curves_over_steps(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.add(64, {"error": 0.5, "share": OnDevice()})
    board.add(128, {"error": 0.125})
    kept = accumulators.EventAccumulator(str(tmp_path)).Reload()
    curves = {name: [(each.step, each.value) for each in kept.Scalars(name)] for name in kept.Tags()["scalars"]}
    assert curves == {"train/error": [(64, 0.5), (128, 0.125)], "train/share": [(64, 0.25)]}


def test_without_a_folder_nothing_is_fetched() -> None:
    value = OnDevice()
    Board(None).add(64, {"error": value})
    assert not value.fetched
