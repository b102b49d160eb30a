"""The nursery of the pool's children, and what a child does.

``python -m smepo.verifiers.worker FD PARENT`` is a fresh interpreter that imports what jobs need,
then forks a child whenever its parent asks on the socket FD: a child that was killed is replaced in
milliseconds. It runs no job itself and has one thread, so that it always answers, ends as soon as
its parent is gone, and takes its children with it (PR_SET_PDEATHSIG; that signal follows the
*thread* that forked, which is why the parent, whose threads come and go, does not fork itself).

Frames are a four-byte big-endian length and that many bytes of JSON.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

FORK, REAP = b"F", b"R"  # commands: with the child's socket attached; with its process id
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork and reap children on command, until the parent is gone."""
    sys.setrecursionlimit(3000)
    libc = ctypes.CDLL(None)
    _die_with(int(sys.argv[2]), libc)
    control = socket.socket(fileno=int(sys.argv[1]))
    stream = control.makefile("rwb")
    hello = _receive(stream)
    if hello is None:
        return
    for name in hello["preload"]:
        job = {"function": name, "args": []}
        if ":" not in name:  # a module, to be imported only
            job = {"function": f"{__spec__.name}:imported", "args": [name]}
        answer = _run(job)
        if "error" in answer:
            _send(stream, answer)
            return
    nursery = os.getpid()
    _send(stream, {"pid": nursery})
    while True:
        command, fds, _, _ = socket.recv_fds(control, 1, 1)
        if command == FORK:
            pid = os.fork()
            if pid == 0:
                control.detach()
                _child(fds[0], hello["memory"], nursery, libc)
            os.close(fds[0])
            _send(stream, {"pid": pid})
        elif command == REAP:
            pid = int.from_bytes(control.recv(8, socket.MSG_WAITALL), "big")
            _send(stream, {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])})
        else:
            return


def _die_with(parent: int, libc: Any) -> None:
    """Be killed when the thread dies that has started this process."""
    if hasattr(libc, "prctl"):  # Linux; elsewhere a process ends when it next reads
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _child(fd: int, memory: int, nursery: int, libc: Any) -> None:
    """Run one job at a time until the socket is closed. Never returns."""
    try:
        _die_with(nursery, libc)
        os.setpgid(0, 0)
        os.closerange(3, fd)
        os.closerange(fd + 1, 256)
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        stream = socket.socket(fileno=fd).makefile("rwb")
        while os.getppid() == nursery and (job := _receive(stream)) is not None:
            _send(stream, _run(job))
    finally:
        os._exit(0)


def _run(job: dict[str, Any]) -> dict[str, Any]:
    try:
        value = _function(job["function"])(*job["args"])
        json.dumps(value)
    except MemoryError:
        return {"error": "MemoryError: over the memory limit of a worker"}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    return {"value": value}


def imported(module: str) -> None:
    """Import a module, so that the children have it."""
    importlib.import_module(module)


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def _receive(stream: Any) -> dict[str, Any] | None:
    head = stream.read(4)
    if len(head) < 4:
        return None
    frame: dict[str, Any] = json.loads(stream.read(int.from_bytes(head, "big")))
    return frame


def _send(stream: Any, frame: dict[str, Any]) -> None:
    body = json.dumps(frame).encode()
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


if __name__ == "__main__":
    main()
