"""The shaping function: 1 inside, 0.1 at the margin, falling on both sides, never out of [0, 1]."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.envs.tolerance import tolerance

span = st.floats(0.0, 5.0)
margin = st.floats(0.01, 5.0)


def value(x, lower, upper, width):
    return float(tolerance(np, np.array([x]), lower, upper, width)[0])


@given(st.floats(-5.0, 5.0), span, st.floats(0.0, 1.0), margin)
def test_inside_the_bounds_it_is_one(lower, width, share, margin):
    assert value(lower + share * width, lower, lower + width, margin) == pytest.approx(1.0)


@given(st.floats(-5.0, 5.0), span, margin)
def test_a_margin_outside_it_is_a_tenth_on_both_sides(lower, width, margin):
    for x in (lower - margin, lower + width + margin):
        assert value(x, lower, lower + width, margin) == pytest.approx(0.1, rel=1e-6)


@given(st.floats(0.0, 20.0), st.floats(0.0, 20.0), margin)
def test_farther_is_never_better(near, far, margin):
    near, far = sorted((near, far))
    assert 0.0 < value(far, 0.0, 0.0, margin) <= value(near, 0.0, 0.0, margin) <= 1.0
