"""Names under which the safety of a cycle stands among the metrics of its row."""

from __future__ import annotations

from pilotline.envs.safety.regions import body

NEAR_FALLS = "near_falls"
CRITICAL = "critical_events"
CONTACTS = "person_contacts"
EXCEEDANCES = "person_exceedances"
BREACHES = "keep_out_breaches"
FAST_BREACHES = "keep_out_fast"
PROTECTIVE = "protective_stops"
EMERGENCY = "emergency_stops"
RESTARTS = "unsafe_restarts"
SEPARATION = "least_separation_m"
STOPPED = "stops_to_rest"
STOP_TIME = "stop_time_s"
STOP_WAY = "stop_distance_m"
KINDS = ("position", "speed", "torque", "separation")
"""Kinds of limits that the supervisor holds."""


def force(region: str) -> str:
    """Largest force on a region of a person in the cycle, N."""
    return f"person_{region}_n"


def interventions(kind: str) -> str:
    """How often the supervisor held a limit of a kind."""
    return f"interventions_{kind}"


REGIONS = tuple(body().regions)
