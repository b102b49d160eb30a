"""A bounded pool of killable child processes.

math-verify can hang, crash or eat the memory, and its own time-out is an alarm signal, which no
thread but the main one may use. So each check runs in a child under the parent's clock. A child
that overruns is killed with its process group and replaced when it is next needed. Any thread may
call; so may daemonic processes and Ray workers. After a fork the new process starts children of
its own.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from smepo.verifiers.children import Child, DeadError, LateError, Nursery
from smepo.verifiers.lending import Lending

RECYCLE_AFTER = 5000  # jobs; sympy keeps caches, and a fresh child keeps memory flat


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended: ``kind`` is ``ok``, ``timeout``, ``error`` (raised) or ``crash`` (died)."""

    kind: str
    value: Any = None
    detail: str = ""
    seconds: float = 0.0


class Pool:
    """At most ``size`` children, started when first needed.

    ``memory`` is the limit on each child's address space in bytes (0: none). ``preload`` names
    functions ``module:function`` that are called once, before the first child is forked, and
    modules that are imported then. Counts
    since the start are in ``counts``: started (children), jobs, timeout, error, crash.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        memory: int = 4 << 30,
        preload: Sequence[str] = (),
    ) -> None:
        self.size = size or default_size()
        self.memory = memory
        self.preload = tuple(preload)
        self.lending: Lending[Child] = Lending(self.size)
        self._reset()
        _POOLS.add(self)

    def _reset(self) -> None:
        self.lending.reset()
        self._counting = threading.Lock()
        self._starting = threading.Lock()
        self._nursery: Nursery | None = None
        self.counts = dict.fromkeys(("started", "jobs", "timeout", "error", "crash"), 0)

    def call(self, function: str, args: Sequence[Any], *, timeout: float) -> Outcome:
        """Run ``function`` (``module:function``) on JSON values in a child, for at most ``timeout``
        seconds of its CPU time (see ``Clock``); waiting for a free child is not counted.
        """
        child, began = None, time.monotonic()
        try:
            child = self.lending.take(self._start)
            began = time.monotonic()
            answer = child.ask(function, args, timeout)
            outcome = Outcome(
                "error" if "error" in answer else "ok",
                answer.get("value"),
                answer.get("error", ""),
            )
        except LateError:
            outcome = Outcome("timeout", detail="no answer in time")
        except DeadError as error:
            outcome = Outcome("crash", detail=str(error) or "the worker died")
        except BaseException:
            if child is not None:
                self._give(child, keep=False)
            raise
        seconds = time.monotonic() - began
        detail = outcome.detail
        if child is not None:
            status = self._give(child, keep=outcome.kind in ("ok", "error"))
            if outcome.kind == "crash" and status is not None:
                detail += f" ({_exit(status)})"
        self._count("jobs", "" if outcome.kind == "ok" else outcome.kind)
        return Outcome(outcome.kind, outcome.value, detail, seconds)

    def map(self, function: str, rows: Iterable[Sequence[Any]], *, timeout: float) -> list[Outcome]:
        """``call`` for many argument lists, spread over the pool; the results keep the order."""
        rows = list(rows)
        if len(rows) < 2 or self.size < 2:
            return [self.call(function, row, timeout=timeout) for row in rows]
        threads = ThreadPoolExecutor(min(self.size, len(rows)))
        try:
            return list(threads.map(lambda row: self.call(function, row, timeout=timeout), rows))
        except BaseException:  # Ctrl-C: do not wait for what still runs
            threads.shutdown(wait=False, cancel_futures=True)
            self.close()
            raise
        finally:
            threads.shutdown()

    def close(self) -> None:
        """Kill all children. Never waits for a job; the pool may be used again afterwards."""
        children = self.lending.clear()
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()
        for child in children:
            child.close()

    def _start(self) -> Child:
        with self._starting:
            nursery = self._nursery
            if nursery is None or nursery.process.poll() is not None:
                nursery = self._nursery = Nursery(self.memory, self.preload)
        child = nursery.fork()
        self._count("started")
        return child

    def _give(self, child: Child, *, keep: bool) -> int | None:
        kept = self.lending.put(child, keep=keep and child.jobs < RECYCLE_AFTER)
        status = None if kept else child.kill()
        self.lending.leave()
        return status

    def _count(self, *names: str) -> None:
        with self._counting:
            for name in names:
                if name:
                    self.counts[name] += 1

    def _forget(self) -> None:
        """In a forked process: the children belong to the parent; only drop the sockets' copies."""
        children, nursery = self.lending.all(), self._nursery
        self._reset()
        for child in children:
            child.close()
        if nursery is not None:
            nursery.forget()


def _exit(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def default_size() -> int:
    """One child a usable core, at most four."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), 4)
    return min(os.cpu_count() or 1, 4)


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def _close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


def _forget_all() -> None:
    for pool in list(_POOLS):
        pool._forget()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
