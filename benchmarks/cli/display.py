"""Whether this machine can draw: a window, or pictures without one."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys

_PROBE = """
import mujoco
renderer = mujoco.Renderer(mujoco.MjModel.from_xml_string("<mujoco/>"), 8, 8)
renderer.update_scene(mujoco.MjData(renderer.model))
renderer.render()
"""


def has_window() -> bool:
    """Whether a window can be opened."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def choose_backend() -> None:
    """Tell MuJoCo how to draw without a window; takes effect only before `mujoco` is imported.

    Respects MUJOCO_GL. Left alone where neither EGL nor OSMesa is installed: naming a backend that is not
    there would make `import mujoco` itself fail.
    """
    if os.environ.get("MUJOCO_GL") or has_window() or sys.platform != "linux":
        return
    for backend, library in (("egl", "EGL"), ("osmesa", "OSMesa")):
        if ctypes.util.find_library(library):
            os.environ["MUJOCO_GL"] = backend
            return


def why_not_drawing() -> str | None:
    """Why pictures cannot be made here, in a few words; None where they can.

    Tried in a process of its own, because a broken OpenGL driver may end the process that loads it.
    """
    choose_backend()
    try:
        probe = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "OpenGL does not answer"
    if probe.returncode == 0:
        return None
    lines = probe.stderr.strip().splitlines()
    reason = lines[-1].strip() if lines else f"the trial ended with status {probe.returncode}"
    return f"no working OpenGL ({reason[:120]})"
