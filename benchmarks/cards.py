"""Facts that a scorecard states, read from the cards of the line, its stations and the robot."""

from __future__ import annotations

from pilotline.benchmarks import released
from pilotline.benchmarks.facts import LineFacts, StationFacts
from pilotline.benchmarks.job import Job
from pilotline.configs import lines
from pilotline.envs.card import Figure, StationCard
from pilotline.envs.stations import load

_GUESSED = ("E", "G", "EST")
_BUFFER = 5
"""Places between stations that are no released line: as in the catalogue's flow model (E)."""


def line_of(job: Job) -> LineFacts:
    """The line of a job: a released one, or its stations in series with buffers of five.

    Raises:
      LineError, StationError, CardError: a name that does not exist or a card that cannot be used.
    """
    if job.line is not None:
        line = lines.load(job.line)
        return LineFacts(
            name=line.name,
            title=line.title,
            version=str(line.version),
            stations=tuple(station_facts(_on_line(line.name, load(name).card)) for name in line.station_names),
            takt_s=line.takt_s,
            buffers=tuple(place.buffer_after or 0 for place in line.stations[:-1]),
            sources=(line.source,),
            assumptions=_changes(line),
            card=line,
        )
    stations = tuple(station_facts(load(name).card) for name in job.stations)
    return LineFacts(
        name="+".join(job.stations),
        title=", then ".join(station.title for station in stations),
        version="unreleased",
        stations=stations,
        takt_s=max(station.tau_l_s for station in stations),
        buffers=(_BUFFER,) * (len(stations) - 1),
        assumptions=("Not a released line: its takt is that of its slowest station, buffers hold 5 parts (E).",),
    )


def _changes(line: lines.Line) -> tuple[str, ...]:
    """What must be said of a released line whose files are not those of the release."""
    files = released.changed(line)
    if not files:
        return ()
    return (f"NOT the released {line.id}: {', '.join(files)} changed. Its scores stand for themselves.",)


def _on_line(line: str, card: StationCard) -> StationCard:
    """The card of a station of a line; a task is none."""
    if card.kind == "task":
        raise lines.LineError(f"line {line}: {card.name} is a task, which no part passes through; allowed: stations")
    return card


def station_facts(card: StationCard) -> StationFacts:
    """What scoring needs of a station card."""
    figures = card.figures
    guessed = [_words(name) for name, figure in figures.items() if figure.mark in _GUESSED]
    return StationFacts(
        name=card.name,
        title=card.title,
        version=str(card.version),
        tau_h_s=card.tau_h_s,
        tau_l_s=card.tau_l_s,
        tau_s_s=card.tau_s_s,
        tau_machine_s=card.figure("tau_machine_s") if "tau_machine_s" in figures else None,
        fidelity=card.fidelity,
        limits=tuple(_limit(name, figure) for name, figure in figures.items() if _is_limit(name)),
        mass_bins_kg=_bins(figures.get("mass_bins_kg")),
        sources=tuple(dict.fromkeys(f"{figure.source} [{figure.mark}]" for figure in figures.values())),
        assumptions=(f"{card.title}: estimates (E) or general knowledge (G): {', '.join(guessed)}.",)
        if guessed
        else (),
    )


def _is_limit(name: str) -> bool:
    return bool({"limit", "tolerance"} & set(name.split("_")))


def _limit(name: str, figure: Figure) -> str:
    """A limit as a person reads it: `place tolerance 20 mm`."""
    values = figure.value if isinstance(figure.value, tuple) else (figure.value,)
    return f"{_words(name)} {' to '.join(f'{value:g}' for value in values)} {figure.unit}"


def _words(name: str) -> str:
    """A figure's name without its unit: `place_tolerance_mm` is `place tolerance`."""
    words = name.split("_")
    units = {"mm", "m", "kg", "g", "n", "s", "deg", "rad", "fraction"}
    return " ".join(words[:-1] if words[-1] in units and len(words) > 1 else words)


def _bins(figure: Figure | None) -> tuple[float, ...]:
    if figure is None:
        return ()
    return figure.value if isinstance(figure.value, tuple) else (figure.value,)
