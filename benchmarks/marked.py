"""Places in a page that are filled by a command: between `<!-- NAME: begin -->` and `<!-- NAME: end -->`."""

from __future__ import annotations


def put(page: str, name: str, table: str) -> str:
    """`page` with the table between its marks.

    Raises:
      ValueError: a page without them.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no {begin} and {end} in the page")
    return f"{before}{begin}\n{table}{end}{after}"
