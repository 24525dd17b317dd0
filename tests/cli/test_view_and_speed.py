"""`view` shows the cycle that was asked for; `speed` measures what was asked for and prints ratios first."""

import json
from types import SimpleNamespace

import pytest

import pilotline.benchmarks
from pilotline.benchmarks.cli import display, main


def test_without_a_display_view_writes_a_video(video, tmp_path, capsys):
    out = tmp_path / "seen"
    assert main(["view", "cycle=7", "seed=3", "fps=10", f"out={out}"]) == 0

    assert (out / "cycle.mp4").read_bytes() == b"an mp4"
    (request,) = video.asked
    assert (request["station"], request["robot"], request["policy"]) == (
        "tote_destack",
        "wheeled",
        "reference",
    )
    assert (request["cycle"], request["seed"], request["fps"]) == (7, 3, 10)
    result = json.loads((out / "result.json").read_text())
    assert result["files"] == ["cycle.mp4"]
    assert result["figures"]["cycle"] == 7
    assert str(out / "cycle.mp4") in capsys.readouterr().out


def test_with_a_display_view_opens_a_window_and_writes_nothing(video, monkeypatch, tmp_path):
    monkeypatch.setattr(display, "has_window", lambda: True)
    assert main(["view", f"out={tmp_path / 'none'}"]) == 0
    assert "width" not in video.asked[0]
    assert not (tmp_path / "none").exists()


def test_a_window_without_a_display_is_refused_with_the_way_out(video, capsys):
    assert main(["view", "window=yes"]) == 2
    shown = capsys.readouterr().err
    assert "DISPLAY" in shown
    assert "window=no" in shown


def test_without_opengl_view_says_why_in_one_line(video, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(display, "why_not_drawing", lambda: "no working OpenGL (no EGL)")
    assert main(["view", f"out={tmp_path}"]) == 2
    shown = capsys.readouterr().err
    assert "no working OpenGL (no EGL)" in shown
    assert "libegl1" in shown
    assert shown.count("\n") == 1


def test_a_machine_that_cannot_draw_gives_the_reason(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "disabled")
    assert "no working OpenGL" in str(display.why_not_drawing())


FIGURES = {
    "ratios": {"vector env / raw mujoco.batch": 0.913},
    "env_steps_per_s": {"raw mujoco.batch": 12345.6, "vector env": 11271.0},
    "spread": {"vector env": [11000.0, 11500.0]},
}
TIERS = {
    "subject": "a robot",
    "joints": 29,
    "rounds": 7,
    "ratios": {"harmonic / ideal": 0.876},
    "ratio_spread": {"harmonic / ideal": [0.84, 0.89]},
}


@pytest.fixture
def measured(monkeypatch):
    asked = []

    def measure(**request):
        asked.append(request)
        return FIGURES

    monkeypatch.setattr(pilotline.benchmarks, "speed", SimpleNamespace(measure=measure), raising=False)
    tiers = SimpleNamespace(measure=lambda *request: TIERS)
    monkeypatch.setattr(pilotline.benchmarks, "tiers", tiers, raising=False)
    return asked


def test_speed_prints_ratios_before_rates_and_writes_the_figures(measured, tmp_path, capsys):
    assert main(["speed", "nsim=32", "nthread=1", "seconds=0.5", f"out={tmp_path}"]) == 0
    (asked,) = measured
    assert asked == {
        "station": "tote_destack",
        "robot": "wheeled",
        "actuators": "ideal",
        "nsim": 32,
        "nthread": 1,
        "seconds": 0.5,
    }
    shown = capsys.readouterr().out
    assert shown.index("0.91") < shown.index("12,346")
    assert "11,000 … 11,500" in shown
    assert "0.840 … 0.890" in shown
    assert json.loads((tmp_path / "result.json").read_text())["figures"] == {**FIGURES, "actuator_tiers": TIERS}
