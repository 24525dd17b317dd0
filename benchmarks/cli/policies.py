"""What the word `policy=NAME` asks for: a policy by name, a policy file, or one of another process with words after it:
`policy=remote` or `policy=sandbox:FOLDER`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import Choice, Session
from pilotline.benchmarks.policy_text import FOREIGN, REMOTE, SANDBOX, is_folder

KEY = "policy"
FILES = "the path of a .onnx or .yaml, or sandbox:FOLDER"
_LIMITS = "memory_mb|cpu_s|timeout_s|start_s|tasks|scratch_mb|max_reply_mb"
PLACE = re.compile(f"(url|connect_s|replan|need|{_LIMITS})")
"""Key of a policy that another process serves, or that runs in a cage."""

USAGE = f"{KEY}=FILE"
MEANING = (
    "a policy file (.onnx), or the card (.yaml) of somebody else's network; docs/policies.md says what is in them; "
    "policy=remote url=ws://HOST:PORT asks a server, see docs/remote.md; policy=sandbox:FOLDER runs a program in a "
    "cage, see docs/sandbox.md"
)


class PolicyChoice(Choice):
    """A policy by name, by the path of its file or folder, or by the address of its server."""

    places: dict[str, str] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """The policy in one line."""
        return " ".join([self.name, *(f"{key}={value}" for key, value in self.places.items())])

    def check(self) -> None:
        """Refuse a file or folder that cannot be used anywhere, and an address that is none.

        Raises:
          CommandError: what is wrong with it.
        """
        caged = is_folder(self.name)
        if self.places and self.name != REMOTE and not caged:
            key, value = next(iter(self.places.items()))
            kind = REMOTE if key in ("url", "connect_s") else f"{REMOTE} or {KEY}={SANDBOX}FOLDER"
            raise CommandError(f"{key}={value} goes with {KEY}={kind}; {KEY} is {self.name}")
        if self.name != REMOTE and not FOREIGN.fullmatch(self.name):
            return
        display.choose_backend()  # the robot's code imports MuJoCo
        from pilotline.policies import sandbox
        from pilotline.policies.file.loading import check
        from pilotline.policies.remote import address

        try:
            if self.name == REMOTE:
                address.parse(self.text)
            elif caged:
                sandbox.check(sandbox.parse(self.text))
            else:
                check(self.name)
        except ValueError as error:
            raise CommandError(one_line(error)) from None


def beside(policy: str, scorecard: Path) -> str:
    """The policy of a scorecard: a file or folder as the card names it, else of that name in the scorecard's folder.

    Raises:
      CommandError: neither is there.
    """
    if not FOREIGN.fullmatch(policy):
        return policy
    display.choose_backend()  # the package of policies imports MuJoCo
    from pilotline.policies import sandbox
    from pilotline.policies.shipped import located

    folder = sandbox.parse(policy) if is_folder(policy) else None
    path = located(folder.path if folder else policy)
    if path.exists():
        return policy
    own = scorecard.parent / path.name
    if not own.exists():
        raise CommandError(
            f"scorecard={scorecard}: its policy is not at {path}, nor beside the scorecard; put it there"
        )
    return str(replace(folder, path=str(own)) if folder else own)


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
