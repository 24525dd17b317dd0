"""A dossier is a template to be filled in; what is wrong with one is said in a line."""

import json
from pathlib import Path

import pytest
import yaml

from pilotline.benchmarks.attest import dossier
from pilotline.benchmarks.attest.errors import AttestError
from pilotline.benchmarks.cli import main


def test_the_template_is_a_dossier_that_says_nothing_yet(tmp_path):
    assert main(["dossier", f"out={tmp_path / 'd.yaml'}"]) == 0
    found = dossier.read(tmp_path / "d.yaml")
    assert {name for name, value in found if value not in (None, ())} == {"schema_"}


def test_the_template_names_every_entry_and_what_it_shows_is_valid(tmp_path):
    # the lines with `#` shown: a dossier in which everything is said
    empty = {line: line.split(":")[0] + ":" for line in dossier.template().decode().splitlines() if line[:1].isalpha()}
    lines = [line for line in dossier.template().decode().splitlines() if not line.startswith("# ") or line[2] == " "]
    shown = [line if line.startswith("schema") else empty.get(line, line.removeprefix("#")) for line in lines]
    text = "\n".join(shown).replace('"sha256:..."', "sha256:" + "ab" * 32).replace(" ...", " something")
    (tmp_path / "d.yaml").write_text(text)
    found = dossier.read(tmp_path / "d.yaml")
    assert all(value not in (None, ()) for _, value in found)


def test_the_example_says_everything():
    found = dossier.read(Path(dossier.__file__).with_name("example.yaml"))
    assert [name for name, value in found if value is None] == []


def test_the_schema_is_written_on_request(tmp_path):
    assert main(["dossier", str(tmp_path / "d.json")]) == 0
    assert set(json.loads((tmp_path / "d.json").read_text())["properties"]) >= {"schema", "calibration", "changes"}


def test_a_file_that_is_there_is_left_alone(tmp_path, capsys):
    (tmp_path / "d.yaml").write_text("mine")
    assert main(["dossier", str(tmp_path / "d.yaml")]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert main(["dossier", str(tmp_path / "d.txt")]) == 2
    assert "must end in .yaml" in capsys.readouterr().err
    assert (tmp_path / "d.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "should be a mapping of keys to values"),
        ("schema: other", "schema"),
        ("schema: pilotline/dossier/1\ncode_sha256: ab", "code_sha256"),
        ("schema: pilotline/dossier/1\ngrader: {name: ..., organisation: a, contact: b}", "says nothing"),
        ("schema: pilotline/dossier/1\ncalibration: []", "calibration"),
        ("schema: pilotline/dossier/1\nassists: yes", "assists"),
        ("schema: pilotline/dossier/1\ncontainer: {image: a}", "container.digest: is missing"),
        ("schema: pilotline/dossier/1\ndata: {not_applicable: x, more: y}", "more"),
        ("schema: pilotline/dossier/1\ngrader: {name: 1.10, organisation: a, contact: b}", "write it in quotes"),
        ("schema: pilotline/dossier/1\nschema: pilotline/dossier/1", "given twice"),
        ("schema: !!python/object/apply:os.system [ls]", "is not YAML"),
        ("{", "is not YAML"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(text, said, tmp_path):
    (tmp_path / "d.yaml").write_text(text)
    with pytest.raises(AttestError) as caught:
        dossier.read(tmp_path / "d.yaml")
    assert str(caught.value).startswith(f"dossier={tmp_path / 'd.yaml'}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("day", ["2026-13-01", "2026-1-1", "soon", 5])
def test_a_date_is_a_day(day, tmp_path):
    text = {"item": 1, "date": day, "what": "a", "why": "b"}
    (tmp_path / "d.yaml").write_text(yaml.safe_dump({"schema": "pilotline/dossier/1", "changes": [text]}))
    with pytest.raises(AttestError, match="date"):
        dossier.read(tmp_path / "d.yaml")
