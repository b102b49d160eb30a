"""A bounded pool of killable child processes.

math-verify can hang, crash or eat the memory, and its own time-out is an alarm signal, which no
thread but the main one may use. So each check runs in a child (``worker.py``, a fresh interpreter:
nothing of the parent is imported again) under the parent's clock. A child that overruns is killed
with its process group and replaced when it is next needed. Any thread may call; so may daemonic
processes and Ray workers. After a fork the new process starts children of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 120.0  # for the imports of a child on a machine under load; not part of any check
RECYCLE_AFTER = 5000  # jobs; sympy keeps caches, and a fresh child keeps memory flat
MAX_FRAME = 1 << 26


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: ``kind`` is ``ok``, ``timeout``, ``error`` (raised) or ``crash`` (died)."""

    kind: str
    value: Any = None
    detail: str = ""
    seconds: float = 0.0


class _DeadError(Exception):
    """The child closed its pipe."""


class _LateError(Exception):
    """The child did not answer in time."""


class _Child:
    """One child process; used by one thread at a time."""

    def __init__(self, memory: int, preload: Sequence[str]) -> None:
        self.jobs = 0
        self.ready = False
        path = os.pathsep.join(p or str(Path.cwd()) for p in sys.path)
        self.process = subprocess.Popen(
            # -P: a file in the current folder must not stand in for a library
            [sys.executable, "-P", "-m", "smepo.verifiers.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            process_group=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self._in, False)
        os.set_blocking(self._out, False)
        self._hello = {"memory": memory, "preload": list(preload)}

    def start(self) -> None:
        """Wait until the child has imported what it needs."""
        if not self.ready:
            answer = self.ask(self._hello, START_SECONDS)
            if "error" in answer:
                raise _DeadError(f"a worker cannot start: {answer['error']}")
            self.ready = True

    def ask(self, frame: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a frame and wait for the answer; raises ``_LateError`` or ``_DeadError``."""
        deadline = time.monotonic() + seconds
        body = json.dumps(frame).encode()
        self._write(len(body).to_bytes(4, "big") + body, deadline)
        size = int.from_bytes(self._read(4, deadline), "big")
        if size > MAX_FRAME:
            raise _DeadError
        answer: dict[str, Any] = json.loads(self._read(size, deadline))
        return answer

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            _wait(self._in, select.POLLOUT, deadline)
            try:
                view = view[os.write(self._in, view) :]
            except BlockingIOError:
                continue
            except OSError:
                raise _DeadError from None

    def _read(self, size: int, deadline: float) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            _wait(self._out, select.POLLIN, deadline)
            try:
                part = os.read(self._out, size - len(parts))
            except BlockingIOError:
                continue
            except OSError:
                raise _DeadError from None
            if not part:
                raise _DeadError
            parts += part
        return bytes(parts)

    def kill(self) -> int | None:
        """End the child and everything it started; returns the exit status."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        status = self.process.wait()
        self.close()
        return status

    def close(self) -> None:
        """Close this process's ends of the pipes."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _wait(fd: int, event: int, deadline: float) -> None:
    poll = select.poll()  # not select(): a trainer has more than 1,024 open files
    poll.register(fd, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise _LateError


class Pool:
    """At most ``size`` children, started when first needed.

    ``memory`` is the limit on each child's address space in bytes (0: none). ``preload`` names
    functions ``module:function`` that a child calls before it counts as started. Counts are
    in ``counts``: started, jobs, timeout, error, crash.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        memory: int = 4 << 30,
        preload: Sequence[str] = (),
    ) -> None:
        self.size = size or default_size()
        self.memory = memory
        self.preload = tuple(preload)
        self._reset()
        _POOLS.add(self)

    def _reset(self) -> None:
        self._free = threading.Condition()
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._taken = 0
        self.counts = dict.fromkeys(("started", "jobs", "timeout", "error", "crash"), 0)

    def call(self, function: str, args: Sequence[Any], *, timeout: float) -> Outcome:
        """Run ``function`` (``module:function``) on JSON values in a child, for at most ``timeout``
        seconds, in which neither the wait for a free child nor its start is counted.
        """
        child = self._take()
        began = time.monotonic()
        try:
            child.start()
            began = time.monotonic()
            frame = {"function": function, "args": list(args), "seconds": timeout}
            answer = child.ask(frame, timeout)
        except _LateError:
            status = "no answer in time" if child.ready else "a worker did not start in time"
            outcome = Outcome("timeout" if child.ready else "crash", detail=status)
        except _DeadError as error:
            outcome = Outcome("crash", detail=str(error) or "the worker died")
        except BaseException:
            self._give(child, keep=False)
            raise
        else:
            outcome = Outcome(
                "error" if "error" in answer else "ok",
                answer.get("value"),
                answer.get("error", ""),
            )
        status_code = self._give(child, keep=outcome.kind in ("ok", "error"))
        if outcome.kind == "crash" and status_code is not None:
            outcome = Outcome("crash", detail=f"{outcome.detail} ({_exit(status_code)})")
        self._count("jobs", "" if outcome.kind == "ok" else outcome.kind)
        return Outcome(outcome.kind, outcome.value, outcome.detail, time.monotonic() - began)

    def map(self, function: str, rows: Iterable[Sequence[Any]], *, timeout: float) -> list[Outcome]:
        """``call`` for many argument lists, spread over the pool; the results keep the order."""
        rows = list(rows)
        if len(rows) < 2 or self.size < 2:
            return [self.call(function, row, timeout=timeout) for row in rows]
        threads = ThreadPoolExecutor(min(self.size, len(rows)))
        try:
            return list(threads.map(lambda row: self.call(function, row, timeout=timeout), rows))
        except BaseException:  # Ctrl-C: do not wait for what still runs
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """Kill all children. Never waits for a job; the pool may be used again afterwards."""
        with self._free:
            children, self._idle = list(self._all), []
            self._all.clear()
        for child in children:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _take(self) -> _Child:
        with self._free:
            while not self._idle and self._taken >= self.size:
                self._free.wait()
            self._taken += 1
            if self._idle:
                return self._idle.pop()
        try:
            child = _Child(self.memory, self.preload)
        except BaseException:
            with self._free:
                self._taken -= 1
                self._free.notify()
            raise
        with self._free:
            self._all.add(child)
            self.counts["started"] += 1
        return child

    def _give(self, child: _Child, *, keep: bool) -> int | None:
        child.jobs += 1
        with self._free:
            keep = keep and child.jobs < RECYCLE_AFTER and child in self._all
        status = None if keep else child.kill()
        with self._free:
            if keep:
                self._idle.append(child)
            else:
                self._all.discard(child)
            self._taken -= 1
            self._free.notify()
        return status

    def _count(self, *names: str) -> None:
        with self._free:
            for name in names:
                if name:
                    self.counts[name] += 1

    def _forget(self) -> None:
        """In a forked process: the children belong to the parent; only drop the pipes' copies."""
        children = list(self._all)
        self._reset()
        for child in children:
            child.process.returncode = 0  # so that its finaliser does not wait for it
            child.close()


def _exit(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def default_size() -> int:
    """One child a usable core, at most four."""
    return min(len(os.sched_getaffinity(0)), 4)


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


def _forget_all() -> None:
    for pool in list(_POOLS):
        pool._forget()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
