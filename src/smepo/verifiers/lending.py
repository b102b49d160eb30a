"""A bounded number of things, each lent to one thread at a time and made when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lending(Generic[T]):
    """At most ``size`` things. Any thread may take one; it waits until one is free.

    ``made`` counts them, ``lent`` those that are out. After a fork the new process starts with
    ``reset``, since a lock may be held by a thread that it does not have.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.reset()

    def reset(self) -> None:
        """Forget everything, the lock included."""
        self._free = threading.Condition()
        self._idle: list[T] = []
        self._all: set[T] = set()
        self.lent = 0
        self.made = 0

    def all(self) -> list[T]:
        """All things, lent or not."""
        return list(self._all)

    def take(self, make: Callable[[], T]) -> T:
        """A thing that is free, or a new one; what ``make`` raises lends nothing."""
        with self._free:
            while not self._idle and self.lent >= self.size:
                self._free.wait()
            self.lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            thing = make()
        except BaseException:
            self.leave()
            raise
        with self._free:
            self._all.add(thing)
            self.made += 1
        return thing

    def put(self, thing: T, *, keep: bool) -> bool:
        """Give ``thing`` back. False if it is forgotten: end it. Then ``leave`` in either case."""
        with self._free:
            keep = keep and thing in self._all
            if keep:
                self._idle.append(thing)
            else:
                self._all.discard(thing)
        return keep

    def leave(self) -> None:
        """Let the next thread have its turn."""
        with self._free:
            self.lent -= 1
            self._free.notify()

    def clear(self) -> list[T]:
        """Forget all things, those that are lent, too; they are returned to be ended."""
        with self._free:
            things, self._idle = list(self._all), []
            self._all.clear()
        return things
