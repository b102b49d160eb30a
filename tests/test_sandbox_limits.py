"""Every limit of a program, from both sides: what stays under it scores, what breaks it does not,
with the right status; and limits are for one test or for all, as they say."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from smepo.types import VerdictStatus as S
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.sandbox import Boxes, Limits
from test_sandbox import works

LIMITS = Limits(seconds=0.5, total_seconds=1.0, memory=300 << 20, files=1 << 20, file_count=20)
TESTS = {"tests": "assert f(2) == 3", "entry_point": "f"}
ECHO = {"inputs": ["2"], "outputs": ["3"]}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module", params=["bubblewrap", "unshare"])
def boxes(request):
    if not works(request.param):
        pytest.skip(f"{request.param} does not work on this machine")
    pool = Boxes(1, only=request.param)
    yield pool
    pool.close()


def judged(boxes, text, target=TESTS, **changed):
    class Here(CodeVerifier):
        pass

    Here.boxes = boxes
    code = Here(limits=replace(LIMITS, **changed))
    return code(code.wrap(textwrap.dedent(text)), target)


def body(*lines):
    return "import os, time, threading\ndef f(n):\n" + textwrap.indent("\n".join(lines), "    ")


BURN = "end = time.process_time() + {}\nwhile time.process_time() < end: pass\nreturn n + 1"
HOLD = "data = bytearray({})\nreturn n + 1"
FILE = "with open('/tmp/x', 'wb') as out: out.write(b'x' * {})\nreturn n + 1"
FILES = "for k in range({}): open(f'/tmp/{{k}}', 'w').close()\nreturn n + 1"
THREADS = (
    "gate = threading.Event()\n"
    "many = [threading.Thread(target=gate.wait) for _ in range({})]\n"
    "for one in many: one.start()\ngate.set()\nfor one in many: one.join()\nreturn n + 1"
)


@pytest.mark.parametrize(
    ("template", "under", "over", "status"),
    [
        (BURN, 0.1, 3, S.TIMEOUT),
        (HOLD, 100 * MEGABYTE, 400 * MEGABYTE, S.WRONG),
        (FILE, MEGABYTE // 2, 3 * MEGABYTE, S.WRONG),
        (FILES, 10, 40, S.WRONG),
        (THREADS, 8, 200, S.WRONG),
    ],
)
def test_limits_of_a_call(boxes, template, under, over, status):
    assert judged(boxes, body(*template.format(under).splitlines())).score == 1
    verdict = judged(boxes, body(*template.format(over).splitlines()))
    assert (verdict.score, verdict.status) == (0, status), verdict


def test_waiting_takes_nothing_from_the_total(boxes):
    """As on a machine where others compute: a second passes, and no time of the program."""
    tests = {"tests": ["assert f(0) == 1", "assert f(1) == 2"], "entry_point": "f"}
    text = body("if n == 0: time.sleep(0.8)", *BURN.format("0.3 * n").splitlines())
    assert judged(boxes, text, tests).detail == boxes._levels[0]


@pytest.mark.parametrize(("each", "status"), [(0.1, S.CORRECT), (0.45, S.TIMEOUT)])
def test_the_total_is_for_all_tests_of_a_program(boxes, each, status):
    tests = {"tests": [f"assert f({n}) == {n + 1}" for n in range(5)], "entry_point": "f"}
    assert judged(boxes, body(*BURN.format(each).splitlines()), tests).status is status
    echo = {"inputs": ["2"] * 5, "outputs": ["3"] * 5}
    text = "import time\nn = int(input())\ndef work():\n" + textwrap.indent(
        BURN.format(each).replace("return n + 1", "print(n + 1)"), "    "
    )
    assert judged(boxes, text + "\nwork()", echo).status is status


@pytest.mark.parametrize(("size", "status"), [(1000, S.CORRECT), (100_000, S.WRONG)])
def test_the_limit_of_output(boxes, size, status):
    target = {"inputs": [""], "outputs": ["x" * size]}
    assert judged(boxes, f"print('x' * {size})", target, output=10_000).status is status


FORKS = """
    import os
    def f(n):
        read, write = os.pipe()
        pids = []
        for k in range(COUNT):
            pid = os.fork()
            if pid == 0:
                os.read(read, 1)
                os._exit(k)
            pids.append(pid)
        os.write(write, b"x" * COUNT)
        return n + sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids) ** 0
"""


def test_the_limit_of_processes(boxes):
    """None may be started unless the limit says so; then so many, and they end with the program."""
    few, many = FORKS.replace("COUNT", "3"), FORKS.replace("COUNT", "150")
    assert judged(boxes, few).status is S.WRONG
    assert judged(boxes, few, processes=4).score == 1
    assert judged(boxes, many, processes=4).status is S.WRONG
    left = "import os, time\ndef f(n):\n    if os.fork() == 0: time.sleep(600)\n    return n + 1"
    judged(boxes, left, processes=4)
    assert judged(boxes, body("return n + 1")).score == 1
