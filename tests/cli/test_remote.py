"""A policy served by one program and scored by another, and what is said where that cannot be."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.verbs.score import VERB as SCORE
from pilotline.benchmarks.cli.verbs.view import VERB as VIEW
from pilotline.benchmarks.job import Job, JobError
from pilotline.benchmarks.scorecard import read
from pilotline.policies.remote import RemoteError

PROGRAM = "import sys; from pilotline.benchmarks.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`pilotline serve` in a process of its own, and its url."""
    words = ["serve", "station=reach", "policy=reference", "port=0"]
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"serving reference at (ws://127\.0\.0\.1:\d+) for reach with wheeled; .*\n", line)
        assert found, line
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def score(out: Path, *words: str) -> int:
    return main(["score", "station=reach", "cycles=2", "nsim=2", "nthread=1", "video=false", f"out={out}", *words])


def test_a_served_policy_is_scored_as_the_same_one_here(server, tmp_path, capsys):
    process, url = server
    assert score(tmp_path / "there", "policy=remote", f"url={url}", "timeout_s=60") == 0
    assert re.search(rf"policy: {url}: \d+ answers, median", capsys.readouterr().out)
    assert score(tmp_path / "here") == 0
    there, here = (read(tmp_path / name / "scorecard.json").body for name in ("there", "here"))
    assert there.rows == here.rows
    assert there.job["policy"] == f"remote url={url} timeout_s=60"
    assert main(["verify", str(tmp_path / "there" / "scorecard.json"), "nsim=1"]) == 0
    figures = json.loads((tmp_path / "there" / "result.json").read_text())["figures"]
    assert re.match(rf"{url}: \d+ answers, median", figures["policy"][0])
    assert "answers" not in (tmp_path / "there" / "scorecard.json").read_text()

    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == "stopped\n"
    assert process.returncode == 0
    capsys.readouterr()
    assert score(tmp_path / "gone", "policy=remote", f"url={url}") == 2
    assert re.fullmatch(rf"pilotline: policy=remote: no connection of {url}: .*\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["policy=remote"], "policy=remote needs the address of a server: url=ws://HOST:PORT"),
        (["url=ws://there:1"], "url=ws://there:1 goes with policy=remote; policy is reference"),
        (["policy=remote", "url=there:1"], "url=there:1: allowed: ws://HOST:PORT"),
        (["policy=remote", "url=ws://there:1", "replan=0"], "replan=0: allowed: 1 to 1000 control steps"),
        (["policy=remote", "url=ws://there:1", "max_reply_mb=big"], "max_reply_mb=big: allowed: a number"),
        (["policy=remote", "url=ws://there:1 timeout_s=1 x=2"], "'x=2' is no key of it"),
    ],
)
def test_an_address_that_is_none_is_refused_in_one_line(words, reason, capsys):
    assert main(["score", "station=reach", *words]) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1


def test_score_and_view_pass_the_text_on():
    words = ["station=reach", "policy=remote", "replan=8", "url=ws://there:1/p.onnx"]
    assert settings_of(VIEW, words).policy.text == "remote replan=8 url=ws://there:1/p.onnx"
    assert settings_of(SCORE, words).job().policy == "remote url=ws://there:1/p.onnx replan=8"


def test_a_job_holds_the_one_spelling_of_an_address():
    values = {"robot": "wheeled", "actuators": "ideal", "stations": ("reach",), "seed": 0, "cycles": 1}
    job = Job.of(values | {"policy": "remote timeout_s=2.0 url=ws://there:1"})
    assert job.policy == "remote url=ws://there:1 timeout_s=2"
    for text in ("remote url=", "remote  url=ws://there:1", "remote url=ws://there:1 speed=1", "remote nothing.onnx"):
        with pytest.raises(JobError, match=r"job: policy is 'remote "):
            Job.of(values | {"policy": text})


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["policy=remote", "url=ws://there:1"], "policy=remote is served already"),
        (["station=weld_fixture", "robot=biped"], "cannot do weld_fixture with biped"),
        (["port=99999"], "port=99999"),
        (["host=256.1.1.1"], "host=256.1.1.1 port=8000: nothing can listen there"),
    ],
)
def test_what_cannot_be_served_is_refused_in_one_line(words, reason, capsys):
    assert main(["serve", *words]) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1


def test_a_server_that_is_gone_after_the_last_cycle_costs_the_film_alone(campaign, video, monkeypatch, tmp_path):
    def gone(shown, **size):
        raise RemoteError("no connection of ws://there:1")

    monkeypatch.setattr(video, "record_cycle", gone)
    words = ["policy=remote", "url=ws://there:1", "cycles=5", f"out={tmp_path}"]
    assert main(["score", *words]) == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count("its server was asked again for this film. Not recorded: no connection of ws://there:1.") == 2
