"""A policy file in every verb: scored, verified, refused when it is another, and bad ones end in one line."""

import hashlib
import html
import json
import sys
import warnings

import onnx
import pytest
from onnx import helper, numpy_helper

from pilotline import policies, robots
from pilotline.benchmarks import campaign, scorecard
from pilotline.benchmarks.canonical import sha256
from pilotline.benchmarks.cli import main
from pilotline.benchmarks.facts import PolicyFacts
from pilotline.benchmarks.job import Job, JobError
from pilotline.benchmarks.line_run import run_line
from pilotline.benchmarks.store import opened
from pilotline.configs import lines
from pilotline.envs import stations
from pilotline.policies import PolicyError, PolicyWarning
from pilotline.policies.file import Contract, Normalisation, write_policy
from pilotline.policies.file.present import present

from .conftest import network

STATION = "device_test"


def contract_at(station, **options):
    here = present(station, robots.load("wheeled"), "ideal", "joint")
    return Contract.of(here, ["joint_pos", "imu"], **options)


def write(path, given):
    norm = Normalisation(mean=(0.1,) * given.inputs, scale=(0.5,) * given.inputs, clip=5.0)
    return write_policy(
        path, network(given.inputs, len(given.action), width=16), given.model_copy(update={"normalisation": norm})
    )


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A folder with a policy and its scorecard of three cycles."""
    folder = tmp_path_factory.mktemp("scored")
    write(folder / "p.onnx", contract_at(STATION, title="made up"))
    words = ["score", f"station={STATION}", f"policy={folder / 'p.onnx'}", "cycles=3", "nsim=2", "video=false"]
    assert main([*words, f"out={folder}"]) == 0
    return folder


def told(capsys, *words):
    """Status, standard output without line breaks, and the lines on standard error."""
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, " ".join(out.split()), err.strip().splitlines()


def test_the_scorecard_holds_name_and_hash_of_the_file(scored):
    body = json.loads((scored / "scorecard.json").read_text())["body"]
    assert body["job"]["policy"] == str(scored / "p.onnx")
    (file,) = body["policy"].pop("files")
    assert file["name"] == "p.onnx"
    assert file["sha256"] == hashlib.sha256((scored / "p.onnx").read_bytes()).hexdigest()
    assert body["policy"] == {"title": "made up", "robot": "wheeled", "actuators": "ideal", "notes": []}
    assert len(body["rows"]) == 3
    assert len({row["digest"] for row in body["rows"]}) == 3


def test_the_report_tells_of_the_file(scored):
    text = (scored / "report.html").read_text()
    for said in ("made up", "Trained on robot wheeled, actuators ideal.", "Everything it reads and commands is as in"):
        assert said in text
    assert hashlib.sha256((scored / "p.onnx").read_bytes()).hexdigest() in text


def test_verify_accepts_it_at_another_batch_size_and_from_the_folder_of_the_card(scored, capsys, tmp_path):
    for name in ("p.onnx", "scorecard.json"):
        (tmp_path / name).write_bytes((scored / name).read_bytes())
    moved = scored / "p.onnx"
    away = moved.rename(scored / "away")
    try:
        status, out, _ = told(capsys, "verify", tmp_path / "scorecard.json", "nsim=3")
        assert (status, "holds bit for bit: 3 cycles run again" in out) == (0, True)
        status, _, err = told(capsys, "verify", scored / "scorecard.json")
        assert status == 2
        assert "its policy is not at" in err[0]
    finally:
        away.rename(moved)


def test_verify_refuses_the_file_after_one_byte_has_changed(scored, capsys, tmp_path):
    card = scored / "scorecard.json"
    policy, whole = scored / "p.onnx", (scored / "p.onnx").read_bytes()
    model = onnx.load(policy)
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weights = tensors["weights_0"].tobytes()
    broken = bytearray(whole)
    broken[whole.index(weights) + 5] ^= 1
    helper.set_model_props(model, {"note": "of no matter", model.metadata_props[0].key: model.metadata_props[0].value})
    try:
        policy.write_bytes(bytes(broken))
        status, out, _ = told(capsys, "verify", card)
        assert (status, "DOES NOT HOLD" in out, "was edited: content hash" in out) == (1, True, True)
        policy.write_bytes(model.SerializeToString())
        status, out, _ = told(capsys, "verify", card)
        assert (status, "policy file p.onnx has sha256" in out) == (1, True)
    finally:
        policy.write_bytes(whole)


def test_rows_do_not_depend_on_the_batch(scored):
    def rows(nsim):
        job = Job.of(
            {
                "robot": "wheeled",
                "actuators": "ideal",
                "stations": (STATION,),
                "policy": str(scored / "p.onnx"),
                "seed": 0,
                "cycles": 3,
                "nsim": nsim,
                "nthread": 1,
            }
        )
        return campaign.run(job)

    stored = scorecard.read(scored / "scorecard.json").body.rows
    assert tuple(rows(1)) == stored == tuple(rows(3))


def test_a_card_without_a_policy_file_has_the_bytes_that_it_always_had(scored):
    body = scorecard.read(scored / "scorecard.json").body
    assert "policy" in body.model_dump(mode="json")
    without = body.model_copy(update={"policy": None})
    plain = without.model_dump(mode="json")
    assert list(plain) == ["job", "robot", "line", "stations", "flow", "run", "grade", "assumptions", "rows"]
    assert sha256(plain) != sha256(body.model_dump(mode="json"))
    assert type(body).model_validate(plain) == without


def test_what_is_not_as_in_training_is_noted_on_the_console_and_on_the_card(scored, capsys, tmp_path):
    given = contract_at(STATION)
    joint = "right_arm_0"
    stiffness, damping = given.gains[joint]
    write(tmp_path / "p.onnx", given.model_copy(update={"gains": given.gains | {joint: (1.1 * stiffness, damping)}}))
    words = ("score", f"station={STATION}", f"policy={tmp_path / 'p.onnx'}", "cycles=1", "video=false")
    status, _, err = told(capsys, *words, f"out={tmp_path}")
    (note,) = [line for line in err if line.startswith("note: ")]
    assert status == 0
    assert f"stiffness of {joint} was" in note
    facts = scorecard.read(tmp_path / "scorecard.json").body.policy
    assert facts is not None
    (stored,) = facts.notes
    assert note == f"note: policy {tmp_path / 'p.onnx'}: {stored}"
    assert f"<li>{html.escape(stored)}</li>" in (tmp_path / "report.html").read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PolicyWarning, match=f"stiffness of {joint}"):
            policies.load(str(tmp_path / "p.onnx"), STATION, robots.load("wheeled"), 1)


def test_a_policy_file_works_at_every_station_of_a_line(tmp_path):
    line = lines.load("tending")
    ids = [stations.load(name).card.id for name in line.station_names]
    write(tmp_path / "p.onnx", contract_at(line.station_names[0], stations=ids))
    asked = {"robot": "wheeled", "actuators": "ideal", "line": "tending", "policy": str(tmp_path / "p.onnx"), "seed": 0}
    job = Job.of(asked | {"hours": 0.01, "nthread": 1})
    assert isinstance(campaign.policy_facts(job), PolicyFacts)
    with opened(tmp_path) as store:
        assert store.begin({}, {}) is None
        visits = run_line(job, store=store).visits
        kept = {(row.station, row.cycle): row for row in store.rows()}
    assert kept == {(visit.row.station, visit.row.cycle): visit.row for visit in visits} != {}
    write(tmp_path / "p.onnx", contract_at(line.station_names[0]))
    with pytest.raises(PolicyError, match=r"is for station \S+, here is \S+; allowed: its own$"):
        campaign.policy_facts(job)


def bad_files(folder):
    """Path and complaint of files that are no policies."""
    (folder / "folder.onnx").mkdir()
    (folder / "text.onnx").write_text("not a network")
    (folder / "text.yaml").write_text("a: [")
    write(folder / "whole.onnx", contract_at(STATION))
    data = (folder / "whole.onnx").read_bytes()
    (folder / "cut.onnx").write_bytes(data[: len(data) // 2])
    model = onnx.load_model_from_string(data)
    del model.metadata_props[:]
    onnx.save(model, folder / "plain.onnx")
    with open(folder / "giant.onnx", "wb") as file:
        file.truncate(1 << 30)
    return {
        "none.onnx": "no such file",
        "folder.onnx": "not a file; allowed: an ONNX file",
        "text.onnx": "not ONNX, or ",
        "text.yaml": "not YAML in line 1; allowed: a contract card",
        "cut.onnx": "not ONNX, or cut short; allowed: an ONNX file",
        "plain.onnx": "has no metadata pilotline_policy: not one of ours",
        "giant.onnx": "1073741824 bytes; allowed: at most 64000000",
    }


@pytest.mark.parametrize("verb", ["score", "view"])
def test_a_bad_file_ends_in_one_line(tmp_path, capsys, verb):
    for name, complaint in bad_files(tmp_path).items():
        path = tmp_path / name
        status, out, err = told(capsys, verb, f"station={STATION}", f"policy={path}", f"out={tmp_path / 'out'}")
        assert (status, out, len(err)) == (2, "", 1)
        assert err[0].startswith(f"pilotline: policy {path}: {complaint}")
    assert not (tmp_path / "out").exists()


def test_a_policy_for_another_station_ends_in_one_line(scored, capsys, tmp_path):
    words = ("station=screw", f"policy={scored / 'p.onnx'}", "cycles=1", f"out={tmp_path}")
    status, _, err = told(capsys, "score", *words)
    assert (status, len(err)) == (2, 1)
    assert err[0].endswith("is for station pilotline/DeviceTest-v1, here is pilotline/Screw-v1; allowed: its own")


@pytest.mark.parametrize("library", ["onnx", "onnxruntime"])
def test_a_missing_library_ends_in_one_line_with_the_extra(scored, capsys, monkeypatch, tmp_path, library):
    monkeypatch.setitem(sys.modules, library, None)
    words = (f"station={STATION}", f"policy={scored / 'p.onnx'}", "cycles=1", f"out={tmp_path}")
    status, _, err = told(capsys, "score", *words)
    assert (status, len(err)) == (2, 1)
    assert f"{library} is not installed; it comes with: pip install 'pilotline[learned]'" in err[0]


@pytest.mark.parametrize("policy", ["./p.pt", "folder/", "two words", " "])
def test_a_job_takes_names_and_files_only(policy):
    asked = {"robot": "wheeled", "actuators": "ideal", "stations": (STATION,), "seed": 0, "cycles": 1}
    assert Job.of(asked | {"policy": "a folder/p.onnx"}).policy == "a folder/p.onnx"
    with pytest.raises(JobError, match=r"policy is .*\.onnx or \.yaml"):
        Job.of(asked | {"policy": policy})
