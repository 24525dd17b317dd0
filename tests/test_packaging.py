"""What is installed: one namespace, its data files, honest bounds; nothing in the repository is foreign."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("robots", "envs", "policies", "configs", "benchmarks")


def tracked() -> list[Path]:
    """Files of the repository, those not committed yet included."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_folders_are_packages_of_one_namespace(folder):
    assert Path(str(import_module(f"pilotline.{folder}").__file__)).parent == ROOT / folder


@pytest.mark.parametrize("name", [*FOLDERS, "tests", "cli"])
def test_nothing_generic_is_importable_at_top_level(name, tmp_path):
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is not None)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_every_package_folder_is_listed():
    found = {
        "pilotline." + ".".join(path.parent.relative_to(ROOT).parts)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])


def test_the_wheel_holds_every_module_and_every_data_file(tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    source = tmp_path / "source"  # a build in place would leave its folders behind
    for path in tracked():
        target = source / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    subprocess.run([*pip, "wheel", *options, "."], cwd=source, check=True)
    (wheel,) = tmp_path.glob("pilotline-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"pilotline/{path.relative_to(ROOT).as_posix()}"
        for path in tracked()
        if path.relative_to(ROOT).parts[0] in FOLDERS
    }
    assert expected <= packed
    top = {name.split("/")[0] for name in packed}
    assert {name for name in top if not name.endswith(".dist-info")} == {"pilotline"}


def test_every_requirement_has_a_lower_bound_and_is_not_pinned():
    extras = PROJECT["project"]["optional-dependencies"].values()
    for requirement in [*PROJECT["project"]["dependencies"], *(item for extra in extras for item in extra)]:
        assert re.fullmatch(r"[A-Za-z0-9-]+>=[0-9.]+(,<[0-9.]+)?", requirement), requirement


def test_the_base_install_is_light():
    base = {re.split(r"[<>=]", item)[0].lower() for item in PROJECT["project"]["dependencies"]}
    assert not base & {"torch", "jax", "jaxlib", "stable-baselines3", "ray", "tensorflow"}


def test_the_constraints_pin_every_requirement_of_the_checks():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    assert {re.split(r"[<>=]", item)[0].lower() for item in wanted} <= set(pins)
    assert pins["torch"] == "2.13.0"


def test_the_licence_is_apache_2():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_top_level_holds_only_what_belongs_there():
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    known = {*FOLDERS, "tests", "docs", ".ci", ".gitignore", "LICENSE", "Makefile", "README.md"}
    assert top <= known | {"constraints.txt", "pyproject.toml"}


# Spelled in two parts so that this file does not hold them itself.
FOREIGN = {
    "an absolute path of one machine": r"(?<![\w.])(?:/wo" r"rk/|/ro" r"ot/|/ho" r"me/\w|/tm" r"p/\w)",
    "a folder outside the repository": r"\.\./sha" "red",
    "a package registry's host": r"pypi\.o"
    r"rg|pythonho"
    r"sted|registry\.np"
    r"mjs|--(extra-)?ind"
    "ex-url",
    "who or what wrote it": r"\b(cla" r"ude|anthro" r"pic|chat" r"gpt|co-auth" r"ored|lang" r"uage model)\b",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_the_text_of_the_repository_mentions_nothing_foreign(what):
    pattern = re.compile(FOREIGN[what], re.IGNORECASE)
    hits = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        hits += [f"{path.relative_to(ROOT)}: {match.group()}" for match in pattern.finditer(text)]
    assert hits == []


def test_no_file_is_large():
    large = [path.relative_to(ROOT).as_posix() for path in tracked() if path.stat().st_size > 2_000_000]
    assert large == []
