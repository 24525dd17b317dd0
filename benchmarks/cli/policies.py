"""What the word `policy=NAME` asks for: a policy by name, or a policy file."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import Choice, Session
from pilotline.benchmarks.job import POLICY_FILE

KEY = "policy"
FOREIGN = re.compile(POLICY_FILE)
"""A policy that is not built in: a file."""

USAGE = f"{KEY}=FILE"
MEANING = "a policy file (.onnx), or the card (.yaml) of somebody else's network; docs/policies.md says what is in them"


class PolicyChoice(Choice):
    """A policy by name, or by the path of its file."""

    @property
    def text(self) -> str:
        """The policy in one line."""
        return self.name

    def check(self) -> None:
        """Refuse a file that cannot be used anywhere.

        Raises:
          CommandError: what is wrong with it.
        """
        if not FOREIGN.fullmatch(self.name):
            return
        display.choose_backend()  # the robot's code imports MuJoCo
        from pilotline.policies.file.loading import check

        try:
            check(self.name)
        except ValueError as error:
            raise CommandError(one_line(error)) from None


def beside(policy: str, scorecard: Path) -> str:
    """The policy of a scorecard: a file as the card names it, else one of that name in the scorecard's folder.

    Raises:
      CommandError: neither is there.
    """
    if not FOREIGN.fullmatch(policy) or Path(policy).exists():
        return policy
    own = scorecard.parent / Path(policy).name
    if not own.exists():
        raise CommandError(f"scorecard={scorecard}: its policy is not at {policy}, nor beside the scorecard; put it there")
    return str(own)


@contextmanager
def noted(session: Session) -> Iterator[None]:
    """Tell the person, once each, what policies warn of while this goes on."""
    from pilotline.policies import PolicyWarning

    told: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", PolicyWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: object, **more: object) -> None:
            if not issubclass(category, PolicyWarning):
                usual(message, category, *where, **more)  # type: ignore[arg-type]
            elif str(message) not in told:
                told.add(str(message))
                session.note(f"note: {message}")

        warnings.showwarning = show
        yield
