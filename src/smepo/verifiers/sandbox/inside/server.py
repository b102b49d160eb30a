"""The fork server: warm interpreters for programs, each a process with limits of its own.

Commands come as JSON on a socket that keeps messages apart; ``fork`` brings the child's files with
it. The server runs nothing foreign and reads no tests, so that none of its children finds any in
its memory. It has one thread, and ends with its children when the socket is closed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Any, NamedTuple

from . import confine, seccomp
from .candidate import answer_calls, run_program
from .frames import ClosedError, JunkError, process_clock, receive
from .judge import serve

MAX_COMMAND = 1 << 16  # bytes
PRELOAD = """
    array ast base64 bisect builtins calendar cmath collections collections.abc contextlib copy
    copyreg dataclasses datetime decimal enum fractions functools hashlib heapq importlib io
    itertools json keyword math numbers operator os pprint queue random re statistics string struct
    textwrap threading time traceback types typing unicodedata uuid warnings zlib
""".split()


class Confinement(NamedTuple):
    """What each program gets for itself: namespaces (``flags`` of clone(2)), whom it runs as (0:
    who the server is), and rules of Landlock as a file."""

    flags: int
    user: int
    rules: int | None


def main(control: socket.socket, confinement: Confinement, hello: dict[str, Any]) -> None:
    """Answer commands until the other end is gone."""
    for name in PRELOAD:
        with suppress(ImportError):
            importlib.import_module(name)
    random.seed(0)
    for processes in (False, True):
        seccomp.program(confine.MACHINE, 1, processes=processes)
    gc.collect()
    gc.freeze()
    gc.disable()
    server = Server(control, confinement)
    server.tell(hello)
    while True:
        message, fds, _, _ = socket.recv_fds(control, MAX_COMMAND, 8)
        if not message:
            server.end()
            return
        server.tell(server.obey(json.loads(message), fds))


class Server:
    """The children that are alive."""

    def __init__(self, control: socket.socket, confinement: Confinement) -> None:
        self._control, self._confinement = control, confinement
        self._children: set[int] = set()
        self._dropped: set[int] = set()  # killed, perhaps not dead yet

    def tell(self, answer: dict[str, Any]) -> None:
        """Send an answer."""
        self._control.send(json.dumps(answer).encode())

    def obey(self, command: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        """``fork``: the child's ``pid``. ``cpu``: ``seconds`` that a child has used.

        ``kill``: how it has ended. ``drop``: kill the child, and do not wait for its end.
        """
        self._reap()
        if command["do"] == "fork":
            return self._fork(command, fds)
        if command["do"] == "cpu":
            return {"seconds": process_clock(command["pid"])()}
        if command["do"] == "drop":
            self._drop(command["pid"])
            return {}
        return self._kill(command["pid"], command["grace"])

    def _drop(self, pid: int) -> None:
        if pid in self._children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._children.discard(pid)
            self._dropped.add(pid)

    def _reap(self) -> None:
        self._dropped = {pid for pid in self._dropped if not os.waitpid(pid, os.WNOHANG)[0]}

    def _fork(self, command: dict[str, Any], fds: list[int]) -> dict[str, Any]:
        confinement = self._confinement
        if command["role"] == "judge":  # another user than the program, in the server's namespaces
            user = confinement.user + 1 if confinement.user else 0
            confinement = confinement._replace(flags=0, user=user)
        answer: dict[str, Any]
        try:
            pid = confine.fork(confinement.flags)
        except OSError as error:
            answer = {"error": f"fork: {error}"}
        else:
            if pid == 0:
                _child(command, fds, confinement)
            self._children.add(pid)
            answer = {"pid": pid}
        for fd in fds:
            os.close(fd)
        return answer

    def _kill(self, pid: int, grace: float = 0.0) -> dict[str, Any]:
        """End a child with all that it has started, unless it ends by itself in time."""
        if pid not in self._children:
            return {"error": "no such process"}
        end = time.monotonic() + grace
        while True:
            done, status, usage = os.wait4(pid, os.WNOHANG)
            if done or time.monotonic() >= end:
                break
            time.sleep(0.0005)
        if not done:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            _, status, usage = os.wait4(pid, 0)
        self._children.discard(pid)
        return {
            "ended": bool(done),
            "status": os.waitstatus_to_exitcode(status),
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss,
        }

    def end(self) -> None:
        """Kill all children."""
        for pid in list(self._children):
            self._kill(pid)


def _child(command: dict[str, Any], fds: list[int], own: Confinement) -> None:
    """Be a program or a judge. Never returns."""
    status = 1
    judges = command["role"] == "judge"
    try:
        gc.enable()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_DFL)
        null = os.open("/dev/null", os.O_RDWR)
        standard = (fds[1], fds[2]) if command["role"] == "program" else (null, null)
        for target, source in enumerate((*standard, null)):
            os.dup2(source, target)
        rules = [] if own.rules is None else [own.rules]
        kept = _only([*fds[:1], *rules])
        confine.apart(own.flags, command["limits"])
        held = kept[1] if rules else None
        confine.give_up(command["limits"], own.user, judge=judges, rules=held)
        status = _run(command, kept)
    except BaseException as error:
        status = _exit_status(error)
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
        os._exit(status)


def _only(fds: list[int]) -> list[int]:
    """Close all files but the standard ones and these, which become 3, 4 ..."""
    high = [os.dup2(fd, 100 + at) for at, fd in enumerate(fds)]
    os.closerange(3, 100)
    os.closerange(100 + len(fds), 4096)
    kept = [os.dup2(fd, 3 + at) for at, fd in enumerate(high)]
    os.closerange(100, 100 + len(fds))
    return kept


def _run(command: dict[str, Any], fds: list[int]) -> int:
    sock = socket.socket(fileno=fds[0])
    if command["role"] == "judge":
        sys.path += command["paths"]  # tests may import what programs may
        serve(sock)
        return 0
    with suppress(ClosedError, JunkError):
        job = receive(sock)
        if command["role"] == "calls":
            answer_calls(sock, job, command["paths"])
        else:
            sock.close()
            run_program(job["code"], command["paths"])
    return 0


def _exit_status(error: BaseException) -> int:
    """As the interpreter ends: 0 after ``sys.exit()``, 1 after any other exception."""
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        return error.code & 255 if isinstance(error.code, int) else 1
    return 1
