"""Reading a YAML file into a pydantic model, with errors that name file, field, value and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


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
            if key in seen:
                raise CardError(f"key {key!r} is given twice (line {key_node.start_mark.line + 1})")
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read `path` as `model`.

    Raises CardError, each line `FILE: field = value: what is wrong`, if the file is missing, is not YAML,
    or breaks the model's rules.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise CardError(f"{path.name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CardError(f"{path.name}: is not UTF-8 text (byte {error.start})") from error
    except yaml.YAMLError as error:
        raise CardError(f"{path.name}: is not YAML: {' '.join(str(error).split())}") from error
    except CardError as error:
        raise CardError(f"{path.name}: {error}") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise CardError("\n".join(f"{path.name}: {_line(fault)}" for fault in error.errors())) from error


def _line(fault: Any) -> str:
    """One validation fault as `field = value: message`; a fault of the whole file has no field."""
    field = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    if not field:
        return message
    if fault["type"] == "missing":
        return f"{field}: is missing"
    value = repr(fault["input"])
    return f"{field} = {value if len(value) < 80 else value[:77] + '...'}: {message}"
