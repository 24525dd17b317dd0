"""Logs that can teach nothing, or whose units are not SI, are refused with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.identify import IdentifyError
from pilotline.benchmarks.identify.plausible import check


@pytest.fixture(scope="module")
def log(servo, logs):
    return logs(servo("m1"), 0)[0].log


def with_channels(log, **changed):
    return replace(log, channels={**log.channels, **changed})


def scaled(log, factor, *names):
    return with_channels(log, **{name: factor * log.channels[name] for name in names})


def test_a_good_log_is_taken(log, servo):
    check(log, servo("m1"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda log: log.rows(slice(0, 150)), "0.745 s in 150 rows is too short"),
        (lambda log: replace(log, t=1000.0 * log.t), "a row every 5 s; at most 0.05 s; milliseconds?"),
        (lambda log: replace(log, t=20.0 * log.t), "a row every 0.1 s; at most 0.05 s"),
        (lambda log: with_channels(log, position=0.0 * log.t + 0.3), "stays within 0 rad"),
        (lambda log: with_channels(log, current=0.0 * log.t + 0.3), "current: is 0.3 throughout"),
        (lambda log: scaled(log, 180 / np.pi, "position", "velocity"), "it looks like degrees"),
        (lambda log: replace(log, command=log.command * 180 / np.pi), "command: reaches"),
        (lambda log: scaled(log, 180 / np.pi, "velocity"), "degrees per second against radians"),
        (lambda log: scaled(log, 30 / np.pi, "velocity"), "revolutions per minute"),
        (lambda log: scaled(log, 1000.0, "current"), "the drive mx-64-m1 has at most"),
    ],
)
def test_a_log_that_is_not_one_is_refused(log, servo, spoil, said):
    with pytest.raises(IdentifyError) as raised:
        check(spoil(log), servo("m1"))
    assert said in str(raised.value)
    assert str(raised.value).startswith(log.name)
