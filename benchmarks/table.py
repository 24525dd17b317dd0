"""Cycles as a table of flat, typed columns: `cycles.parquet`, for pandas, DuckDB and the like."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pilotline.benchmarks.canonical import canonical
from pilotline.benchmarks.rows import CycleRow

if TYPE_CHECKING:
    import pyarrow

NAME = "cycles.parquet"
SCHEMA = "pilotline/cycles/1"
COMES_WITH = "pip install 'pilotline[table]'"


class TableError(ValueError):
    """A table that cannot be made; one line with what is missing."""


def flat(row: CycleRow) -> dict[str, str | int | float | bool]:
    """A row with one plain value per column.

    What is a mapping in a row has a column for each of its entries, `metrics_mass_kg` for example. `faults` is their
    names with commas, `seed` the numbers that seed the cycle with blanks.
    """
    return dict(_leaves("", row.to_json()))


def table_of(rows: Sequence[CycleRow], about: dict[str, Any]) -> pyarrow.Table:
    """A row for each cycle; a figure that a station does not have is null there.

    Args:
      rows: cycles in the order of the table.
      about: what goes into the metadata of its schema, by name; plain JSON types.

    Raises:
      TableError: pyarrow is not installed.
    """
    try:
        import pyarrow
    except ImportError:
        raise TableError(f"{NAME} is not written: pyarrow is not installed; it comes with: {COMES_WITH}") from None
    cells = [flat(row) for row in rows]
    names = sorted({name for row in cells for name in row}, key=lambda name: (_place(name), name))
    kinds = {str: pyarrow.string(), bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64()}
    columns = []
    for name in names:
        values = [row.get(name) for row in cells]
        kind = next(kinds[type(value)] for value in values if value is not None)
        columns.append(pyarrow.array(values, kind))
    notes = {"schema": SCHEMA.encode(), **{name: canonical(value) for name, value in about.items()}}
    return pyarrow.table(columns, names=names).replace_schema_metadata(notes)


def parquet(rows: Sequence[CycleRow], about: dict[str, Any]) -> bytes:
    """The table as a Parquet file; the same bytes for the same rows by the same pyarrow.

    Raises:
      TableError: pyarrow is not installed.
    """
    table = table_of(rows, about)
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


_FIRST = ("station", "cycle", "success", "faults", "time_s", "within_payload")


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _leaves(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in _leaves(f"{name}_{key}".lstrip("_"), each)]
    if isinstance(value, list | tuple):
        return [(name, ("," if name == "faults" else " ").join(map(str, value)))]
    return [(name, value)]
