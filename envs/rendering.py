"""Pictures of one simulation of a batch, with its own sizes and masses, drawn by MuJoCo's OpenGL renderer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.envs.station_batch import StationBatch

_WIDER = 1.5
"""How much further away the camera is where a person crosses the cell."""


class RenderError(RuntimeError):
    """Pictures cannot be drawn here; one line with the reason and what to install."""


@dataclass(frozen=True)
class View:
    """Where the camera is: it looks at a point from a distance.

    Attributes:
      lookat: m, in the world.
      distance: m.
      azimuth: deg, 90 looks along +y.
      elevation: deg, negative looks down.
      body: the camera follows it, `lookat` is where it begins; None for a camera that stays.
    """

    lookat: tuple[float, float, float] = (0.1, 0.0, 0.7)
    distance: float = 3.9
    azimuth: float = 145.0
    elevation: float = -22.0
    body: str | None = None


def view_of(batch: StationBatch) -> View:
    """The station's own view where it has one (`view()`), else from three quarters ahead; wider where people walk."""
    own = getattr(batch.station, "view", None)
    view: View = own() if callable(own) else View()
    safety = batch.world.safety
    if safety is None or safety.asked.people == "none":
        return view
    return replace(view, distance=_WIDER * view.distance)


def camera_of(view: View, model: mujoco.MjModel | None = None) -> mujoco.MjvCamera:
    """A camera at a view; it follows the view's body in a model that is given."""
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    if view.body is not None and model is not None:
        camera.type = mujoco.mjtCamera.mjCAMERA_TRACKING
        camera.trackbodyid = model.body(view.body).id
    camera.lookat[:] = view.lookat
    camera.distance, camera.azimuth, camera.elevation = view.distance, view.azimuth, view.elevation
    return camera


class Painter:
    """Draws simulations of a batch.

    Args:
      batch: whose simulations.
      width, height: pixels.
      fast: no reflections, no smoothing of edges and plainer shadows: a third of the time in software.
      view: where from, by default the station's own view.

    Raises:
      RenderError: OpenGL does not work here.
    """

    def __init__(
        self, batch: StationBatch, width: int, height: int, fast: bool = False, view: View | None = None
    ) -> None:
        self._batch = batch.engine.batch
        self._model = self._batch.get_model(0)
        self._data = mujoco.MjData(self._model)
        self._camera = camera_of(view or view_of(batch), self._model)
        quality, buffer = self._model.vis.quality, self._model.vis.global_
        buffer.offwidth, buffer.offheight = width, height
        if fast:
            quality.offsamples, quality.shadowsize = 0, 2048
        try:
            self._renderer = mujoco.Renderer(self._model, height, width)
        except Exception as error:  # the backends raise whatever their library does
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise RenderError(
                f"no working OpenGL ({reason}); on Debian, libegl1 and libgl1-mesa-dri draw without a screen "
                "when MUJOCO_GL=egl is set before mujoco is imported"
            ) from None

        self._renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = not fast

    def paint(self, slot: int = 0) -> NDArray[np.uint8]:
        """The simulation `slot` as it is now, (height, width, 3)."""
        self._batch.get_model(slot, self._model)
        self._batch.get_data(slot, self._data)
        mujoco.mj_kinematics(self._model, self._data)
        mujoco.mj_comPos(self._model, self._data)
        mujoco.mj_camlight(self._model, self._data)
        mujoco.mj_flex(self._model, self._data)
        mujoco.mj_tendon(self._model, self._data)
        self._renderer.update_scene(self._data, self._camera)
        picture: NDArray[np.uint8] = self._renderer.render()
        return picture

    def close(self) -> None:
        """Release the OpenGL context."""
        self._renderer.close()
