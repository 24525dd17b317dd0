"""`pilotline adopt`: a card and a verdict, or one line that says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.robots import load

LIMB = '<body name="{name}{n}" pos="{pos}"><joint name="{name}{n}" axis="{axis}" range="-1 1"/>{geom}{inner}</body>'
PADS = (("right", -0.15), ("left", 0.15))


def model(mass: float = 0.5, actuators: bool = True, effort: float = 60.0, extra: str = "") -> str:
    """A small humanoid: four joints an arm, five a leg, feet of boxes."""
    limbs, joints = "", []
    for side, y in PADS:
        for kind, count, top, step in (("arm", 4, 0.4, "0 0 -0.1"), ("leg", 5, -0.1, "0 0 -0.12")):
            text = ""
            for n in reversed(range(count)):
                last = kind == "leg" and n == count - 1
                half, at = ("0.12 0.05 0.01", "0.03 0 -0.05") if last else ("0.015 0.015 0.015", "0 0 -0.05")
                text = LIMB.format(
                    name=f"{side}_{kind}_",
                    n=n,
                    pos=f"0 {y} {top}" if n == 0 else step,
                    axis=("0 0 1", "1 0 0", "0 1 0", "0 1 0", "0 1 0")[n],
                    geom=f'<geom type="box" size="{half}" pos="{at}" mass="{mass}"/>',
                    inner=text,
                )
                joints.append(f"{side}_{kind}_{n}")
            limbs += text
    motors = "".join(f'<motor joint="{joint}" ctrlrange="-{effort} {effort}"/>' for joint in joints)
    return f"""<mujoco model="small"><worldbody><body name="pelvis" pos="0 0 0.7"><freejoint/>
      <geom type="box" size="0.05 0.06 0.2" pos="0 0 0.2" mass="6"/>{limbs}{extra}</body></worldbody>
      <actuator>{motors if actuators else ""}</actuator></mujoco>"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_the_card_is_written_beside_the_model_and_loads(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.xml").write_text(model())
    assert main(["adopt", "small.xml"]) == 0
    shown = capsys.readouterr().out
    assert "right_leg" in shown
    assert "not told by the model:" in shown
    assert "wrote small.adapter.yaml" in shown
    assert max(map(len, shown.splitlines())) <= 80
    for text in ("small.xml", "small.adapter.yaml"):
        assert len(load(str(folder / text)).groups["left_leg"]) == 5


def test_a_card_elsewhere_still_finds_its_model(folder: Path) -> None:
    (folder / "small.xml").write_text(model())
    assert main(["adopt", "small.xml", "out=cards/mine.adapter.yaml"]) == 0
    assert load(str(folder / "cards" / "mine.adapter.yaml")).name == "small"


def test_a_card_is_not_replaced_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.xml").write_text(model())
    (folder / "small.adapter.yaml").write_text("mine")
    assert main(["adopt", "small.xml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (folder / "small.adapter.yaml").read_text() == "mine"
    assert main(["adopt", "small.xml", "overwrite=true"]) == 0


def test_a_robot_that_cannot_hold_itself_is_status_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.xml").write_text(model(effort=0.01))
    assert main(["adopt", "small.xml"]) == 1
    shown = capsys.readouterr().out
    assert "strength" in shown
    assert "cannot be used as it is" in shown
    assert (folder / "small.adapter.yaml").is_file()


HANGING = '<body name="extra"><joint name="spare" axis="1 0 0"/>{}</body>'
BROKEN = {
    "no inertia": (model(extra=HANGING.format("")), "zero"),
    "zero mass": (model(extra=HANGING.format('<geom size="0.1" mass="0"/>')), "zero"),
    "missing mesh": (
        model().replace("<worldbody>", '<asset><mesh name="m" file="gone.stl"/></asset><worldbody>'),
        "gone.stl",
    ),
    "cyclic include": (model().replace("<worldbody>", '<include file="small.xml"/><worldbody>'), "circle"),
    "not a number": (model().replace('mass="6"', 'mass="nan"'), "finite"),
    "not XML": ("<mujoco><worldbody>", "is not XML"),
    "no actuator": (model(actuators=False), "has no actuators"),
    "no joints": ("<mujoco><worldbody><body><geom size='0.1'/></body></worldbody></mujoco>", "no body has a joint"),
    "no humanoid": (
        "<mujoco><worldbody><body><joint/><geom size='0.1'/></body></worldbody></mujoco>",
        "must be a free joint or none",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_model_is_one_line_and_status_2(folder: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    text, word = BROKEN[what]
    (folder / "small.xml").write_text(text)
    assert main(["adopt", "small.xml"]) == 2
    shown = capsys.readouterr()
    assert shown.err.count("\n") == 1
    assert shown.err.startswith("pilotline: small.xml")
    assert word in shown.err
    assert not (folder / "small.adapter.yaml").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["adopt", "gone.xml"], "gone.xml"),
        (["adopt", "robot.stl"], "must be a model, .xml or .urdf"),
        (["adopt", "small.xml", "entry=g1"], "only menagerie:NAME has entries"),
        (["adopt", "small.xml", "out=card.txt"], "must end in .yaml"),
        (["robot", "gone.xml"], "gone.xml"),
        (["robot", "nobody"], "nobody"),
        (["robot", "wheeled", "hands=claw"], "claw"),
    ],
)
def test_a_wrong_word_is_one_line_and_status_2(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    (folder / "small.xml").write_text(model())
    assert main(words) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert told in shown


def test_a_joint_that_the_model_does_not_have_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.xml").write_text(model())
    assert main(["adopt", "small.xml"]) == 0
    card = folder / "small.adapter.yaml"
    card.write_text(card.read_text().replace("right_arm_3", "right_arm_9"))
    capsys.readouterr()
    assert main(["robot", "small.adapter.yaml"]) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "'right_arm_9'" in shown
