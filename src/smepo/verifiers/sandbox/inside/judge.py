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

from .candidate import classes_of
from .codec import DataError, Decoder, Encoder
from .frames import (
    Clock,
    ClosedError,
    Cpu,
    JunkError,
    LateError,
    process_clock,
    receive,
    send,
)

# Would end a loop of the tests early, or pass for an end of the judge itself.
_NOT_RAISED = frozenset(("StopIteration", "StopAsyncIteration", "GeneratorExit"))


class CandidateError(Exception):
    """The program raised something that is no built-in ``Exception``."""


class GoneError(BaseException):
    """The program can answer no more: it is late, has ended, or wrote junk. Tests do not catch it.

    ``status`` is that of the verdict.
    """

    def __init__(self, status: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Program:
    """The program behind the socket. ``limit``: seconds of CPU for a call; ``total``: for all."""

    def __init__(self, sock: socket.socket, cpu: Cpu, limit: float, total: float) -> None:
        self._sock, self._cpu, self._limit = sock, cpu, limit
        self._total = Clock(total, cpu)
        self._classes: frozenset[str] = frozenset()
        self._space: dict[str, Any] = {}
        self.gone: GoneError | None = None
        self.calls = 0
        sock.setblocking(False)

    def load(self, setup: str, code: str, entry: str) -> None:
        """Start the program; raises ``GoneError`` if it does not load."""
        answer = self._exchange({"setup": setup, "code": code, "entry": entry})
        if "loaded" not in answer:
            raise GoneError("wrong", _describe(answer))

    def share(self, space: dict[str, Any]) -> None:
        """Take the classes of a namespace for those whose objects are sent whole."""
        self._space, self._classes = space, classes_of(space)

    def ask(self, do: str, of: int = 0, **more: Any) -> Any:
        """One operation on handle ``of``; the answer is a value."""
        encoder = Encoder(self._classes, self._handle)
        args = [encoder.add(one) for one in more.pop("args", ())]
        kwargs = {name: encoder.add(one) for name, one in more.pop("kwargs", {}).items()}
        if "value" in more:
            more["value"] = encoder.add(more["value"])
        self.calls += do == "call"
        frame = {"do": do, "of": of, "args": args, "kwargs": kwargs, "nodes": encoder.nodes, **more}
        answer = self._exchange(frame)
        if "raised" in answer:
            raise _exception(answer)
        try:
            nodes = answer["nodes"] if "nodes" in answer else [*encoder.nodes, *answer["rest"]]
            decoder = Decoder(nodes, self._make, self._remote, encoder.objects)
            return decoder.value(answer["value"])
        except (DataError, KeyError, TypeError) as error:
            raise self._end("wrong", f"the program wrote no answer ({error})") from None

    def end(self) -> str:
        """What is wrong with how the program ends; empty if nothing is."""
        try:
            threads = self._exchange({"do": "end"}).get("threads")
        except GoneError as gone:
            return str(gone)
        return "" if threads == 0 else "the program leaves threads behind"

    def _exchange(self, frame: dict[str, Any]) -> dict[str, Any]:
        if self.gone is not None:
            raise self.gone
        clock = Clock(min(self._limit, max(self._total.left(), 0.01)), self._cpu)
        try:
            send(self._sock, frame, clock)
            answer = receive(self._sock, clock)
        except LateError:
            raise self._end("timeout", f"a call took longer than {clock.seconds:g} s") from None
        except ClosedError:
            raise self._end("wrong", "the program ended before its answer") from None
        except JunkError as error:
            raise self._end("wrong", f"the program wrote no answer ({error})") from None
        if not isinstance(answer, dict):
            raise self._end("wrong", "the program wrote no answer")
        return answer

    def _end(self, status: str, detail: str) -> GoneError:
        self.gone = GoneError(status, detail)
        return self.gone

    def _handle(self, value: Any) -> int:
        if type(value) is not Remote:
            raise DataError(f"the tests pass a {type(value).__name__}, which cannot be sent")
        return _of(value)

    def _remote(self, of: int) -> Remote:
        return Remote(self, of)

    def _make(self, name: str) -> Any:
        if name not in self._classes:
            raise DataError(f"no class {name!r}")
        cls = self._space[name]
        return object.__new__(cls)


class Remote:
    """An object of the program, which stays in its process."""

    __slots__ = ("_of", "_program")

    def __init__(self, program: Program, of: int) -> None:
        object.__setattr__(self, "_program", program)
        object.__setattr__(self, "_of", of)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _program(self).ask("call", _of(self), args=args, kwargs=kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _program(self).ask("get", _of(self), name=name)

    def __setattr__(self, name: str, value: Any) -> None:
        _program(self).ask("set", _of(self), name=name, value=value)

    def __iter__(self) -> Any:
        return iter(_program(self).ask("list", _of(self)))

    def __bool__(self) -> bool:
        raise TypeError("the program returned an object that is no plain value")


def _program(remote: Remote) -> Program:
    found: Program = object.__getattribute__(remote, "_program")
    return found


def _of(remote: Remote) -> int:
    found: int = object.__getattribute__(remote, "_of")
    return found


def _describe(answer: dict[str, Any]) -> str:
    return f"{answer.get('raised')}: {answer.get('text')}"[:400]


def _exception(answer: dict[str, Any]) -> Exception:
    """What the program raised, as the nearest built-in exception."""
    text = str(answer.get("text", ""))
    bases = answer.get("bases")
    for name in bases if isinstance(bases, list) else ():
        cls = getattr(builtins, name, None) if isinstance(name, str) else None
        if not (isinstance(cls, type) and issubclass(cls, Exception)) or name in _NOT_RAISED:
            break
        try:
            error: Exception = cls(text)
        except TypeError:  # such as UnicodeDecodeError, which wants five arguments
            continue
        error.__dict__["from_program"] = True
        return error
    error = CandidateError(_describe(answer))
    error.__dict__["from_program"] = True
    return error


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
