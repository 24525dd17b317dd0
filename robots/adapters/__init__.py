"""Robots from model files: an adapter card and an MJCF or URDF model make a Robot."""
