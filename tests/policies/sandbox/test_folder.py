"""What a policy folder says of itself, what it gets, and what is refused in one line."""

import os
import re
import shutil
from pathlib import Path

import pytest

from pilotline.policies.sandbox import SandboxError, parse, source_of
from pilotline.policies.sandbox.limits import MOST, NAMES, USUAL, granted

GOOD = Path(__file__).parent / "folders" / "good"


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(GOOD, tmp_path / "vendor"))


def test_a_text_has_one_spelling():
    assert str(parse("sandbox:./a//b/ need=seccomp+room tasks=5 memory_mb=100.0")) == (
        "sandbox:a/b memory_mb=100 tasks=5 need=room+seccomp"
    )
    assert str(parse("sandbox:with a space/x.yaml replan=3")) == "sandbox:with a space/x.yaml replan=3"
    assert parse(str(parse("sandbox:/a cpu_s=1e-1"))) == parse("sandbox:/a cpu_s=0.1")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sandbox:", "allowed: sandbox:PATH"),
        ("sandbox:a\nb", "allowed: sandbox:PATH"),
        ("sandbox:a speed=1", "'speed' is no option of it"),
        ("sandbox:a tasks=1 tasks=2", "tasks is given twice: '1' and '2'"),
        ("sandbox:a tasks=1.5", "tasks=1.5: allowed: 1 to 4096"),
        ("sandbox:a memory_mb=nan", "memory_mb=nan: allowed: 16 to 1e"),
        ("sandbox:a cpu_s=", "cpu_s=: allowed: 0.01 to 3600"),
        ("sandbox:a replan=0", "replan=0: allowed: 1 to 1000 control steps"),
        ("sandbox:a need=walls", "'walls' is no layer; allowed: room, user, landlock, seccomp, count"),
    ],
)
def test_a_text_that_is_none_is_refused(text, reason):
    with pytest.raises(SandboxError) as refused:
        parse(text)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_a_policy_gets_is_what_it_asks_for_up_to_what_is_allowed():
    limits, notes = granted({"memory_mb": 9000.0, "tasks": 2}, {"timeout_s": 1.0})
    assert (limits.memory_mb, limits.tasks, limits.timeout_s, limits.cpu_s) == (MOST.memory_mb, 2, 1.0, USUAL.cpu_s)
    assert notes == ("it asks for memory_mb=9000 and gets 4000",)
    allowed, _ = granted({"memory_mb": 9000.0}, {"memory_mb": 10_000.0})
    assert allowed.memory_mb == 9000.0
    assert all(getattr(USUAL, name) <= getattr(MOST, name) for name in NAMES)


def test_the_scorecard_gets_every_file_and_the_limits(folder):
    (folder / "weights").mkdir()
    (folder / "weights" / "one.bin").write_bytes(b"123")
    source = source_of(parse(f"sandbox:{folder} tasks=4"))
    assert [name for name, _ in source.files] == ["main.py", "policy.yaml", "weights/one.bin"]
    assert source.files[2][1] == "a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3"
    assert source.title == "stays where it is"
    assert "tasks=4" in source.notes[0]


BROKEN = {
    "no manifest": (lambda f: (f / "policy.yaml").unlink(), "no policy.yaml in it"),
    "no program": (lambda f: (f / "main.py").unlink(), "names main.py, which is no file in the folder"),
    "a link": (lambda f: (f / "link").symlink_to("/etc/passwd"), "link is no file but a link or device"),
    "a linked folder": (lambda f: (f / "all").symlink_to("/"), "all is no file but a link or device"),
    "a pipe": (lambda f: os.mkfifo(f / "pipe"), "pipe is no file but a link or device"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_folder_that_cannot_be_used_is_refused(name, folder):
    breaks, reason = BROKEN[name]
    breaks(folder)
    with pytest.raises(SandboxError, match=reason):
        source_of(parse(f"sandbox:{folder}"))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("python: main.py", "python: ../main.py", "python"),
        ("python: main.py", "python: /bin/sh", "python"),
        ("python: main.py", "command: []", "command"),
        ("python: main.py", "", "either python: FILE or command"),
        ("python: main.py", "python: main.py\ncommand: [main.py]", "either python: FILE or command"),
        ("python: main.py", "python: main.py\nroot: true", "root"),
        ("python: main.py", "python: main.py\nlimits: {memory_mb: -1}", "allowed: 16 to 1e"),
        ("python: main.py", "python: main.py\nlimits: {tasks: .inf}", "tasks"),
        ("python: main.py", "python: main.py\nenvironment: {LD_PRELOAD: x.so}", "LD_PRELOAD"),
        ("policy-folder/1", "policy-folder/2", "schema"),
        ("title:", "title: !!python/object/apply:os.system [id]\nold:", "policy.yaml"),
    ],
)
def test_a_manifest_that_is_none_is_refused_in_one_line(old, new, reason, folder):
    text = (folder / "policy.yaml").read_text()
    assert old in text
    (folder / "policy.yaml").write_text(text.replace(old, new))
    with pytest.raises(SandboxError) as refused:
        source_of(parse(f"sandbox:{folder}"))
    assert re.search(reason, str(refused.value))
    assert "\n" not in str(refused.value)


def test_a_folder_of_the_system_is_refused(start):
    with pytest.raises(SandboxError, match=r"no policy.yaml in it"):
        start(Path("/usr"))
