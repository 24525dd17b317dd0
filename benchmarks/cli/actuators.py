"""What the words `actuators=TIER` and `actuators.PLACE=VALUE` ask for, checked against the robot and the sheets."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError, one_line, unknown
from pilotline.benchmarks.cli.verb import Choice

KEY = "actuators"
PLACE = re.compile(rf"{KEY}\.([A-Za-z][A-Za-z0-9_]*)")
"""Key that gives one group or joint drives of its own."""

USAGE = f"{KEY}.PLACE=VALUE"
MEANING = (
    "drives of one place (all, legs, arms, torso, head, right_arm, left_leg, …, or a joint): a tier, a data sheet by "
    "name or path, TIER:SHEET, or a network.onnx; `pilotline list actuators` shows the sheets"
)


class Actuators(Choice):
    """A tier for the whole robot, and what single groups or joints have instead."""

    places: dict[str, str] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """The selection in one line, in its canonical form."""
        if not self.places:
            return self.name
        from pilotline.robots.actuators import selection

        return str(selection.parse(" ".join([self.name, *(f"{place}={what}" for place, what in self.places.items())])))

    def check(self, robot: str) -> None:
        """Refuse a place, tier or sheet that the robot cannot have.

        Raises:
          CommandError: with the word that is to blame, and the choices.
        """
        if self.name == "ideal" and not self.places:
            return
        display.choose_backend()  # the robot's code imports MuJoCo
        from pilotline import robots
        from pilotline.robots.actuators import drives_of
        from pilotline.robots.actuators.selection import TIERS, places_of

        body = robots.load(robot)
        for place, value in self.places.items():
            if place not in (words := places_of(body)) and place not in body.driven:
                raise _unknown_place(place, value, words, body.driven)
            _check_value(place, value, TIERS)
        try:
            drives_of(body, self.text)
        except ValueError as error:
            raise CommandError(one_line(error)) from None


@contextmanager
def sheet_of(given: str) -> Iterator[None]:
    """A data sheet that cannot be read, or is none, is told with the word of the command line that named it."""
    from pilotline.robots.actuators.library import CatalogueError
    from pilotline.robots.yamlfile import CardError

    try:
        yield
    except (CardError, CatalogueError) as error:
        raise CommandError(one_line(f"{given}: {error}")) from None


def _check_value(place: str, value: str, tiers: tuple[str, ...]) -> None:
    from pilotline.robots.actuators import catalogue
    from pilotline.robots.actuators.selection import NETWORK_SUFFIX

    given = f"{KEY}.{place}={value}"
    if value in tiers or value.endswith(NETWORK_SUFFIX):
        return
    if any(character.isspace() for character in value):
        raise CommandError(f"{given}: a tier or a sheet has no blanks in it")
    tier, colon, sheet = value.partition(":")
    if colon and re.fullmatch("[a-z]+", tier):
        if tier not in tiers[1:]:
            raise unknown(f"tier in {given}:", tier, tiers[1:])
    else:
        sheet = value
    if not sheet:
        raise CommandError(f"{given}: no sheet after the colon")
    try:
        catalogue.joint(sheet)
    except ValueError as error:
        if near := difflib.get_close_matches(value, tiers, n=1, cutoff=0.75):
            raise CommandError(f"{given}: neither a tier nor a data sheet; did you mean {near[0]}?") from None
        raise CommandError(one_line(f"{given}: {error}")) from None


def _unknown_place(place: str, value: str, words: Sequence[str], joints: Iterable[str]) -> CommandError:
    error = unknown("place", place, [*words, *joints])
    hint = str(error).partition(";")[2].partition(" (choices")[0]
    return CommandError(
        f"{KEY}.{place}={value}: unknown place{';' + hint if hint else ''} (choices: {', '.join(words)}, or a joint)"
    )
