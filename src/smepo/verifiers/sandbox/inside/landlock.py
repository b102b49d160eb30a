"""Landlock: what of the file system a process may touch, where it has no root of its own.

Needs no privilege, holds for all that the process starts, and keeps it from the memory of any
process that is not in the same domain (Linux 5.13; landlock(7)). Nothing can be written.
"""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import suppress

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # on every architecture
CREATE_RULESET_VERSION, RULE_PATH_BENEATH = 1, 1
READ_FILE, READ_DIR, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
# the rights that each version of the interface knows: all are taken that no rule gives back
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_SCOPED = 3  # from version 6 on: no abstract sockets and no signals to processes outside
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def ruleset(libc: ctypes.PyDLL, paths: list[str], listable: list[str]) -> int | None:
    """A set of rules, as a file: read what is under ``paths``, and the names of what is under
    ``listable``. None where there is no Landlock."""
    version = libc.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    if version < 1:
        return None
    handled = (1 << _RIGHTS[min(version, max(_RIGHTS))]) - 1
    scoped = _SCOPED if version >= 6 else 0
    attributes = struct.pack("QQQ", handled, 0, scoped)[: 24 if version >= 6 else 8]
    rules: int = libc.syscall(CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return None
    for path in paths:
        _allow(libc, rules, path, READ_FILE | READ_DIR if os.path.isdir(path) else READ_FILE)  # noqa: PTH112
    for path in listable:
        _allow(libc, rules, path, READ_DIR)
    for path in DEVICES:
        _allow(libc, rules, path, READ_FILE | WRITE_FILE)
    return rules


def _allow(libc: ctypes.PyDLL, rules: int, path: str, rights: int) -> None:
    with suppress(OSError):  # what is not there needs no rule
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        libc.syscall(ADD_RULE, rules, RULE_PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
        os.close(beneath)


def restrict(libc: ctypes.PyDLL, rules: int) -> bool:
    """Put the rules on this process, which has no_new_privs; True if they hold."""
    return bool(libc.syscall(RESTRICT_SELF, rules, 0) == 0)
