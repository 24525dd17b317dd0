"""Peers: turns with served environments, what the turns amount to, and what is told when something is missing.

No peer is needed: the sides here are small files of the tests.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotline.benchmarks.marked import put
from pilotline.benchmarks.peers import __main__ as program
from pilotline.benchmarks.peers import physics, process, table
from pilotline.benchmarks.peers.measure import interleaved, measure, report
from pilotline.benchmarks.peers.pairings import PAIRINGS, Pairing, Party
from pilotline.benchmarks.peers.process import HERE, Side, SideError, Turn

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ROOT = Path(__file__).resolve().parents[2]

COUNTING = """
import time
def build(settings):
    print("a library that prints")
    def step():
        time.sleep(0.001)
        return 3, 1
    return {"step": step, "facts": {"name": "counting", "num_envs": 3, "physics_steps": 10, **settings}}
"""
FAILING = """
def build(settings):
    raise RuntimeError("no such thing\\nas this")
"""
DYING = """
import os
def build(settings):
    calls = []
    def step():
        calls.append(0)
        if len(calls) > 5:
            os._exit(7)
        return 1, 0
    return {"step": step, "facts": {}}
"""
HANGING = """
import subprocess, sys, time
def build(settings):
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({settings['sleep_s']})"])
    time.sleep(settings["sleep_s"])
