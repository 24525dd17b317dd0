"""Whatever a policy's program does, its cycles end in a fault of its own, and nothing else happens.

Every attack runs with all that this machine gives, and those on the machine itself once more without namespaces, which
many containers do not allow.
"""

import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from pilotline.benchmarks.scene import Peak
from pilotline.policies.remote.errors import BAD_REPLY, LIMIT, LOST, TIMEOUT, RemoteError
from pilotline.policies.sandbox.cage import watch
from pilotline.policies.sandbox.cage.order import LAYERS

ROOMLESS = tuple(name for name in LAYERS if name != "room")
MISSED = ("missed",)
OURS = 8
"""Processes of ours beside a program: its keeper, the chain to it, victims of an attack."""

ENDED = {
    "bomb": (BAD_REPLY, "no msgpack"),
    "crash": (LOST, "ended by SIGSEGV"),
    "deaf": (TIMEOUT, "no answer within timeout_s=0.5"),
    "endless_loop": (TIMEOUT, "no answer within timeout_s=0.5"),
    "fork_bomb": (LOST, "PermissionError|limit"),
    "giant": (BAD_REPLY, "a reply of 4294967295 bytes; allowed: max_reply_mb=0.1"),
    "memory_hog": (LOST, "MemoryError"),
    "memory_crowd": (LIMIT, "MB of memory; allowed: memory_mb=200"),
    "pickle": (BAD_REPLY, r"dtype '\|O' does not pass"),
    "printer": (TIMEOUT, "no answer within timeout_s=2"),
    "survivor": (LOST, "ended with status 7"),
}
"""Attacks with one end, and its reason."""


@pytest.fixture
def attack(scene, start, work, here):
    """`attack(name, layers)`: what it says at first, faults, reasons and harm."""

    def run(name, layers=LAYERS):
        here(layers)
        place = scene(name)
        policy = start(place.folder, layers=layers)
        faults = work(policy)
        policy.close()
        return policy.terms.policy, faults, "; ".join(policy.remarks()[2:]), place.harm()

    return run


@pytest.mark.parametrize("name", ENDED)
def test_an_attack_ends_its_own_cycles_and_does_no_harm(name, attack):
    fault, reason = ENDED[name]
    _, faults, why, harm = attack(name)
    assert faults == [(fault,)] * 2
    assert re.search(f"{fault} ended 2 cycles: .*({reason})", why)
    assert harm == ()


SAYS = {
    "caller": "ways out: []",
    "filler": "4 MB",
    "hidden_memory": "in_file 0 MB, system_v 0 MB, shared 0 MB, scratch 0 MB",
    "killer": "killed 0",
    "spy": "secrets: 0",
    "tracer": "not refused: []",
    "writer": "0 changes",
}
"""Attacks that are refused, go on and answer, and what they say they have reached."""


@pytest.mark.parametrize("name", SAYS)
def test_an_attack_that_is_refused_goes_on_like_any_policy(name, attack, here):
    if "room" not in here(LAYERS) and name in ("filler", "hidden_memory"):
        pytest.skip("no namespaces: its scratch folder is watched, not capped by the kernel")
    said, faults, _, harm = attack(name)
    assert said == SAYS[name]
    assert faults == [MISSED] * 2
    assert harm == ()


@pytest.mark.parametrize("name", ["writer", "caller", "killer", "tracer", "spy"])
def test_without_namespaces_landlock_and_seccomp_refuse_the_same(name, attack):
    said, faults, _, harm = attack(name, ROOMLESS)
    assert (said, faults, harm) == (SAYS[name], [MISSED] * 2, ())


@pytest.mark.parametrize("name", ["memory_hog", "fork_bomb"])
def test_without_namespaces_limits_and_the_keeper_end_the_same(name, attack):
    fault, reason = ENDED[name]
    _, faults, why, harm = attack(name, ROOMLESS)
    assert faults == [(fault,)] * 2
    assert re.search(reason, why)
    assert harm == ()


@pytest.mark.parametrize(
    ("name", "layers"),
    [("fork_bomb_allowed", LAYERS), ("thread_bomb", LAYERS), ("thread_bomb", ("landlock", "seccomp"))],
)
def test_a_bomb_of_processes_or_threads_is_stopped_for_root_too(name, layers, attack, here):
    with Peak().watched() as peak:
        _, faults, _, harm = attack(name, layers)
    assert faults in ([(LIMIT,)] * 2, [(TIMEOUT,)] * 2)
    assert harm == ()
    if "count" in here(layers):
        assert peak.tasks <= 20 + OURS


@pytest.mark.parametrize("name", ["fork_bomb_allowed", "memory_crowd", "survivor"])
def test_where_the_kernel_neither_counts_nor_ends_processes_none_may_be_made(name, scene, start, here):
    """Those that multiply faster than they are found would outlive their keeper."""
    here(("landlock", "seccomp"))
    place = scene(name)
    with pytest.raises(RemoteError, match="nothing here ends all processes of one that may fork"):
        start(place.folder, layers=("landlock", "seccomp"))
    assert place.harm() == ()


def test_what_ran_before_an_attack_is_not_held_against_it():
    with subprocess.Popen(["sleep", "100"]) as before:
        with Peak().watched() as peak:
            subprocess.run(["sleep", "0.2"], check=True)
        before.kill()
    assert peak.tasks == 1


def test_memory_is_bounded_by_the_kernel(attack):
    with Peak().watched() as peak:
        _, faults, _, _ = attack("memory_hog")
    assert faults == [(LOST,)] * 2
    assert peak.memory_mb < 200 + 20 * OURS


def test_one_bad_answer_of_a_batch_ends_one_cycle(attack):
    _, faults, _, harm = attack("nan")
    assert faults == [MISSED, (BAD_REPLY,)]
    assert harm == ()


def programs():
    """Processes from here that run a `main.py`."""
    names = (Path(f"/proc/{pid}/cmdline") for pid in watch.descendants(os.getpid()))
    return [name for name in names if b"main.py" in name.read_bytes()]


def test_a_program_that_works_on_between_requests_is_ended(scene, start, batch):
    policy = start(scene("burner").folder)
    policy.begin(np.arange(2))
    obs = batch.observe()
    assert np.isfinite(policy.act(obs)).all()
    until = time.monotonic() + 30.0
    while programs() and time.monotonic() < until:
        time.sleep(0.05)
    assert np.isnan(policy.act(obs)).all()
    assert policy.faults()[LIMIT].all()
    assert "more processor time than is allowed: cpu_s=0.1" in policy.remarks()[-1]


def test_a_disk_that_is_filled_without_namespaces_is_noticed(scene, start, here):
    here(ROOMLESS)
    with pytest.raises(RemoteError, match=r"\d+ MB of files; allowed: scratch_mb=5"):
        start(scene("filler").folder, layers=ROOMLESS)
