"""What converters read with and what they give: checked access to foreign records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smepo.data.records import name_of


class UnusableError(Exception):
    """A record that gives no row: names the column and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Converted:
    """A row as smepo reads it without flags.

    ``target``: the accepted answers. ``aliases``: every name that the trajectory finds, which masks
    hide unless the question has it. ``titles``: the gold passages, for measures of retrieval.
    ``note``: what was missing and made up for, None if nothing was.
    """

    id: str
    question: str
    target: list[str]
    aliases: list[str]
    trace: str | list[dict[str, str]]
    type: str
    titles: list[str]
    note: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The columns of the output."""
        return {
            "id": self.id,
            "question": self.question,
            "target": self.target,
            "aliases": self.aliases,
            "trace": self.trace,
            "type": self.type,
            "titles": self.titles,
        }


def text(record: Mapping[str, Any], *columns: str) -> str:
    """The text in the first of ``columns`` that the record has; raises UnusableError."""
    name = next((column for column in columns if column in record), columns[0])
    found = record.get(name)
    if not isinstance(found, str):
        raise UnusableError(name, f"text expected, not {name_of(found)}")
    if not found.strip():
        raise UnusableError(name, "empty")
    return found.strip()


def items(record: Mapping[str, Any], column: str) -> list[Any]:
    """A list that is not empty; raises UnusableError."""
    found = record.get(column)
    if not isinstance(found, list):
        raise UnusableError(column, f"a list expected, not {name_of(found)}")
    if not found:
        raise UnusableError(column, "empty")
    return found


def passages(record: Mapping[str, Any]) -> dict[str, str]:
    """Title and text of every passage of ``context``: [title, [sentence, ...]], or as the columns
    `title` and `sentences` of Hugging Face copies. Raises UnusableError."""
    return {title: " ".join(lines) for title, lines in sentences(record).items()}


def sentences(record: Mapping[str, Any]) -> dict[str, list[str]]:
    """Title and sentences of every passage of ``context``; raises UnusableError."""
    return {
        title: [line.strip() for line in lines]
        for title, lines in _pairs(record, "context", "sentences")
        if isinstance(title, str) and isinstance(lines, list)
    }


def supporting(record: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Title and sentence number of every supporting fact, in order; raises UnusableError."""
    return [
        (title, index)
        for title, index in _pairs(record, "supporting_facts", "sent_id")
        if isinstance(title, str) and isinstance(index, int)
    ]


def _pairs(record: Mapping[str, Any], column: str, second: str) -> list[tuple[Any, Any]]:
    held = record.get(column)
    if isinstance(held, Mapping):
        titles, others = held.get("title"), held.get(second)
        if not isinstance(titles, list) or not isinstance(others, list):
            raise UnusableError(column, f"no lists title and {second}")
        return list(zip(titles, others, strict=False))
    found = items(record, column)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in found):
        raise UnusableError(column, f"pairs of title and {second} expected")
    return [(pair[0], pair[1]) for pair in found]
