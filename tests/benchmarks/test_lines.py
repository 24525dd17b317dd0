"""Lines are released data: stations in order, buffers between them, a takt and a shift."""

import numpy as np
import pytest
from pydantic import ValidationError

from pilotline import robots
from pilotline.configs.lines import Line, LineError, load, names
from pilotline.envs import stations
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world

WHOLE = {
    "name": "pair",
    "version": 1,
    "title": "two stations",
    "stations": [{"station": "first", "buffer_after": 5}, {"station": "second"}],
    "takt_s": 60.0,
    "shift_h": 8.0,
    "source": "made up for this test",
}


CATALOGUE = {
    "logistics": (("tote_destack", "weld_fixture"), 84.0),
    "assembly": (("peg_gear", "screw"), 120.0),
    "tending": (("machine_tending", "device_test"), 60.0),
    "packaging": (("parcel_induction",), 30.0),
}
"""Lines L1 to L4 of the benchmark catalogue with the stations that are there; a cycle of D1 is five parcels of 6 s."""


def test_there_are_the_four_benchmark_lines():
    assert set(names()) == set(CATALOGUE)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_line_has_the_stations_and_the_takt_of_the_catalogue(name):
    line = load(name)
    assert line.id == f"{name}-v1"
    assert (line.station_names, line.takt_s) == CATALOGUE[name]
    assert line.shift_h == 8.0
    assert [place.buffer_after for place in line.stations] == [5] * (len(line.stations) - 1) + [None]


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_scraps_a_part_is_a_fault_of_the_station(name):
    for place in load(name).stations:
        station = stations.load(place.station)
        world = build_world(station, robots.load("wheeled"), "ideal", shells=False)
        batch = StationBatch(world, 1, 1)
        faults = batch.step(np.zeros((1, len(batch.control.names)))).verdict.faults
        assert set(place.scrap) <= set(faults), place.station


def test_an_unknown_line_names_the_lines_there_are():
    with pytest.raises(LineError, match=r"'bakery'.*" + ", ".join(names())):
        load("bakery")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"takt_s": 0}, "takt_s"),
        ({"takt_s": float("nan")}, "takt_s"),
        ({"shift_h": 25}, "shift_h"),
        ({"stations": []}, "stations"),
        ({"version": 0}, "version"),
        ({"colour": "red"}, "colour"),
        ({"stations": [{"station": "first"}, {"station": "second"}]}, "first has no buffer_after"),
        ({"stations": [{"station": "first", "buffer_after": 5}]}, "first is the last and has a buffer_after"),
        ({"stations": [{"station": "first", "buffer_after": -1}, {"station": "second"}]}, "buffer_after"),
    ],
)
def test_a_line_that_cannot_be_is_refused(change, named):
    with pytest.raises(ValidationError, match=named):
        Line.model_validate(WHOLE | change)
