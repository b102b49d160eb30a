"""The child process of the pool: runs one job at a time, each named ``module:function``.

Frames are a four-byte big-endian length and that many bytes of JSON, on the pipes that were
standard input and output at start-up. The child needs no cooperation to be killed, and it ends by
itself when its parent is gone: end of file on its input, or the kernel's CPU limit where a job
holds the interpreter. (PR_SET_PDEATHSIG is of no use here: it fires when the *thread* that
started the child ends, and threads of trainers come and go.)
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import resource
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

GRACE = 2  # seconds of CPU over a job's limit before the kernel ends an orphan


def main() -> None:
    """Serve jobs until the input ends."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _silence()
    hello = _receive(source)
    if hello is None:
        return
    if hello["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (hello["memory"], hello["memory"]))
    for name in hello["preload"]:
        answer = _run({"function": name, "args": []})
        if "error" in answer:
            _send(sink, answer)
            return
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(source, jobs), daemon=True).start()
    _send(sink, {"ready": os.getpid()})
    while True:
        job = jobs.get()
        _limit_cpu(job["seconds"])
        _send(sink, _run(job))


def _silence() -> None:
    """Foreign code may print or read; neither may touch the frames."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)


def _listen(source: BinaryIO, jobs: queue.SimpleQueue[dict[str, Any]]) -> None:
    while (job := _receive(source)) is not None:
        jobs.put(job)
    os._exit(0)  # the parent is gone, so nobody waits for a job that still runs


def _limit_cpu(seconds: float) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(usage.ru_utime + usage.ru_stime + seconds) + GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _run(job: dict[str, Any]) -> dict[str, Any]:
    try:
        value = _function(job["function"])(*job["args"])
        json.dumps(value)
    except MemoryError:
        return {"error": "MemoryError: over the memory limit of a worker"}
    except BaseException as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}
    return {"value": value}


def _function(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def _receive(source: BinaryIO) -> dict[str, Any] | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    body = source.read(int.from_bytes(head, "big"))
    frame: dict[str, Any] = json.loads(body)
    return frame


def _send(sink: BinaryIO, frame: dict[str, Any]) -> None:
    body = json.dumps(frame).encode()
    sink.write(len(body).to_bytes(4, "big") + body)
    sink.flush()


if __name__ == "__main__":
    sys.setrecursionlimit(3000)
    main()
