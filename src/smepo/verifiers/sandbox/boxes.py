"""A bounded pool of sandboxes, each with one program at a time.

Any thread may use it; after a fork the new process starts sandboxes of its own. A sandbox that
breaks is replaced.
"""

from __future__ import annotations

import atexit
import os
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from smepo.verifiers.lending import Lending
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
        self.lending: Lending[Box] = Lending(self.size)
        _ALL.add(self)

    @property
    def started(self) -> int:
        """Sandboxes so far."""
        return self.lending.made

    @contextmanager
    def box(self) -> Iterator[Box]:
        """A sandbox for one program; it is closed if the program breaks it."""
        box = self.lending.take(self._start)
        try:
            yield box
        except BaseException:
            self._give(box, keep=False)
            raise
        self._give(box, keep=True)

    def close(self) -> None:
        """End all sandboxes; the pool may be used again afterwards."""
        for box in self.lending.clear():
            box.close()

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
        if not self.lending.put(box, keep=keep):
            box.close()
        self.lending.leave()

    def _forget(self) -> None:
        """In a forked process: the sandboxes are the parent's."""
        boxes = self.lending.all()
        self.lending.reset()
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
