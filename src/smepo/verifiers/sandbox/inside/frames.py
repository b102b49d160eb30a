"""Frames over a stream socket: four bytes of length (big endian) and that many bytes of JSON."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from typing import Any

MAX_FRAME = 1 << 24  # bytes
IDLE = 5  # a process that waits without computing has so many times its limit of wall time
TICK = 0.005  # seconds between looks at a clock that has almost run down

Cpu = Callable[[], "float | None"]  # seconds of CPU time used; None: not known any more


class ClosedError(Exception):
    """The other end is gone."""


class LateError(Exception):
    """There was no answer in time."""


class JunkError(Exception):
    """The other end sent no frame, or one that is too large."""


class Clock:
    """Counts down ``seconds`` of CPU time of another process, and ``IDLE`` times that of wall time.

    CPU time makes a verdict independent of what else the machine does. Without ``cpu`` the limit
    is one of wall time.
    """

    def __init__(self, seconds: float, cpu: Cpu | None = None) -> None:
        self.seconds = seconds
        self._cpu = cpu
        self._wall = time.monotonic()
        self._began = cpu() if cpu is not None else None

    def left(self) -> float:
        """Seconds until the limit can be reached at the earliest; 0 or less: it is reached."""
        wall = time.monotonic() - self._wall
        if wall < self.seconds or self._cpu is None or self._began is None:
            return self.seconds - wall
        return self.remaining()

    def remaining(self) -> float:
        """Seconds that are left of the limit, however long the process had to wait."""
        wall = time.monotonic() - self._wall
        if self._cpu is None or self._began is None:
            return self.seconds - wall
        used = self._cpu()
        if used is None:
            return self.seconds - wall
        return min(self.seconds - (used - self._began), IDLE * self.seconds - wall)


def process_clock(pid: int) -> Cpu:
    """The CPU time of a process of this PID namespace, as clock_getcpuclockid(3) composes it."""

    def used() -> float | None:
        try:
            return time.clock_gettime(-8 * (pid + 1) + 2)
        except OSError:
            return None

    return used


def wait(sock: socket.socket, event: int, clock: Clock) -> None:
    """Until the socket is ready; raises ``LateError`` when the clock has run down."""
    poll = select.poll()
    poll.register(sock.fileno(), event)
    while not poll.poll(max(clock.left(), TICK) * 1000):
        if clock.left() <= 0:
            raise LateError


def send(sock: socket.socket, frame: Any, clock: Clock | None = None) -> None:
    """Send a frame; with a clock the socket has to be non-blocking."""
    body = json.dumps(frame).encode()
    if len(body) > MAX_FRAME:
        raise JunkError(f"{len(body)} bytes in one message; at most {MAX_FRAME} are sent")
    view = memoryview(len(body).to_bytes(4, "big") + body)
    while view:
        if clock is not None:
            wait(sock, select.POLLOUT, clock)
        try:
            view = view[sock.send(view) :]
        except BlockingIOError:
            continue
        except OSError:
            raise ClosedError from None


def receive(sock: socket.socket, clock: Clock | None = None) -> Any:
    """The next frame; raises ``ClosedError``, ``LateError`` or ``JunkError``."""
    size = int.from_bytes(_read(sock, 4, clock), "big")
    if size > MAX_FRAME:
        raise JunkError(f"{size} bytes in one message; at most {MAX_FRAME} are read")
    body = _read(sock, size, clock)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise JunkError(f"not a message: {error}") from None
    except MemoryError:
        raise JunkError("a message that is too large when read") from None


def _read(sock: socket.socket, size: int, clock: Clock | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if clock is not None:
            wait(sock, select.POLLIN, clock)
        try:
            part = sock.recv(min(size - len(parts), 1 << 20))
        except BlockingIOError:
            continue
        except OSError:
            raise ClosedError from None
        if not part:
            raise ClosedError
        parts += part
    return bytes(parts)
