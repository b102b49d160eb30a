"""Is a program right: its tests, run in a sandbox."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.types import Verdict, VerdictStatus
from smepo.verifiers.programs import extract, fence, parsed
from smepo.verifiers.sandbox import (
    LEVELS,
    Boxes,
    BrokenError,
    Level,
    Limits,
    Report,
    Shown,
    judged,
    run,
)
from smepo.verifiers.sandbox.box import Box
from smepo.verifiers.tasks import TargetError, Task, task_of

_shared: dict[tuple[int | None, Level, Shown], Boxes] = {}


def shared_boxes(workers: int | None, least: Level, shown: Shown) -> Boxes:
    """The process-wide pool of sandboxes of this kind; starts nothing by itself."""
    key = (workers, least, shown)
    return _shared.get(key) or _shared.setdefault(key, Boxes(workers, least=least, shown=shown))


class CodeVerifier:
    """Runs a completion's program against the tests of its target, in a sandbox.

    ``timeout``: seconds of CPU for one test (a call, or a run on one input); ``total``: for all
    tests of a program. ``memory``: bytes. ``limits``: all of them at once, instead of these three.
    ``isolation``: the weakest level that is accepted, of ``bubblewrap``, ``unshare``, ``rlimits``;
    ``strict``, or a limit that allows processes: at least ``unshare``. ``partial``: the score is
    the share of tests passed.
    ``tolerance``: numbers in a program's output may differ by so much, absolute or relative.
    ``packages``: installed packages that programs may import besides the standard library;
    ``paths``: folders that they may read and import from. ``workers``: programs at a time.

    The detail of each verdict names the level of isolation. Raises ConfigError for a level that is
    no level, and for a path that is no folder; BrokenError becomes status ``error``.
    """

    domain = "code"
    undecided = (VerdictStatus.ERROR,)  # a time-out is the program's own: it is wrong

    def __init__(
        self,
        *,
        timeout: float = 5.0,
        total: float = 30.0,
        memory: int = 1 << 30,
        limits: Limits | None = None,
        isolation: Level = "rlimits",
        strict: bool = False,
        partial: bool = False,
        tolerance: float | None = None,
        packages: Sequence[str] = ("sortedcontainers", "numpy"),
        paths: Sequence[str] = (),
        workers: int | None = None,
    ) -> None:
        if isolation not in LEVELS:
            raise ConfigError(f"isolation: {isolation!r} is none of {', '.join(LEVELS)}")
        for path in paths:
            if not Path(path).is_dir():  # no sandbox could show it: weaker levels would be taken
                raise ConfigError(f"paths: {path} is no folder")
        self.limits = limits or Limits(timeout, max(timeout, total), memory)
        # without namespaces nothing holds what a program starts
        contained = strict or self.limits.processes > 0
        self.isolation: Level = "unshare" if contained and isolation == "rlimits" else isolation
        self.partial = partial
        self.tolerance = tolerance
        self.paths = tuple(paths)
        self.packages = tuple(packages)
        self.workers = workers

    @property
    def boxes(self) -> Boxes:
        """The sandboxes that this verifier uses."""
        return shared_boxes(self.workers, self.isolation, Shown(self.packages, self.paths))

    def __call__(self, completion: str, target: Any) -> Verdict:
        """Judge one completion; ``target``: see ``tasks``."""
        began = time.perf_counter()
        verdict = self._judge(completion, target)
        return replace(verdict, seconds=time.perf_counter() - began)

    def many(self, pairs: Sequence[tuple[str, Any]]) -> list[Verdict]:
        """Judge pairs, several at a time; the verdicts keep the order."""
        size = min(self.boxes.size, len(pairs))
        if size < 2:
            return [self(completion, target) for completion, target in pairs]
        threads = ThreadPoolExecutor(size)
        try:
            return list(threads.map(lambda pair: self(*pair), pairs))
        except BaseException:  # Ctrl-C: do not wait for what still runs
            threads.shutdown(wait=False, cancel_futures=True)
            self.boxes.close()
            raise
        finally:
            threads.shutdown()

    def wrap(self, candidate: str) -> str:
        """A completion whose program is ``candidate``."""
        return fence(candidate)

    def quick(self, completion: str, task: Task) -> tuple[str, Verdict | None]:
        """The program, and the verdict where none has to be run."""
        if not completion.strip():
            return "", Verdict(0.0, VerdictStatus.EMPTY, detail="empty completion")
        code = extract(completion, task.needs)
        if code is None:
            return "", Verdict(0.0, VerdictStatus.UNPARSED, detail="no code found")
        if parsed(code) is None:
            return code, Verdict(0.0, VerdictStatus.UNPARSED, code, detail="the code is no Python")
        return code, None

    def _judge(self, completion: str, target: Any) -> Verdict:
        try:
            task = task_of(target)
        except TargetError as error:
            return Verdict(0.0, VerdictStatus.ERROR, detail=str(error))
        code, verdict = self.quick(completion, task)
        if verdict is not None:
            return verdict
        try:
            with self.boxes.box() as box:
                isolation = box.isolation
                report = (
                    self._stdio(box, code, task) if task.stdio else self._tests(box, code, task)
                )
        except BrokenError as error:
            detail = f"no sandbox (at least {self.isolation} is asked for): {error}"
            return Verdict(0.0, VerdictStatus.ERROR, code, detail=detail)
        detail = f"{isolation}: {report.detail}" if report.detail else isolation
        share = report.passed / max(report.total, 1) if self.partial else 0.0
        status = VerdictStatus(report.status)
        score = {VerdictStatus.CORRECT: 1.0, VerdictStatus.ERROR: 0.0}.get(status, share)
        return Verdict(score, status, code, detail=detail)

    def _tests(self, box: Box, code: str, task: Task) -> Report:
        job = {
            "setup": task.setup,
            "code": code,
            "entry": task.entry,
            "tests": task.tests,
            "names": task.names,
            "inputs": task.inputs,
            "outputs": task.outputs,
            "partial": self.partial,
        }
        return judged(box, job, self.limits)

    def _stdio(self, box: Box, code: str, task: Task) -> Report:
        """Run the program on each input; at the first wrong output the rest is left out."""
        passed, total, left = 0, len(task.inputs), self.limits.total_seconds
        first: Report | None = None
        for at, (stdin, wanted) in enumerate(zip(task.inputs, task.outputs, strict=True)):
            limits = replace(self.limits, seconds=min(self.limits.seconds, max(left, 0.01)))
            output = run(box, task.setup + "\n" + code if task.setup else code, stdin, limits)
            left -= output.ended.cpu
            why = _failure(output.stopped, output.ended.by_itself, output.ended.status)
            if not why and not same_output(output.text, wanted, self.tolerance):
                why = f"wrote {output.text.strip()[:100]!r}"
            passed += not why
            if why and first is None:
                status = "timeout" if output.stopped == "timeout" else "wrong"
                first = Report(status, f"test {at + 1} of {total}: {why}")
            if first is not None and (not self.partial or left <= 0):
                break
        first = first or Report("correct")
        return replace(first, passed=passed, total=total)


def _failure(stopped: str, by_itself: bool, status: int) -> str:
    if stopped:
        return "took too long" if stopped == "timeout" else stopped
    if not by_itself:
        return "went on after it had closed its output"
    return f"exit status {status}" if status else ""


def same_output(output: str, wanted: str, tolerance: float | None = None) -> bool:
    """Equal line by line, without space at line ends and empty lines at the end.

    Else word by word, where numbers are equal by value: ``2.50`` is ``2.5``.
    """
    lines, goal = _lines(output), _lines(wanted)
    if lines == goal:
        return True
    if len(lines) != len(goal):
        return False
    return all(_same_line(a, b, tolerance) for a, b in zip(lines, goal, strict=True))


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _same_line(line: str, goal: str, tolerance: float | None) -> bool:
    words, wanted = line.split(), goal.split()
    if len(words) != len(wanted):
        return False
    return all(a == b or _same_number(a, b, tolerance) for a, b in zip(words, wanted, strict=True))


def _same_number(word: str, wanted: str, tolerance: float | None) -> bool:
    if max(len(word), len(wanted)) > 400:
        return False
    try:
        a, b = Decimal(word), Decimal(wanted)
        if not (a.is_finite() and b.is_finite()):
            return False
        return a == b or (
            tolerance is not None and abs(a - b) <= Decimal(tolerance) * max(Decimal(1), abs(b))
        )
    except (InvalidOperation, ArithmeticError):
        return False
