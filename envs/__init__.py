"""Worlds, stations and engines. Importing this package makes the stations known to Gymnasium."""

from pilotline.envs.registration import register

register()
