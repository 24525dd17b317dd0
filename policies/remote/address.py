"""Where a served policy is, and what is waited for: the text `remote url=ws://HOST:PORT ...`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from pilotline.policies.remote.errors import RemoteError

WORD = "remote"
_URL = re.compile(r"wss?://[^\s/@?#]+(/[^\s#]*)?")
_MAX_S = 3600.0


@dataclass(frozen=True)
class Address:
    """A server and how much of it is taken.

    Attributes:
      url: `ws://HOST:PORT` or `wss://HOST`, no user or password in it.
      timeout_s: longest wait for an answer.
      connect_s: longest wait for a connection, and for the metadata on it.
      replan: control steps that are played of an answer before the next is asked for; None: what the server says, or
        all there are.
      max_reply_mb: largest answer, 1e6 bytes.

    Raises:
      RemoteError: a value that is not allowed.
    """

    url: str
    timeout_s: float = 10.0
    connect_s: float = 10.0
    replan: int | None = None
    max_reply_mb: float = 16.0

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.url) or not _has_port(self.url):
            raise RemoteError(f"url={self.url}: allowed: ws://HOST:PORT or wss://HOST:PORT, without a password")
        for name, high in (("timeout_s", _MAX_S), ("connect_s", _MAX_S), ("max_reply_mb", 2000.0)):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0.0 < value <= high):
                raise RemoteError(f"{name}={value}: allowed: more than 0, at most {high:g}")
        if self.replan is not None and not 1 <= self.replan <= 1000:
            raise RemoteError(f"replan={self.replan}: allowed: 1 to 1000 control steps")

    def __str__(self) -> str:
        """The one spelling: what is as by default is left out."""
        given = [f"url={self.url}"]
        for each in fields(self)[1:]:
            value = getattr(self, each.name)
            if value != each.default:
                given.append(f"{each.name}={value:.12g}")
        return " ".join([WORD, *given])


KEYS = tuple(each.name for each in fields(Address))


def parse(text: str) -> Address:
    """The address in `remote url=ws://HOST:PORT [timeout_s=S] [connect_s=S] [replan=STEPS] [max_reply_mb=MB]`.

    Raises:
      RemoteError: no url, an unknown key, or a value that is not allowed; one line.
    """
    word, *rest = text.split()
    assert word == WORD
    given: dict[str, str] = {}
    for part in rest:
        key, equals, value = part.partition("=")
        if not equals or key not in KEYS:
            raise RemoteError(f"policy={WORD}: {part!r} is no key of it (keys: {', '.join(KEYS)})")
        if key in given:
            raise RemoteError(f"policy={WORD}: {key} is given twice: {given[key]!r} and {value!r}")
        given[key] = value
    if "url" not in given:
        raise RemoteError(f"policy={WORD} needs the address of a server: url=ws://HOST:PORT")
    url = given.pop("url")
    replan = given.pop("replan", None)
    numbers = {key: _number(key, value) for key, value in given.items()}
    return Address(url=url, replan=None if replan is None else _whole("replan", replan), **numbers)


def _has_port(url: str) -> bool:
    """Whether the port of a url, if it has one, can be."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _number(key: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise RemoteError(f"{key}={value}: allowed: a number") from None


def _whole(key: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value):
        raise RemoteError(f"{key}={value}: allowed: a whole number")
    return int(value)
