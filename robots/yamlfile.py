"""Reading a YAML file into a pydantic model, with errors that name file, field, value and what is allowed."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class CardError(ValueError):
    """A card file that cannot be used; one line per fault."""


# libyaml reads a card ten times faster; PyYAML may be built without it
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):
    """SafeLoader that refuses a key given twice, which YAML would let the second one win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, Hashable):
                raise CardError(f"a key is {key!r} (line {line}); must be a word or a number")
            if key in seen:
                raise CardError(f"key {key!r} is given twice (line {line})")
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read `path` as `model`.

    Raises CardError, each line `FILE: field = value: what is wrong`, if the file is missing, is not YAML,
    or breaks the model's rules.
    """
    return validated(path.name, parse(path), model)


def parse(path: Path) -> Any:
    """The data of a YAML file: mappings, lists, numbers, words.

    Raises CardError, `FILE: what is wrong`, if the file is missing or larger than MAX_BYTES, is not YAML, nests
    deeper than MAX_DEPTH, gives a key twice or uses aliases, through which a small file can stand for a huge one.
    """
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise CardError(f"is {path.stat().st_size} bytes long; at most {MAX_BYTES}")
        if path.exists() and not path.is_file() and not path.is_dir():  # a device could be read for ever
            raise CardError("is not a file")
        text = path.read_text(encoding="utf-8")
        _plain(text)
        return yaml.load(text, Loader=_Loader)
    except OSError as error:
        raise CardError(f"{path.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CardError(f"{path.name}: is not UTF-8 text (byte {error.start})") from error
    except (yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).replace(' in "<unicode string>",', " in").split())
        raise CardError(f"{path.name}: is not YAML: {said}") from error
    except CardError as error:
        raise CardError(f"{path.name}: {error}") from error
    except ValueError as error:  # a date or a number that Python cannot hold
        raise CardError(f"{path.name}: holds a value that cannot be read: {' '.join(str(error).split())}") from error


def validated(label: str, data: Any, model: type[Model]) -> Model:
    """`data` as `model`; raises CardError with one line `LABEL: field = value: what is wrong` per fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise CardError("\n".join(f"{label}: {_line(fault)}" for fault in error.errors())) from error


def _plain(text: str) -> None:
    """Refuse aliases and deep nesting before anything is built."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=_SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise CardError(f"alias *{event.anchor} (line {line}); write the values out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise CardError(f"nests more than {MAX_DEPTH} deep (line {line})")


def _line(fault: Any) -> str:
    """One validation fault as `field = value: message`; a fault of the whole file has no field."""
    words = (str(part) for part in fault["loc"])
    field = ".".join(word if word.isprintable() else repr(word) for word in words)
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] in ("model_type", "dataclass_type"):  # pydantic would name a class of ours
        message = "should be a mapping of keys to values"
    if not field:
        return message
    if fault["type"] == "missing":
        return f"{field}: is missing"
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):  # a rule across a group names the figures
        return f"{field}: {message}"
    value = repr(fault["input"])
    return f"{field} = {value if len(value) < 80 else value[:77] + '...'}: {message}"
