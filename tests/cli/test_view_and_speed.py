"""`view` shows the cycle that was asked for; `speed` measures what was asked for and prints ratios first."""

import json
import subprocess
import sys

import pytest

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


def test_how_to_draw_is_chosen_before_the_simulator_is_there(tmp_path):
    code = (
        "import sys; from pilotline.benchmarks.cli import display, main;"
        "display.has_window = lambda: False;"
        "display.choose_backend = lambda: print('mujoco' in sys.modules);"
        "display.why_not_drawing = lambda: 'not here';"
        f"main(['view', {f'out={tmp_path}'!r}])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert told.stdout.splitlines()[:1] == ["False"]
    assert "no video: not here" in told.stderr


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


RATE = {"median": 12345.6, "quarter": 12000.0, "three_quarters": 12500.0, "turns": 7}
RATIO = {"median": 0.9134, "quarter": 0.90, "three_quarters": 0.93, "turns": 7}


def measured_table(setting):
    row = {
        "way": "vector_env",
        "nsim": setting.nsim,
        "raw_way": "mujoco_batch",
        "env_steps_per_s": RATE,
        "of_raw": RATIO,
        "vector_env_over_this": None,
    }
    about = {"station": setting.station, "robot": setting.robot, "actuators": setting.actuators, "nthread": 1}
    return {**about, "physics_steps_per_env_step": 10, "rows": [row], "missing": {"mjx": "no JAX here"}}


@pytest.fixture
def asked(monkeypatch):
    """What would have been measured."""
    from pilotline.benchmarks import tiers
    from pilotline.benchmarks.speed import compare, memory, profile, yardstick

    calls = []

    def note(name, answer):
        def called(setting, *given, **more):
            calls.append((name, setting, given))
            return answer(setting)

        return called

    probed = {"way": "vector_env", "nsim": 4096, "resident_bytes": 2**31}
    monkeypatch.setattr(compare, "measure", note("compare", measured_table))
    monkeypatch.setattr(
        memory, "measure", note("memory", lambda _: {"rows": [probed], "bytes_per_simulation": {"vector_env": 2**18}})
    )
    monkeypatch.setattr(profile, "measure", note("profile", lambda _: []))
    monkeypatch.setattr(yardstick, "measure", note("yardstick", lambda _: {}))
    cost = {"subject": "a robot", "joints": 29, "rounds": 7, "ratios": {"harmonic / ideal": 0.876}}
    cost["ratio_spread"] = {"harmonic / ideal": [0.84, 0.89]}
    monkeypatch.setattr(tiers, "measure", lambda *given: cost)
    return calls


@pytest.mark.parametrize(("columns", "spread"), [("80", False), ("120", True)])
def test_speed_prints_ratios_before_rates_and_writes_the_figures(columns, spread, asked, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    words = ["nsim=32", "nthread=1", "seconds=0.5", "also=ideal,servo", "memory=4096"]
    assert main(["speed", *words, f"out={tmp_path}"]) == 0
    tables = [setting for name, setting, _ in asked if name == "compare"]
    assert [setting.actuators for setting in tables] == ["harmonic", "ideal", "servo"]
    assert {(setting.nsim, setting.nthread, setting.seconds) for setting in tables} == {(32, 1, 0.5)}
    assert [given for name, _, given in asked if name == "memory"] == [([4096],)]
    captured = capsys.readouterr()
    shown = captured.out
    assert shown.index("0.913") < shown.index("12,346")
    assert ("0.90–0.93" in shown) is spread
    assert "2,048" in shown
    assert "0.840 … 0.890" in shown
    assert captured.err.count("our MJX env (harmonic): not measured: no JAX here") == 1
    figures = json.loads((tmp_path / "result.json").read_text())["figures"]
    assert len(figures["tables"]) == 3
    assert set(figures) == {"tables", "memory", "profile", "yardstick", "actuator_tiers"}


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("sizes=1,x", r"sizes=1,x: 'x' is no number from 1 to 65536, nor none"),
        ("memory=0", r"memory=0: '0'"),
        ("also=idael", "did you mean ideal"),
        ("peers=nowhere.json", "peers=nowhere.json: No such file"),
    ],
)
def test_speed_refuses_lists_that_are_none(asked, tmp_path, capsys, word, complaint):
    assert main(["speed", word, f"out={tmp_path}"]) == 2
    assert complaint in capsys.readouterr().err
    assert asked == []
