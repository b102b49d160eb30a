"""The verifiers where trainers call them: Ray workers, forked and spawned processes, asyncio, a
process that ends. Each judges by exact comparison, by computer algebra and in the sandbox."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import smepo
from processes import gone, running
from smepo.verifiers.sandbox import Limits

LIMITS = Limits(seconds=2.0, total_seconds=4.0, memory=512 << 20)
ADD = {"tests": ["assert add(1, 2) == 3"], "entry_point": "add"}
RIGHT, WRONG = (f"```python\ndef add(a, b): return a {sign} b\n```" for sign in "+-")
SURD = (r"\boxed{1+\sqrt{2}}", r"\sqrt{3+2\sqrt{2}}")  # only computer algebra knows
SCORES = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]


def judged() -> list[float]:
    """One check of every kind, by verifiers of this process."""
    math, code = smepo.verifier("math", timeout=60.0), smepo.verifier("code", limits=LIMITS)
    search = smepo.verifier("search")
    verdicts = [
        math(r"\boxed{42}", "42"),
        math(r"\boxed{6*7}", "42"),
        math(*SURD),
        code(RIGHT, ADD),
        code(WRONG, ADD),
        search("<answer>Paris</answer>", ["Paris", "Lutetia"]),
    ]
    return [verdict.score for verdict in verdicts]


def started() -> list[int]:
    """The processes that this one has started."""
    return running(os.getpid())


def judged_and_started() -> tuple[list[float], list[int]]:
    return judged(), started()


@pytest.mark.ray
def test_in_ray_workers_also_after_one_is_killed():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        path = os.path.dirname(__file__)  # noqa: PTH120
        sources = os.path.dirname(os.path.dirname(smepo.__file__))  # noqa: PTH120
        environment = {"env_vars": {"PYTHONPATH": os.pathsep.join((path, sources))}}

        @ray.remote(num_cpus=1, max_concurrency=4, runtime_env=environment)
        class Judge:
            """An actor with threads, as a reward worker is."""

            def scores(self) -> list[float]:
                return judged()

            def processes(self) -> tuple[int, list[int]]:
                return os.getpid(), started()

        judges = [Judge.remote() for _ in range(2)]
        calls = [judge.scores.remote() for judge in judges for _ in range(2)]
        assert ray.get(calls, timeout=120) == [SCORES] * 4
        pid, children = ray.get(judges[0].processes.remote())
        assert len(children) >= 3
        os.kill(pid, signal.SIGKILL)
        assert gone(children)
        assert ray.get(judges[1].scores.remote(), timeout=60) == SCORES
        ray.kill(judges[1])
    finally:
        ray.shutdown()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_in_processes_of_every_kind(method):
    assert judged() == SCORES  # the parent has workers and sandboxes of its own
    mine = set(started())
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        found = [executor.submit(judged_and_started) for _ in range(4)]
        for future in found:
            scores, theirs = future.result(timeout=120)
            assert scores == SCORES
            assert theirs
            assert mine.isdisjoint(theirs)
    assert judged() == SCORES


def test_from_asyncio_nothing_blocks_the_loop():
    code = smepo.verifier("code", limits=LIMITS)

    async def work() -> tuple[list[float], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        calls = [asyncio.to_thread(code, RIGHT if n % 2 else WRONG, ADD) for n in range(20)]
        scores = [verdict.score for verdict in await asyncio.gather(*calls)]
        ticking.cancel()
        return scores, ticks

    scores, ticks = asyncio.run(work())
    assert scores == [float(n % 2) for n in range(20)]
    assert ticks > 5


def test_a_bounded_number_of_processes_serves_any_number_of_threads():
    code, math = smepo.verifier("code", limits=LIMITS, workers=2), smepo.verifier("math", workers=2)
    most = 0

    def check(n: int) -> float:
        nonlocal most
        most = max(most, code.boxes.lending.lent, math.pool.lending.lent)
        surd = math.wrap(rf"\frac{{3^{{n+1}} + {n}}}{{2}}")
        target = rf"\frac{{3 \cdot 3^{{n}} + {n}}}{{2}}"
        return code(RIGHT, ADD).score + math(surd, target).score

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(check, range(64))) == [2.0] * 64
    assert most <= 2
    assert len(code.boxes.lending.all()) <= 2
    assert len(math.pool.lending.all()) <= 2


def test_closing_ends_what_runs_and_waits_for_nothing():
    code = smepo.verifier("code", timeout=600, total=600, workers=1)
    loop = "```python\ndef add(a, b):\n    while True: pass\n```"
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(code(loop, ADD)))
    thread.start()
    while not code.boxes.lending.all():
        time.sleep(0.01)
    code.boxes.close()
    thread.join(60)
    assert not thread.is_alive()
    assert [verdict.status for verdict in found] == ["error"]  # not judged, so not wrong
    assert code(RIGHT, ADD).score == 1


def test_a_process_ends_though_its_programs_hang():
    script = """
        import threading, time, smepo
        code = smepo.verifier("code", timeout=600, total=600)
        loop = "```python\\ndef f():\\n    while True: pass\\n```"
        for _ in range(4):
            call = dict(target=code, args=(loop, {"tests": "assert f() == 1"}), daemon=True)
            threading.Thread(**call).start()
        while not code.boxes.lending.all():
            time.sleep(0.01)
        time.sleep(0.5)
        print(*(box._process.pid for box in code.boxes.lending.all()))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    assert gone(map(int, done.stdout.split()))
