"""Robots: cards of published figures, MuJoCo specs built from them, and their joint actuators."""

from pilotline.robots.card import RobotCard
from pilotline.robots.naming import RobotError
from pilotline.robots.registry import load, names
from pilotline.robots.robot import Foot, Hand, Robot
from pilotline.robots.yamlfile import CardError

__all__ = ["CardError", "Foot", "Hand", "Robot", "RobotCard", "RobotError", "load", "names"]
