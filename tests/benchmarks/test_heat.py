"""The end temperature of an endless shift against the differential equation of the two-node heat path."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from pilotline.benchmarks.heat import HeatPath, endless_rise

positive = st.floats(0.2, 20.0)
capacity = st.floats(5.0, 2000.0)
power = st.floats(0.0, 100.0)


@given(capacity, capacity, positive, positive, power, power, st.floats(1.0, 100.0))
def test_a_cycle_tells_where_its_own_powers_lead(
    c_winding: float, c_housing: float, inner: float, outer: float, copper_w: float, friction_w: float, time_s: float
) -> None:
    """Exact solution of C dT/dt = P - flows from zero: the state after the cycle and its integral."""
    matrix = np.array([[-1 / inner, 1 / inner], [1 / inner, -1 / inner - 1 / outer]]) / np.array(
        [[c_winding], [c_housing]]
    )
    source = np.array([copper_w / c_winding, friction_w / c_housing])
    whole = np.zeros((5, 5))
    whole[:2, :2], whole[:2, 4], whole[2:4, :2] = matrix, source, np.eye(2)
    end = expm(whole * time_s)[:4, 4]
    path = HeatPath(*(np.array([value]) for value in (c_winding, c_housing, inner, outer)))
    winding, housing = endless_rise(path, end[0:1], end[1:2], end[2:3], end[3:4], time_s)
    assert housing[0] == pytest.approx((copper_w + friction_w) * outer, rel=1e-6, abs=1e-6)
    assert winding[0] == pytest.approx((copper_w + friction_w) * outer + copper_w * inner, rel=1e-6, abs=1e-6)
