"""From the words on a command line to the checked settings of a verb, through Hydra."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ValidationError

from pilotline.benchmarks.cli import actuators, catalog, launcher, policies, robots, sweep, trainer
from pilotline.benchmarks.cli.errors import CommandError, from_validation, one_line, unknown
from pilotline.benchmarks.cli.verb import DOT, S, Verb

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")

_PLACED = (actuators, launcher, policies, robots, sweep, trainer)
"""Keys that have places of their own: `actuators.PLACE=VALUE`, `url=ADDRESS` after `policy=remote`, `robot.PLACE=HAND`,
`trainer.PARAM=VALUE`, `sweep.KEY=VALUE,VALUE`."""

_FOREIGN = {each.KEY: each.FOREIGN for each in (robots, policies)}
"""Values of a group that are none of its options."""


def settings_of(verb: Verb[S], words: Sequence[str]) -> S:
    """Settings of a verb as given by the words after it.

    Raises:
      CommandError: anything that is not a key, a value or a combination that this verb takes.
    """
    given = split(verb, words)
    _refuse_exclusive(verb, given)
    # Hydra would look for an option of that name in the group
    aside = {key: value for key, value in given.items() if catalog.is_group(key) and verb.takes_word(key)}
    words_of_hydra = [
        word
        for key, value in (given | _emptied(verb, given)).items()
        if key not in aside
        for word in _words(verb, key, value)
    ]
    try:
        return verb.settings.model_validate(_compose(verb.name, words_of_hydra) | aside)
    except ValidationError as error:
        raise from_validation(error, given) from None


def split(verb: Verb[Any], words: Sequence[str]) -> dict[str, str]:
    """Key and value of each word, in order; the first, or the first ones, may be bare where the verb allows it."""
    keys = list(verb.settings.model_fields)
    given: dict[str, str] = {}
    if verb.bare and verb.many:
        bare = list(itertools.takewhile(lambda word: "=" not in word and not word.startswith("-"), words))
        if bare:
            given[verb.bare], words = shlex.join(bare), words[len(bare) :]
    for position, word in enumerate(words):
        key, equals, value = word.partition("=")
        if not equals and position == 0 and verb.bare and not word.startswith("-"):
            key, value = verb.bare, word
        elif not equals:
            raise CommandError(f"{word!r} is not key=value (keys of {verb.name}: {', '.join(keys)})")
        elif key not in keys and verb.bare and position == 0 and not _KEY.fullmatch(key):
            key, value = verb.bare, word  # a file name with '=' in it
        if key not in keys and not any(is_placed(verb, each.KEY) and each.PLACE.fullmatch(key) for each in _PLACED):
            raise unknown(f"key of {verb.name}", key, keys)
        if key in given:
            raise CommandError(f"{key} is given twice: {given[key]!r} and {value!r}")
        given[key] = value
    return given


def _refuse_exclusive(verb: Verb[Any], given: dict[str, str]) -> None:
    for one, other in verb.exclusive:
        if given.get(one, "null") != "null" and given.get(other, "null") != "null":
            raise CommandError(
                f"{one}={given[one]} and {other}={given[other]} exclude each other: give {one} or {other}"
            )


def _emptied(verb: Verb[Any], given: dict[str, str]) -> dict[str, str]:
    """`null` for every key whose packaged default gives way to an exclusive key that was given."""
    pairs = [*verb.exclusive, *((other, one) for one, other in verb.exclusive)]
    return {rival: "null" for key, rival in pairs if given.get(key, "null") != "null" and rival not in given}


def _words(verb: Verb[Any], key: str, value: str) -> list[str]:
    """What one word of the command line is in Hydra's grammar."""
    if catalog.is_group(key) and key in _FOREIGN and _FOREIGN[key].fullmatch(value):
        whole = _quoted(key, value)
        return [f"~{key}", f"+{key}.name={whole}", f"+{key}.title={whole}"]
    word = _override(verb, key, value)
    return [word] if word else []


def _override(verb: Verb[Any], key: str, value: str) -> str:
    """The word in Hydra's grammar, empty where nothing is to be said.

    Names are checked here and not by Hydra so that the error can list the choices.
    """
    for each in _PLACED:
        if place := each.PLACE.fullmatch(key):
            return f"+{each.KEY}.places.{place[1].replace('.', DOT)}={_quoted(key, value)}"
    if catalog.is_group(key):
        choices = catalog.names(key)
        if value == "null" and _optional(verb, key):
            return f"~{key}" if catalog.defaults(verb.name).get(key) is not None else ""
        if value not in choices:
            raise unknown(key, value, [*choices, *([policies.FILES] if key == policies.KEY else [])])
        return f"{key}={value}"
    if value == "null" and _optional(verb, key):
        return f"{key}=null"
    if _is_text(verb, key):
        return f"{key}={_quoted(key, value)}"
    return f"{key}={value}"


def _quoted(key: str, value: str) -> str:
    """A value to be taken as typed, in Hydra's quotes."""
    if not value:
        raise CommandError(f"{key}= is empty")
    escaped = re.sub(r"(\\*)('|$)", r"\1\1\2", value).replace("'", "\\'")
    return f"'{escaped}'"


def _compose(verb: str, overrides: list[str]) -> dict[str, Any]:
    """Values of every key, as Hydra composes them; groups that are null come out absent."""
    from hydra import compose, initialize_config_module
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    try:
        with initialize_config_module("pilotline.configs", version_base=None, job_name=verb):
            composed = OmegaConf.to_container(compose(verb, overrides), resolve=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise CommandError(_hydra_words(error, overrides)) from None
    if not isinstance(composed, dict):
        raise CommandError(f"configs/{verb}.yaml does not hold keys and values")
    return {str(key): value for key, value in composed.items()}


def _hydra_words(error: Exception, overrides: list[str]) -> str:
    """Hydra's complaint in one line: the word it is about where that can be told."""
    text = one_line(str(error).split("See https")[0])
    for override in overrides:
        key, _, value = override.partition("=")
        if override in text or f"full_key: {key} " in text or value in text.split("'"):
            return f"{override}: not one plain value"
    return text


def is_placed(verb: Verb[Any], key: str) -> bool:
    """Whether a verb has the key, with places of its own."""
    return key in verb.settings.model_fields and not verb.takes_word(key)


def _optional(verb: Verb[Any], key: str) -> bool:
    return type(None) in _kinds(verb.settings.model_fields[key].annotation)


def _is_text(verb: Verb[Any], key: str) -> bool:
    """Whether a key holds a path or a word, to be taken as typed and not by Hydra's grammar."""
    return bool({str, Path} & _kinds(verb.settings.model_fields[key].annotation))


def _kinds(annotation: Any) -> set[Any]:
    """The plain types in an annotation: of `Annotated[Path, …] | None`, Path and None's type."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return {type(value) for value in get_args(annotation)}
    parts = get_args(annotation)
    return {annotation} if not parts else set().union(*(_kinds(part) for part in parts))
