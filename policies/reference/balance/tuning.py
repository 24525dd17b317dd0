"""Gains of the balance controller, the same for every robot."""

from __future__ import annotations

from typing import NamedTuple


class Tuning(NamedTuple):
    """Gains; estimates, found by trial on the simulated G1.

    Attributes:
      capture_gain: 1/s, at which the capture point comes back.
      height_hz, turn_hz, yaw_hz, swing_hz: stiffness of height, level, heading and lifted foot, all damped critically.
      sink_m_s2: largest downward acceleration. lookahead_s: how far ahead the legs' reach is looked at.
      plan_x, plan_y: shares of the soles that planning counts on; use_x, use_y: that the centre of pressure may use.
      upright: see `wrench.share_out`. friction: of the floor, relied on; grip: share of it left for twisting.
      trigger_m: a capture point nearer than this to the edge of the support asks for a step.
      settle_s: no new step sooner than this after a landing.
      aim: share of half a sole by which a step may miss the capture point. spare_m: by how much it goes wider.
      lift_m: of a stepping foot. drop_m_s: its speed downwards where the floor comes late. lock_s: before the landing
      its place is settled. speed_m_s: mean, of a step's foot.
      side_push_m_s: sideways jump of the whole body that the usual stance shall bear without a step.
      feel_per_s: 1/s, at which the pressure under the feet corrects the centre of mass.
      calm_s: quiet time before walking home. sway_hz: pace of leaning on one foot then.
    """

    capture_gain: float = 3.0
    height_hz: float = 2.0
    turn_hz: float = 1.1
    yaw_hz: float = 0.8
    swing_hz: float = 4.0
    sink_m_s2: float = 2.5
    lookahead_s: float = 0.1
    plan_x: float = 0.88
    plan_y: float = 0.57
    use_x: float = 0.72
    use_y: float = 0.49
    upright: float = 0.7
    friction: float = 0.5
    grip: float = 0.5
    trigger_m: float = 0.012
    settle_s: float = 0.05
    aim: float = 0.3
    spare_m: float = 0.06
    lift_m: float = 0.05
    drop_m_s: float = 0.3
    lock_s: float = 0.04
    speed_m_s: float = 1.6
    side_push_m_s: float = 0.6
    feel_per_s: float = 1.5
    calm_s: float = 0.6
    sway_hz: float = 0.75
