"""Runs of a program in a box: its tests by a judge, or one run on standard input."""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass
from typing import Any

from smepo.verifiers.sandbox.box import Box, Ended
from smepo.verifiers.sandbox.inside.frames import (
    TICK,
    Clock,
    ClosedError,
    JunkError,
    LateError,
    receive,
    send,
)
from smepo.verifiers.sandbox.limits import Limits

START = 5.0  # seconds for what is no part of a limit
GRACE = 1.0  # seconds that a program has to end after it has closed its output


@dataclass(frozen=True, slots=True)
class Report:
    """What the tests said: a verdict's ``status``, why, and how many tests passed."""

    status: str
    detail: str = ""
    passed: int = 0
    total: int = 1


@dataclass(frozen=True, slots=True)
class Output:
    """What a program wrote, and how it ended; ``stopped``: why it had to be, if so."""

    text: str
    ended: Ended
    stopped: str = ""


def judged(box: Box, job: dict[str, Any], limits: Limits) -> Report:
    """Run the tests of a job: one process for the program, another one for the tests."""
    theirs, programs = socket.socketpair()
    with theirs, programs:
        program = box.fork("calls", limits, [programs.fileno()])
        programs.close()  # so that its end is seen when the program ends
        judge = box.judge()
        told = {**job, "of": program, "limit": limits.seconds, "total": limits.total_seconds}
        clock = Clock(2 * limits.total_seconds + START, lambda: box.cpu(judge.pid))
        judge.socket.setblocking(False)
        try:
            socket.send_fds(judge.socket, [b"j"], [theirs.fileno()])  # kept open here too: the
            # program does not end, and its threads can be counted, when the judge is done with it
            send(judge.socket, told, clock)
            answer = receive(judge.socket, clock)
            report = Report(*(answer[key] for key in ("status", "detail", "passed", "total")))
        except LateError:
            report = Report("timeout", f"the tests took longer than {clock.seconds:g} s")
        except (OSError, ClosedError, JunkError) as error:
            report = Report("error", f"the tests ended without a result: {type(error).__name__}")
        if report.status == "correct" and (box.threads(program) or 1) > 1:
            why = "the program leaves threads behind"
            report = Report("wrong", why, report.passed, report.total + 1)
        if report.status not in ("correct", "wrong"):
            box.end_judge()
        box.drop(program)
    return report


def run(box: Box, code: str, stdin: str, limits: Limits) -> Output:
    """Run a program on one input."""
    ours, theirs = socket.socketpair()
    feed, stdin_end = socket.socketpair()  # sockets, so that both can be waited for alike
    drain, stdout_end = socket.socketpair()
    stopped = ""
    with ours, theirs, feed, stdin_end, drain, stdout_end:
        fds = [theirs.fileno(), stdin_end.fileno(), stdout_end.fileno()]
        pid = box.fork("program", limits, fds)
        for sock in (theirs, stdin_end, stdout_end):
            sock.close()
        for sock in (ours, feed, drain):
            sock.setblocking(False)
        clock = Clock(limits.seconds, lambda: box.cpu(pid))
        pump = _Pump(feed, stdin.encode("utf-8", "replace"), drain, limits.output)
        try:
            send(ours, {"code": code}, clock)
            pump.run(clock)
        except LateError:
            stopped = "timeout"
        except JunkError as error:
            stopped = str(error)
        except ClosedError:
            pass  # it has ended, which its exit status tells
        ended = box.kill(pid, grace=0.0 if stopped else GRACE)
    return Output(pump.output.decode("utf-8", "replace"), ended, stopped)


class _Pump:
    """Feeds a program its input and takes its output, both at once."""

    def __init__(self, feed: socket.socket, data: bytes, drain: socket.socket, most: int) -> None:
        self._feed, self._left = feed, memoryview(data)
        self._drain, self._most = drain, most
        self.output = bytearray()

    def run(self, clock: Clock) -> None:
        """Until the program closes its output; raises ``LateError``, ``JunkError``."""
        poll = select.poll()
        poll.register(self._drain.fileno(), select.POLLIN)
        poll.register(self._feed.fileno(), select.POLLOUT)
        while True:
            left = clock.left()
            if left <= 0:
                raise LateError
            for fd, _ in poll.poll(max(left, TICK) * 1000):
                if fd == self._drain.fileno():
                    if not self._take():
                        return
                elif not self._give():
                    poll.unregister(fd)
                    self._feed.close()

    def _take(self) -> bool:
        """Read some output; False at its end."""
        try:
            part = self._drain.recv(1 << 16)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.output += part
        if len(self.output) > self._most:
            raise JunkError(f"more than {self._most} bytes of output")
        return bool(part)

    def _give(self) -> bool:
        """Write some input; False when there is no more, or nobody reads it."""
        try:
            self._left = self._left[self._feed.send(self._left) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return bool(self._left)
