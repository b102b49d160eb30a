"""One line of the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """``absent``: not here, and only some runs need it; ``bad``: here, and does not work."""

    OK = "ok"
    ABSENT = "absent"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what to do about it (empty if nothing is to do)."""

    name: str
    state: State
    found: str
    todo: str = ""

    def as_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def ok(name: str, found: str) -> Finding:
    return Finding(name, State.OK, found)


def absent(name: str, found: str, todo: str) -> Finding:
    return Finding(name, State.ABSENT, found, todo)


def bad(name: str, found: str, todo: str) -> Finding:
    return Finding(name, State.BAD, found, todo)


def guarded(name: str, check: Callable[[], Finding], todo: str) -> Finding:
    """A check of foreign things: whatever it raises is what was found."""
    try:
        return check()
    except Exception as error:  # libraries raise what they like, and a doctor goes on
        return bad(name, f"{type(error).__name__}: {error}".splitlines()[0], todo)
