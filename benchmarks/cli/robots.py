"""What the words `robot=NAME` and `robot.PLACE=HAND` ask for: a built-in robot, one of the menagerie's, or a file's."""

from __future__ import annotations

import re

from pydantic import Field

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import Choice

KEY = "robot"
PLACE = re.compile(rf"{KEY}\.(hands|right_hand|left_hand|contacts)")
"""Key that puts another hand on a robot, or says what of it touches anything."""

USAGE = f"{KEY}.PLACE=HAND"
MEANING = (
    "hand of one place (hands, right_hand, left_hand), by name; `pilotline list hands` shows them; "
    "or contacts=feet: nothing but its feet touches anything"
)

FOREIGN = re.compile(r"menagerie:.*|.*\.(yaml|xml|urdf)")
"""A robot that is not built in: one of the menagerie's, or a file."""


class RobotChoice(Choice):
    """A robot and what its hands are instead of what its card says."""

    places: dict[str, str] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        """The robot in one line, in its canonical form."""
        if not self.places:
            return self.name
        from pilotline.robots import naming

        return str(naming.parse(" ".join([self.name, *(f"{place}={hand}" for place, hand in self.places.items())])))

    def check(self) -> None:
        """Refuse a robot or hand that does not exist.

        Raises:
          CommandError: with the choices.
        """
        if not self.places and not FOREIGN.fullmatch(self.name):
            return
        display.choose_backend()  # the robot's code imports MuJoCo
        from pilotline import robots

        try:
            robots.load(self.text)
        except ValueError as error:
            raise CommandError(one_line(error)) from None
