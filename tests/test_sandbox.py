"""Sandboxes from outside: levels, their pool, threads and forks, what a program costs."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import smepo
from smepo.types import VerdictStatus as S
from smepo.verifiers.code import CodeVerifier
from smepo.verifiers.sandbox import LEVELS, Boxes, BrokenError, Limits, Shown, levels, run
from smepo.verifiers.sandbox.box import Box
from smepo.verifiers.sandbox.inside import seccomp

LIMITS = Limits(seconds=2.0, total_seconds=4.0, memory=512 << 20)
TARGET = {"tests": "assert f(2) == 3", "entry_point": "f"}
RIGHT = "```python\ndef f(n): return n + 1\n```"


def works(level: str) -> bool:
    boxes = Boxes(1, only=level)
    try:
        with boxes.box() as box:
            return run(box, "print(1)", "", LIMITS).text == "1\n"
    except BrokenError:
        return False
    finally:
        boxes.close()


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_runs_programs(level):
    if not works(level):
        pytest.skip(f"{level} does not work on this machine")
    boxes = Boxes(1, only=level)
    with boxes.box() as box:
        assert box.isolation.startswith(level)
        output = run(box, "import os\nprint(input()[::-1], 'HOME' in os.environ)", "abc", LIMITS)
        assert (output.text, output.ended.status) == ("cba False\n", 0)
        assert run(box, "raise SystemExit(3)", "", LIMITS).ended.status == 3
    boxes.close()


@pytest.mark.parametrize("level", LEVELS)
def test_programs_and_their_tests_import_the_packages_that_are_shown_and_no_other(level):
    if not works(level):
        pytest.skip(f"{level} does not work on this machine")
    boxes = Boxes(1, only=level, shown=Shown(("numpy",)))
    one = "import numpy as np\nassert np.isclose(f(2), 3) and np.array([1]).sum() == 1"
    program = "import numpy\ndef f(n): return float(numpy.add(n, 1))"
    other = (
        "def f(n):\n    try:\n        import pytest\n    except (ImportError, OSError):\n"
        "        return n + 1"
    )

    class Here(CodeVerifier):
        pass

    Here.boxes = boxes
    code = Here(limits=LIMITS)
    for text in (program, other):
        verdict = code(code.wrap(text), {"tests": one, "entry_point": "f"})
        assert verdict.status is S.CORRECT, verdict.detail
    wrong = code(code.wrap("def f(n): return n"), {"tests": one, "entry_point": "f"})
    assert wrong.status is S.WRONG, wrong.detail
    boxes.close()


def test_a_level_below_what_is_asked_is_refused(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")  # no bubblewrap
    verdict = CodeVerifier(isolation="bubblewrap", workers=1, paths=["/usr/share"])(RIGHT, TARGET)
    assert verdict.status is S.ERROR
    assert "bubblewrap is not installed" in verdict.detail
    assert CodeVerifier(strict=True).isolation == "unshare"
    assert CodeVerifier(strict=True, isolation="bubblewrap").isolation == "bubblewrap"


@pytest.mark.parametrize("broken", [(), ("bubblewrap",), ("bubblewrap", "unshare")])
def test_the_strongest_level_that_works_is_taken_and_named(monkeypatch, recwarn, broken):
    class Sometimes(Box):
        def __init__(self, level, shown=None):
            if level in broken:
                raise BrokenError(f"{level}: not here")
            super().__init__(level, shown)

    monkeypatch.setattr("smepo.verifiers.sandbox.boxes.Box", Sometimes)
    best = next(level for level in LEVELS if level not in broken and works(level))
    paths = ["/usr/share", "/usr/include", "/usr/bin"][: 1 + len(broken)]  # sandboxes of its own
    verdict = CodeVerifier(limits=LIMITS, workers=1, paths=paths)(RIGHT, TARGET)
    assert (verdict.score, verdict.detail) == (1, best)
    warned = [str(one.message) for one in recwarn if "without namespaces" in str(one.message)]
    assert bool(warned) == (best == "rlimits")
    if best == "rlimits":
        assert all(f"{level}: " in warned[-1] for level in ("bubblewrap", "unshare"))
    strict = CodeVerifier(limits=LIMITS, workers=1, paths=paths, strict=True)(RIGHT, TARGET)
    assert strict.status is (S.ERROR if best == "rlimits" else S.CORRECT)
    assert best != "rlimits" or "at least unshare is asked for" in strict.detail


def test_what_is_shown_is_read_only_and_what_is_not_is_missing(tmp_path):
    (tmp_path / "helper.py").write_text("answer = 42")
    tmp_path.chmod(0o755)  # as root, programs run as another user
    code = "from helper import answer\nprint(answer)\nopen('PATH/new', 'w')".replace(
        "PATH", str(tmp_path)
    )
    target = {"inputs": [""], "outputs": ["42"]}
    if not works("bubblewrap") and not works("unshare"):
        pytest.skip("no namespaces on this machine")
    shown = CodeVerifier(paths=[str(tmp_path)], limits=LIMITS)
    assert shown(shown.wrap(code.rsplit("\n", 1)[0]), target).score == 1
    assert shown(shown.wrap(code), target).score == 0
    assert not (tmp_path / "new").exists()
    hidden = CodeVerifier(limits=LIMITS)
    assert hidden(hidden.wrap(code.rsplit("\n", 1)[0]), target).score == 0


def test_many_threads_share_the_boxes_and_keep_the_order():
    code = CodeVerifier(limits=LIMITS, workers=2)
    pairs = [(f"```python\ndef f(n): return n + {i % 2}\n```", TARGET) for i in range(24)]
    assert [v.score for v in code.many(pairs)] == [float(i % 2) for i in range(24)]
    with ThreadPoolExecutor(8) as threads:
        assert all(v.score for v in threads.map(lambda _: code(RIGHT, TARGET), range(24)))
    assert code.boxes.started <= 3

    async def judged() -> list[float]:
        calls = [asyncio.to_thread(code, RIGHT, TARGET) for _ in range(6)]
        return [verdict.score for verdict in await asyncio.gather(*calls)]

    assert asyncio.run(judged()) == [1.0] * 6


def judge_in_child(code: CodeVerifier) -> float:
    return code(RIGHT, TARGET).score


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_forked_and_spawned_processes_have_boxes_of_their_own(method):
    code = CodeVerifier(limits=LIMITS, workers=1)
    assert code(RIGHT, TARGET).score == 1
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(judge_in_child, [code] * 4) == [1.0] * 4
    assert code(RIGHT, TARGET).score == 1
    assert pickle.loads(pickle.dumps(code)).limits == LIMITS


def test_a_box_that_breaks_is_replaced():
    code = CodeVerifier(limits=LIMITS, workers=1, paths=["/usr/include"])
    assert code(RIGHT, TARGET).score == 1
    with code.boxes.box() as box:
        box._process.kill()
        box._process.wait()
    broken = code(RIGHT, TARGET)
    assert (broken.score, broken.status) in ((0, S.ERROR), (1, S.CORRECT))
    assert code(RIGHT, TARGET).score == 1
    code.boxes.close()
    assert code(RIGHT, TARGET).score == 1


def test_boxes_end_with_their_process():
    script = (
        "import smepo, os\nv = smepo.verifier('code', workers=1)\n"
        "v('```python\\ndef f(n): return n\\n```', {'tests': 'assert f(1) == 1'})\n"
        "box = next(iter(v.boxes.lending.all()))\nprint(box._process.pid, flush=True)\nos._exit(0)"
    )
    path = str(Path(smepo.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": path}, capture_output=True, text=True
    )
    pid, end = int(done.stdout), time.monotonic() + 10
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.05)
    assert time.monotonic() < end


def test_tests_leave_nothing_to_the_next_program():
    code = CodeVerifier(limits=LIMITS, workers=1)
    rude = {
        "tests": "import builtins\nbuiltins.pow = lambda *a: 7\nmine = 1\nassert f(2) == 3",
        "entry_point": "f",
    }
    assert code(RIGHT, rude).score == 1
    after = {
        "tests": "assert pow(f(2), 1) == 3\nassert 'mine' not in globals()",
        "entry_point": "f",
    }
    assert code(RIGHT, after).score == 1


def test_verdicts_do_not_depend_on_chance():
    shuffled = {"tests": "import random\nassert f() == [random.random() for _ in 'ab']"}
    program = "```python\nimport random\ndef f(): return [random.random() for _ in 'ab']\n```"
    code = CodeVerifier(limits=LIMITS, workers=1)
    assert len({code(program, shuffled).detail for _ in range(3)}) == 1
    order = "```python\nprint(*{'a', 'b', 'c', 'd', 'e'})\n```"
    details = {code(order, {"inputs": [""], "outputs": [""]}).detail for _ in range(3)}
    assert len(details) == 1


def test_the_filter_is_short_code_for_both_machines():
    for machine in ("x86_64", "aarch64"):
        for processes in (False, True):
            code = seccomp.program(machine, 1, processes=processes)
            assert len(code) % 8 == 0
            assert len(code) // 8 < 200


def test_the_command_line_shows_little_of_the_machine(monkeypatch):
    shown = levels.visible(levels.Shown())
    assert not {"/", "/etc", "/home", "/root", "/proc", "/tmp", "/var"} & set(shown)


def test_a_warm_box_is_cheaper_than_a_fresh_interpreter_in_a_sandbox():
    code = CodeVerifier(limits=LIMITS, workers=1)
    code(RIGHT, TARGET)
    began = time.perf_counter()
    for _ in range(40):
        assert code(RIGHT, TARGET).score == 1
    warm = (time.perf_counter() - began) / 40
    with code.boxes.box() as box:
        level = box.level
    began = time.perf_counter()
    for _ in range(4):
        fresh = Boxes(1, only=level)
        with fresh.box() as box:
            assert run(box, "print(3)", "", LIMITS).text == "3\n"
        fresh.close()
    assert (time.perf_counter() - began) / 4 > 5 * warm
