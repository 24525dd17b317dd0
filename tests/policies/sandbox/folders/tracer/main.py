"""Tries calls that reach into other processes, other namespaces or the kernel; tells which are not refused."""

import ctypes
import os

import numpy as np
from pilotline_policy import serve

LIBC = ctypes.CDLL(None, use_errno=True)
CALLS = {
    "ptrace": lambda: LIBC.ptrace(16, os.getppid(), None, None),
    "process_vm_readv": lambda: LIBC.process_vm_readv(os.getppid(), None, 0, None, 0, 0),
    "unshare": lambda: LIBC.unshare(0x10000000),
    "setns": lambda: LIBC.setns(0, 0),
    "mount": lambda: LIBC.mount(b"none", b"/scratch", b"tmpfs", 0, None),
    "chroot": lambda: LIBC.chroot(b"/scratch"),
    "io_uring_setup": lambda: LIBC.syscall(425, 1, ctypes.create_string_buffer(120)),
    "bpf": lambda: LIBC.bpf(0, None, 0) if hasattr(LIBC, "bpf") else -1,
    "setuid": lambda: LIBC.setuid(0 if os.getuid() else 12345),
    "setrlimit": lambda: LIBC.setrlimit(9, (ctypes.c_uint64 * 2)(1 << 62, 1 << 62)),
    "setns of init": lambda: LIBC.setns(os.open("/proc/1/ns/net", os.O_RDONLY), 0),
}


def works(call):
    try:
        return call() >= 0
    except OSError:
        return False


def answer(request):
    return {"actions": np.zeros((len(request["cycle"]["simulation"]), 1, 17))}


done = [name for name, call in CALLS.items() if works(call)]
serve({"control": "ee", "batched": True, "policy": f"not refused: {done}"}, answer)
