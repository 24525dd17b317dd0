"""What is around a program: which layers there are is known, demanded and told, and it never outlives the harness."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pilotline.policies.remote import RemoteError
from pilotline.policies.sandbox.cage import landlock, watch
from pilotline.policies.sandbox.cage.order import LAYERS, Order

GOOD = Path(__file__).parent / "folders" / "good"


def test_layers_that_hold_and_those_that_do_not_are_told(start):
    policy = start(GOOD, layers=("landlock", "seccomp"))
    assert {"limits", "watch", "seccomp"} <= set(policy.layers)
    told = policy.remarks()[0]
    assert told.startswith("kept by ")
    assert told.endswith("; not given by this machine: room, user, count")


@pytest.mark.parametrize(
    ("layers", "need"), [(("landlock", "seccomp"), "room"), (("room", "user"), "landlock+seccomp")]
)
def test_a_layer_that_is_demanded_and_not_there_is_refused_in_one_line(layers, need, start, here):
    here(layers)
    with pytest.raises(RemoteError) as refused:
        start(GOOD, f"need={need}", layers=layers)
    text = str(refused.value)
    assert re.search(rf"need={re.escape(need)}: this machine does not give {need.replace('+', ', ')}", text)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("layers", "reason"),
    [((), "nothing here keeps it to its folder"), (("seccomp",), "its folder"), (("landlock",), "from the network")],
)
def test_too_few_layers_are_refused(layers, reason, start):
    if layers == ("landlock",) and landlock.version() < 3:
        pytest.skip("the kernel has no Landlock of version 3")
    with pytest.raises(RemoteError, match=reason):
        start(GOOD, layers=layers)


def test_what_is_demanded_and_there_runs(start, here):
    given = [name for name in LAYERS if name in here(LAYERS)]
    assert start(GOOD, f"need={'+'.join(given)}").terms.control == "ee"


def test_its_environment_is_its_own(start, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for you")
    folder = program(tmp_path, "import os\nsaid = ' '.join(sorted(os.environ))")
    names = start(folder).terms.policy.split()
    assert {"HOME", "TMPDIR", "PATH", "PILOTLINE_FD"} <= set(names)
    assert not [name for name in names if "SECRET" in name]


def test_it_has_no_file_of_ours_open(start, tmp_path):
    code = """
import fcntl
from contextlib import suppress

said = ""
for number in range(4, 256):
    with suppress(OSError):
        fcntl.fcntl(number, fcntl.F_GETFD)
        said += f"{number} "
said = said or "none"
"""
    folder = program(tmp_path, code)
    assert start(folder).terms.policy == "none"


def test_a_program_that_is_not_python_talks_too(start, tmp_path):
    """A shell script, and a command that is not in the folder."""
    folder = program(tmp_path, "said = 'through a shell'")
    (folder / "run.sh").write_text(f'#!/bin/sh\nexec {sys.executable} main.py "$@"\n')
    (folder / "run.sh").chmod(0o755)
    manifest = (folder / "policy.yaml").read_text().replace("python: main.py", "command: [./run.sh, word]")
    (folder / "policy.yaml").write_text(manifest)
    assert start(folder).terms.policy == "through a shell"


def program(folder, code):
    """A policy folder whose program computes `said` and tells it."""
    own = folder / "folder"
    own.mkdir(exist_ok=True)
    (own / "policy.yaml").write_text("schema: pilotline/policy-folder/1\ntitle: made up\npython: main.py\n")
    serve = 'from pilotline_policy import serve\nserve({"control": "ee", "policy": said}, lambda request: {})\n'
    (own / "main.py").write_text(f"{code}\n{serve}")
    return own


@pytest.mark.parametrize("layers", [LAYERS, ("landlock", "seccomp")], ids="+".join)
def test_a_harness_that_is_killed_takes_its_programs_along(layers, here, tmp_path):
    here(layers)
    code = f"""
import sys, tempfile, time
tempfile.tempdir = {str(tmp_path)!r}
from pilotline import robots
from pilotline.policies.sandbox import parse
from pilotline.policies.sandbox.running import FolderPolicy
policy = FolderPolicy(parse('sandbox:{GOOD}'), 'reach', robots.load('wheeled'), 1, layers={layers!r})
print('up', flush=True)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == "up\n"
        caged = watch.descendants(harness.pid)
        assert len(caged) >= 2
        harness.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10.0
    while (alive := [pid for pid in caged if is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive == []
    assert list(tmp_path.iterdir()) == []


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_an_order_travels():
    order = Order(
        command=("{folder}/run", "--fast"),
        folder="/a folder",
        read=("/usr",),
        environment={"HOME": "{scratch}"},
        temporary="/a room",
        outside="/outside",
        fork=False,
        layers=LAYERS,
        need=("room",),
        memory_mb=100.0,
        start_cpu_s=5.0,
        cpu_s=1.0,
        tasks=3,
        scratch_mb=1.0,
    )
    assert Order.from_line(order.to_line()) == order


def test_use_of_this_process_is_counted():
    begun = watch.use_of([os.getpid()])
    sum(range(3_000_000))
    use = watch.use_of([os.getpid()])
    assert use.cpu_s > begun.cpu_s
    assert use.memory_mb > 10.0
    assert use.tasks >= 1
    assert watch.use_of([2**22 + 1]).tasks == 0
