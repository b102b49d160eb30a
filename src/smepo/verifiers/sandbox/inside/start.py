"""The first code in the sandbox."""

from __future__ import annotations

import json
import os
import socket
import sys

from . import confine, enter, landlock, server

NO_FILTER = 2
LIMITS = {"cpu": 10, "memory": -1, "files": 1 << 20, "file_count": 16, "threads": 0, "processes": 0}


def main() -> None:
    """Build the room where bubblewrap has not, see what works in it, then serve.

    Arguments: the folder of this package, the number of the control socket, the level, whom
    programs shall run as (0: nobody else), the paths to show as JSON (an empty place: its names
    alone), and the process id of the parent (0: bubblewrap sees to it that nothing outlives it).
    """
    _, fd, level, name, paths, parent = sys.argv[1:7]
    if int(parent):
        confine.die_with(int(parent))
    control = socket.socket(fileno=int(fd))
    flags, user, rules = 0, int(name), None
    try:
        if level == "unshare":
            enter.enter(json.loads(paths))
        if level == "rlimits":
            shown = json.loads(paths)
            readable = [path for path, place in shown if place]
            listable = [path for path, place in shown if not place]
            rules = landlock.ruleset(confine.libc, readable, listable)
        else:
            flags = confine.CLONE_NEWPID | confine.CLONE_NEWNS | confine.CLONE_NEWIPC
        result = probe(flags, user, rules)
        if result not in (0, NO_FILTER) and user and level == "rlimits":
            user, result = 0, probe(flags, 0, rules)  # the interpreter is out of others' reach
        if result not in (0, NO_FILTER):
            raise OSError("a process cannot be confined")
    except OSError as error:
        control.send(json.dumps({"error": f"{level}: {error}"}).encode())
        os._exit(1)
    missing = ["a system call filter"] if result else []
    if level == "rlimits" and rules is None:
        missing.append("a file filter")
    server.main(control, server.Confinement(flags, user, rules), {"missing": missing, "user": user})


def probe(flags: int, user: int, rules: int | None) -> int:
    """Confine a process as programs will be: 0 it works, ``NO_FILTER``, else 1."""
    pid = confine.fork(flags)
    if pid == 0:
        status = 1
        try:
            confine.apart(flags, LIMITS)
            filtered = confine.give_up(LIMITS, user, judge=False, rules=rules)
            with open(os.__file__, "rb") as file:  # noqa: PTH123
                file.read(1)
            status = 0 if filtered else NO_FILTER
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
