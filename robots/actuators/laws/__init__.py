"""The laws that come with Pilotline, a file each; `law` says what one is."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pilotline.robots.actuators.law import Law


@cache
def shipped() -> tuple[Law, ...]:
    """Every law of this package, by name; `learned` makes one per network and is not among them."""
    found = [
        value
        for module in iter_modules(__path__)
        for value in vars(import_module(f"{__name__}.{module.name}")).values()
        if isinstance(value, Law)
    ]
    return tuple(sorted(found, key=lambda law: law.name))
