"""Raw batches to records: one dictionary a row, or the reason why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from smepo.data.readers import Batch, from_stream
from smepo.types import Location

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be used: what the quarantine file holds."""

    location: Location
    column: str | None
    reason: str
    raw: str

    def as_json(self) -> str:
        """One line of the quarantine file, without its line end; ASCII, so that any row fits."""
        entry = {
            "file": self.location.file,
            "row": self.location.row,
            "column": self.column,
            "reason": self.reason,
            "raw": self.raw,
        }
        return json.dumps(entry)

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column else ""
        return f"{self.location.file}: row {self.location.row}{column}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Record:
    """A readable row. ``position`` is its place in the whole input.

    ``raw`` is the text of a JSON row. ``repaired`` is true if lone surrogates, which no UTF-8 file
    can hold, were replaced by U+FFFD; ``raw`` is None then.
    """

    location: Location
    position: int
    value: Mapping[str, Any]
    raw: str | None = None
    repaired: bool = False


def records(batch: Batch) -> Iterator[Record | Problem]:
    """The rows of a batch, in order."""
    if batch.table is not None:
        yield from _from_table(batch)
        return
    for row, raw in batch.lines:
        yield _from_json(Location(batch.file, row), batch.position + row, raw)


def raw_text(record: Record) -> str:
    """The row as the quarantine file shows it."""
    if record.raw is not None:
        return record.raw
    return json.dumps(record.value, ensure_ascii=False, default=str)


def _from_json(location: Location, position: int, raw: bytes) -> Record | Problem:
    try:
        text = raw.decode("utf-8").strip()
        value = json.loads(text)
    except UnicodeDecodeError as error:
        shown = raw.decode("utf-8", "backslashreplace").strip()
        return Problem(location, None, f"not UTF-8: {error.reason} at byte {error.start}", shown)
    except RecursionError:
        return Problem(location, None, "not JSON that can be read: nested too deep", text)
    except ValueError as error:
        return Problem(location, None, f"not JSON: {error}", text)
    if not isinstance(value, dict):
        return Problem(location, None, f"not an object but {name_of(value)}", text)
    if _ESCAPED_SURROGATE.search(raw):
        clean = _without_surrogates(value)
        if clean != value:
            return Record(location, position, clean, None, repaired=True)
    return Record(location, position, value, text)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(value[key]) for key in value}
    return value


def _from_table(batch: Batch) -> Iterator[Record | Problem]:
    table = from_stream(batch.table or b"")
    try:
        values: list[Any] = table.to_pylist()
    except UnicodeDecodeError:
        values = [_row_of(table, offset) for offset in range(table.num_rows)]
    for row, value in enumerate(values, batch.first):
        location = Location(batch.file, row)
        if isinstance(value, UnicodeDecodeError):
            yield Problem(location, None, f"text that is not UTF-8: {value.reason}", "")
        else:
            yield Record(location, batch.position + row, value)


def _row_of(table: Any, offset: int) -> Any:
    try:
        return table.slice(offset, 1).to_pylist()[0]
    except UnicodeDecodeError as error:
        return error


def name_of(value: Any) -> str:
    """What a value is, in the words of JSON."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    names = (
        (str, "text"),
        (int | float, "a number"),
        (list | tuple, "a list"),
        (dict, "an object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)
