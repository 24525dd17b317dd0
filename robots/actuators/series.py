"""A series file written out: the data of one sheet per member."""

from __future__ import annotations

import copy
from typing import Any

from pilotline.robots.actuators.sheet import Series, Table
from pilotline.robots.yamlfile import CardError

Key = dict[str, Any]


def members(series: Series) -> dict[str, dict[str, Any]]:
    """Data of every member by name, in the order of the listing tables, ready to be validated as a sheet.

    The tables that list members are those of the first table's group.
    """
    sheets: dict[str, dict[str, Any]] = {}
    for i, table in enumerate(series.tables):
        if table.group != series.tables[0].group:
            continue
        for row in table.rows:
            cells = dict(zip(table.columns, row, strict=True))
            key = {name: cells[name] for name in series.keys}
            name = series.name.format(**key)
            if name in sheets:
                raise CardError(f"tables.{i}: {name} is listed twice")
            sheets[name] = _member(series, name, key)
    return sheets


def _member(series: Series, name: str, key: Key) -> dict[str, Any]:
    data: dict[str, Any] = {
        "schema": f"pilotline/{series.of}/1",
        "name": name,
        "title": series.title,
        "notes": list(series.notes),
        "sources": dict(series.sources),
        **copy.deepcopy(series.common),
    }
    for i, table in enumerate(series.tables):
        groups = [
            {**table.all, **figures, "source": table.source, "mark": table.mark} for figures in _figures(table, key)
        ]
        # several rows for one member make a list, as of efficiency points; other groups refuse one
        if groups and not _put(data, table.group, groups if len(groups) > 1 else groups[0]):
            raise CardError(f"tables.{i}: {name} already has {table.group}")
    for field, path in series.keys.items():
        if path is not None and not _put(data, path, key[field]):
            raise CardError(f"keys.{field}: {name} already has {path}")
    return data


def _figures(table: Table, key: Key) -> list[dict[str, Any]]:
    """Figures, without gaps, of the rows that fit `key` best; none if no row is for it."""
    fitting = []
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        rank = _rank(cells, key)
        if rank is not None:
            fitting.append((rank, cells))
    best = max((rank for rank, _ in fitting), default=())
    chosen = set(key) | {f"{name}_from" for name in key}
    return [
        {name: value for name, value in cells.items() if name not in chosen and value is not None}
        for rank, cells in fitting
        if rank == best
    ]


def _rank(cells: dict[str, Any], key: Key) -> tuple[float, ...] | None:
    """How closely a row fits `key`, by its `_from` columns; None if it does not."""
    if any(name in cells and cells[name] != value for name, value in key.items()):
        return None
    rank = []
    for name, value in key.items():
        start = cells.get(f"{name}_from")
        if start is None:
            continue
        if not isinstance(start, int | float) or not isinstance(value, int | float) or start > value:
            return None
        rank.append(float(start))
    return tuple(rank)


def _put(data: dict[str, Any], path: str, value: Any) -> bool:
    """Set a dotted field, making the groups on the way; False if it is there already."""
    *groups, last = path.split(".")
    for group in groups:
        data = data.setdefault(group, {})
        if not isinstance(data, dict):
            return False
    if last in data:
        return False
    data[last] = value
    return True
