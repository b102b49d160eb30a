"""The judge's process: runs the tests of a row. The program is in another process.

What the tests call ``candidate`` sends the arguments over as data, and what comes back are built-in
values, objects of classes that the row's setup defines, or a ``Remote``, equal to itself alone.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import random
import socket
import sys
from typing import Any

from .codec import DataError
from .frames import process_clock, receive, send
from .program import GoneError, Program, Remote


def serve(sock: socket.socket) -> None:
    """Judge one program after the other, until the socket is closed.

    With each job comes a socket to its program. No job leaves the next one anything: tests have a
    namespace of their own, the built-in names and the random numbers are as they were.
    """
    names = vars(builtins)
    kept = dict(names)
    state = random.getstate()
    while True:
        fds = socket.recv_fds(sock, 1, 1)[1]
        if not fds:
            return
        with socket.socket(fileno=fds[0]) as theirs:
            job = receive(sock)
            cpu = process_clock(job["of"])
            report = judge(Program(theirs, cpu, job["limit"], job["total"]), job)
        names.update(kept)
        for name in [*names]:
            if name not in kept:
                del names[name]
        random.setstate(state)
        send(sock, report)


def judge(program: Program, job: dict[str, Any]) -> dict[str, Any]:
    """Run the tests of a job: ``{"passed", "total", "status", "detail"}``."""
    module = type(sys)("solution")  # as in the candidate's process: the same classes
    sys.modules["solution"] = module
    space = module.__dict__
    try:
        exec(compile(job["setup"], "<setup>", "exec", dont_inherit=True), space)
        pieces = [Piece(text, job["partial"]) for text in job["tests"]]
    except Exception as error:
        return _report("error", f"the setup or the tests: {type(error).__name__}: {error}", 0, 1)
    program.share(space)
    try:
        program.load(job["setup"], job["code"], job["entry"])
        if job["inputs"]:
            return _values(program, job)
        _bind(program, space, job)
    except GoneError as gone:
        return _report(gone.status, str(gone), 0, 1)
    return _asserts(program, space, pieces)


def _report(status: str, detail: str, passed: int, total: int) -> dict[str, Any]:
    return {"status": status, "detail": detail, "passed": passed, "total": total}


def _values(program: Program, job: dict[str, Any]) -> dict[str, Any]:
    """Call the program with each input and compare what it returns."""
    passed, detail, status = 0, "", "wrong"
    total = len(job["inputs"])
    for at, (args, expected) in enumerate(zip(job["inputs"], job["outputs"], strict=True)):
        try:
            value = program.ask("call", args=args)
            right = same(value, expected)
            said = f"test {at + 1} of {total} got {value!r}"
        except GoneError as gone:
            status = gone.status
            right, said = False, f"test {at + 1} of {total}: {gone}"
        except Exception as error:
            right, said = False, f"test {at + 1} of {total}: {type(error).__name__}: {error}"
        passed += right
        if not right:
            detail = detail or said[:400]
            if status != "wrong" or not job["partial"]:
                return _report(status, detail, passed, total)
    left = program.end() if passed == total else detail
    return _report("wrong" if left else "correct", left, passed, total)


def same(value: Any, expected: Any) -> bool:
    """Equality of plain data, where a tuple is a list: JSON knows no tuples."""
    return bool(_listed(value) == _listed(expected))


def _listed(value: Any) -> Any:
    if type(value) in (list, tuple):
        return [_listed(one) for one in value]
    return {k: _listed(v) for k, v in value.items()} if type(value) is dict else value


class Piece:
    """A piece of test code. With ``partial`` each assertion in it is a test, else the whole is."""

    def __init__(self, text: str, partial: bool) -> None:
        tree = ast.parse(text, "<tests>")
        self.partial = partial
        self.tests = sum(isinstance(node, ast.Assert) for node in ast.walk(tree)) if partial else 1
        if partial:
            tree = ast.fix_missing_locations(_Noting().visit(tree))
        self.code = compile(tree, "<tests>", "exec", dont_inherit=True)


def _asserts(program: Program, space: dict[str, Any], pieces: list[Piece]) -> dict[str, Any]:
    """Run test code piece by piece."""
    notes = Notes(sum(piece.tests for piece in pieces))
    space["__note__"] = notes
    for piece in pieces:
        try:
            exec(piece.code, space)
        except BaseException as error:
            notes(program.gone or error)
            if not piece.partial:
                break
        else:
            if not piece.partial:
                notes(None)
        if program.gone is not None:  # whatever the tests made of it
            break
    if program.gone is not None:
        return notes.report(program.gone.status)
    if notes.failed:
        return notes.report(notes.status)
    if not program.calls or not notes.passed:
        return _report("error", "the tests never call the program", 0, 1)
    left = program.end()
    if left:
        return _report("wrong", left, notes.passed, notes.passed + 1)
    return notes.report("correct")


class Notes:
    """What became of the tests; in test code it stands behind each assertion (partial credit)."""

    def __init__(self, expected: int) -> None:
        self.passed = self.failed = 0
        self.expected = expected
        self.status, self.detail = "wrong", ""

    def __call__(self, error: BaseException | None) -> None:
        if error is None:
            self.passed += 1
            return
        self.failed += 1
        if not self.detail:
            said = str(error) if isinstance(error, GoneError) else _named(error)
            self.detail = f"test {self.passed + self.failed}: {said}"[:400]
        broken = isinstance(error, (NameError, SyntaxError, ImportError, DataError))
        if broken and not hasattr(error, "from_program"):
            self.status = "error"

    def report(self, status: str) -> dict[str, Any]:
        """The end; tests that were not reached count too."""
        total = max(self.expected, self.passed + self.failed)
        return _report(status, self.detail, self.passed, total)


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


class _Noting(ast.NodeTransformer):
    """``assert x`` notes whether it holds and goes on."""

    def visit_Assert(self, node: ast.Assert) -> Any:
        block = ast.parse(
            "try:\n pass\nexcept Exception as e:\n __note__(e)\nelse:\n __note__(None)"
        )
        tried = block.body[0]
        assert isinstance(tried, ast.Try)
        tried.body = [node]
        return tried


def _bind(program: Program, space: dict[str, Any], job: dict[str, Any]) -> None:
    """Give the tests their names of the program, and modules of the standard library."""
    if job["entry"]:
        space["candidate"] = Remote(program, 0)
        if job["entry"].isidentifier():
            space[job["entry"]] = space["candidate"]
        for name in job["names"]:
            space[name] = importlib.import_module(name)
        return
    for name in job["names"]:
        if name in sys.stdlib_module_names:
            space[name] = importlib.import_module(name)
            continue
        try:
            space[name] = program.ask("name", name=name)
        except Exception:
            raise GoneError("wrong", f"the program does not define {name}") from None
