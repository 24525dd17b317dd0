"""System calls of Linux that Python has no function for."""

from __future__ import annotations

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
CLONE_NEWCGROUP, CLONE_THREAD = 0x02000000, 0x00010000

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
_PR_CAPBSET_DROP, _PR_SET_SECUREBITS = 24, 28
_NO_ROOT = 0b101111
"""A root gets no rights by being root, and none of this can be taken back."""
_CAPABILITY_V3 = 0x20080522

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 1, 2, 4


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def syscall(number: int, *arguments: object) -> int:
    """A system call by its number.

    Raises:
      OSError: it failed.
    """
    return _checked(int(LIBC.syscall(ctypes.c_long(number), *arguments)), f"call {number}")


def prctl(option: int, value: int) -> None:
    """Set a property of this process."""
    zero = ctypes.c_ulong(0)
    _checked(LIBC.prctl(option, ctypes.c_ulong(value), zero, zero, zero), "prctl")


def drop_capabilities() -> None:
    """Have none of root's rights but its files, for good, programs that are started included."""
    prctl(_PR_SET_SECUREBITS, _NO_ROOT)
    for capability in range(64):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the kernel knows no more
    header, nothing = _CapHeader(_CAPABILITY_V3, 0), (ctypes.c_uint32 * 6)()
    _checked(LIBC.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for new ones."""
    _checked(LIBC.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount; texts as in mount(2)."""
    encoded = None if kind is None else kind.encode()
    result = LIBC.mount(source.encode(), target.encode(), encoded, ctypes.c_ulong(flags), data.encode() or None)
    _checked(result, f"mount of {kind or source}")


def bind_read_only(source: str, target: str, devices: bool = False) -> None:
    """What is at `source`, with all that is mounted in it, at `target` too, where nothing of it can be changed.

    Args:
      devices: of it can be used.
    """
    mount(source, target, None, MS_BIND | MS_REC)
    attr = _MountAttr(_ATTR_RDONLY | _ATTR_NOSUID | (0 if devices else _ATTR_NODEV), 0, 0, 0)
    where = ctypes.c_char_p(target.encode())
    size = ctypes.c_size_t(ctypes.sizeof(attr))
    syscall(_MOUNT_SETATTR, ctypes.c_int(_AT_FDCWD), where, ctypes.c_uint(_AT_RECURSIVE), ctypes.byref(attr), size)


def pivot(root: str) -> None:
    """Make `root`, a mount, the whole file system; the old one is gone."""
    os.chdir(root)
    _checked(LIBC.pivot_root(b".", b"."), "pivot_root")
    _checked(LIBC.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
