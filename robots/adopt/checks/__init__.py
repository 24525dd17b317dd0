"""Checks of a robot: whether a card and a model make one that can be believed and used."""

from pilotline.robots.adopt.checks.run import check

__all__ = ["check"]
