"""Which files of a package are hashed, and what the hash depends on."""

from __future__ import annotations

from pathlib import Path

from pilotline.benchmarks.code import files_of, hashed

FILES = ("a/b.py", "a.py", "c.yaml")
LEFT_OUT = (".hidden.py", ".kept/a.py", "__pycache__/a.cpython-311.pyc", "__pycache__/kernel.nbi")


def package(folder: Path) -> Path:
    for name in (*FILES, *LEFT_OUT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_hidden_and_made_files_do_not_count(tmp_path: Path) -> None:
    assert [path.relative_to(tmp_path).as_posix() for path in files_of(package(tmp_path))] == list(FILES)


def test_a_hash_is_of_names_bytes_and_their_order(tmp_path: Path) -> None:
    first, other, _ = files_of(package(tmp_path))
    both = hashed([("a", first), ("b", other)])
    assert both == hashed([("a", first), ("b", other)])
    assert len({both, hashed([("b", first), ("a", other)]), hashed([("b", other), ("a", first)])}) == 3
    first.write_text("edited")
    assert hashed([("a", first), ("b", other)]) != both
