"""`pilotline identify` from files to files; what cannot be identified is refused in one line, status 2."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.identify import synthetic
from pilotline.benchmarks.identify.bench import Pendulum
from pilotline.benchmarks.identify.simulate import Gains
from pilotline.benchmarks.identify.synthetic import Noise
from pilotline.robots.actuators import catalogue
from pilotline.robots.actuators.laws.identified import DUTY_P


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two logs of an MX-64 with M1 friction that note their own setting."""
    folder = tmp_path_factory.mktemp("logs")
    sheet = catalogue.joint("mx-64-m1")
    figures = replace(sheet, drive=replace(sheet.drive, controller=DUTY_P))
    noise = Noise(2e-3, 0.05, 0.05)
    for trial in synthetic.logs(
        figures, (Pendulum(0.8, 0.12),), Gains(20.0), noise, np.random.SeedSequence(8), ("sin_sin", "up_and_down")
    ):
        synthetic.write(trial, folder / trial.log.name)
    return folder


def command(files, out, **changed):
    settings = {
        "log": ",".join(str(path) for path in sorted(files.glob("*.csv"))),
        "drive": "mx-64-m4",
        "controller": DUTY_P,
        "model_form": "m1",
        "fit": "friction,motor",
        "starts": "1",
        "out": str(out),
    } | changed
    return ["identify", *(f"{key}={value}" for key, value in settings.items() if value)]


def test_logs_become_a_sheet_a_picture_and_a_result(files, tmp_path, capsys):
    assert main(command(files, tmp_path / "out")) == 0
    shown = capsys.readouterr().out
    assert "errors on the rows kept back" in shown
    assert "identified.coulomb_nm" in shown
    assert (tmp_path / "out/fit.png").read_bytes().startswith(b"\x89PNG")
    result = json.loads((tmp_path / "out/result.json").read_text())
    best = result["figures"]["forms"][0]
    assert best["form"] == "m1"
    assert best["holdout"]["score"] < result["figures"]["sheet_as_shipped"]["holdout"]["score"]
    assert {row["sha256"] for row in result["figures"]["split"]["fitted"]} != {""}
    sheet = catalogue.joint(str(tmp_path / "out/identified.yaml"))
    assert sheet.identified is not None
    assert sheet.identified.coulomb_nm == pytest.approx(0.0904, rel=0.1)
    assert sheet.motor.kt_nm_per_a == pytest.approx(1.622, rel=0.02)


def test_the_same_command_gives_the_same_figures(files, tmp_path):
    results = []
    for name, nthread in (("a", "1"), ("b", "2")):
        assert main(command(files, tmp_path / name, nthread=nthread)) == 0
        results.append(json.loads((tmp_path / name / "result.json").read_text())["figures"])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"log": ""}, "log= is missing"),
        ({"drive": ""}, "drive= is missing"),
        ({"drive": "nowhere/servo.yaml"}, "drive=nowhere/servo.yaml: servo.yaml: cannot be read"),
        ({"log": "absent.csv"}, "absent.csv: cannot be read"),
        ({"drive": "mx-65"}, "mx-65"),
        ({"controller": "magic 1"}, "controller=magic 1: choose from cascade-pi 1, duty-p 1, current-pd 1"),
        ({"model_form": "m1,m9"}, "model_form=m1,m9: unknown 'm9'; choose from m1"),
        ({"model_form": "harmonic"}, "model_form=harmonic: the controller is 'duty-p 1'"),
        ({"fit": "friktion"}, "fit=friktion: unknown 'friktion'"),
        ({"mass_kg": "1,2,3"}, "mass_kg=1,2,3: has 3 values for 2 logs"),
        ({"mass_kg": "heavy"}, "mass_kg=heavy: must be a number"),
        ({"mass_kg": "-1"}, "mass_kg=-1: must be 0 or more"),
        ({"length_m": "0"}, "length_m = 0: must be above zero"),
        ({"kp": "0"}, "kp is not known"),
        ({"model": "arm.xml"}, "model= and joint= belong together"),
        ({"model": "arm.xml", "joint": "elbow"}, "model=arm.xml: cannot be read"),
        ({"holdout": "week"}, "holdout=week"),
        ({"holdout_share": "1"}, "holdout_share=1"),
        ({"step_s": "1"}, "step_s=1"),
    ],
)
def test_what_cannot_be_identified_is_refused_in_one_line(files, tmp_path, capsys, changed, said):
    assert main(command(files, tmp_path / "out", **changed)) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.startswith("pilotline: ")
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace("position", "angle", 1), "unknown column 'angle'"),
        (lambda text: "\n".join(text.splitlines()[:60]), "is too short"),
        (lambda text: text.replace("kp=20.0", "kp=0"), "kp is not known"),
    ],
)
def test_a_spoilt_log_is_refused_in_one_line(files, tmp_path, capsys, spoil, said):
    path = tmp_path / "spoilt.csv"
    shutil.copy(files / "sin_sin_0.8kg.csv", path)
    path.write_text(spoil(path.read_text()))
    assert main(command(files, tmp_path / "out", log=str(path))) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
