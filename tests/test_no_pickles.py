"""Nothing that executes code when it is read is ever read: no pickle, no YAML of objects, no evaluated text.

Checked in the source itself, so that a loader added later has to say what it refuses.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("robots", "envs", "policies", "configs", "benchmarks")

UNPICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
"""Modules that read objects, and with them code."""

OBJECTS = {"read_pickle", "unsafe_load", "unsafe_load_all", "full_load", "full_load_all", "UnsafeLoader", "FullLoader"}
"""Functions and classes of other libraries that do so."""

SAFE = {
    ("np", "load"): ("allow_pickle", False),
    ("numpy", "load"): ("allow_pickle", False),
    ("torch", "load"): ("weights_only", True),
    ("onnx", "load"): ("load_external_data", False),
    ("onnx", "load_model"): ("load_external_data", False),
}
"""Loaders that could, and the word with which they do not."""

WRITTEN_HERE = {
    "robots/actuators/native.py": "functions for Numba, from a law's own source",
    "robots/actuators/laws/learned.py": "a law for a number of taps, from a text of ours",
}
"""Files that may evaluate text, and whose text it is."""

SB3 = {"PPO", "SAC", "TD3", "DDPG", "DQN", "A2C", "BaseAlgorithm", "VecNormalize"}
"""Classes of Stable-Baselines3 and SBX whose `load` unpickles."""


def findings(source: str, name: str = "file.py") -> Iterator[str]:
    """What of a source could execute what it reads, a line each."""
    for node in ast.walk(ast.parse(source)):
        at = f"{name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            bad = {module.partition(".")[0] for module in modules} & UNPICKLERS
            bad |= {each.name for each in node.names} & OBJECTS
            yield from (f"{at}: imports {each}" for each in sorted(bad))
        elif isinstance(node, ast.Attribute) and node.attr in OBJECTS:
            yield f"{at}: uses {node.attr}"
        elif isinstance(node, ast.Call):
            yield from (f"{at}: {text}" for text in _call(node, name))


def _call(node: ast.Call, name: str) -> Iterator[str]:
    given = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
    words = {word.arg for word in node.keywords}
    if isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec", "__import__"):
        if name not in WRITTEN_HERE or node.func.id != "exec":
            yield f"calls {node.func.id}"
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        base, function = node.func.value.id, node.func.attr
        if (base, function) in SAFE:
            word, value = SAFE[base, function]
            if given.get(word, not value) is not value:
                yield f"{base}.{function} without {word}={value}"
        if base == "yaml" and function in ("load", "load_all") and "Loader" not in words:
            yield f"yaml.{function} without a loader"
        if base in SB3 and function == "load":
            yield f"{base}.load unpickles"


def sources() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


def test_no_source_reads_what_could_execute():
    assert len(sources()) > 300
    found = [text for name in sources() for text in findings((ROOT / name).read_text(encoding="utf-8"), name)]
    assert found == []


@pytest.mark.parametrize("name", WRITTEN_HERE)
def test_files_that_may_evaluate_still_do(name):
    assert "exec(" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from cloudpickle import loads",
        "def f():\n    import joblib.numpy_pickle",
        "import numpy as np\nnp.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=chosen)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "onnx.load(path)",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "from yaml import UnsafeLoader",
        "pandas.read_pickle(path)",
        "PPO.load(path)",
        "eval(text)",
        "exec(text)",
    ],
)
def test_what_could_execute_is_found(source):
    assert list(findings(source))


@pytest.mark.parametrize(
    "source",
    ["np.load(path, allow_pickle=False)", "torch.load(path, weights_only=True)", "model.eval()", "json.load(f)"],
)
def test_what_could_not_is_left_alone(source):
    assert list(findings(source)) == []


def test_yaml_of_objects_is_refused_by_the_one_reader_of_cards(tmp_path):
    from pilotline.robots.yamlfile import CardError, parse

    path = tmp_path / "card.yaml"
    path.write_text(
        f"a: !!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{tmp_path}/hit]]"
    )
    with pytest.raises(CardError):
        parse(path)
    assert not (tmp_path / "hit").exists()
