"""What a process gives up before it runs anything foreign."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
from contextlib import suppress
from typing import Any

from . import landlock, seccomp

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWIPC = 0x00020000, 0x20000000, 0x08000000
MS_NOSUID, MS_NODEV = 2, 4
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE = {"x86_64": 56, "aarch64": 220}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES = 0x20080522  # version 3 of struct __user_cap_header_struct
STACK = 8 << 20

MACHINE = platform.machine() if platform.system() == "Linux" else ""
libc = ctypes.PyDLL(None, use_errno=True)  # PyDLL: the lock of the interpreter stays held


def fork(flags: int) -> int:
    """A copy of this process, the first of new namespaces as ``flags`` of clone(2) say.

    Not ``os.fork``: what that does for locks and threads is not needed in a process with one
    thread, and is half of the cost.
    """
    number = _CLONE.get(MACHINE)
    if number is None:
        return os.fork()
    pid: int = libc.syscall(number, flags | signal.SIGCHLD, 0, 0, 0, 0)
    if pid < 0:
        raise OSError(ctypes.get_errno(), "clone")
    return pid


def apart(flags: int, limits: dict[str, Any]) -> None:
    """In a child that is the first of its mount namespace: a /tmp of its own, in memory."""
    if flags & CLONE_NEWNS:
        options = f"size={limits['files']},nr_inodes={limits['file_count']},mode=777"
        check(libc.mount(b"tmpfs", b"/tmp", b"tmpfs", MS_NOSUID | MS_NODEV, options.encode()))
        os.chdir("/tmp")


def die_with(parent: int) -> None:
    """Be killed when the thread dies that has started this process, or now, if it is dead."""
    if MACHINE:
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def give_up(limits: dict[str, Any], uid: int, *, judge: bool, rules: int | None = None) -> bool:
    """Limits, identity, files, privileges, system calls; True if the filter of calls is on.

    ``uid``: the user to become, 0 to stay the one that the process is. ``rules``: of Landlock.
    """
    parent = os.getppid()
    os.umask(0o077)
    if limits["cpu"] >= 0:
        _limit(resource.RLIMIT_CPU, int(limits["cpu"]) + 1, int(limits["cpu"]) + 2)
    _limit(resource.RLIMIT_AS, limits["memory"])
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, limits["files"])
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_STACK, STACK)
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if limits["threads"]:
        _limit(resource.RLIMIT_NPROC, limits["threads"])
    if not MACHINE:
        return False
    die_with(parent)  # after the change of user, which takes it back
    if judge:
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no other process reads its memory
    number = _CAPSET.get(MACHINE)
    if number is not None:
        libc.syscall(number, struct.pack("Ii", _CAPABILITIES, 0), bytes(24))
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    if rules is not None:
        if not landlock.restrict(libc, rules):
            raise OSError("the filter of files cannot be put on")
        os.close(rules)
    return seccomp.install(libc, processes=limits["processes"] > 0)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    if soft < 0:
        return
    _, most = resource.getrlimit(kind)
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    with suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(kind, (soft, hard))


def check(result: int) -> None:
    """Raise OSError for a call that failed."""
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
