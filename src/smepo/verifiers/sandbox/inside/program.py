"""The program as its judge sees it: calls that go to another process and come back as data."""

from __future__ import annotations

import builtins
import socket
from typing import Any

from .candidate import classes_of
from .codec import DataError, Decoder, Encoder
from .frames import Clock, ClosedError, Cpu, JunkError, LateError, receive, send

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
        clock = Clock(min(self._limit, max(self._total.remaining(), 0.01)), self._cpu)
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
