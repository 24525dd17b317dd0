"""Joint actuators on the bench; each measurement is made once and read by many tests."""

from functools import cache

import pytest

from pilotline.benchmarks.rig import suite


@cache
def outcome(drive, name, tier="twin"):
    """What a measurement finds on a drive at 20 C."""
    return suite.run(suite.specimen(drive, tier, 20.0), [name]).outcomes[name]


@pytest.fixture(scope="session")
def measured():
    """(drive, measurement, tier) -> Outcome."""
    return outcome


@pytest.fixture(scope="session")
def figure():
    """(drive, measurement, beginning of a figure's name, tier) -> value of that row."""

    def find(drive, name, words, tier="twin"):
        (row,) = [row for row in outcome(drive, name, tier).rows if row.figure.startswith(words)]
        return row.value

    return find
