"""What touches at home: the robot itself should not, its soles should lie flat on the floor."""

from __future__ import annotations

import numpy as np

from pilotline.robots.adopt.checks.stage import Stage
from pilotline.robots.adopt.findings import Finding, verdict
from pilotline.robots.adopt.overlaps import overlaps
from pilotline.robots.adopt.points import points_of
from pilotline.robots.support import margin_m

DEEP_M = 0.01
"""A deeper overlap presses the robot out of its home pose."""
FLAT_RAD = np.radians(3.0)
FLOOR_M = 0.003


def self_collision(stage: Stage) -> list[Finding]:
    """Pairs of bodies that overlap at home, the deepest of each."""
    found = [
        Finding(
            "error" if depth > DEEP_M else "warning", "self-collision", f"{a}, {b}", f"{1e3 * depth:.1f} mm deep", "0"
        )
        for (a, b), depth in overlaps(stage.model, stage.data).items()
    ]
    return verdict(found, "self-collision", "home pose", "no overlap")


def feet(stage: Stage) -> list[Finding]:
    """Soles level, on the floor, pointing ahead, with the centre of mass above them."""
    found = []
    for side, foot in stage.robot.feet.items():
        site = stage.data.site(foot.sole_site)
        frame = site.xmat.reshape(3, 3)
        tilt = float(np.arccos(np.clip(frame[2, 2], -1.0, 1.0)))
        thing = f"{side} sole"
        if tilt > FLAT_RAD:
            found.append(Finding("error", "feet", thing, f"{np.degrees(tilt):.1f} deg off level", "at most 3 deg"))
        if abs(float(site.xpos[2])) > FLOOR_M:
            found.append(
                Finding("warning", "feet", thing, f"{1e3 * site.xpos[2]:.1f} mm above the floor", "within 3 mm")
            )
        body = stage.model.body(foot.body).id
        points = points_of(stage.model, stage.data, (body,))
        if len(points):
            low = float(points[:, 2].min())
            if abs(low) > FLOOR_M:
                found.append(Finding("warning", "feet", foot.body, f"lowest at {1e3 * low:.1f} mm", "within 3 mm of 0"))
        ankle = stage.data.site(foot.ankle_site).xpos
        ahead = float((site.xpos - ankle) @ frame[:, 0])
        if ahead < -foot.half_m[0] / 2.0:
            found.append(Finding("warning", "feet", thing, "longer behind the ankle than ahead", "toes at +x"))
    if stage.robot.feet:
        found += _balance(stage)
    return verdict(found, "feet", "both" if stage.robot.feet else "none", "flat on the floor under the centre of mass")


def _balance(stage: Stage) -> list[Finding]:
    margin = margin_m(stage.robot, stage.data)
    if margin >= 0.0:
        return []
    return [Finding("error", "feet", "centre of mass", f"{-1e3 * margin:.0f} mm outside the soles", "inside")]
