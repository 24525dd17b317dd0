"""Lines are released data: stations in order, buffers between them, a takt and a shift."""

import pytest
from pydantic import ValidationError

from pilotline.envs.line.card import Line, LineError, load, names

WHOLE = {
    "name": "pair",
    "version": 1,
    "title": "two stations",
    "stations": [{"station": "first", "buffer_after": 5}, {"station": "second"}],
    "takt_s": 60.0,
    "shift_h": 8.0,
    "source": "made up for this test",
}


def test_logistics_runs_totes_at_the_takt_of_the_catalogue():
    line = load("logistics")
    assert line.id == "logistics-v1"
    assert line.station_names == ("tote_destack",)
    assert (line.takt_s, line.shift_h) == (84.0, 8.0)


def test_demo_has_a_buffer_between_its_two_stations():
    line = load("demo")
    assert line.station_names == ("tote_destack", "device_test")
    assert [place.buffer_after for place in line.stations] == [5, None]


def test_an_unknown_line_names_the_lines_there_are():
    with pytest.raises(LineError, match=r"'assembly'.*" + ", ".join(names())):
        load("assembly")


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
