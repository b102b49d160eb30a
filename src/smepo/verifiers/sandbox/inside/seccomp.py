"""The filter of system calls: no new processes, sockets, shared memory, or hands on others.

Classic BPF as seccomp(2) takes it. It needs no privilege, so that it guards at every level of
isolation. What is forbidden fails with EPERM.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from functools import lru_cache

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
CLONE_THREAD, CLONE_NEW_ANY = 0x10000, 0x7E020080
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT, _SECOND = 0, 4, 16, 24  # offsets in struct seccomp_data (little endian)

_ARCHES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# Numbers on x86_64 and aarch64; -1: not there.
_FORBIDDEN = {
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "mount_setattr": (442, 442),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setattr": (314, 274),
    "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122),
    "syslog": (103, 116),
}
_STARTS = {"fork": (57, -1), "vfork": (58, -1), "execve": (59, 221), "execveat": (322, 281)}
_OWN_ONLY = {  # the first argument has to be the process itself
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "prlimit64": (302, 261),
}
# Forbidden values of an argument: call, where the argument stands, values. A program must not shake
# off the signal that ends it with its parent; and a file may send signals in its owner's name.
_VALUES = {
    "prctl": ((157, 167), _ARGUMENT, (1,)),  # PR_SET_PDEATHSIG
    "fcntl": ((72, 25), _SECOND, (8, 10, 15)),  # F_SETOWN, F_SETSIG, F_SETOWN_EX
    "ioctl": ((16, 29), _SECOND, (0x8901, 0x8902, 0x5412, 0x541C)),  # FIOSETOWN, SIOCSPGRP, TIOC*
}
_CLONE, _CLONE3 = (56, 220), (435, 435)


def install(libc: ctypes.CDLL, *, processes: bool) -> bool:
    """Put the filter on this process, which has no_new_privs; False where there is none."""
    machine = platform.machine()
    if machine not in _ARCHES:
        return False
    code = program(machine, os.getpid(), processes=processes)
    buffer = ctypes.create_string_buffer(code)
    # struct sock_fprog: a count and a pointer, padded
    head = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head, 0, 0) == 0)


@lru_cache(maxsize=8)
def program(machine: str, pid: int, *, processes: bool) -> bytes:
    """The filter's code. ``processes``: new ones may be made, in no new namespace.

    Cached, so that the fork server has it for the process that is the first of its namespace.
    """
    arch, at = _ARCHES[machine]
    deny = _ERRNO | errno.EPERM
    rules: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        rules += [(_ANY_BIT, 0, 1, 0x40000000), (_RETURN, 0, 0, deny)]
    forbidden = {**_FORBIDDEN, **({} if processes else _STARTS)}
    for numbers in forbidden.values():
        if numbers[at] >= 0:
            rules += [(_EQUAL, 0, 1, numbers[at]), (_RETURN, 0, 0, deny)]
    rules += [(_EQUAL, 0, 1, _CLONE3[at]), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    clone = [(_LOAD, 0, 0, _ARGUMENT)]
    if processes:
        clone += [(_ANY_BIT, 0, 1, CLONE_NEW_ANY), (_RETURN, 0, 0, deny)]
    else:
        clone += [(_ANY_BIT, 1, 0, CLONE_THREAD), (_RETURN, 0, 0, deny)]
    rules += [(_EQUAL, 0, len(clone) + 1, _CLONE[at]), *clone, (_RETURN, 0, 0, _ALLOW)]
    for name, numbers in _OWN_ONLY.items():
        own = [(_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 1, 0, pid)]
        if name == "prlimit64":  # 0: the caller
            own = [(_LOAD, 0, 0, _ARGUMENT), (_EQUAL, 2, 0, pid), (_EQUAL, 1, 0, 0)]
        own += [(_RETURN, 0, 0, deny), (_RETURN, 0, 0, _ALLOW)]
        rules += [(_EQUAL, 0, len(own), numbers[at]), *own]
    for numbers, place, values in _VALUES.values():
        checks = [(_EQUAL, len(values) - n, 0, value) for n, value in enumerate(values)]
        checks = [(_LOAD, 0, 0, place), *checks, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, deny)]
        rules += [(_EQUAL, 0, len(checks), numbers[at]), *checks]
    rules.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *rule) for rule in rules)
