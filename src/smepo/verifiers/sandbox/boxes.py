"""A bounded pool of sandboxes, each with one program at a time.

Any thread may use it; after a fork the new process starts sandboxes of its own. A sandbox that
breaks is replaced.
"""

from __future__ import annotations

import atexit
import os
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from smepo.verifiers.pool import default_size
from smepo.verifiers.sandbox.box import Box, BrokenError
from smepo.verifiers.sandbox.levels import LEVELS, Level, Shown


class Boxes:
    """At most ``size`` sandboxes, started when first needed, at the strongest level that works.

    ``least``: refuse weaker levels. ``only``: try no other level. ``shown``: what programs may
    read and import besides the standard library.
    """

    def __init__(
        self,
        size: int | None = None,
        *,
        least: Level = "rlimits",
        only: Level | None = None,
        shown: Shown | None = None,
    ) -> None:
        self.size = size or default_size()
        self.shown = shown or Shown()
        self._levels = (only,) if only else LEVELS[: LEVELS.index(least) + 1]
        self._reset()
        _ALL.add(self)

    def _reset(self) -> None:
        self._free = threading.Condition()
        self._idle: list[Box] = []
        self._all: set[Box] = set()
        self._taken = 0
        self.started = 0

    @contextmanager
    def box(self) -> Iterator[Box]:
        """A sandbox for one program; it is closed if the program breaks it."""
        box = self._take()
        try:
            yield box
        except BaseException:
            self._give(box, keep=False)
            raise
        self._give(box, keep=True)

    def close(self) -> None:
        """End all sandboxes; the pool may be used again afterwards."""
        with self._free:
            boxes, self._idle = list(self._all), []
            self._all.clear()
        for box in boxes:
            box.close()

    def _take(self) -> Box:
        with self._free:
            while not self._idle and self._taken >= self.size:
                self._free.wait()
            self._taken += 1
            if self._idle:
                return self._idle.pop()
        try:
            box = self._start()
        except BaseException:
            self._leave()
            raise
        with self._free:
            self._all.add(box)
            self.started += 1
        return box

    def _start(self) -> Box:
        reasons = []
        for level in self._levels:
            try:
                box = Box(level, self.shown)
            except BrokenError as error:
                reasons.append(str(error))
                continue
            if level == "rlimits" and reasons:
                warnings.warn(
                    f"programs run without namespaces ({box.isolation}): {'; '.join(reasons)}",
                    stacklevel=2,
                )
            self._levels = (level,)
            return box
        raise BrokenError("; ".join(reasons))

    def _give(self, box: Box, *, keep: bool) -> None:
        with self._free:
            keep = keep and box in self._all
            if keep:
                self._idle.append(box)
            else:
                self._all.discard(box)
        if not keep:
            box.close()
        self._leave()

    def _leave(self) -> None:
        with self._free:
            self._taken -= 1
            self._free.notify()

    def _forget(self) -> None:
        """In a forked process: the sandboxes are the parent's."""
        boxes = list(self._all)
        self._reset()
        for box in boxes:
            box.forget()


_ALL: weakref.WeakSet[Boxes] = weakref.WeakSet()


def _close_all() -> None:
    for boxes in list(_ALL):
        boxes.close()


def _forget_all() -> None:
    for boxes in list(_ALL):
        boxes._forget()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_all)
