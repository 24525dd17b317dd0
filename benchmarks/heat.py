"""The two-node heat path of motors: at which temperature an endless row of like cycles settles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotline.robots.actuators.figures import MotorFigures

Float = NDArray[np.float64]


class HeatPath(NamedTuple):
    """Winding to housing to ambient, of k joints, (k,) each."""

    winding_j_per_k: Float
    housing_j_per_k: Float
    winding_to_housing_k_per_w: Float
    housing_to_ambient_k_per_w: Float


def path_of(motors: Sequence[MotorFigures]) -> HeatPath:
    """Heat path of motors."""
    return HeatPath(*(np.array([getattr(motor, name) for motor in motors]) for name in HeatPath._fields))


def endless_rise(
    path: HeatPath, winding_k: Float, housing_k: Float, winding_ks: Float, housing_ks: Float, time_s: float
) -> tuple[Float, Float]:
    """Rise over ambient of winding and housing, (k,) each, once an endless row of such cycles has warmed them through.

    What the nodes got in a cycle follows from their balances, with F the heat that flowed from winding to housing:
    copper loss = C_w T_w + F and friction = C_h T_h - F + (integral of T_h) / R_ha. In the steady state the mean of
    both powers leaves through R_ha, and the copper's through R_wh before. Exact for powers that do not depend on
    temperature; copper loss in truth grows by 0.4 % per kelvin, and friction falls as grease warms.

    Args:
      winding_k, housing_k: rise at the end of a cycle that began without any, (k,).
      winding_ks, housing_ks: its integral over the cycle, K s, (k,).
      time_s: length of the cycle.
    """
    flow_j = (winding_ks - housing_ks) / path.winding_to_housing_k_per_w
    copper_w = (path.winding_j_per_k * winding_k + flow_j) / time_s
    friction_w = (path.housing_j_per_k * housing_k - flow_j + housing_ks / path.housing_to_ambient_k_per_w) / time_s
    housing = (copper_w + friction_w) * path.housing_to_ambient_k_per_w
    return housing + copper_w * path.winding_to_housing_k_per_w, housing
