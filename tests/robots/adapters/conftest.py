"""A tiny biped as a model file, which tests spoil in one place each, and the real files where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotline.robots import Robot
from pilotline.robots.adapters.make import robot_of

MODEL = """<mujoco model="tiny">
  <compiler angle="radian" autolimits="true"/>
  <worldbody>
    <light pos="0 0 3"/>
    <body name="pelvis" pos="0.3 0 1">
      <freejoint/>
      <site name="imu" quat="0 1 0 0"/>
      <camera name="front"/>
      <geom name="hips" type="box" size="0.1 0.1 0.1" mass="6"/>
      <body name="right_leg" pos="0 -0.1 -0.1">
        <joint name="right_hip" axis="0 1 0" range="-1 1" damping="0.5" frictionloss="0.2" armature="0.01"/>
        <geom type="capsule" size="0.03" fromto="0 0 -0.05 0 0 -0.35" mass="2"/>
        <geom name="right_sole_box" type="box" size="0.1 0.04 0.01" pos="0.03 0 -0.39" mass="0.5" group="3"/>
      </body>
      <body name="left_leg" pos="0 0.1 -0.1">
        <joint name="left_hip" axis="0 1 0" range="-1 1" damping="0.5" frictionloss="0.2" armature="0.01"/>
        <geom type="capsule" size="0.03" fromto="0 0 -0.05 0 0 -0.35" mass="2"/>
        <geom name="left_sole_box" type="box" size="0.1 0.04 0.01" pos="0.03 0 -0.39" mass="0.5" group="3"/>
      </body>
      <body name="right_arm" pos="0 -0.2 0.1">
        <joint name="right_shoulder" axis="0 1 0" range="-2 2"/>
        <geom type="capsule" size="0.02" fromto="0 0 0 0.2 0 0" mass="1"/>
        <body name="right_finger" pos="0.22 0 0">
          <joint name="right_grip" axis="0 0 1" range="0 1"/>
          <geom type="box" size="0.03 0.005 0.01" pos="0.03 0 0" mass="0.05"/>
        </body>
        <body name="right_thumb" pos="0.22 0.03 0">
          <joint name="right_grip_across" axis="0 0 1" range="-1 0"/>
          <geom type="box" size="0.03 0.005 0.01" pos="0.03 0 0" mass="0.05"/>
        </body>
      </body>
    </body>
  </worldbody>
  <equality>
    <joint joint1="right_grip_across" joint2="right_grip" polycoef="0 -1 0 0 0"/>
  </equality>
  <actuator>
    <position name="a" joint="right_hip" kp="100" forcerange="-40 40" ctrlrange="-0.5 0.5"/>
    <motor name="b" joint="left_hip" gear="20" ctrlrange="-2 2"/>
    <position name="c" joint="right_shoulder" kp="20" forcerange="-10 10"/>
    <position name="d" joint="right_grip" kp="5" forcerange="-1 1"/>
  </actuator>
  <keyframe>
    <key name="home" qpos="0 0 0.2 1 0 0 0 0.5 0.5 0 0 0" ctrl="9 9 9 9"/>
  </keyframe>
</mujoco>
"""

CARD = """schema: pilotline/adapter/1
name: tiny
title: A tiny biped with one arm
sources: {model: tiny.xml, estimate: estimate}
model: {file: tiny.xml}
base: {kind: floating, link: pelvis, height_m: 0.5, source: model, mark: D}
groups:
  right_leg: [right_hip]
  left_leg: [left_hip]
  right_arm: [right_shoulder]
  right_hand: [right_grip, right_grip_across]
home: {right_shoulder: 0.4, right_grip: 0.6}
joints:
  "*": {rated_nm: 5.0, speed_rad_s: 6.0, source: estimate, mark: E}
hands:
  right:
    own:
      palm: right_arm
      wrist_offset_m: [0.2, 0.0, 0.0]
      tcp_offset_m: [0.25, 0.0, 0.0]
      approach_axis: [1.0, 0.0, 0.0]
      opening_axis: [0.0, 1.0, 0.0]
      closed: {right_grip: 1.0}
      opened: {right_grip: 0.0}
      opening_max_m: 0.03
      force_max_n: 10.0
      frequency_hz: 5.0
      source: model
      mark: D
    flange: {link: right_arm, offset_m: [0.2, 0.0, 0.0], rpy_rad: [0.0, -1.5708, 0.0],
      remove_links: [right_finger, right_thumb], source: model, mark: D}
feet:
  right: {link: right_leg, sole_centre_m: [0.03, 0.0, -0.4], sole_half_m: [0.1, 0.04], source: model, mark: V}
  left: {link: left_leg, sole_centre_m: [0.03, 0.0, -0.4], sole_half_m: [0.1, 0.04], source: model, mark: V}
imu: {link: pelvis, offset_m: [0.0, 0.0, 0.05], source: model, mark: V}
cameras:
  head: {link: pelvis, offset_m: [0.1, 0.0, 0.1], fovy_deg: 60.0, source: estimate, mark: E}
servo:
  frequency_hz: {right_leg: 2.0, left_leg: 2.0, right_arm: 8.0}
  damping_ratio: 1.0
  source: estimate
  mark: E
"""

Changes = tuple[tuple[str, str], ...]


def changed(text: str, changes: Changes) -> str:
    """The text with each first part replaced by the second; every one must be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """Writes the tiny model and its card, changed here and there; the path of the card."""

    def write(model: Changes = (), card: Changes = ()) -> Path:
        (tmp_path / "tiny.xml").write_text(changed(MODEL, model), encoding="utf-8")
        path = tmp_path / "tiny.adapter.yaml"
        path.write_text(changed(CARD, card), encoding="utf-8")
        return path

    return write


@pytest.fixture
def load_tiny(tiny: Callable[..., Path]) -> Callable[..., Robot]:
    """The robot of the tiny model."""
    return lambda model=(), card=(): robot_of(tiny(model, card))


@pytest.fixture
def menagerie() -> Path:
    """Folder of MuJoCo Menagerie's robots; skips where there is none."""
    root = os.environ.get("MENAGERIE_ROOT", "")
    if not root:
        pytest.skip("MENAGERIE_ROOT names no checkout of mujoco_menagerie")
    return Path(root)
