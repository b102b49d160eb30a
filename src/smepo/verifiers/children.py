"""The parent's ends: a nursery that forks children, and a child that runs jobs under a clock."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from smepo.verifiers.spawn import spawn

START_SECONDS = 120.0  # for the imports of a nursery on a machine under load; no part of a check
TICK = 0.005  # seconds between looks at a clock that has almost run down
MAX_FRAME = 1 << 26


class DeadError(Exception):
    """The process at the other end is gone."""


class LateError(Exception):
    """There was no answer in time."""


class Clock:
    """Counts down a limit in seconds; with ``pid``, in seconds of that process's CPU time.

    CPU time makes a verdict independent of what else the machine does. A process that waits
    without computing is given ``IDLE`` times its limit of wall time.
    """

    IDLE = 10

    def __init__(self, seconds: float, pid: int | None = None) -> None:
        self._seconds = seconds
        self._pid = pid
        self._began = time.monotonic()
        self._cpu = _cpu_seconds(pid)

    def left(self) -> float:
        """Seconds until the limit can be reached at the earliest; 0 or less: it is reached."""
        wall = time.monotonic() - self._began
        used = _cpu_seconds(self._pid)
        if used is None or self._cpu is None:
            return self._seconds - wall
        return min(self._seconds - (used - self._cpu), self.IDLE * self._seconds - wall)


def _cpu_seconds(pid: int | None) -> float | None:
    if pid is None or sys.platform != "linux":
        return None
    try:
        return time.clock_gettime(-8 * (pid + 1) + 2)  # as clock_getcpuclockid(3) composes it
    except OSError:
        return None


class Channel:
    """Frames over a socket, with deadlines."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        sock.setblocking(False)

    def ask(self, frame: dict[str, Any], clock: Clock) -> dict[str, Any]:
        """Send a frame and wait for the answer; raises ``LateError`` or ``DeadError``."""
        body = json.dumps(frame).encode()
        self.write(len(body).to_bytes(4, "big") + body, clock)
        return self.answer(clock)

    def answer(self, clock: Clock) -> dict[str, Any]:
        """Wait for a frame."""
        size = int.from_bytes(self._read(4, clock), "big")
        if size > MAX_FRAME:
            raise DeadError("the answer is too large")
        answer: dict[str, Any] = json.loads(self._read(size, clock))
        return answer

    def write(self, data: bytes, clock: Clock) -> None:
        """Send bytes."""
        view = memoryview(data)
        while view:
            self._wait(select.POLLOUT, clock)
            try:
                view = view[self.socket.send(view) :]
            except BlockingIOError:
                continue
            except OSError:
                raise DeadError from None

    def _read(self, size: int, clock: Clock) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            self._wait(select.POLLIN, clock)
            try:
                part = self.socket.recv(min(size - len(parts), 1 << 20))
            except BlockingIOError:
                continue
            except OSError:
                raise DeadError from None
            if not part:
                raise DeadError
            parts += part
        return bytes(parts)

    def _wait(self, event: int, clock: Clock) -> None:
        fd = self.socket.fileno()
        if fd < 0:
            raise DeadError  # closed by another thread
        poll = select.poll()  # not select(): a trainer has more than 1,024 open files
        poll.register(fd, event)
        while not poll.poll(max(clock.left(), TICK) * 1000):
            if clock.left() <= 0:
                raise LateError


class Nursery:
    """A fresh interpreter that has imported what jobs need, and forks children on command."""

    def __init__(self, memory: int, preload: Sequence[str]) -> None:
        from smepo.verifiers import worker

        ours, theirs = socket.socketpair()
        parent = str(os.getpid())
        path = os.pathsep.join(p or str(Path.cwd()) for p in sys.path)
        with theirs:
            self.process = spawn(
                # -P: a file in the current folder must not stand in for a library
                [sys.executable, "-P", "-m", worker.__name__, str(theirs.fileno()), parent],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
                pass_fds=[theirs.fileno()],
                process_group=0,
            )
        self._channel = Channel(ours)
        self._lock = Lock()
        self._fork, self._reap = worker.FORK, worker.REAP
        try:
            hello = {"memory": memory, "preload": list(preload)}
            answer = self._channel.ask(hello, Clock(START_SECONDS))
        except (DeadError, LateError) as error:
            self.close()
            raise DeadError("the workers' interpreter did not start") from error
        if "error" in answer:
            self.close()
            raise DeadError(f"the workers' interpreter did not start: {answer['error']}")

    def fork(self) -> Child:
        """A new child; raises ``DeadError`` if the nursery is gone."""
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                socket.send_fds(self._channel.socket, [self._fork], [theirs.fileno()])
                answer = self._channel.answer(Clock(START_SECONDS))
            except (OSError, LateError, DeadError) as error:
                ours.close()
                raise DeadError("the workers' interpreter is gone") from error
        return Child(answer["pid"], Channel(ours), self)

    def reap(self, pid: int) -> int | None:
        """The exit status of a child that is dead or was killed; None if the nursery is gone."""
        clock = Clock(START_SECONDS)
        with self._lock:
            try:
                self._channel.write(self._reap + pid.to_bytes(8, "big"), clock)
                status = self._channel.answer(clock)["status"]
            except (LateError, DeadError):
                return None
        return int(status)

    def close(self) -> None:
        """End the nursery; the kernel ends its children with it."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._channel.socket.close()

    def forget(self) -> None:
        """In a forked copy of this process: close the copy of the socket, leave the process be."""
        self.process.returncode = 0  # so that its finaliser does not wait for it
        self._channel.socket.close()


class Child:
    """A process that runs one job at a time; used by one thread at a time."""

    def __init__(self, pid: int, channel: Channel, nursery: Nursery) -> None:
        self.pid = pid
        self.jobs = 0
        self._channel = channel
        self._nursery = nursery

    def ask(self, function: str, args: Sequence[Any], seconds: float) -> dict[str, Any]:
        """Run a job for at most ``seconds`` of CPU; raises ``LateError`` or ``DeadError``."""
        self.jobs += 1
        frame = {"function": function, "args": list(args)}
        return self._channel.ask(frame, Clock(seconds, self.pid))

    def kill(self) -> int | None:
        """End the child and what it started; returns its exit status, None if unknown.

        Its process id cannot be another's yet: the nursery reaps it only after this.
        """
        if self._nursery.process.poll() is not None:
            return None  # its children died with it
        for kill in (os.kill, os.killpg):
            with suppress(ProcessLookupError, PermissionError):
                kill(self.pid, signal.SIGKILL)
        self.close()
        return self._nursery.reap(self.pid)

    def close(self) -> None:
        """Close this end of the socket."""
        self._channel.socket.close()
