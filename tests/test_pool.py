"""The pool of killable children: hangs, crashes, memory, threads, forks and shutdown.

The jobs are functions of the standard library, so that nothing of the product knows the tests.
"""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from processes import gone
from smepo.verifiers.pool import Pool


@pytest.fixture
def pool():
    pool = Pool(2)
    yield pool
    pool.close()


def test_nothing_starts_before_the_first_job(pool):
    assert pool.counts["started"] == 0
    assert pool.call("operator:add", [1, 2], timeout=5).value == 3
    assert pool.counts == {"started": 1, "jobs": 1, "timeout": 0, "error": 0, "crash": 0}


def test_a_child_is_kept_warm(pool):
    first = pool.call("os:getpid", [], timeout=5).value
    assert first not in (None, os.getpid())
    assert pool.call("os:getpid", [], timeout=5).value == first


def test_a_hang_is_killed_in_time_and_the_next_job_runs(pool):
    pid = pool.call("os:getpid", [], timeout=5).value
    outcome = pool.call("time:sleep", [600], timeout=0.3)
    assert outcome.kind == "timeout"
    assert 0.3 <= outcome.seconds < 20
    assert gone([pid])
    assert pool.call("operator:add", [1, 2], timeout=5).value == 3
    assert pool.counts == {"started": 2, "jobs": 3, "timeout": 1, "error": 0, "crash": 0}


def test_a_busy_hang_that_holds_the_interpreter_is_killed(pool):
    outcome = pool.call("operator:pow", [7, 10**10], timeout=0.3)
    assert outcome.kind == "timeout"
    assert outcome.seconds < 20
    assert pool.call("operator:add", [1, 2], timeout=5).kind == "ok"


@pytest.mark.parametrize(
    ("job", "args", "says"),
    [("os:_exit", [3], "exit status 3"), ("os:abort", [], f"signal {int(signal.SIGABRT)}")],
)
def test_a_crash_is_reported_with_how_it_ended(pool, job, args, says):
    outcome = pool.call(job, args, timeout=20)
    assert outcome.kind == "crash"
    assert says in outcome.detail
    assert pool.call("operator:add", [1, 2], timeout=5).value == 3


def test_an_exception_is_an_error_and_the_child_lives_on(pool):
    pid = pool.call("os:getpid", [], timeout=5).value
    outcome = pool.call("operator:truediv", [1, 0], timeout=5)
    assert (outcome.kind, outcome.detail) == ("error", "ZeroDivisionError: division by zero")
    assert pool.call("sys:exit", [1], timeout=5).kind == "error"
    assert pool.call("no_such_module:f", [], timeout=5).kind == "error"
    assert pool.call("os:getpid", [], timeout=5).value == pid


def test_memory_is_limited():
    pool = Pool(1, memory=1 << 30)
    outcome = pool.call("operator:mul", ["x", 16 << 30], timeout=10)
    assert outcome.kind == "error"
    assert "MemoryError" in outcome.detail
    pool.close()


def test_what_a_job_prints_does_not_break_the_frames(pool):
    assert pool.call("os:write", [1, "text"], timeout=5).kind == "error"
    assert pool.call("builtins:print", ["x" * 100_000], timeout=5).kind == "ok"
    assert pool.call("builtins:input", [], timeout=5).kind == "error"
    assert pool.call("operator:add", [1, 2], timeout=5).value == 3


def test_frames_larger_than_a_pipe(pool):
    text = "x" * 3_000_000
    assert pool.call("operator:add", [text, "y"], timeout=20).value == text + "y"


def test_map_keeps_the_order_and_uses_all_children(pool):
    outcomes = pool.map("operator:mul", [[n, n] for n in range(200)], timeout=5)
    assert [o.value for o in outcomes] == [n * n for n in range(200)]
    assert pool.counts["started"] == 2


def test_a_start_that_fails_says_why():
    pool = Pool(1, preload=["no_such_module:f"])
    outcome = pool.call("operator:add", [1, 2], timeout=5)
    assert outcome.kind == "crash"
    assert "no_such_module" in outcome.detail
    pool.close()


def test_sixteen_threads_with_crashes_and_hangs_among_them():
    pool = Pool(2)

    def check(n):
        if n % 40 == 7:
            return pool.call("os:_exit", [1], timeout=20).kind == "crash"
        if n % 40 == 27:
            return pool.call("time:sleep", [600], timeout=0.05).kind == "timeout"
        return pool.call("operator:add", [n, 1], timeout=20).value == n + 1

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(check, range(200)))
    counts = dict(pool.counts)
    assert counts == {
        "started": counts["started"],
        "jobs": 200,
        "timeout": 5,
        "error": 0,
        "crash": 5,
    }
    pool.close()


def test_from_asyncio(pool):
    async def ask():
        jobs = [asyncio.to_thread(pool.call, "operator:add", [n, 1], timeout=20) for n in range(20)]
        return [outcome.value for outcome in await asyncio.gather(*jobs)]

    assert asyncio.run(ask()) == list(range(1, 21))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_in_a_daemonic_process(pool, method):
    mine = pool.call("os:getpid", [], timeout=5).value
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_ask_in_child, args=(sender, pool if method == "fork" else None)
    )
    process.daemon = True
    process.start()
    assert receiver.poll(60)
    theirs = receiver.recv()
    process.join(20)
    assert process.exitcode == 0
    assert theirs != mine
    assert gone([theirs])
    assert pool.call("os:getpid", [], timeout=5).value == mine


def _ask_in_child(sender, pool):
    pool = pool or Pool(1)
    sender.send(pool.call("os:getpid", [], timeout=20).value)
    pool.close()


def test_a_fork_while_a_job_runs(pool):
    """The copy of a busy pool must neither wait for the parent's locks nor kill its children."""
    thread = threading.Thread(target=pool.call, args=("time:sleep", [1]), kwargs={"timeout": 20})
    thread.start()
    time.sleep(0.3)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_ask_in_child, args=(sender, pool), daemon=True)
    process.start()
    assert receiver.poll(60)
    process.join(20)
    thread.join(20)
    assert process.exitcode == 0
    assert pool.counts["crash"] == pool.counts["timeout"] == 0


SCRIPT = """
    import os, threading, time
    from smepo.verifiers.pool import Pool
    pool = Pool(1)
    print(pool.call("os:getpid", [], timeout=20).value, flush=True)
    job = dict(target=pool.call, args=("time:sleep", [600]), kwargs={"timeout": 600}, daemon=True)
    threading.Thread(**job).start()
    time.sleep(0.3)
"""


def test_exit_does_not_wait_for_a_job():
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SCRIPT)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert time.monotonic() - began < 30
    assert gone([int(done.stdout)])


def test_children_die_with_a_parent_that_is_killed():
    script = textwrap.dedent(SCRIPT) + "time.sleep(600)\n"
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone([pid])


def test_a_child_that_holds_the_interpreter_dies_with_its_parent():
    script = textwrap.dedent(SCRIPT).replace('"time:sleep", [600]', '"operator:pow", [7, 10**10]')
    script = script.replace('"timeout": 600', '"timeout": 1') + "os._exit(0)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert gone([int(done.stdout)], 60)


def test_a_closed_pool_can_be_used_again(pool):
    pid = pool.call("os:getpid", [], timeout=5).value
    pool.close()
    assert gone([pid])
    assert pool.call("operator:add", [1, 2], timeout=5).value == 3
