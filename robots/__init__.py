"""Robots: cards of published figures, MuJoCo specs built from them, and their joint actuators."""

from pilotline.robots.card import RobotCard
from pilotline.robots.robot import Hand, Robot, RobotError, from_card, load, names
from pilotline.robots.yamlfile import CardError

__all__ = ["CardError", "Hand", "Robot", "RobotCard", "RobotError", "from_card", "load", "names"]
