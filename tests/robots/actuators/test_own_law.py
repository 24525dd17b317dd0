"""The tutorial on a law of one's own: its files run, print what it shows, and keep its promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "own-law.md").read_text(encoding="utf-8")
LIMIT_S = 120


def blocks(language: str) -> dict[str, str]:
    """Text of every block that is a file, or its output, by the file's name."""
    return dict(re.findall(rf"^```{language} (\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page."""
    path = tmp_path_factory.mktemp("tutorial")
    for name, text in blocks("python").items():
        (path / name).write_text(text)
    return path


def run(folder: Path, *arguments: str) -> str:
    """What a program prints that sees one processor, where JAX has not been seen to hang."""

    def on_one() -> None:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])

    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        preexec_fn=on_one,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.parametrize("name", blocks("text"))
def test_a_file_of_the_page_prints_what_the_page_shows(name, folder):
    if name == "on_jax.py":
        pytest.importorskip("jax")
    assert run(folder, name) == blocks("text")[name]


def test_every_file_but_the_law_itself_is_run():
    assert set(blocks("python")) - set(blocks("text")) == {"hall_drive.py"}


def test_the_law_is_as_short_as_the_page_says():
    lines = [line for line in blocks("python")["hall_drive.py"].splitlines() if line.strip()]
    assert len(lines) <= 25


def test_a_saved_model_of_the_law_is_adopted_by_a_process_that_has_the_file(folder):
    run(folder, "-c", "from on_a_joint import *; mujoco.mj_saveModel(model, 'model.mjb')")
    adopt = (
        "import mujoco\nfrom hall_drive import LAW\nfrom pilotline.robots.actuators import native\n"
        "model = mujoco.MjModel.from_binary_path('model.mjb')\nnative.adopt(model, LAW)\n"
        "data = mujoco.MjData(model)\ndata.ctrl[0] = 1.0\nmujoco.mj_step(model, data, nstep=1000)\n"
        "print(f'angle {data.qpos[0]:.3f} rad')"
    )
    assert run(folder, "-c", adopt).strip() in blocks("text")["on_a_joint.py"]
    edited = (folder / "hall_drive.py").read_text().replace("+ 0.5)", "+ 0.4)")
    (folder / "edited").mkdir()
    (folder / "edited" / "hall_drive.py").write_text(edited)
    refused = adopt.replace("'model.mjb'", "'../model.mjb'").replace(
        "native.adopt(model, LAW)",
        "try:\n    native.adopt(model, LAW)\nexcept ValueError as error:\n    print(error)\n    raise SystemExit(0)",
    )
    assert run(folder / "edited", "-c", refused).startswith("actuator 'elbow' was built for law ")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("    hall_rad =", "    if x.q > 1.0:\n        return s\n    hall_rad =", "`if`"),
        ("xp.floor", "xp.round", "xp.round"),
        ("xp.floor", "round", "'round'"),
    ],
)
def test_what_the_page_forbids_is_refused_in_one_line(old, new, what, folder):
    text = blocks("python")["hall_drive.py"]
    assert old in text
    (folder / "forbidden.py").write_text(text.replace(old, new))
    code = "try:\n    import forbidden\nexcept ValueError as error:\n    print(error)"
    (line,) = run(folder, "-c", code).splitlines()
    assert line.startswith("law hall-direct-drive: step (forbidden.py:")
    assert what in line
    assert "allowed: " in line
