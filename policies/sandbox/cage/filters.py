"""System calls that a caged program is refused, by libseccomp.

What is not named passes, so that numerical libraries work; named is all that makes processes, connections, memory that
no limit counts, and that reaches into other processes or the kernel.
"""

from __future__ import annotations

import ctypes
import errno
import os

from . import calls

_ALLOW = 0x7FFF0000
_NE, _EQ, _MASKED_EQ = 1, 4, 7
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C

NETWORK = ("socket", "connect", "bind", "listen", "accept", "accept4", "socketcall")
"""A socket pair stays: it leads nowhere."""
OTHERS = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd"),
    *("pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo"),
)
UNCOUNTED = ("memfd_create", "memfd_secret", "shmget", "shmat", "semget", "msgget", "mq_open", "vmsplice")
KERNEL = (
    *("io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "perf_event_open", "userfaultfd"),
    *("keyctl", "add_key", "request_key", "unshare", "setns", "mount", "umount2", "umount", "pivot_root", "chroot"),
    *("fsopen", "fsmount", "fsconfig", "fspick", "move_mount", "open_tree", "mount_setattr", "open_by_handle_at"),
    *("name_to_handle_at", "fanotify_init", "quotactl", "quotactl_fd", "swapon", "swapoff", "reboot", "syslog"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "acct", "settimeofday"),
    *("clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "personality", "iopl", "ioperm"),
    *("modify_ldt", "vhangup", "nfsservctl", "lookup_dcookie", "move_pages", "migrate_pages", "mbind"),
    *("set_mempolicy", "setrlimit"),
)
ATTRIBUTES = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes"),
    *("utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr"),
    *("fremovexattr", "removexattrat", "file_setattr"),
)
"""Which Landlock does not keep from files out of reach."""
NAMESPACES = (
    calls.CLONE_NEWNS,
    calls.CLONE_NEWUTS,
    calls.CLONE_NEWIPC,
    calls.CLONE_NEWUSER,
    calls.CLONE_NEWPID,
    calls.CLONE_NEWNET,
    calls.CLONE_NEWCGROUP,
)


class _Compare(ctypes.Structure):
    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


class Filter:
    """A filter to be made ready before the file system is gone, and put on at the end.

    Raises:
      OSError: libseccomp is not installed.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libseccomp.so.2")
        self._library.seccomp_init.restype = ctypes.c_void_p

    def put_on(self, fork: bool, pid: int | None) -> None:
        """Refuse from here on, for good.

        Args:
          fork: processes may be made, else threads alone.
          pid: the only process that signals may go to; None in a room, where others are out of sight and files of
            others cannot be changed.

        Raises:
          OSError: the kernel does not take it.
        """
        library = self._library
        self._context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ALLOW)))
        if not self._context:
            raise OSError(0, "libseccomp gives no filter")
        try:
            for name in (*NETWORK, *OTHERS, *UNCOUNTED, *KERNEL):
                self._refuse(name)
            if pid is not None:
                for name in ATTRIBUTES:
                    self._refuse(name)
            self._refuse("prlimit64", when=(2, _NE, 0, 0))
            self._refuse("prctl", when=(0, _EQ, calls.PR_SET_PDEATHSIG, 0))
            for request in (_TIOCSTI, _TIOCLINUX):
                self._refuse("ioctl", when=(1, _MASKED_EQ, 0xFFFFFFFF, request))
            self._refuse("clone3", number=errno.ENOSYS)  # its flags are out of a filter's sight; all fall back to clone
            if fork:
                for flag in NAMESPACES:
                    self._refuse("clone", when=(0, _MASKED_EQ, flag, flag))
            else:
                self._refuse("fork")
                self._refuse("vfork")
                self._refuse("clone", when=(0, _MASKED_EQ, calls.CLONE_THREAD, 0))
            if pid is not None:
                for name in ("kill", "tgkill"):
                    self._refuse(name, when=(0, _NE, pid, 0))
                self._refuse("tkill")
            self._check(library.seccomp_load(self._context))
        finally:
            library.seccomp_release(self._context)

    def _refuse(self, name: str, number: int = errno.EPERM, when: tuple[int, int, int, int] | None = None) -> None:
        call = self._library.seccomp_syscall_resolve_name(name.encode())
        if call < 0:  # not on this machine, or younger than the library
            return
        compare = _Compare(*when) if when else None
        count, given = (1, ctypes.byref(compare)) if compare is not None else (0, None)
        action = ctypes.c_uint32(0x00050000 | number)
        self._check(self._library.seccomp_rule_add_array(self._context, action, call, ctypes.c_uint(count), given))

    @staticmethod
    def _check(result: int) -> None:
        if result < 0:
            raise OSError(-result, f"seccomp: {os.strerror(-result)}")
