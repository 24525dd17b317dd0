"""Which policy folder, and the most it may take: the text `sandbox:PATH`, then options."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field

from pilotline.policies.sandbox.cage.order import LAYERS
from pilotline.policies.sandbox.errors import SandboxError
from pilotline.policies.sandbox.limits import BOUNDS, NAMES

WORD = "sandbox"
KEYS = (*NAMES, "replan", "need")
_TEXT = re.compile(rf"{WORD}:(?P<path>.*?)(?P<words>( ({'|'.join(KEYS)})=[^ ]*)*)", re.DOTALL)
_STEPS = 1000


@dataclass(frozen=True)
class Folder:
    """A policy folder and what whoever scores it allows and demands.

    Attributes:
      path: of the folder.
      most: highest value of a limit by its name, where it is another than usual.
      replan: control steps that are played of an answer before the next is asked for; None: what the policy says.
      need: layers of the cage without which it must not run.
    """

    path: str
    most: dict[str, float] = field(default_factory=dict)
    replan: int | None = None
    need: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The one spelling: a path without turns, options in one order."""
        given = [f"{name}={self.most[name]:.12g}" for name in NAMES if name in self.most]
        given += [] if self.replan is None else [f"replan={self.replan}"]
        given += [] if not self.need else [f"need={'+'.join(self.need)}"]
        return " ".join([f"{WORD}:{self.path}", *given])


def parse(text: str) -> Folder:
    """The folder in `sandbox:PATH [memory_mb=MB] [cpu_s=S] ... [replan=STEPS] [need=LAYER+LAYER]`.

    Raises:
      SandboxError: no path, an unknown key, or a value that is not allowed; one line.
    """
    found = _TEXT.fullmatch(text)
    if found is None or not found["path"].strip() or any(not each.isprintable() for each in found["path"]):
        raise SandboxError(f"policy={text[:60]!r}: allowed: {WORD}:PATH, then options ({', '.join(KEYS)})")
    if other := re.search(r" ([a-z_]+)=", found["path"]):
        raise SandboxError(f"policy={WORD}: {other[1]!r} is no option of it (options: {', '.join(KEYS)})")
    given: dict[str, str] = {}
    for word in found["words"].split():
        key, _, value = word.partition("=")
        if key in given:
            raise SandboxError(f"policy={WORD}: {key} is given twice: {given[key]!r} and {value!r}")
        given[key] = value
    replan, need = given.pop("replan", None), given.pop("need", None)
    most = {name: _number(name, value) for name, value in given.items()}
    return Folder(os.path.normpath(found["path"]), most, _replan(replan), _need(need))


def _number(name: str, text: str) -> float:
    low, high = BOUNDS[name]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high or (name == "tasks" and value != int(value)):
        raise SandboxError(f"{name}={text}: allowed: {low:g} to {high:g}")
    return value


def _replan(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= _STEPS:
        raise SandboxError(f"replan={text}: allowed: 1 to {_STEPS} control steps")
    return int(text)


def _need(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    names = text.split("+")
    if unknown := [name for name in names if name not in LAYERS]:
        raise SandboxError(f"need={text}: {unknown[0]!r} is no layer; allowed: {', '.join(LAYERS)}, joined by +")
    return tuple(name for name in LAYERS if name in names)
