"""How far an arm reaches from its shoulder."""

from __future__ import annotations

import numpy as np

from pilotline.benchmarks.robot_report.arm import Arm
from pilotline.benchmarks.robot_report.facts import Reach

DRAWS = 20_000
KEPT = 20
STEPS = 60
SEED = 20260401


def reach(arm: Arm) -> Reach:
    """Length of the links, and the farthest tool point found: random joint positions, the best of them improved."""
    rest = arm.poses(arm.rest[None])
    way = np.concatenate([rest.anchors[0], rest.place])
    links = float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())
    rng = np.random.default_rng(SEED)
    q = arm.low + (arm.high - arm.low) * rng.random((DRAWS, len(arm.joints)))
    far = np.linalg.norm(arm.poses(q).place - arm.shoulder, axis=1)
    q, far = q[np.argsort(-far, kind="stable")[:KEPT]], np.sort(far)[::-1][:KEPT]
    spread = 0.2
    for _ in range(STEPS):
        tried = np.clip(q + spread * rng.standard_normal(q.shape), arm.low, arm.high)
        better = np.linalg.norm(arm.poses(tried).place - arm.shoulder, axis=1)
        q = np.where((better > far)[:, None], tried, q)
        far = np.maximum(far, better)
        spread *= 0.93
    return Reach(
        side=arm.side,
        shoulder_m=tuple((np.round(arm.shoulder, 4) + 0.0).tolist()),
        links_m=round(links, 4),
        farthest_m=round(float(far.max()), 4),
        tip=arm.tip.what,
    )
