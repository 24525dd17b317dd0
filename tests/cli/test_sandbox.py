"""A policy folder in score and verify, and what is refused in one line."""

import shutil
import sys
from pathlib import Path

import pytest

from pilotline.benchmarks.cli import main
from pilotline.benchmarks.cli.arguments import settings_of
from pilotline.benchmarks.cli.verbs.score import VERB as SCORE
from pilotline.benchmarks.cli.verbs.view import VERB as VIEW
from pilotline.benchmarks.job import Job, JobError
from pilotline.benchmarks.scorecard import read
from pilotline.policies.remote import RemoteError
from pilotline.policies.sandbox import load
from pilotline.robots import load as robot

GOOD = Path(__file__).parents[1] / "policies" / "sandbox" / "folders" / "good"
SCORED = ("score", "station=reach", "cycles=2", "nsim=2", "nthread=1", "video=false")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="cages need Linux")


@pytest.fixture
def vendor(tmp_path):
    try:
        load(f"sandbox:{GOOD}", "reach", robot("wheeled"), 1).close()
    except RemoteError as error:
        pytest.skip(str(error))
    return Path(shutil.copytree(GOOD, tmp_path / "vendor"))


def test_a_folder_is_scored_and_verified_and_another_one_does_not_hold(vendor, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([*SCORED, f"policy=sandbox:{vendor}/", "tasks=8", f"out={out}"]) == 0
    assert "policy: kept by " in capsys.readouterr().out
    body = read(out / "scorecard.json").body
    assert body.job["policy"] == f"sandbox:{vendor} tasks=8"
    assert body.policy is not None
    assert [file.name for file in body.policy.files] == ["main.py", "policy.yaml"]
    assert "tasks=8" in body.policy.notes[0]
    assert "Policy folder" in (out / "report.html").read_text()
    assert main(["verify", str(out / "scorecard.json"), "nsim=1"]) == 0
    moved = shutil.move(vendor, out / "vendor")
    assert main(["verify", str(out / "scorecard.json")]) == 0
    Path(moved, "extra.bin").write_bytes(b"1")
    assert main(["verify", str(out / "scorecard.json")]) == 1
    assert "extra.bin was not there when it was scored" in capsys.readouterr().out.replace("\n", " ")
    Path(moved, "extra.bin").unlink()
    Path(moved, "main.py").write_text(Path(moved, "main.py").read_text() + "\n")
    assert main(["verify", str(out / "scorecard.json")]) == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["policy=sandbox:/nowhere"], "policy=sandbox:/nowhere: no such folder"),
        ([f"policy=sandbox:{GOOD.parent}"], "no policy.yaml in it"),
        ([f"policy=sandbox:{GOOD}", "url=ws://there:1"], "'url' is no option of it"),
        ([f"policy=sandbox:{GOOD}", "need=luck"], "need=luck: 'luck' is no layer"),
        (["need=room"], "need=room goes with policy=remote or policy=sandbox:FOLDER; policy is reference"),
        (["policy=sandbox:"], "unknown policy 'sandbox:'"),
    ],
)
def test_what_is_no_policy_folder_is_refused_in_one_line(words, reason, capsys):
    assert main(["score", "station=reach", *words]) == 2
    told = capsys.readouterr().err
    assert reason in told
    assert told.count("\n") == 1


def test_score_and_view_pass_the_text_on():
    words = ["station=reach", f"policy=sandbox:{GOOD}", "need=seccomp+room", "memory_mb=300"]
    assert settings_of(VIEW, words).policy.text == f"sandbox:{GOOD} need=seccomp+room memory_mb=300"
    assert settings_of(SCORE, words).job().policy == f"sandbox:{GOOD} memory_mb=300 need=room+seccomp"


def test_a_job_holds_the_one_spelling_of_a_folder():
    values = {"robot": "wheeled", "actuators": "ideal", "stations": ("reach",), "seed": 0, "cycles": 1}
    assert Job.of(values | {"policy": "sandbox:./a.yaml/ tasks=3"}).policy == "sandbox:a.yaml tasks=3"
    with pytest.raises(JobError, match="job: policy is 'sandbox:a speed=1': policy=sandbox: 'speed' is no option"):
        Job.of(values | {"policy": "sandbox:a speed=1"})
