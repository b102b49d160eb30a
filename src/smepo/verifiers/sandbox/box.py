"""One sandbox from outside: a fork server behind a control socket, and the programs in it."""

from __future__ import annotations

import json
import os
import random
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smepo.verifiers.sandbox.levels import ENVIRONMENT, Level, Shown, command
from smepo.verifiers.sandbox.limits import JUDGE, Limits
from smepo.verifiers.spawn import spawn

START_SECONDS = 60.0  # for an interpreter on a machine under load; no part of a check
MAX_ANSWER = 1 << 16
SCM_CREDENTIALS = 2  # in linux/socket.h; Python does not name it
THREADS_TRIES = 100  # looks, 2 ms apart, at threads that may be about to end
RECYCLE_AFTER = 500  # programs that one process for tests serves


class BrokenError(Exception):
    """The sandbox did not start, or is gone."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: by itself or killed, its exit status (-n: signal n), CPU seconds."""

    by_itself: bool
    status: int
    cpu: float


@dataclass(slots=True)
class Judge:
    """The process that runs tests, and the socket to it."""

    pid: int
    socket: socket.socket
    jobs: int = 0


class Box:
    """Used by one thread at a time. Raises ``BrokenError`` if it cannot start at this level."""

    def __init__(self, level: Level, shown: Shown | None = None) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self.level = level
        self._judge: Judge | None = None
        self._server = 0  # its process id out here; 0 until it has said a word
        shown = shown or Shown()
        self._imports = shown.imports(level)
        self._socket = ours
        # as root, a user that nobody else is: its processes can be counted, its files are its own
        user = random.SystemRandom().randrange(1 << 29, 1 << 30) * 2 if os.geteuid() == 0 else 0
        try:
            with theirs:
                self._process = spawn(
                    command(level, theirs.fileno(), user, shown),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    cwd="/",
                    pass_fds=[theirs.fileno()],
                    process_group=0,
                )
        except OSError as error:
            ours.close()
            raise BrokenError(f"{level}: {error}") from error
        try:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            hello = self._answer()
        except BaseException:
            self.close()
            raise
        self.missing: tuple[str, ...] = tuple(hello["missing"])
        self._own_user = bool(hello["user"]) or (level != "rlimits" and os.geteuid() != 0)

    @property
    def isolation(self) -> str:
        """The level, and what is missing in it."""
        return " without ".join((self.level, *self.missing))

    def fork(self, role: str, limits: Limits, fds: Sequence[int]) -> int:
        """Start a process for a program; returns its id in the sandbox.

        ``role``: "program" reads standard input, with ``fds`` a socket for its text, its input and
        its output; "calls" is called, with a socket to its judge.
        """
        told = limits.as_json(own_user=self._own_user)
        if self.level == "rlimits" and limits.processes:
            raise BrokenError("rlimits: processes of a program are only contained in namespaces")
        return self._fork(role, told, fds)

    def judge(self) -> Judge:
        """The process for tests, which serves one program after the other."""
        if self._judge is None or self._judge.jobs >= RECYCLE_AFTER:
            self.end_judge()
            ours, theirs = socket.socketpair()
            with theirs:
                self._judge = Judge(self._fork("judge", JUDGE, [theirs.fileno()]), ours)
        self._judge.jobs += 1
        return self._judge

    def end_judge(self) -> None:
        """The next program gets a new process for its tests."""
        if self._judge is not None:
            self._judge.socket.close()
            self.drop(self._judge.pid)
        self._judge = None

    def _fork(self, role: str, limits: dict[str, Any], fds: Sequence[int]) -> int:
        order = {"do": "fork", "role": role, "limits": limits, "paths": self._imports}
        return int(self._ask(order, fds)["pid"])

    def cpu(self, pid: int) -> float | None:
        """Seconds of CPU time that a process has used; None if that is not known any more."""
        found: float | None = self._ask({"do": "cpu", "pid": pid})["seconds"]
        return found

    def threads(self, pid: int) -> int | None:
        """How many threads a process has, as the kernel counts them; None if that is not shown.

        The program's own word for it is not worth much. Threads that have just ended are waited
        for.
        """
        for _ in range(THREADS_TRIES):
            found = threads_of(self._server, pid)
            if found is None or found <= 1:
                break
            time.sleep(0.002)
        return found

    def kill(self, pid: int, *, grace: float = 0.0) -> Ended:
        """End a process and all that it has started, if it has not ended in ``grace`` seconds."""
        answer = self._ask({"do": "kill", "pid": pid, "grace": grace})
        return Ended(answer["ended"], answer["status"], answer["cpu"])

    def drop(self, pid: int) -> None:
        """End a process and all that it has started, without waiting for it."""
        self._ask({"do": "drop", "pid": pid})

    def close(self) -> None:
        """End the sandbox with all that is in it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer
        self._socket.close()
        if self._judge is not None:
            self._judge.socket.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)
        self._process.wait()

    def forget(self) -> None:
        """In a forked copy of this process: close the copy of the socket, leave the box be."""
        self._process.returncode = 0  # so that its finaliser does not wait for it
        self._socket.close()
        if self._judge is not None:
            self._judge.socket.close()

    def _ask(self, order: dict[str, Any], fds: Sequence[int] = ()) -> dict[str, Any]:
        try:
            socket.send_fds(self._socket, [json.dumps(order).encode()], list(fds))
        except OSError as error:
            raise BrokenError(f"the sandbox is gone ({error})") from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        end = time.monotonic() + START_SECONDS
        poll = select.poll()
        fd = self._socket.fileno()
        if fd < 0:
            raise BrokenError("the sandbox was closed")
        poll.register(fd, select.POLLIN)
        while not poll.poll(1000):
            if self._socket.fileno() < 0 or time.monotonic() > end:
                raise BrokenError(f"{self.level}: the sandbox does not answer")
        try:
            message, told, _, _ = self._socket.recvmsg(MAX_ANSWER, socket.CMSG_SPACE(12))
        except OSError as error:
            raise BrokenError(f"the sandbox is gone ({error})") from None
        if not message:
            raise BrokenError(f"{self.level}: the sandbox did not start, or is gone")
        for level, kind, data in told:
            if (level, kind) == (socket.SOL_SOCKET, SCM_CREDENTIALS):
                self._server = int.from_bytes(data[:4], sys.byteorder)
        answer: dict[str, Any] = json.loads(message)
        if "error" in answer:
            raise BrokenError(answer["error"])
        return answer


def threads_of(server: int, pid: int) -> int | None:
    """The threads of a child of ``server``, which is process ``pid`` in its own namespace."""
    try:
        level = len(_status(server)["NSpid"].split()) - 1  # of the namespace that the server is in
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for child in reversed(children):
            fields = _status(int(child))
            if fields["NSpid"].split()[level] == str(pid):
                return int(fields["Threads"])
    except (OSError, KeyError, ValueError, IndexError):
        pass  # no /proc, or one that hides what is another user's
    return None


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)
