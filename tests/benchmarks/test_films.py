"""Films: a good cycle, then one of each frequent failure, few enough for a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from pilotline.benchmarks import films
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.scorecard import build


@pytest.fixture(scope="module")
def failing(ask: Callable[..., Job], scored: Callable[[Job], Scorecard]) -> Callable[..., Scorecard]:
    """A card of totes whose cycles have the faults given, by number; loads of cycles beyond 90 are too heavy."""
    card = scored(ask(cycles=100))

    def build_with(faults: dict[int, tuple[str, ...]]) -> Scorecard:
        rows = [
            dataclasses.replace(
                row,
                success=row.cycle not in faults,
                faults=tuple(sorted(faults.get(row.cycle, ()))),
                within_payload=row.cycle < 90,
            )
            for row in card.body.rows
        ]
        return build(ask(cycles=100), card.body.line, card.body.robot, rows, card.header)

    return build_with


def test_the_first_cycle_of_each_class_most_frequent_first(failing: Callable[..., Scorecard]) -> None:
    card = failing({0: ("drop",), 2: ("fall",), 3: ("fall",), 91: ("slip",), 92: ("slip",), 93: ("slip",)})
    chosen = films.choose(card.body)
    assert [(film.fault, film.row.cycle) for film in chosen] == [(None, 1), ("fall", 2), ("drop", 0), ("slip", 91)]
    assert chosen[1].title == "Fall at Tote destack to conveyor"


def test_a_cycle_of_two_faults_is_filmed_once(failing: Callable[..., Scorecard]) -> None:
    both = ("drop", "fall")
    card = failing({5: both, 6: ("drop",), 7: both})
    assert [(film.fault, film.row.cycle) for film in films.choose(card.body)[1:]] == [("drop", 5), ("fall", 7)]
    assert [film.fault for film in films.choose(failing({5: both}).body)] == [None, "drop"]


def test_there_are_at_most_so_many(failing: Callable[..., Scorecard]) -> None:
    card = failing({k: (f"fault_{k}",) for k in range(20)})
    assert len(films.choose(card.body)) == 1 + films.MOST_FAILURES


def test_without_a_failure_or_without_a_good_cycle_there_is_nothing_to_film_of_it(
    failing: Callable[..., Scorecard],
) -> None:
    assert [film.fault for film in films.choose(failing({}).body)] == [None]
    assert [film.fault for film in films.choose(failing(dict.fromkeys(range(100), ("drop",))).body)] == ["drop"]
