"""A film of a cycle is an MP4 of the asked size and of the cycle's length."""

import imageio_ffmpeg
import numpy as np
import pytest

from pilotline.benchmarks.cli.display import why_not_drawing

SIZE = {"width": 128, "height": 96, "fps": 5}
REASON = why_not_drawing()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON or "")


class Quitter:
    """Stands still and gives up after a second."""

    control = "ee"

    def __init__(self):
        self._steps = 0

    def begin(self, ids):
        self._steps = 0

    def describe(self, slot):
        return "waiting"

    def act(self, obs):
        self._steps += 1
        return np.full((1, 17), np.nan if self._steps > 50 else 0.0)


@pytest.fixture
def video(monkeypatch):
    from pilotline.benchmarks import video

    monkeypatch.setattr(video.policies, "load", lambda *args: Quitter())
    return video


def film(video, **size):
    shown = video.Shown("tote_destack", "wheeled", "ideal", "reference", seed=1, cycle=2)
    return video.record_cycle(shown, **(SIZE | size))


def test_a_film_has_the_asked_size_the_cycles_length_and_a_readable_end(video, tmp_path):
    path = tmp_path / "cycle.mp4"
    path.write_bytes(film(video))
    reader = imageio_ffmpeg.read_frames(str(path))
    meta = next(reader)
    frames = [np.frombuffer(frame, np.uint8).reshape(96, 128, 3) for frame in reader]
    assert meta["size"] == (128, 96)
    assert meta["codec"] == "h264"
    assert meta["pix_fmt"].startswith("yuv420p")
    assert meta["duration"] == pytest.approx(1.02 + 1.0, abs=0.4)
    assert frames[0].std() > 10.0
    assert np.abs(frames[0].astype(int) - frames[-1].astype(int)).max() > 20


def test_the_same_cycle_gives_the_same_file(video):
    assert film(video) == film(video)


def test_a_long_cycle_gets_fewer_pictures(video, monkeypatch):
    drawn = []
    paint = video.Painter.paint

    def counted(painter):
        drawn.append(painter)
        return paint(painter)

    monkeypatch.setattr(video.Painter, "paint", counted)
    monkeypatch.setattr(video, "_MOST_FRAMES", 6)
    film(video, fps=50)
    assert 4 <= len(drawn) <= 7


def test_an_odd_size_is_refused(video):
    with pytest.raises(ValueError, match="127 x 96"):
        film(video, width=127)


def test_no_opengl_is_one_clear_line(video, monkeypatch):
    def broken(*args, **kwargs):
        raise ImportError("Cannot initialize\n a EGL device display")

    monkeypatch.setattr("mujoco.Renderer", broken)
    with pytest.raises(video.RenderError, match=r"Cannot initialize a EGL device display.*libegl1") as caught:
        film(video)
    assert "\n" not in str(caught.value)
