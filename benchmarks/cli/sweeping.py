"""Several runs of a verb from one command: made by a launcher, told in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from pilotline.benchmarks.cli import launcher, sweep
from pilotline.benchmarks.cli.errors import CommandError
from pilotline.benchmarks.cli.results import open_out, write_result
from pilotline.benchmarks.cli.verb import Session, Verb
from pilotline.benchmarks.sweep import LOG, Outcome, Run, Spread, Task, document, folder_name, spreads

_THREADS = "nthread"


def run(verb: Verb[Any], chosen: sweep.Sweep, by: launcher.LauncherChoice, out: Path, session: Session) -> int:
    """Make the runs, tell what came of them, write result.json; 1 where a run failed.

    Raises:
      CommandError: a run whose settings the verb doesn't take, before any begins.
    """
    runs = runs_of(verb, chosen, by, out.resolve(), session.command[2:])
    open_out(out)
    session.note(f"{len(runs)} runs by launcher={by.name}")
    returned = by.launch(Task(runs), len(runs), out)
    outcomes = [
        each if isinstance(each, Outcome) else Outcome(one.settings, Path(one.folder).name, failure=str(each))
        for one, each in zip(runs, returned, strict=True)
    ]
    session.console.print(_table(outcomes))
    if found := spreads(outcomes):
        session.console.print(_seeds(found))
    for outcome in outcomes:
        if outcome.failure is not None:
            session.note(f"{outcome.folder}: failed: {outcome.failure} ({out / outcome.folder / LOG})")
    path = write_result(out, session.command, {"launcher": by.name, **document(outcomes)})
    session.console.print(f"wrote {path}", highlight=False, markup=False, soft_wrap=True)
    return int(any(outcome.failure is not None for outcome in outcomes))


def runs_of(
    verb: Verb[Any], chosen: sweep.Sweep, by: launcher.LauncherChoice, out: Path, words: Sequence[str]
) -> tuple[Run, ...]:
    """The runs that the words of a command ask for, each a command of the same verb.

    Raises:
      CommandError: settings that the verb doesn't take.
    """
    from pilotline.benchmarks.cli.arguments import settings_of

    combinations = chosen.combinations()
    own = tuple(
        word for word in words if word.partition("=")[0].partition(".")[0] not in (sweep.KEY, launcher.KEY, "out")
    )
    given = {word.partition("=")[0] for word in own}
    if by.together and _THREADS not in given:
        own = (*own, f"{_THREADS}=1")  # runs side by side: each on a core of its own
    if both := given & set(combinations[0]):
        key = min(both)
        raise CommandError(f"{key} is given for all runs, and with several values as {sweep.KEY}.{key}: give one")
    runs = []
    for settings in combinations:
        folder = out / folder_name(settings)
        run_words = (*own, *(f"{key}={value}" for key, value in settings.items()), f"out={folder}")
        settings_of(verb, run_words)
        runs.append(Run(settings, str(folder), (verb.name, *run_words)))
    return tuple(runs)


def _table(outcomes: Sequence[Outcome]) -> Table:
    """A line for each run."""
    keys = list(outcomes[0].settings)
    table = Table(*keys, "at least %", "good", "steps", "minutes", box=None)
    for outcome in outcomes:
        figures = ["failed", "", "", ""]
        if outcome.bound is not None and outcome.wall_s is not None:
            figures = [
                f"{100.0 * outcome.bound:.1f}",
                f"{outcome.good} of {outcome.cycles}",
                f"{outcome.steps:,}",
                f"{outcome.wall_s / 60.0:.1f}",
            ]
        table.add_row(*outcome.settings.values(), *figures)
    return table


def _seeds(found: Sequence[Spread]) -> Table:
    """A line for each group of runs that differ in their seed alone."""
    keys = list(found[0].settings)
    table = Table(*keys, "seeds", "failed", "at least %, median", "range", box=None)
    for spread in found:
        figures = ["", ""]
        if spread.median is not None and spread.low is not None and spread.high is not None:
            figures = [f"{100.0 * spread.median:.1f}", f"{100.0 * spread.low:.1f}–{100.0 * spread.high:.1f}"]
        table.add_row(*spread.settings.values(), str(spread.runs), str(spread.failed), *figures)
    return table
