"""Figures of the supervisor, from `limits.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib import resources

import yaml
from pydantic import TypeAdapter

from pilotline.envs.safety.regions import Marked


@dataclass(frozen=True)
class Limits:
    """What the supervisor holds drives to; meanings stand in `limits.yaml`."""

    reaction_s: float
    person_m_s: float
    uncertainty_m: float
    brake_share: float
    base_share: float
    working_m_s: float
    stopping_s: float
    release_s: float
    resume_share: float
    rest_m_s: float
    moving_m_s: float
    standstill_s: float
    position_margin_rad: float
    lead_rad: float
    torque_share: float
    torque_s: float
    fast_breach_m_s: float


@cache
def limits() -> Limits:
    """The figures."""
    text = (resources.files("pilotline.envs") / "safety" / "limits.yaml").read_text(encoding="utf-8")
    found = TypeAdapter(dict[str, Marked]).validate_python(yaml.safe_load(text))
    return Limits(**{each.name: found[each.name].value for each in fields(Limits)})