"""

Started = Callable[..., Side]


@pytest.fixture
def start(tmp_path: Path) -> Started:
    """Starts a side of a text, with settings."""

    def started(text: str, limit_s: float = 60.0, **settings: object) -> Side:
        script = tmp_path / "side.py"
        script.write_text(text)
        return Side("it", Path(sys.executable), script, settings, limit_s)

    return started


def turns(*rates: float, ended: int = 0) -> list[Turn]:
    return [Turn(env_steps=round(100 * rate), seconds=100.0, ended=ended) for rate in rates]


def test_a_side_says_what_it_is_and_steps_in_its_turns(start: Started) -> None:
    with start(COUNTING, colour="red") as side:
        assert side.facts["name"] == "counting"
        assert side.facts["colour"] == "red"
        assert side.facts["python"] == ".".join(map(str, sys.version_info[:3]))
        for _ in range(2):
            turn = side.turn(0.02)
            assert turn.seconds >= 0.02
            assert turn.env_steps == 3 * turn.ended > 0
        assert side.peak_memory_mib() > 1.0


def test_a_turn_has_one_step_at_least(start: Started) -> None:
    with start(COUNTING) as side:
        assert side.turn(1e-9).env_steps == 3


def test_sides_take_turns() -> None:
    order: list[str] = []

    class Scribe:
        def __init__(self, name: str) -> None:
            self.name = name

        def turn(self, seconds: float) -> Turn:
            order.append(self.name)
            return Turn(len(order), seconds, 0)

    found = interleaved({"a": Scribe("a"), "b": Scribe("b")}, 1.0, 2)  # type: ignore[dict-item]
    assert order == ["a", "b"] * 3
    assert [turn.env_steps for turn in found["b"]] == [4, 6]  # the first of each is left out


@pytest.mark.parametrize(
    ("text", "said"),
    [(FAILING, "it: RuntimeError: no such thing as this"), ("import nothing_of_this_name", "it: ModuleNotFoundError")],
)
def test_a_side_that_cannot_be_built_says_why_in_one_line(start: Started, text: str, said: str) -> None:
    with pytest.raises(SideError) as error:
        start(text)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_a_side_that_dies_is_told_by_its_status(start: Started) -> None:
    with start(DYING) as side, pytest.raises(SideError, match="it: ended with status 7"):
        side.turn(10.0)


def test_a_side_that_hangs_is_ended_with_all_that_it_started(start: Started) -> None:
    asleep = 600 + time.time_ns() % 1_000_000 / 1e7
    with pytest.raises(SideError, match=re.escape("it: no answer within 0.5 s")):
        start(HANGING, limit_s=0.5, sleep_s=asleep)
    # the system takes a moment to end what it was told to end
    until = time.monotonic() + 20.0
    while _running(str(asleep)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _running(str(asleep))


def _running(word: str) -> list[str]:
    """Command lines of processes that hold a word."""
    commands = [_text(path) for path in Path("/proc").glob("[0-9]*/cmdline")]
    return [words for words in commands if word in words]


def test_an_interpreter_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SideError, match=r"it: .*nowhere: No such file or directory"):
        Side("it", tmp_path / "nowhere", tmp_path / "side.py", {}, 1.0)


PAIR = Pairing(
    "pair",
    "a title",
    Party("theirs", {}, "elsewhere"),
    {"fast": Party("ours", {}), "slow": Party("ours", {})},
    speed_target={"fast": 2.0, "slow": 2.0},
    memory_target={"fast": 0.1},
)
FACTS = {
    "peer": {"name": "Theirs", "num_envs": 1, "physics_steps": 20},
    "fast": {"name": "Fast", "num_envs": 64, "physics_steps": 10},
    "slow": {"name": "Slow", "num_envs": 64, "physics_steps": 10},
}


def test_ratios_are_medians_of_ratios_within_rounds() -> None:
    """The machine halves its speed in the second round: no ratio moves."""
    given = {"peer": turns(10, 5, 10, ended=3), "fast": turns(30, 15, 40), "slow": turns(10, 5, 10)}
    row = report(PAIR, FACTS, given, {"peer": 1000.0, "fast": 50.0, "slow": 300.0})
    fast, slow = row["ours"]["fast"], row["ours"]["slow"]
    assert fast["ratio"] == {"median": 3.0, "spread": [3.0, 4.0], "target": 2.0, "holds": True}
    assert fast["physics_ratio"] == {"median": 1.5, "spread": [1.5, 2.0]}
    assert fast["memory_ratio"] == {"median": 0.05, "target": 0.1, "holds": True}
    assert slow["ratio"]["holds"] is False
    assert slow["memory_ratio"] == {"median": 0.3}
    assert row["peer"]["env_steps_per_s"] == {"median": 10.0, "spread": [5.0, 10.0]}
    assert row["peer"]["physics_steps_per_s"]["median"] == 200.0
    assert row["peer"]["ended_share"] == pytest.approx(9 / 2500, rel=1e-3)
    assert row["rounds"] == 3


def test_a_table_has_a_row_for_each_of_ours_and_says_what_failed() -> None:
    given = {name: turns(2000.0, 1000.0) for name in FACTS}
    row = {
        "pairing": "a",
        "title": "a title",
        **report(PAIR, FACTS, given, {"peer": 6144.0, "fast": 512.0, "slow": 0.0}),
    }
    text = table.markdown([row, {"pairing": "b", "title": "another", "error": "no | way"}])
    lines = text.splitlines()
    assert len(lines) == 2 + 2 + 1
    assert lines[2] == (
        "| `a` | Theirs, 1 at once | Fast, 64 at once | 1,500 | 1,500 | **1** (1–1) | 0.5 | 6.0 GiB | 512 MiB |"
    )
    assert lines[4].startswith("| `b` | another | could not be measured: no   way |")
    assert len({line.count("|") for line in lines}) == 1
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put(page, "table", text) == f"before\n{BEGIN}\n{text}{END}\nafter\n"
    with pytest.raises(ValueError, match="no <!-- table"):
        put("a page", "table", text)


def test_a_side_that_fails_is_in_the_result(tmp_path: Path) -> None:
    row = measure(PAIR, {None: tmp_path / "python", "elsewhere": tmp_path / "python"}, 0.1, 1)
    assert row == {
        "pairing": "pair",
        "title": "a title",
        "error": f"peer (theirs): {tmp_path / 'python'}: No such file or directory",
    }


def test_a_missing_environment_is_told_with_what_makes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([f"peers={tmp_path}", "pairings=g1", f"out={tmp_path / 'out'}"]) == 2
    said = capsys.readouterr().err
    assert said == f"peers: peer envpool: no environment at {tmp_path / 'envpool'}; make it with: make peers-env\n"
    assert re.search(r"^peers-env:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("pairings=g1,h1", "'h1' is not one of g1, g1_still"),
        ("second=3", "'second=3' is not one of out=, seconds="),
        ("seconds=soon", "seconds=soon: must be a number above 0"),
        ("rounds=", "'rounds=' is not one of"),
    ],
)
def test_words_that_cannot_be_followed_are_told_in_one_line(
    word: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for pairing in PAIRINGS:
        folder = tmp_path / str(pairing.peer.environment)
        folder.mkdir(exist_ok=True)
        (folder / ".installed").touch()
    assert program.main([f"peers={tmp_path}", word]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_every_side_and_environment_of_the_pairings_exists() -> None:
    for pairing in PAIRINGS:
        for party in (pairing.peer, *pairing.ours.values()):
            assert (HERE / "sides" / f"{party.script}.py").is_file()
        assert pairing.peer.environment is not None
        assert (HERE / "requirements" / f"{pairing.peer.environment}.txt").is_file()
        assert {*pairing.speed_target, *pairing.memory_target} <= set(pairing.ours)
    assert len({pairing.name for pairing in PAIRINGS}) == len(PAIRINGS)


def test_what_runs_elsewhere_needs_nothing_of_this_project() -> None:
    scripts = [HERE / "serve.py", HERE / "physics.py", *(HERE / "sides").glob("*.py")]
    assert len(scripts) > 6
    for script in scripts:
        if script.name not in ("ours.py", "__init__.py"):
            assert "pilotline" not in script.read_text(), script.name


def test_ours_is_a_side() -> None:
    settings = {
        "station": "device_test",
        "robot": "wheeled",
        "actuators": "ideal",
        "num_envs": 2,
        "threads": 1,
        "actions": "near",
        "physics": str(HERE / "physics.py"),
    }
    with Side("ours", Path(sys.executable), HERE / "sides" / "ours.py", settings, 120.0) as side:
        assert side.facts["physics_steps"] == 10
        assert side.facts["physics"]["timestep_s"] == 0.002
        json.dumps(side.facts)
        assert side.turn(0.01).env_steps > 0


def test_the_options_of_a_model_are_told_in_words() -> None:
    import mujoco

    xml = """<mujoco><option iterations="3" ls_iterations="5" integrator="implicitfast" cone="elliptic" impratio="4"/>
    <worldbody><geom type="plane" size="1 1 1"/><body><joint frictionloss="1"/>
    <geom name="a" size="1"/><geom size="1" contype="0" conaffinity="0"/></body></worldbody></mujoco>"""
    found = physics.facts_of(mujoco.MjModel.from_xml_string(xml))
    assert (found["integrator"], found["cone"], found["solver"]) == ("implicitfast", "elliptic", "newton")
    assert (found["iterations"], found["ls_iterations"], found["impratio"]) == (3, 5, 4.0)
    assert (found["geoms"], found["touching"], found["dofs_with_friction"]) == (3, 2, 1)


def test_the_page_has_the_table_of_the_result() -> None:
    page = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    result = ROOT / "docs" / "results" / "peers.json"
    if not result.is_file():
        pytest.skip("not measured yet")
    pairings = json.loads(result.read_text(encoding="utf-8"))["figures"]["pairings"]
    assert put(page, "table", table.markdown(pairings)) == page


def test_serving_refuses_an_order_that_it_does_not_know(tmp_path: Path) -> None:
    script = tmp_path / "side.py"
    script.write_text(COUNTING)
    done = subprocess.run(
        [sys.executable, str(HERE / "serve.py"), str(script), "{}"], input="stop\n", capture_output=True, text=True
    )
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1]) == {"error": "ValueError: 'stop' is not 'go SECONDS'"}
    assert "a library that prints" in done.stderr


def test_memory_of_what_a_side_started_counts(start: Started) -> None:
    child = COUNTING.replace("def build", "import subprocess, sys\ndef build").replace(
        '    print("a library that prints")',
        "    program = 'import time; block = bytes([1]) * (80 << 20); time.sleep(600)'\n"
        "    subprocess.Popen([sys.executable, '-c', program])\n"
        "    time.sleep(0.5)",
    )
    with start(COUNTING) as side:
        alone = side.peak_memory_mib()
    with start(child) as side:
        until = time.monotonic() + 20.0
        while side.peak_memory_mib() < alone + 70.0 and time.monotonic() < until:
            time.sleep(0.05)
        assert side.peak_memory_mib() > alone + 70.0
    assert process._peak_kib(2**30) == 0


def _text(path: Path) -> str:
    """What a file holds, nothing if it is gone."""
    try:
        return path.read_text()
    except OSError:
        return ""
