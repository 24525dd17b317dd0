"""Logs of a joint's motion: CSV files in SI units, read with every cell checked.

Columns `t` (s), `command` (rad), `position` (rad), `velocity` (rad/s) and `current` (A) or `torque` (N m, the motor's
at the output as its drive computes it from the current). Besides these a file may have `link_position` (rad, of a
sensor on the link), `enabled` (1, or 0 where the drive was switched off) and, for an arm, `position.NAME` of its
other joints. A row's command holds until the next row. Lines before the header may note the setting of this log,
`# mass_kg=0.5`; see `NOTES`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pilotline.benchmarks.identify import IdentifyError

Array = NDArray[np.float64]

REQUIRED = ("t", "command", "position", "velocity")
EFFORTS = ("current", "torque")
OPTIONAL = ("link_position", "enabled")
NOTES = ("mass_kg", "length_m", "arm_mass_kg", "kp", "kd", "ki")
"""Settings that a log may note: its pendulum, and the gains of the drive when it was taken."""

OTHER = "position."
"""What the column of another joint begins with."""

MAX_BYTES = 200_000_000
_NOTE = re.compile(r"#\s*([A-Za-z_]+)\s*=\s*(\S+)\s*")


@dataclass(frozen=True)
class Log:
    """One log. All arrays have shape (n,).

    Attributes:
      name: of the file.
      sha256: of the file's bytes.
      t: s, rising.
      command: rad.
      enabled: whether the drive was on.
      channels: what was measured, by column: `position`, `velocity`, `current` or `torque`, `link_position`.
      others: angle of other joints of the arm, rad, by name.
      notes: settings that the file itself states.
    """

    name: str
    sha256: str
    t: Array
    command: Array
    enabled: NDArray[np.bool_]
    channels: Mapping[str, Array]
    others: Mapping[str, Array] = field(default_factory=dict)
    notes: Mapping[str, float] = field(default_factory=dict)

    def rows(self, piece: slice) -> Log:
        """Some rows as a log of their own, whose time begins at zero."""
        return replace(
            self,
            t=self.t[piece] - self.t[piece.start],
            command=self.command[piece],
            enabled=self.enabled[piece],
            channels={name: column[piece] for name, column in self.channels.items()},
            others={name: column[piece] for name, column in self.others.items()},
        )

    @property
    def effort(self) -> str:
        """`current` or `torque`."""
        return next(name for name in EFFORTS if name in self.channels)

    @property
    def period_s(self) -> float:
        """Median time between rows."""
        return float(np.median(np.diff(self.t)))


def read(path: Path) -> Log:
    """Read a log.

    Raises IdentifyError, `FILE: line N, column NAME: value: what is wrong`, for anything that is not one.
    """
    data = _bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise IdentifyError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    notes, skipped = _notes(path, text)
    rows = csv.reader(io.StringIO("".join(text.splitlines(keepends=True)[skipped:])))
    header = [cell.strip() for cell in next(rows, [])]
    _check_header(path, header, skipped + 1)
    columns: list[list[float]] = [[] for _ in header]
    for number, row in enumerate(rows, start=skipped + 2):
        if not row:
            continue
        if len(row) != len(header):
            raise IdentifyError(f"{path}: line {number}: has {len(row)} values; the header has {len(header)}")
        for name, cell, column in zip(header, row, columns, strict=True):
            column.append(_number(path, number, name, cell))
    table = {name: np.array(column) for name, column in zip(header, columns, strict=True)}
    _check_time(path, table["t"], skipped + 2)
    return Log(
        name=path.name,
        sha256=hashlib.sha256(data).hexdigest(),
        t=table["t"] - table["t"][0],
        command=table["command"],
        enabled=table.get("enabled", np.ones(len(table["t"]))) > 0.5,
        channels={name: table[name] for name in ("position", "velocity", *EFFORTS, "link_position") if name in table},
        others={name.removeprefix(OTHER): column for name, column in table.items() if name.startswith(OTHER)},
        notes=notes,
    )


def _bytes(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise IdentifyError(f"{path}: is {path.stat().st_size} bytes long; at most {MAX_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise IdentifyError(f"{path}: cannot be read: {error.strerror}") from None


def _notes(path: Path, text: str) -> tuple[dict[str, float], int]:
    """Settings noted before the header, and the number of lines before it."""
    notes: dict[str, float] = {}
    number = 0
    for number, line in enumerate(text.splitlines()):
        if not line.startswith("#"):
            return notes, number
        found = _NOTE.fullmatch(line)
        if found and found[1] in NOTES:
            notes[found[1]] = _number(path, number + 1, found[1], found[2])
    return notes, number


def _check_header(path: Path, header: list[str], line: int) -> None:
    known = (*REQUIRED, *EFFORTS, *OPTIONAL)
    where = f"{path}: line {line}"
    if not any(header):
        raise IdentifyError(f"{where}: no header; expected {', '.join(REQUIRED)} and current or torque")
    for name in header:
        if name not in known and not (name.startswith(OTHER) and len(name) > len(OTHER)):
            raise IdentifyError(f"{where}: unknown column {name!r}; allowed: {', '.join(known)}, {OTHER}JOINT")
        if header.count(name) > 1:
            raise IdentifyError(f"{where}: column {name} is there twice")
    if missing := [name for name in REQUIRED if name not in header]:
        raise IdentifyError(f"{where}: column {missing[0]} is missing; needed: {', '.join(REQUIRED)}")
    if sum(name in header for name in EFFORTS) != 1:
        raise IdentifyError(f"{where}: one column of {' and '.join(EFFORTS)} is needed, not both or none")


def _number(path: Path, line: int, column: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise IdentifyError(f"{path}: line {line}, column {column}: {cell.strip()!r} is not a finite number")
    return value


def _check_time(path: Path, t: Array, first_line: int) -> None:
    if len(t) < 2:
        raise IdentifyError(f"{path}: holds {len(t)} rows; a log needs many")
    stuck = np.flatnonzero(np.diff(t) <= 0)
    if stuck.size:
        k = int(stuck[0]) + 1
        raise IdentifyError(
            f"{path}: line {first_line + k}, column t: {t[k]:g} does not come after {t[k - 1]:g}; time must rise"
        )
