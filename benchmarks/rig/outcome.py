"""What a measurement is given and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from pilotline.benchmarks.rig.bench import Tier
from pilotline.benchmarks.rig.published import Published
from pilotline.robots.actuators.figures import GearFigures, JointFigures

ARCMIN = 3.141592653589793 / (180.0 * 60.0)
"""One minute of arc, rad."""

RPM = 3.141592653589793 / 30.0
"""One turn per minute, rad/s."""


@dataclass(frozen=True)
class Specimen:
    """The joint actuator on the bench.

    Attributes:
      figures: complete, as its laws take them.
      published: where they come from, and figures that only a catalogue has.
      tier: which model of it stands on the bench.
      temperature_c: of the climate chamber.
    """

    figures: JointFigures
    published: Published
    tier: Tier
    temperature_c: float

    @property
    def gear(self) -> GearFigures:
        """Figures of the gear."""
        return self.figures.gear


@dataclass(frozen=True)
class Row:
    """One figure: what the bench measured and what it should be.

    Attributes:
      figure: in words.
      value: measured.
      unit: of value and expected.
      expected: figure of the catalogue, of a rule or of a closed form; None where there is none.
      origin: of the expected value: an evidence mark of the sheet (V, D, M, K, E), `rule (MARK)` for a figure the
        sheet does not have, or `closed form`.
      tolerance: allowed deviation; None for a row that only tells.
      relative: the deviation is a share of the expected value, else it is in `unit`.
    """

    figure: str
    value: float
    unit: str
    expected: float | None = None
    origin: str = ""
    tolerance: float | None = None
    relative: bool = True

    @property
    def deviation(self) -> float | None:
        """Of value from expected; None without one, or relative to zero."""
        if self.expected is None or (self.relative and self.expected == 0.0):
            return None
        difference = self.value - self.expected
        return difference / abs(self.expected) if self.relative else difference

    @property
    def ok(self) -> bool | None:
        """Whether the deviation is allowed; None where nothing says so."""
        if self.tolerance is None or self.deviation is None:
            return None
        return bool(abs(self.deviation) <= self.tolerance)


@dataclass(frozen=True)
class Outcome:
    """What a measurement found.

    Attributes:
      rows: figures.
      curves: what the chart shows; a dataclass of the measurement.
      notes: remarks, a sentence each.
    """

    rows: tuple[Row, ...]
    curves: Any
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measurement:
    """A measurement the bench can run.

    Attributes:
      name: on the command line and in files.
      title: of the chart.
      run: does it.
      draw: the chart of its curves.
      tiers: models of the joint it has a meaning for.
      kinds: kinds of gear it has a meaning for.
      why_not: said where it has none.
    """

    name: str
    title: str
    run: Callable[[Specimen], Outcome]
    draw: Callable[[Specimen, Any], Figure]
    tiers: tuple[Tier, ...] = ("twin", "harmonic")
    kinds: tuple[str, ...] = ("harmonic", "planetary", "direct", "identified")
    why_not: str = ""
