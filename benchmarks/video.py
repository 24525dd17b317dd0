"""One cycle of a campaign to look at: as a film, or in a window."""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import mujoco
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.blame import blamed
from pilotline.envs.rendering import Painter, RenderError, camera_of, view_of
from pilotline.envs.safety.setup import Precautions
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.transition import Step
from pilotline.envs.world import CONTROL_PERIOD_S, build_world
from pilotline.policies import Policy

__all__ = ["RenderError", "Shown", "record_cycle", "show_cycle"]

_STILL_S = 1.0
"""The last picture stays this long, so that the verdict can be read."""
_MOST_FRAMES = 300
"""Longer films get fewer pictures per second: software needs a twentieth of a second for a small one."""
_INK, _GREEN, _RED = (24, 28, 34), (10, 110, 45), (180, 25, 15)
_ONLY = np.zeros(1, np.int64)


@dataclass(frozen=True)
class Shown:
    """Which cycle of which campaign is to be seen.

    Attributes:
      station, robot, actuators, policy: by name.
      seed, cycle: the campaign's seed and the number of the cycle.
      pack: disturbance pack that the cycle was drawn from.
      precautions: who is about, and who watches the drives.
    """

    station: str
    robot: str
    actuators: str
    policy: str
    seed: int
    cycle: int
    pack: str = "D0"
    precautions: Precautions | None = None


def record_cycle(shown: Shown, *, width: int, height: int, fps: int) -> bytes:
    """Run one cycle again and film it in real time, as MP4 (H.264, yuv420p).

    Args:
      width, height: pixels, even.
      fps: pictures per second of simulated time; fewer where the cycle is long.

    Raises:
      ValueError: an unknown name or an odd number of pixels.
      RenderError: OpenGL or the encoder does not work here; says what to install.
    """
    if width % 2 or height % 2:
        raise ValueError(f"a video of {width} x {height} pixels: both numbers must be even")
    stage = _Stage(shown)
    state = stage.batch.engine.batch.state
    shots = [(state[0].copy(), stage.caption(step)) for step in stage.play()]
    stride = max(round(1.0 / (fps * CONTROL_PERIOD_S)), math.ceil(len(shots) / _MOST_FRAMES))
    painter = Painter(stage.batch, width, height, fast=True)
    frames = []
    try:
        for taken, caption in [*shots[:-1:stride], shots[-1]]:
            state[0] = taken
            frames.append(_captioned(painter.paint(), caption))
    finally:
        painter.close()
    rate = 1.0 / (stride * CONTROL_PERIOD_S)
    return _encode(frames + frames[-1:] * math.ceil(_STILL_S * rate), rate)


def show_cycle(shown: Shown) -> None:
    """Play one cycle in MuJoCo's viewer, in real time; returns when the window is closed.

    Raises:
      ValueError: an unknown name.
      RenderError: no window can be opened.
    """
    import time

    from mujoco import viewer

    stage = _Stage(shown)
    source = stage.batch.engine.batch
    model, data = source.get_model(0), source.get_data(0)
    mujoco.mj_forward(model, data)
    try:
        window = viewer.launch_passive(model, data, show_left_ui=False, show_right_ui=False)
    except Exception as error:  # GLFW and the viewer raise several kinds
        raise RenderError(f"no window can be opened ({error}); is there a display?") from None
    with window:
        camera = camera_of(view_of(stage.batch), model)
        window.cam.type, window.cam.trackbodyid = camera.type, camera.trackbodyid
        window.cam.lookat[:] = camera.lookat
        window.cam.distance, window.cam.azimuth = camera.distance, camera.azimuth
        window.cam.elevation = camera.elevation
        due = time.monotonic()
        for _ in stage.play():
            if not window.is_running():
                return
            with window.lock():
                source.get_data(0, data)
                mujoco.mj_forward(model, data)
            window.sync()
            due += CONTROL_PERIOD_S
            time.sleep(max(due - time.monotonic(), 0.0))
        while window.is_running():
            time.sleep(0.1)


@dataclass(frozen=True)
class Caption:
    """Two lines on a picture, the second one in a colour of its own."""

    title: str
    line: str
    colour: tuple[int, int, int]


class _Stage:
    """One cycle with its policy, ready to be played once."""

    def __init__(self, shown: Shown) -> None:
        body = robots.load(shown.robot)
        station = stations.load(shown.station)
        world = build_world(station, body, shown.actuators, precautions=shown.precautions)
        self.policy: Policy = policies.load(shown.policy, shown.station, body, 1, shown.actuators)
        self.batch = StationBatch(world, 1, 1, self.policy.control, shown.pack)
        self._title = f"{world.station.card.title}, cycle {shown.cycle}"
        self.batch.begin(_ONLY, [cycle_seed(shown.seed, shown.station, shown.cycle)])
        self.policy.begin(_ONLY)

    def play(self) -> Iterator[Step | None]:
        """None for the start, then every control step up to the one that ends the cycle."""
        yield None
        obs = self.batch.observe()
        while True:
            step = self.batch.step(self.policy.act(obs))
            step = step._replace(verdict=blamed(step.verdict, self.policy))
            obs = step.obs
            yield step
            if step.verdict.done[0]:
                return

    def caption(self, step: Step | None) -> Caption:
        """Title, and time with what the policy is doing or the verdict."""
        time_s = f"{float(self.batch.elapsed_s()[0]):5.1f} s"
        if step is not None and step.verdict.done[0]:
            if step.verdict.success[0]:
                return Caption(self._title, f"{time_s}   good", _GREEN)
            faults = [name.replace("_", " ") for name, value in step.verdict.faults.items() if value[0]]
            return Caption(self._title, f"{time_s}   {', '.join(faults)}", _RED)
        if self.batch.stopped[0]:
            return Caption(self._title, f"{time_s}   protective stop", _RED)
        describe = getattr(self.policy, "describe", None)
        doing = describe(0) if callable(describe) else ""
        return Caption(self._title, f"{time_s}   {doing}".rstrip(), _INK)


def _captioned(picture: NDArray[np.uint8], caption: Caption) -> NDArray[np.uint8]:
    """The picture with a caption in its upper left corner."""
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    size = max(picture.shape[0] // 20, 10)
    font = ImageFont.load_default(size)
    for row, (text, colour) in enumerate(((caption.title, _INK), (caption.line, caption.colour))):
        draw.text((size, round((0.6 + 1.4 * row) * size)), text, font=font, fill=colour)
    return np.asarray(image)


def _encode(frames: list[NDArray[np.uint8]], rate: float) -> bytes:
    """MP4 of pictures (height, width, 3)."""
    height, width, _ = frames[0].shape
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycle.mp4"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
        command += [
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{width}x{height}",
            "-r",
            f"{rate:g}",
            "-i",
            "-",
        ]
        command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "26", "-preset", "medium"]
        command += ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1"]
        command += ["-movflags", "+faststart", str(path)]
        done = subprocess.run(command, input=np.stack(frames).tobytes(), capture_output=True)
        if done.returncode:
            reason = " ".join(done.stderr.decode(errors="replace").split())[:200]
            raise RenderError(f"the video encoder failed ({reason}); reinstall imageio-ffmpeg")
        return path.read_bytes()
