"""What a known benchmark is: how its files are recognised, and how a row becomes a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from smepo.data.rows import UnusableError

Record = Mapping[str, Any]


class Asked(NamedTuple):
    """A problem: the question, what the verifier compares with, how to answer (`Row.form`)."""

    question: str
    target: Any
    form: str = ""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A published format.

    ``fits`` looks at the first rows of a file. ``read`` makes the problem of a row and raises
    UnusableError for a row that has none. ``solution`` is the reference answer as a completion, for
    checks of the judge; None where a row holds none. ``ids``: columns that may hold the id.
    """

    name: str
    domain: str
    shows: str  # its columns, in words
    fits: Callable[[Sequence[Record]], bool]
    read: Callable[[Record], Asked]
    solution: Callable[[Record], str | None]
    ids: tuple[str, ...] = ("id",)


def has(rows: Sequence[Record], *names: str) -> bool:
    """Whether each column stands in every row of the sample."""
    return all(name in row for row in rows for name in names)


def some(rows: Sequence[Record], *names: str) -> bool:
    """Whether each column stands in some row of the sample."""
    return all(any(name in row for row in rows) for name in names)


def text(record: Record, name: str) -> str:
    """A text that must be there. Raises UnusableError."""
    found = record.get(name)
    if not isinstance(found, str) or not found.strip():
        raise UnusableError(name, "missing" if found is None else "no text, or an empty one")
    return found


def texts(record: Record, name: str) -> list[str]:
    """A list of texts; empty where the column is missing or null. Raises UnusableError."""
    found = record.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise UnusableError(name, "not a list of texts")
    return found


def fenced(code: str) -> str:
    """Code as a block of Markdown."""
    return f"```python\n{code.strip()}\n```"
