"""The spec of a robot from its adapter card and its model, as the project's other robots have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco

from pilotline.robots.adapters.card import AdapterCard
from pilotline.robots.adapters.contacts import normalise
from pilotline.robots.adapters.ends import bolt_on, fit_own
from pilotline.robots.adapters.feet import fit_foot
from pilotline.robots.adapters.figures import Figures
from pilotline.robots.adapters.neutral import neutralise
from pilotline.robots.adapters.read import Model
from pilotline.robots.adapters.rules import SIDES
from pilotline.robots.adapters.strip import drop_visuals, strip
from pilotline.robots.build import add_camera, add_sensor, add_site
from pilotline.robots.builtin import dress_hand
from pilotline.robots.card import ROOT_JOINT
from pilotline.robots.handcard import HandCard


@dataclass(frozen=True)
class Recipe:
    """All that a spec is made of.

    Attributes:
      card, model: of the robot.
      figures: of every joint that the model keeps and that is in a group.
      worn: hands of ours, by side.
      own: sides with the model's own hand.
    """

    card: AdapterCard
    model: Model
    figures: Mapping[str, Figures]
    worn: Mapping[str, HandCard]
    own: tuple[str, ...]


def build_spec(recipe: Recipe, shells: bool) -> mujoco.MjSpec:
    """A fresh spec; `shells=False` leaves out geoms that touch nothing."""
    card, model = recipe.card, recipe.model
    spec = model.spec.copy()
    spec.modelname = card.name
    neutralise(spec, model.compiled)
    strip(spec)
    normalise(spec, model.compiled)
    _root(spec, card)
    for name, one in recipe.figures.items():
        if spec.joint(name) is not None:
            _drive(spec.joint(name), one)
    for side, foot in card.feet.items():
        fit_foot(spec, side, foot)
    add_site(spec.body(card.imu.link), "imu", card.imu)
    for kind in ("gyro", "acc", "quat"):
        add_sensor(spec, kind, "imu", f"imu_{kind}")
    for name, camera in card.cameras.items():
        add_camera(spec.body(camera.link), name, camera)
    for i, (first, second) in enumerate(card.exclude):
        spec.add_exclude(name=f"exclude_{i}", bodyname1=first, bodyname2=second)
    if not shells:
        drop_visuals(spec)
    for side in SIDES:
        if side in recipe.worn:
            flange = card.hands[side].flange
            assert flange is not None
            bolt_on(spec, side, flange, recipe.worn[side])
            if shells:
                dress_hand(spec, recipe.worn[side], side)
        elif side in recipe.own:
            own = card.hands[side].own
            assert own is not None
            fit_own(spec, side, own)
    return spec


def _root(spec: mujoco.MjSpec, card: AdapterCard) -> None:
    """Put the root at its height, free or fixed, whatever the file says of it."""
    body = spec.body(card.base.link)
    body.pos = (0.0, 0.0, card.base.height_m)
    for joint in list(body.joints):
        if joint.type == mujoco.mjtJoint.mjJNT_FREE:
            spec.delete(joint)
    if card.base.kind == "floating":
        body.add_freejoint(name=ROOT_JOINT)


def _drive(joint: mujoco.MjsJoint, one: Figures) -> None:
    """A joint with its drive's inertia and limit, and only the losses that stay with it."""
    joint.armature = one.joint.armature
    joint.damping = (one.damping, 0.0, 0.0)
    joint.frictionloss = one.friction
    joint.actfrclimited, joint.actfrcrange = True, (-one.joint.effort, one.joint.effort)
