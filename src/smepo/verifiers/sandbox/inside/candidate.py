"""The candidate's process: runs the program, and answers calls with data.

Nothing that would help to cheat is here: the tests and the expected values are in another process,
and what this one answers is taken as data, whoever wrote it.
"""

from __future__ import annotations

import _thread
import socket
import sys
import threading
from typing import Any

from .codec import DataError, Decoder, Encoder
from .frames import ClosedError, JunkError, receive, send

MAX_TEXT = 300  # characters of a message of an exception


def run_program(code: str, paths: list[str]) -> None:
    """Run a program that reads standard input and writes standard output."""
    _prepare(paths)
    main = type(sys)("__main__")
    sys.modules["__main__"] = main
    try:
        exec(compile(code, "<program>", "exec", dont_inherit=True), main.__dict__)
    finally:
        for thread in threading.enumerate():  # as the interpreter does when it ends
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()


def answer_calls(sock: socket.socket, job: dict[str, Any], paths: list[str]) -> None:
    """Load the program, then answer calls until the socket is closed."""
    _prepare(paths)
    threads = _thread._count  # before the program can put another in its place
    module = type(sys)("solution")
    sys.modules["solution"] = module
    try:
        space = module.__dict__
        exec(compile(job["setup"], "<setup>", "exec", dont_inherit=True), space)
        classes = classes_of(space)
        exec(compile(job["code"], "<program>", "exec", dont_inherit=True), space)
        entry = eval(job["entry"], space) if job["entry"] else None
    except BaseException as error:
        send(sock, raised(error))
        return
    calls = Calls(space, classes, entry)
    send(sock, {"loaded": True})
    while True:
        try:
            frame = receive(sock)
            send(sock, {"threads": threads()} if frame["do"] == "end" else calls.answer(frame))
        except ClosedError:
            return


def _prepare(paths: list[str]) -> None:
    sys.path[:] = [*sys.path[1:], *paths]  # the first is that of the sandbox's own files
    sys.argv[:] = ["program.py"]
    sys.set_int_max_str_digits(0)


def classes_of(space: dict[str, Any]) -> frozenset[str]:
    """The names of the classes that code run in ``space`` has defined, not imported."""
    own = space["__name__"]
    return frozenset(
        name for name, one in space.items() if isinstance(one, type) and one.__module__ == own
    )


def raised(error: BaseException) -> dict[str, Any]:
    """An exception as data: the names of its built-in classes, and its message."""
    try:
        text = str(error)[:MAX_TEXT]
    except BaseException:
        text = ""
    names = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
    return {"raised": type(error).__name__, "bases": names, "text": text}


class Calls:
    """The names and objects that can be called from outside, and the calls."""

    def __init__(self, space: dict[str, Any], classes: frozenset[str], entry: Any) -> None:
        self._space, self._classes = space, classes
        self._held: list[Any] = [entry]  # by handle; what is here stays alive
        self._handles = {id(entry): 0}

    def answer(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation; whatever it raises is data too."""
        decoder = Decoder(frame["nodes"], self._make, self._held.__getitem__)
        known = list(decoder.objects)
        try:
            value = self._do(frame, decoder)
        except BaseException as error:
            return raised(error)
        try:
            return self._reply(value, frame["nodes"], known)
        except (DataError, JunkError, RecursionError) as error:
            return raised(error)

    def _do(self, frame: dict[str, Any], decoder: Decoder) -> Any:
        operation, name = frame["do"], frame.get("name", "")
        if operation == "name":
            return _Held(self._space[name])
        owner = self._held[frame["of"]]
        if operation == "call":
            arguments = [decoder.value(one) for one in frame["args"]]
            return owner(*arguments, **{k: decoder.value(v) for k, v in frame["kwargs"].items()})
        if operation == "get":
            return getattr(owner, name)
        if operation == "set":
            return setattr(owner, name, decoder.value(frame["value"]))
        return list(owner)

    def _reply(self, value: Any, nodes: list[Any], known: list[Any]) -> dict[str, Any]:
        """The value, and the arguments as they are now, if they are others than before."""
        if isinstance(value, _Held):
            return {"value": [0], "nodes": [["h", self._hold(value.value)]]}
        encoder = Encoder(self._classes, self._hold, known)
        encoder.add(None)  # the arguments come first
        told = encoder.add(value)
        after = encoder.nodes
        if after[: len(nodes)] == nodes:
            return {"value": told, "rest": after[len(nodes) :]}
        return {"value": told, "nodes": after}

    def _hold(self, value: Any) -> int:
        at = self._handles.get(id(value))
        if at is None:
            at = self._handles[id(value)] = len(self._held)
            self._held.append(value)
        return at

    def _make(self, name: str) -> Any:
        cls = self._space[name]  # the program may have written the class anew
        return cls.__new__(cls)


class _Held:
    """A value that is to be told as a handle, whatever it is."""

    def __init__(self, value: Any) -> None:
        self.value = value
