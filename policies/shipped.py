"""Trained policies that came with the package, as `trained/NAME.onnx`."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_FOLDER = "trained"


def located(path: Path | str) -> Path:
    """The file of a policy: as it says, or, where nothing is there, of that name among the shipped ones."""
    own = Path(path)
    return own if own.exists() or own.parent != Path(_FOLDER) else _HERE / own


def shipped() -> tuple[str, ...]:
    """Paths of the shipped policies, sorted."""
    return tuple(sorted(f"{_FOLDER}/{path.name}" for path in (_HERE / _FOLDER).glob("*.onnx")))
