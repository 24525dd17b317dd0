"""Regions of a person's body, their limits, and the screening model of a blow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pilotline.envs.card import Mark


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Marked(_Strict):
    """A figure with its origin."""

    value: float = Field(gt=0)
    source: str
    mark: Mark


class Region(_Strict):
    """A region of the body.

    Attributes:
      force_n, pressure_n_cm2: limits of quasi-static contact, at the onset of pain.
      stiffness_n_mm: of its tissue as a linear spring.
      mass_kg: that takes part in a blow.
      head: transient contact is allowed no more than quasi-static.
    """

    force_n: float = Field(gt=0)
    pressure_n_cm2: float = Field(gt=0)
    stiffness_n_mm: float = Field(gt=0)
    stiffness_mark: Mark
    mass_kg: float = Field(gt=0)
    head: bool = False

    @property
    def stiffness_n_m(self) -> float:
        """Stiffness in SI units."""
        return 1000.0 * self.stiffness_n_mm


class Body(_Strict):
    """All regions by name, and where the figures come from."""

    transient_factor: Marked
    probe_cm2: Marked
    limits_source: str
    limits_mark: Mark
    mass_source: str
    mass_mark: Mark
    regions: Mapping[str, Region]

    def transient_n(self, region: str) -> float:
        """Largest force of a blow that is allowed, N; at the head the quasi-static limit, since none is given."""
        found = self.regions[region]
        return found.force_n * (1.0 if found.head else self.transient_factor.value)

    def transient_n_cm2(self, region: str) -> float:
        """Largest pressure of a blow that is allowed, N/cm2, likewise."""
        found = self.regions[region]
        return found.pressure_n_cm2 * (1.0 if found.head else self.transient_factor.value)

    def pressure_n_cm2(self, force_n: float) -> float:
        """Mean pressure under the flat probe of the pain studies, N/cm2; a smaller face presses harder."""
        return force_n / self.probe_cm2.value


@cache
def body() -> Body:
    """The regions of `regions.yaml`."""
    text = (resources.files("pilotline.envs") / "safety" / "regions.yaml").read_text(encoding="utf-8")
    found: Any = yaml.safe_load(text)
    return Body.model_validate(found)


def reduced_mass_kg(one_kg: float, other_kg: float) -> float:
    """1 / (1 / m_H + 1 / m_R); an infinite mass is one that does not give way."""
    return 1.0 / (1.0 / one_kg + 1.0 / other_kg)


def impact_n(speed_m_s: float, stiffness_n_m: float, reduced_kg: float) -> float:
    """Largest force of a blow, N, F = v sqrt(k mu): all the energy of the relative motion goes into one linear spring.

    The screening model of ISO/TS 15066, annex A.
    """
    return speed_m_s * math.sqrt(stiffness_n_m * reduced_kg)


def allowed_m_s(limit_n: float, stiffness_n_m: float, reduced_kg: float) -> float:
    """Relative speed at which a blow reaches a limit, m/s: `impact_n` solved for the speed."""
    return limit_n / math.sqrt(stiffness_n_m * reduced_kg)


def moving_mass_kg(moving_kg: float, load_kg: float) -> float:
    """Effective mass of a robot, m_R = M / 2 + m_L, where nothing better is known (ISO/TS 15066, annex A)."""
    return 0.5 * moving_kg + load_kg
