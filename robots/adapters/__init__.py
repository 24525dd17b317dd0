"""Robots from model files: an adapter card and an MJCF or URDF model make a Robot."""

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.registry import card_path, load, names

__all__ = ["ModelError", "card_path", "load", "names"]
