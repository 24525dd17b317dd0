"""What the word `policy=NAME` asks for: a policy by name, a policy file, or `policy=remote` with the words after it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import Choice, Session
from pilotline.benchmarks.job import POLICY_FILE

KEY = "policy"
FOREIGN = re.compile(rf"(?!remote ){POLICY_FILE}")
"""A policy that is not built in: a file."""
FILES = "the path of a .onnx or .yaml"
REMOTE = "remote"
PLACE = re.compile("(url|timeout_s|connect_s|replan|max_reply_mb)")
"""Key of a policy that another process serves."""

USAGE = f"{KEY}=FILE"
MEANING = (
    "a policy file (.onnx), or the card (.yaml) of somebody else's network; docs/policies.md says what is in them; "
    "policy=remote url=ws://HOST:PORT asks a server, see docs/remote.md"
)


class PolicyChoice(Choice):
    """A policy by name, by the path of its file, or by the address of its server."""

    places: dict[str, str] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """The policy in one line."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.places.items())])

    def check(self) -> None:
        """Refuse a file that cannot be used anywhere, and an address that is none.

        Raises:
          CommandError: what is wrong with it.
        """
        if self.places and self.name != REMOTE:
            key, value = next(iter(self.places.items()))
            raise CommandError(f"{key}={value} goes with {KEY}={REMOTE}; {KEY} is {self.name}")
        if self.name != REMOTE and not FOREIGN.fullmatch(self.name):
            return
        display.choose_backend()  # the robot's code imports MuJoCo
        from pilotline.policies.file.loading import check
        from pilotline.policies.remote.address import parse

        try:
            if self.name == REMOTE:
                parse(self.text)
            else:
                check(self.name)
        except ValueError as error:
            raise CommandError(one_line(error)) from None


def beside(policy: str, scorecard: Path) -> str:
    """The policy of a scorecard: a file as the card names it, else one of that name in the scorecard's folder.

    Raises:
      CommandError: neither is there.
    """
    if not FOREIGN.fullmatch(policy):
        return policy
    display.choose_backend()  # the package of policies imports MuJoCo
    from pilotline.policies.shipped import located

    if located(policy).exists():
        return policy
    own = scorecard.parent / Path(policy).name
    if not own.exists():
        raise CommandError(
            f"scorecard={scorecard}: its policy is not at {policy}, nor beside the scorecard; put it there"
        )
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
