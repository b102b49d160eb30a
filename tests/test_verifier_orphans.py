"""Nothing outlives the process that asked for it, however it ends (SIGKILL, a stopped server)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from processes import gone, running
from test_sandbox import works

PROGRAMS = """
    import os, sys, threading, time
    from smepo.verifiers.code import CodeVerifier
    from smepo.verifiers.sandbox import Boxes

    class At(CodeVerifier):
        own = Boxes(2, only=sys.argv[1])
        boxes = property(lambda self: self.own)

    code, target = At(timeout=600, total=600), {"tests": "assert f(1) == 1", "entry_point": "f"}

    def judge(text):
        return code(code.wrap(text), target).score

    assert judge("def f(n): return n")
    for text in ("def f(n):\\n while 1: pass", "import time\\ndef f(n): time.sleep(600)"):
        threading.Thread(target=judge, args=(text,), daemon=True).start()
    while len(code.own.lending.all()) < 2 or not all(box._judge for box in code.own.lending.all()):
        time.sleep(0.02)
    time.sleep(0.2)
"""
JOBS = """
    import os, threading, time
    from smepo.verifiers.pool import Pool

    pool = Pool(2)
    pool.map("operator:add", [[1, 2]] * 4, timeout=60)
    for job in (("time:sleep", [600]), ("operator:pow", [7, 10**10])):
        ask = dict(target=pool.call, args=job, kwargs={"timeout": 600}, daemon=True)
        threading.Thread(**ask).start()
    time.sleep(0.3)
"""
# A copy that keeps all files open, and with them the sockets, as a fork in C code does.
COPY = """
    import ctypes
    copy = ctypes.CDLL(None).fork()
    if copy == 0:
        time.sleep(600)
    print(copy, flush=True)
    time.sleep(600)
"""


def left_by(script: str, *arguments: str, stopped: bool) -> tuple[list[int], int]:
    """Kill a process in its work: what it had started, and the copy of it."""
    text = textwrap.dedent(script) + textwrap.dedent(COPY)
    command = [sys.executable, "-c", text, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        copy = int(parent.stdout.readline())
        started = [pid for pid in running(parent.pid) if pid != copy]
        for pid in started if stopped else ():
            os.kill(pid, signal.SIGSTOP)
        parent.kill()
        parent.stdout.close()
    return started, copy


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("level", ["bubblewrap", "unshare", "rlimits"])
def test_no_sandbox_outlives_a_parent_that_is_killed(level, stopped):
    if not works(level):
        pytest.skip(f"{level} does not work on this machine")
    started, copy = left_by(PROGRAMS, level, stopped=stopped)
    try:
        assert len(started) >= 6
        assert gone(started)
    finally:
        os.kill(copy, signal.SIGKILL)


@pytest.mark.parametrize("stopped", [False, True])
def test_no_worker_outlives_a_parent_that_is_killed(stopped):
    started, copy = left_by(JOBS, stopped=stopped)
    try:
        assert len(started) == 3
        assert gone(started)
    finally:
        os.kill(copy, signal.SIGKILL)


def test_what_a_thread_starts_stays_when_the_thread_ends():
    """The signal follows the thread that starts a process: that thread must not be the caller's."""
    script = PROGRAMS.partition("    assert judge")[0] + (
        "    for _ in range(4):\n"
        "        thread = threading.Thread(target=judge, args=('def f(n): return n',))\n"
        "        thread.start()\n        thread.join()\n    print(code.own.started)\n"
    )
    level = next(name for name in ("bubblewrap", "unshare", "rlimits") if works(name))
    command = [sys.executable, "-c", textwrap.dedent(script), level]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "1\n"
