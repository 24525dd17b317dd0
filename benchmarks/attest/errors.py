"""What goes wrong with keys, seals, dossiers and attestations."""

from pydantic import ValidationError


class AttestError(ValueError):
    """One line: the thing, its value, what is allowed."""


def first_complaint(error: ValidationError) -> str:
    """What pydantic refused first: where in the document, and what is allowed, without names of classes."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return "is not a mapping of keys to values" if first["type"] == "model_type" else first["msg"]
    where = ".".join(map(str, first["loc"]))
    plain = first["type"] != "missing" and isinstance(first["input"], str | int | float | bool | None)
    value = f" is {first['input']!r:.60}" if plain else ""
    return f"{where}{value}: {first['msg'].removeprefix('Value error, ')}"
