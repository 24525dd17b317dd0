"""Namespaces: a room of its own, in which a program sees no other process, no network and none of our files."""

from __future__ import annotations

import os
from collections.abc import Sequence

from . import calls

INSIDE = 1000
"""User and group in a room whose owner is not root outside."""
FOLDER, SCRATCH = "/policy", "/scratch"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_ROOM = calls.CLONE_NEWNS | calls.CLONE_NEWPID | calls.CLONE_NEWNET | calls.CLONE_NEWIPC | calls.CLONE_NEWUTS


def leave(own_user: bool) -> None:
    """Leave the namespaces of the machine; processes are in the new one of processes from the next fork on.

    Args:
      own_user: in a user namespace too, which is how one who is not root may do this.

    Raises:
      OSError: it is not allowed here.
    """
    user, group = os.geteuid(), os.getegid()
    calls.unshare(_ROOM | (calls.CLONE_NEWUSER if own_user else 0))
    if own_user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{INSIDE} {user} 1"),
            ("gid_map", f"{INSIDE} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    calls.mount("none", "/", None, calls.MS_REC | calls.MS_PRIVATE)


def furnish(root: str, folder: str, read: Sequence[str], scratch_mb: float, owner: int) -> bool:
    """Make a file system of what the program needs, and nothing else; the first process of the room does that.

    Everything is read-only but `/scratch`, which is memory of a limited size and `/tmp` too.

    Args:
      root: an empty folder that it is put together in.
      folder: of the policy, seen as `/policy`.
      read: folders and files of the machine that programs need; those that are not there are left out.
      scratch_mb: size of `/scratch`, 1e6 bytes.
      owner: user whose `/scratch` is, as numbered in the room.

    Returns:
      Whether there is a `/proc`; in some containers there cannot be one.

    Raises:
      OSError: it is not allowed here.
    """
    kept = calls.MS_NOSUID | calls.MS_NODEV
    calls.mount("none", root, "tmpfs", kept, "size=4m,mode=755")
    for source in read:
        _bind(source, root + source)
    for source in _DEVICES:
        _bind(source, root + source, devices=True)
    _bind(folder, root + FOLDER)
    os.mkdir(root + SCRATCH)
    size = f"size={int(scratch_mb * 1e6)},nr_inodes=10000,mode=700,uid={owner},gid={owner}"
    calls.mount("none", root + SCRATCH, "tmpfs", kept | calls.MS_NOEXEC, size)
    os.makedirs(root + "/proc")
    for name in ("tmp", "var/tmp", "dev/shm"):
        os.makedirs(os.path.dirname(f"{root}/{name}"), exist_ok=True)
        if not os.path.lexists(f"{root}/{name}"):
            os.symlink(SCRATCH, f"{root}/{name}")
    calls.pivot(root)
    try:
        calls.mount("proc", "/proc", "proc", kept | calls.MS_NOEXEC)
        proc = True
    except OSError:
        proc = False
    calls.mount("none", "/", None, calls.MS_REMOUNT | calls.MS_BIND | calls.MS_RDONLY | kept)
    return proc


def _bind(source: str, target: str, devices: bool = False) -> None:
    """What is at `source`, read-only, at `target`; links are made again as they are."""
    if os.path.lexists(target) or not os.path.exists(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source) and not os.path.isabs(os.readlink(source)):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    calls.bind_read_only(source, target, devices)


def outer_user(pid: int) -> int:
    """A user of the machine that nobody else is, for the program of a root: its own limits, and no one's rights."""
    return 0x70000000 + pid % 0x0FFFFFFF


def become(user: int) -> None:
    """Be that user and group alone, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def has_own_network() -> bool:
    """Whether this process sees no interface but its own loopback."""
    import socket

    return [name for _, name in socket.if_nameindex()] in ([], ["lo"])
