"""What a program may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one program.

    ``seconds``: of CPU for one test (a call, or a run on one input). ``total_seconds``: for all
    tests. ``memory``: bytes of address space. ``processes``: that it may start besides its own
    (0: none, threads only). ``threads``: at the same time, where the system counts them.
    ``output``: bytes of standard output. ``files``: bytes in /tmp, which is memory, and in each
    file; ``file_count``: files in /tmp.
    """

    seconds: float = 5.0
    total_seconds: float = 30.0
    memory: int = 1 << 30
    processes: int = 0
    threads: int = 64
    output: int = 4 << 20
    files: int = 16 << 20
    file_count: int = 1000

    def as_json(self, *, own_user: bool) -> dict[str, Any]:
        """As the sandbox reads them. ``own_user``: the count of threads is of this box alone."""
        return {
            "cpu": self.total_seconds,
            "memory": self.memory,
            "processes": self.processes,
            "threads": self.threads + self.processes if own_user else 0,
            "files": self.files,
            "file_count": self.file_count,
        }


# The tests' own process serves many programs: what it computes for one is timed from outside.
JUDGE = {
    "cpu": -1,
    "memory": 2 << 30,
    "processes": 0,
    "threads": 0,
    "files": 1 << 20,
    "file_count": 100,
}
