"""How long a person would take: a small standard-time model over element strings.

An element string names what two hands and two feet do, one after the other; hands that move together count once:

    reach 40, grasp, move 40 5kg, body_turn, walk_loaded 2, move 30 5kg, place_loose, release

A number is the way (cm for hands, m for feet, deg for a wrist, s for waiting), `5kg` the weight in one hand, and
`3 x (...)` repeats, as does `0.5 x (...)`, half of the time. Elements and coefficients: `standard_time.yaml`.

    time = (1 + allowance) * sum of (base + rate * number) * (1 + share * kg) + s_per_kg * kg
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

_TOKEN = re.compile(r"\s*(?:(?P<times>\d+(?:\.\d+)?)\s*x\s*\(|(?P<close>\))|(?P<sep>,)|(?P<element>[^,()]+))")
_ELEMENT = re.compile(r"(?P<name>[a-z_]+)(?:\s+(?P<number>\d+(?:\.\d+)?))?(?:\s+(?P<kg>\d+(?:\.\d+)?)kg)?")


class ElementError(ValueError):
    """An element string that cannot be read; names the element and what is allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Element(_Strict):
    base_s: float
    rate: float = 0.0
    unit: str = ""
    carries: bool = False
    what: str


class _Model(_Strict):
    source: str
    mark: str
    allowance: float
    heavy_from_kg: float
    heavy_share_per_kg: float
    heavy_s_per_kg: float
    elements: dict[str, _Element]


@cache
def _model() -> _Model:
    path = resources.files("pilotline.envs") / "standard_time.yaml"
    return _Model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def standard_time_s(elements: str) -> float:
    """Standard time of an element string, allowance included, s.

    Raises:
      ElementError: an unknown element, a number too many or too few, or brackets that do not match.
    """
    stack, factors, at = [0.0], [], 0
    text = elements.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ElementError(f"element string {elements!r}: cannot read {text[at:]!r}")
        at = found.end()
        if found["times"]:
            factors.append(float(found["times"]))
            stack.append(0.0)
        elif found["close"]:
            if not factors:
                raise ElementError(f"element string {elements!r}: a bracket too many before {text[at:]!r}")
            inner = factors.pop() * stack.pop()
            stack[-1] += inner
        elif found["element"] and found["element"].strip():
            stack[-1] += _element_s(found["element"].strip())
    if factors:
        raise ElementError(f"element string {elements!r}: a bracket is not closed")
    return (1.0 + _model().allowance) * stack[0]


def _element_s(text: str) -> float:
    """Normal time of one element, without allowance, s."""
    model, found = _model(), _ELEMENT.fullmatch(text)
    if found is None or found["name"] not in model.elements:
        raise ElementError(f"element {text!r} does not exist; there are: {', '.join(model.elements)}")
    element = model.elements[found["name"]]
    if bool(element.unit) != (found["number"] is not None):
        wanted = f"one number in {element.unit}" if element.unit else "no number"
        raise ElementError(f"element {text!r}; allowed: {wanted}")
    if found["kg"] and not element.carries:
        raise ElementError(f"element {text!r} carries nothing; a weight is for: move, move_exact")
    time_s = element.base_s + element.rate * float(found["number"] or 0.0)
    kg = float(found["kg"] or 0.0)
    if kg <= model.heavy_from_kg:
        return time_s
    return time_s * (1.0 + model.heavy_share_per_kg * kg) + model.heavy_s_per_kg * kg
