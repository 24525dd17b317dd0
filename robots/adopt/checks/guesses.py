"""What the card had to guess."""

from __future__ import annotations

from pilotline.robots.adopt.checks.stage import Stage
from pilotline.robots.adopt.findings import Finding


def hands(stage: Stage) -> list[Finding]:
    """Arms that end in no hand."""
    arms = [side for side in ("right", "left") if stage.robot.groups[f"{side}_arm"]]
    bare = [side for side in arms if side not in stage.robot.hands]
    if not bare:
        return [Finding("ok", "hands", ", ".join(stage.robot.hands) or "no arms", "there", "a hand on every arm")]
    return [Finding("warning", "hands", side, "none", f"a hand; {side}_hand=gripper bolts one on") for side in bare]


def shells(stage: Stage) -> list[Finding]:
    """Bodies with a mass that touch nothing and show nothing."""
    model = stage.model
    dressed = {int(body) for body in model.geom_bodyid}
    bare = [model.body(n).name for n in range(1, model.nbody) if n not in dressed and model.body_mass[n] > 0.2]
    if not bare:
        return [Finding("ok", "geoms", f"{model.nbody - 1} bodies", "there", "geoms on every body over 0.2 kg")]
    return [
        Finding("warning", "geoms", name, "no geoms: nothing to see or touch", "a mesh or a shape") for name in bare
    ]
