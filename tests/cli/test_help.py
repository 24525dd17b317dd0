"""Help names every verb, key and choice, and comes at once."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pilotline.benchmarks.cli import catalog, main
from pilotline.benchmarks.cli.program import VERBS

ROOT = Path(__file__).resolve().parents[2]


def test_the_program_names_every_verb(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, summary in VERBS.items():
        assert name in shown
        assert summary in shown


def test_every_verb_has_its_file_and_its_configuration():
    files = {path.stem for path in (ROOT / "benchmarks/cli/verbs").glob("*.py")} - {"__init__"}
    configurations = {path.stem for path in (ROOT / "configs").glob("*.yaml")}
    assert set(VERBS) == files == configurations


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_shows_its_keys_defaults_and_choices(name, capsys):
    verb = importlib.import_module(f"pilotline.benchmarks.cli.verbs.{name}").VERB
    assert main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    for key, field in verb.settings.model_fields.items():
        assert f"{key}=" in shown
        assert field.description, f"{name}: {key} has no description"
        assert field.description in shown
        if catalog.is_group(key) and not verb.takes_word(key):
            assert ", ".join(catalog.names(key)) in shown


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_takes_exactly_the_keys_of_its_configuration(name):
    verb = importlib.import_module(f"pilotline.benchmarks.cli.verbs.{name}").VERB
    assert set(verb.settings.model_fields) == set(catalog.defaults(name))


@pytest.mark.parametrize("group", catalog.GROUPS)
def test_an_option_is_named_as_its_file_and_described_in_one_line(group):
    for path in (ROOT / "configs" / group).glob("*.yaml"):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert content["name"] == path.stem
        assert content["title"].strip()
        assert "\n" not in content["title"]


def test_help_needs_none_of_the_heavy_packages():
    code = (
        "import sys; from pilotline.benchmarks.cli import main; main(['--help']); main(['view', '--help']);"
        "print(sorted({'mujoco', 'numba', 'numpy', 'gymnasium', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.splitlines()[-1] == "[]"
