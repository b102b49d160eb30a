"""Processes that cannot outlive this one.

The kernel kills a child whose parent has died, if the child asks for it (PR_SET_PDEATHSIG); but by
"parent" it means the *thread* that started it, and the threads of a trainer come and go. So one
thread, which lives as long as this process, starts them all. A closed socket would tell them too,
but a forked copy of this process may hold its other end open for as long as it likes.
"""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

Process = subprocess.Popen[Any]
_Order = tuple[Future[Process], Sequence[str], dict[str, Any]]


class _Spawner:
    """The thread, and the orders for it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.orders: queue.SimpleQueue[_Order] | None = None

    def order(self, command: Sequence[str], options: dict[str, Any]) -> Future[Process]:
        """Have a process started."""
        done: Future[Process] = Future()
        with self.lock:
            if self.orders is None:
                self.orders = queue.SimpleQueue()
                thread = threading.Thread(target=_serve, args=(self.orders,), name="smepo-spawn")
                thread.daemon = True
                thread.start()
            self.orders.put((done, command, options))
        return done


def spawn(command: Sequence[str], **options: Any) -> Process:
    """``subprocess.Popen(command, **options)``; raises what that raises.

    The process has to ask for the signal itself, first of all, and to end at once if its parent is
    not ``os.getpid()`` of the caller any more.
    """
    return _spawner.order(command, options).result()


def _serve(orders: queue.SimpleQueue[_Order]) -> None:
    while True:
        done, command, options = orders.get()
        try:
            process = subprocess.Popen(command, **options)
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(process)
        del done, command, options


_spawner = _Spawner()


def _reset() -> None:
    """In a forked process, which has none of its parent's threads."""
    global _spawner
    _spawner = _Spawner()


os.register_at_fork(after_in_child=_reset)
