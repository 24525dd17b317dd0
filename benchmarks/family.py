"""Picture of the built-in robots side by side: `python -m pilotline.benchmarks.family docs/images/family.png`."""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pilotline.benchmarks.cli.display import choose_backend

choose_backend()  # before mujoco is imported

import mujoco  # noqa: E402
from PIL import Image  # noqa: E402

from pilotline import robots  # noqa: E402
from pilotline.benchmarks.canonical import write_atomically  # noqa: E402
from pilotline.envs.rendering import View, camera_of  # noqa: E402
from pilotline.robots import Robot  # noqa: E402

WIDTH, HEIGHT = 1280, 700
OVERSAMPLING = 2
SKY = (0.83, 0.85, 0.87)
VIEW = View(lookat=(0.1, 0.0, 0.79), distance=2.75, azimuth=174.0, elevation=-7.0)


@dataclass(frozen=True)
class Figure:
    """A robot in the picture: its text, where it stands (m), how far it is turned (rad), and its pose."""

    robot: str
    at_m: tuple[float, float]
    yaw_rad: float
    pose: Mapping[str, float]


FIGURES = (
    Figure(
        "wheeled",
        (-0.05, -1.0),
        0.30,
        {
            "left_arm_0": -0.35,
            "left_arm_1": 0.35,
            "left_arm_3": -1.7,
            "right_arm_0": -0.1,
            "head_0": -0.2,
            "torso_5": -0.1,
        },
    ),
    Figure(
        "biped hands=five_finger",
        (0.12, 0.0),
        0.06,
        {
            "right_shoulder_pitch": -0.55,
            "right_shoulder_roll": -0.25,
            "right_elbow": -1.55,
            "left_shoulder_pitch": 0.15,
            "left_elbow": -0.75,
            "left_shoulder_roll": 0.22,
            "waist_yaw": -0.12,
            "head_yaw": 0.1,
            "head_pitch": 0.05,
        },
    ),
    Figure(
        "fixed right_hand=five_finger",
        (-0.05, 1.0),
        -0.30,
        {
            "right_arm_0": -0.35,
            "right_arm_1": -0.35,
            "right_arm_3": -1.7,
            "left_arm_0": -0.1,
            "head_0": 0.2,
            "torso_5": 0.1,
        },
    ),
)


def picture(figures: tuple[Figure, ...] = FIGURES) -> Image.Image:
    """The figures on a plain floor, WIDTH by HEIGHT pixels."""
    spec, named = _stage(figures)
    model = spec.compile()
    data = mujoco.MjData(model)
    for prefix, robot, figure in named:
        for joint, value in {**robot.home, **figure.pose}.items():
            data.joint(prefix + joint).qpos[0] = value
    mujoco.mj_forward(model, data)
    with mujoco.Renderer(model, OVERSAMPLING * HEIGHT, OVERSAMPLING * WIDTH) as renderer:
        renderer.update_scene(data, camera_of(VIEW))
        large = Image.fromarray(renderer.render())
    return large.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def _stage(figures: tuple[Figure, ...]) -> tuple[mujoco.MjSpec, list[tuple[str, Robot, Figure]]]:
    """A lit floor with the robots on it, and what each one's names begin with."""
    spec = mujoco.MjSpec()
    buffer, quality, headlight = spec.visual.global_, spec.visual.quality, spec.visual.headlight
    buffer.offwidth, buffer.offheight = OVERSAMPLING * WIDTH, OVERSAMPLING * HEIGHT
    quality.shadowsize, quality.offsamples = 8192, 4
    headlight.ambient, headlight.diffuse, headlight.specular = (0.36,) * 3, (0.16,) * 3, (0.05,) * 3
    spec.visual.rgba.haze = (*SKY, 1.0)
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=SKY,
        rgb2=SKY,
        width=16,
        height=96,
    )
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=(0, 0, 0.1), rgba=(0.74, 0.76, 0.78, 1))
    sun, fill = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, (0.16, 0.17, 0.19)
    spec.worldbody.add_light(type=sun, pos=(2, -2, 4), dir=(-0.5, 0.45, -0.85), diffuse=(0.56,) * 3)
    spec.worldbody.add_light(type=sun, pos=(2, 3, 3), dir=(-0.5, -0.6, -0.5), diffuse=fill, castshadow=False)
    named = []
    for number, figure in enumerate(figures):
        robot, prefix = robots.load(figure.robot), f"r{number}_"
        half = 0.5 * figure.yaw_rad
        frame = spec.worldbody.add_frame(pos=(*figure.at_m, 0.0), quat=(math.cos(half), 0.0, 0.0, math.sin(half)))
        frame.attach_body(_still(robot), prefix, "")
        named.append((prefix, robot, figure))
    return spec, named


def _still(robot: Robot) -> mujoco.MjsBody:
    """The root of a fresh robot that cannot move in the world."""
    spec = robot.spec()
    root = spec.body(robot.root)
    for joint in list(root.joints):
        spec.delete(joint)
    return root


def main(arguments: list[str]) -> int:
    """Write the picture to the path in `arguments`; the exit status."""
    if len(arguments) != 1:
        print("usage: python -m pilotline.benchmarks.family FILE.png", file=sys.stderr)
        return 2
    out = io.BytesIO()
    picture().save(out, format="PNG", optimize=True)
    write_atomically(Path(arguments[0]), out.getvalue())
    print(f"{arguments[0]}: {len(out.getvalue()) / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
