"""A pure function over many items in worker processes: results in order, memory bounded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

from smepo.errors import SmepoError

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH = 100_000  # bytes of input that are worth a worker
AHEAD = 4  # items in flight a worker, so that one slow item does not idle the others


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def nothing() -> None:
    """No preparation."""


def fitting(size: int) -> int:
    """How many of the usable cores an input of ``size`` bytes keeps busy for longer than it takes
    to start a process on each."""
    return max(1, min(usable_cores(), size // WORTH))


class Workers:
    """Worker processes for one or more passes over items; with one worker all runs in this process.

    They start at once and each calls ``warm``, so that imports are over when the work comes.
    """

    def __init__(self, count: int, warm: Callable[[], None] = nothing) -> None:
        self.count = count
        self._pool: ProcessPoolExecutor | None = None
        if count > 1:
            context = multiprocessing.get_context("spawn")  # threads and forks do not mix
            self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_start)
            for _ in range(count):  # an error of `warm` shows again where the work needs the same
                self._pool.submit(warm)

    def ordered(
        self, function: Callable[[Item], Result], items: Iterable[Item]
    ) -> Iterator[Result]:
        """``function`` of each item, in the order of the items.

        ``function`` and items must be picklable. At most ``AHEAD`` items a worker are in flight.
        Raises SmepoError if a worker dies.
        """
        if self._pool is None:
            yield from map(function, items)
            return
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(self._pool.submit(function, item))
                if len(pending) >= self.count * AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise SmepoError(
                "a worker process died, perhaps for lack of memory; what is done is kept: "
                "run the same command again, with fewer --workers"
            ) from error
        finally:
            for future in pending:
                future.cancel()

    def close(self) -> None:
        """End the processes; what they work on is finished first."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _start() -> None:
    """In each worker: leave interrupts to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
