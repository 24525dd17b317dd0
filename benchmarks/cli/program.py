"""Entry point: finds the verb, composes its settings, runs it; trouble becomes one line and a status."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from pilotline.benchmarks.arithmetic import choose_arithmetic
from pilotline.benchmarks.cli.errors import CommandError, one_line, unknown

VERBS = {
    "list": "show the robots, actuators, stations, lines and policies there are",
    "score": "run a campaign and write its scorecard and report",
    "view": "watch one cycle: in a window where there is a display, else as a video",
    "serve": "let others use a policy, over openpi's protocol",
    "record": "keep cycles of a policy step by step, as demonstrations to learn from",
    "train": "learn a policy for a station, and leave it as a policy file",
    "compare": "say which of several scorecards is better, by how much, how certain, at what cost",
    "verify": "check a scorecard, its signature and its cycles, and say whether it holds",
    "key": "make a key pair to sign scorecards with",
    "dossier": "write a template of what the simulation cannot know of a run",
    "attest": "sign a scorecard, with a dossier of what the simulation cannot know",
    "seal": "draw a seed that nobody knows before the run, and commit to it",
    "leaderboard": "rank many scorecards, with what is certain about it, as a static site",
    "rig": "put a joint actuator on the virtual dynamometer, beside its catalogue",
    "identify": "fit the figures of a joint actuator to logs of its motion",
    "robot": "what a robot weighs, reaches and lifts: its card in figures, plots and pictures",
    "adopt": "write a first adapter card for a humanoid model, and check the robot",
    "speed": "measure environment steps per second against raw MuJoCo",
}
"""Every verb in a line; `verbs/NAME.py` holds it. Here and not there, so that the help needs no imports."""

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    choose_arithmetic()  # before any verb imports NumPy
    try:
        _refuse_other_than_text(words)
        return _run(words)
    except CommandError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        print("pilotline: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe went away: `pilotline list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        return _complain(f"{error.filename or 'file'}: {error.strerror or error}")
    except ValueError as error:
        # the package's own errors (RobotError, CardError, …) are written for people; any other is a defect
        if not type(error).__module__.startswith("pilotline."):
            raise
        return _complain(one_line(error))


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        return _print(_program_help(), OK if words else MISUSED)
    if words[0] in ("-V", "--version"):
        from importlib.metadata import version

        return _print(f"pilotline {version('pilotline')}", OK)
    name, rest = words[0], words[1:]
    if name not in VERBS:
        raise unknown("verb", name, VERBS)
    verb = importlib.import_module(f"pilotline.benchmarks.cli.verbs.{name}").VERB
    if any(word in ("-h", "--help") for word in rest):
        from pilotline.benchmarks.cli.usage import of_verb

        return _print(of_verb(verb, VERBS[name]), OK)
    from rich.console import Console

    from pilotline.benchmarks.cli.arguments import settings_of
    from pilotline.benchmarks.cli.verb import Session

    settings = settings_of(verb, rest)
    session = Session(console=Console(), notes=Console(stderr=True), command=("pilotline", *words))
    return int(verb.run(settings, session))


def _refuse_other_than_text(words: Sequence[str]) -> None:
    """Names that are not UTF-8 could be opened, and written into no report or record afterwards."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(word).decode(errors="backslashreplace")
            raise CommandError(f"argument {shown!r} is not UTF-8 text; rename the file or folder") from None


def _program_help() -> str:
    width = max(len(name) for name in VERBS)
    return "\n".join(
        [
            "usage: pilotline VERB key=value ...",
            "",
            "verbs:",
            *(f"  {name:<{width}}  {summary}" for name, summary in VERBS.items()),
            "",
            "pilotline VERB --help shows the keys of a verb and their choices.",
            "Exit status: 0 done, 1 the answer is no (verify, rig, adopt) or a run of several failed (train),",
            "2 a command that cannot run, 130 interrupted.",
        ]
    )


def _print(text: str, status: int) -> int:
    print(text, file=sys.stderr if status else sys.stdout)
    return status


def _complain(text: str) -> int:
    print(f"pilotline: {text}", file=sys.stderr)
    return MISUSED
