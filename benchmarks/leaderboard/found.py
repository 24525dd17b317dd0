"""Scorecards below a folder, each checked as far as that is cheap: form, hash, figures from its rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pilotline.benchmarks.policy_text import is_folder
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import read
from pilotline.benchmarks.verify import statistics_difference

ATTESTATION = "attestation.json"
PATTERN = "*scorecard*.json"
REPORT = "report.html"
INDEX, HARDWARE, CARDS = "index.html", "hardware.html", "cards"
"""Pages of a site, and its folder of copies."""
SHORT = 16
"""Digits of a hash that name a copy."""
TRUSTED, UNKNOWN, NO_KEY = "trusted key", "unknown key", "unsigned"
"""Who signed, as pages say it. A signature that does not hold takes its card off the board."""


@dataclass(frozen=True)
class Signature:
    """An attestation beside a card, whose signature, files and items hold."""

    keyid: str
    missing: tuple[str, ...]
    """What it does not attest, a line each; empty where it is complete."""
    trusted: bool = False
    """Whether the key is among those that were given; anybody can make another."""


@dataclass(frozen=True)
class Found:
    """A scorecard that holds, as far as that can be said without running its cycles again."""

    path: Path
    place: str
    """Path below the folder that was looked through, with slashes."""
    card: Scorecard
    report: Path | None
    """Its report, where one of this very card lies beside it."""
    signature: Signature | None = None
    """None where nobody signed it."""

    @property
    def signed(self) -> str:
        """Whether somebody vouches for it, in a word."""
        return "unsigned" if self.signature is None else "signed in part" if self.signature.missing else "signed"

    @property
    def signer(self) -> str:
        """Whose key it was signed with, in words."""
        return NO_KEY if self.signature is None else TRUSTED if self.signature.trusted else UNKNOWN

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """Of one card that is there twice the heavier copy counts: trusted, then complete, then signed at all."""
        own = self.signature
        return own is not None and own.trusted, own is not None and not own.missing, own is not None

    @property
    def short(self) -> str:
        """The beginning of its hash, a name for files and links."""
        return self.card.body_sha256[:SHORT]


@dataclass(frozen=True)
class Refused:
    """A file that is not on the board, and why."""

    place: str
    reason: str


def gather(
    root: Path,
    leave_out: Path | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
    trusted: Collection[str] = (),
) -> tuple[tuple[Found, ...], tuple[Refused, ...]]:
    """Look through a folder; results are in the order of hashes and places, whatever the file system's.

    Of a card that is there twice the one with more of a signature counts. Copies that another site made are left out:
    the folders that they were made from hold more.

    Args:
      root: existing folder.
      leave_out: folder whose files are not looked at, such as the site itself.
      told: files done and all of them.
      trusted: ids of the keys whose signatures are taken for their owners'.
    """
    paths = sorted(_files(root, leave_out))
    found: dict[str, Found] = {}
    refused = []
    for done, path in enumerate(paths):
        told(done, len(paths))
        place = os.fsencode(path.relative_to(root).as_posix()).decode(errors="replace")  # a name need not be UTF-8
        try:
            card = check(path)
            signature = attested(path, card, trusted)
        except ValueError as error:
            reason = " ".join(str(error).replace(f"{path.parent}/", "").split())
            refused.append(Refused(place, reason.removeprefix(f"{path.name}: ")))
            continue
        here = Found(path, place, card, _report(path, card), signature)
        if (first := found.get(card.body_sha256)) is not None:
            here, other = (here, first) if here.weight > first.weight else (first, here)
            refused.append(Refused(other.place, f"the same card as {here.place}"))
        found[card.body_sha256] = here
    told(len(paths), len(paths))
    return tuple(found[key] for key in sorted(found)), tuple(sorted(refused, key=lambda each: each.place))


def check(path: Path) -> Scorecard:
    """The card, whose figures follow from its rows.

    Raises:
      ValueError: the reason why it does not hold.
    """
    card = read(path)
    if difference := statistics_difference(card.body):
        raise ValueError(f"the figures do not follow from the rows: {difference}")
    return card


def attested(path: Path, card: Scorecard, trusted: Collection[str] = ()) -> Signature | None:
    """The attestation beside a card; None without one.

    Raises:
      ValueError: it does not hold, or nothing is installed to check it with.
    """
    beside = path.with_name(ATTESTATION)
    if not beside.exists():
        return None
    from pilotline.benchmarks.attest.check import Trust
    from pilotline.benchmarks.attest.check import check as check_attestation

    policy = policy_beside(path, str(card.body.job["policy"])) if card.body.policy else None
    found = check_attestation(path, card, beside, policy, Trust())
    return Signature(found.keyid, found.signed.predicate.missing, found.keyid in trusted)


def policy_beside(path: Path, policy: str) -> Path | None:
    """File or folder beside a card that has the name of its policy's; None where nothing has."""
    if is_folder(policy):
        from pilotline.policies import sandbox  # imports MuJoCo, which a board without signatures does not need

        policy = sandbox.parse(policy).path
    found = path.parent / Path(policy).name
    return found if found.exists() else None


def _files(root: Path, leave_out: Path | None) -> Iterator[Path]:
    site = leave_out.resolve() if leave_out else None
    for path in root.rglob(PATTERN):
        if path.is_file() and not _is_copy(path, root) and (site is None or site not in path.resolve().parents):
            yield path


def _is_copy(path: Path, root: Path) -> bool:
    """Whether another site below the root made it: SITE/cards/HASH/scorecard.json."""
    within = path.relative_to(root).parts[-4:]
    site = path.parent.parent.parent
    return (
        len(within) >= 3
        and within[-3] == CARDS
        and len(within[-2]) == SHORT
        and all((site / page).is_file() for page in (INDEX, HARDWARE))
    )


def _report(path: Path, card: Scorecard) -> Path | None:
    beside = path.with_name(REPORT)
    if beside.is_file() and card.body_sha256.encode() in beside.read_bytes():
        return beside
    return None
