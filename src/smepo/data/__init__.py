"""Rows in and out: jsonl, JSON arrays, parquet, Hugging Face `datasets` folders.

    for row in read_rows("train.parquet"): ...

Without an id column the id of a row is its position in the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from smepo.data.readers import batches
from smepo.data.records import Problem, records
from smepo.data.rows import to_row
from smepo.data.scan import choose_columns
from smepo.data.schema import Columns
from smepo.data.source import find
from smepo.errors import InputError
from smepo.types import Row

__all__ = ["Columns", "Problem", "choose_columns", "find", "iter_rows", "read_rows"]


def iter_rows(path: str | Path, columns: Columns | None = None) -> Iterator[Row | Problem]:
    """Rows one by one, and a Problem for each that cannot be used.

    ``columns`` None: by known schema, or as `smepo mask` noted in its output. Raises InputError if
    the input cannot be read or its columns are unknown.
    """
    source = find(path)
    columns = columns or choose_columns(source)
    for batch in batches(source):
        for record in records(batch):
            yield record if isinstance(record, Problem) else to_row(record, columns)


def read_rows(path: str | Path, columns: Columns | None = None) -> list[Row]:
    """All rows. Raises InputError at the first that cannot be used, and for a duplicate id."""
    rows: list[Row] = []
    seen: dict[str, Row] = {}
    for row in iter_rows(path, columns):
        if isinstance(row, Problem):
            raise InputError(str(row))
        if (first := seen.setdefault(row.id, row)) is not row:
            raise InputError(f"the id {row.id!r} stands twice: {first.location}, {row.location}")
        rows.append(row)
    return rows
