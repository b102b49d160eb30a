"""Records to rows: the question, the target, the traces and the id out of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smepo.data.records import Problem, Record, name_of, raw_text
from smepo.data.schema import MISSING, Columns, is_messages, lookup
from smepo.prompting.thinking import Part, thinking_part
from smepo.types import Row


class UnusableError(Exception):
    """A column that does not hold what a row needs."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


def to_row(record: Record, columns: Columns) -> Row | Problem:
    """The row in a record, or why it has none: a missing or empty question, target or id.

    A missing trace is no problem here: such a row trains unguided. Numbers as targets become text,
    as the verifiers compare text; a list of one target becomes that target.
    """
    value = record.value
    try:
        return Row(
            id=id_of(value, columns.id, record.position),
            question=question_of(value, columns.question),
            target=_target(value, columns),
            traces=_traces(value, columns),
            columns=value,
            location=record.location,
        )
    except UnusableError as error:
        return Problem(record.location, error.column, error.reason, raw_text(record))


def need(value: Mapping[str, Any], name: str) -> Any:
    """The value under a dotted name. Raises UnusableError where it is missing or null."""
    found = lookup(value, name)
    if found is MISSING:
        raise UnusableError(name, "missing")
    if found is None:
        raise UnusableError(name, "null")
    return found


def id_of(value: Mapping[str, Any], name: str | None, position: int) -> str:
    """The id under ``name``, or the position. Raises UnusableError for what can be no id."""
    if name is None:
        return str(position)
    found = need(value, name)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        raise UnusableError(name, f"an id is text or a whole number, not {name_of(found)}")
    return str(found)


def question_of(value: Mapping[str, Any], name: str) -> str:
    """A question: text, or what the user says in a list of messages. Raises UnusableError."""
    found = need(value, name)
    if is_messages(found):
        users = [message for message in found if message["role"] == "user"]
        text = "\n\n".join(message_text(message) for message in users)
    elif isinstance(found, str):
        text = found
    else:
        raise UnusableError(name, f"a question is text or a list of messages, not {name_of(found)}")
    if not text.strip():
        raise UnusableError(name, "empty question")
    return text


def message_text(message: Mapping[str, Any]) -> str:
    """The text of a chat message, whose content may be a list of typed parts."""
    content = message["content"]
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _target(value: Mapping[str, Any], columns: Columns) -> Any:
    name = columns.target
    found = need(value, name)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if isinstance(found, bool) or not isinstance(found, str | int | float | list | Mapping):
        raise UnusableError(name, f"a target is not {name_of(found)}")
    if isinstance(found, int | float):
        found = repr(found)
    if columns.target_after is not None:
        found = _after(found, columns.target_after, name)
    if not (found.strip() if isinstance(found, str) else found):
        raise UnusableError(name, "empty target")
    return found


def _after(found: Any, marker: str, name: str) -> str:
    if not isinstance(found, str):
        raise UnusableError(name, f"text with {marker!r} expected, not {name_of(found)}")
    _, mark, rest = found.rpartition(marker)
    if not mark:
        raise UnusableError(name, f"no {marker!r} before the target")
    return rest.strip()


def names(value: Mapping[str, Any], column: str | None) -> tuple[str, ...]:
    """The texts in ``column``, which holds one or a list; none where it is not there."""
    found = lookup(value, column) if column else MISSING
    if isinstance(found, str):
        return (found,)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _traces(value: Mapping[str, Any], columns: Columns) -> tuple[Any, ...]:
    right = lookup(value, columns.correct) if columns.correct else None
    found: list[Any] = []
    for name in columns.traces:
        held = lookup(value, name)
        if _is_several(held):
            kept = right if isinstance(right, list) and len(right) == len(held) else ()
            wrong = {index for index, mark in enumerate(kept) if mark is False}
            found += [
                None if index in wrong else _trace(one, columns.part)
                for index, one in enumerate(held)
            ]
        else:
            found.append(None if held is MISSING else _trace(held, columns.part))
    return tuple(found) if any(trace is not None for trace in found) else ()


def _is_several(held: Any) -> bool:
    return isinstance(held, list) and not is_messages(held)


def _trace(held: Any, part: Part) -> Any:
    """Messages with one answer are its text; any other conversation stays a list of messages."""
    if is_messages(held):
        answers = [message for message in held if message["role"] not in ("system", "user")]
        said = answers or held
        held = message_text(said[0]) if len(said) == 1 else held
    return thinking_part(held, part) if isinstance(held, str) else held


def has_several(value: Mapping[str, Any], columns: Columns) -> bool:
    """True if the row may hold more than one trace."""
    return len(columns.traces) > 1 or any(
        _is_several(lookup(value, name)) for name in columns.traces
    )
