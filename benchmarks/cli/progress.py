"""A progress bar with the time left, for work that takes more than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

Advance = Callable[[int, int], None]
"""`advance(done, total)`: how much of the work is done, called from time to time."""


@contextmanager
def progress(console: Console, label: str) -> Iterator[Advance]:
    """Show a bar while the body runs; silent where either output is not a terminal.

    Args:
      console: where the bar is drawn (standard error).
      label: what is being done, in a word or two.
    """
    if not (console.is_terminal and sys.stdout.isatty()):
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.progress import TimeRemainingColumn as TimeLeftColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeLeftColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        begun = False

        def advance(done: int, total: int) -> None:
            nonlocal begun
            if not begun:
                # what was done before says nothing of the time left
                bar.reset(task, completed=done, total=total)
                begun = True
            bar.update(task, completed=done, total=total)

        yield advance
