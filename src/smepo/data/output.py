"""Rows out: every input column as it was, and the columns that smepo adds.

Workers encode their batch (`encode`); the main process puts the pieces together (`assemble`) while
the work goes on, into a file beside the output that gets its name when it is whole (`replace`).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from smepo.data.metadata import with_note
from smepo.data.readers import Batch, from_stream, to_stream
from smepo.data.records import Record
from smepo.data.source import format_of
from smepo.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

GUIDANCE, BLANKS, STATUS, TRACE = ADDED = (
    "guidance",
    "guidance_blanks",
    "guidance_status",
    "guidance_trace",
)
COLUMN_TYPES = {GUIDANCE: "string", BLANKS: "string", STATUS: "string", TRACE: "int64"}
ROW_GROUP = 32 << 20  # bytes of Arrow data in a row group of the output


@dataclass(frozen=True, slots=True)
class Layout:
    """How the output looks. ``schema`` is the output's Arrow schema as an empty stream, parquet
    only. ``added``: the columns that smepo adds, in order; input columns so called are replaced."""

    format: Literal["jsonl", "parquet"]
    packed: bool
    added: tuple[str, ...]
    schema: bytes | None = None


def output_format(path: str) -> tuple[Literal["jsonl", "parquet"], bool]:
    """(format, gzipped) of an output path. Raises InputError for other suffixes."""
    form = format_of(path)
    if form == "parquet":
        return "parquet", False
    if form == "jsonl":
        return "jsonl", path.lower().endswith(".gz")
    raise InputError(f"{path}: cannot write that kind of file; give .parquet, .jsonl or .jsonl.gz")


def layout(
    path: str,
    names: Sequence[str],
    schema: pa.Schema | None,
    *,
    several: bool,
    note: Mapping[str, Any],
    overwrite: bool,
) -> Layout:
    """The layout of ``path`` for input columns ``names`` (and Arrow types ``schema``).

    Raises InputError if the input has a column that smepo adds and ``overwrite`` is false, or if
    the format cannot hold a column.
    """
    form, packed = output_format(path)
    added = ADDED if several else ADDED[:-1]
    taken = [name for name in names if name in ADDED]
    if taken and not overwrite:
        raise InputError(
            f"the input already has the columns {', '.join(taken)}; "
            "give --overwrite-columns to replace them"
        )
    if form == "jsonl":
        if schema is not None:
            _check_json_types(schema)
        return Layout(form, packed, added)
    if schema is None:
        raise ValueError("a parquet layout needs the schema of the input")
    return Layout(form, packed, added, to_stream(_empty(_output_schema(schema, added, note))))


def _output_schema(schema: pa.Schema, added: Sequence[str], note: Mapping[str, Any]) -> pa.Schema:
    import pyarrow as pa

    kept = [field for field in schema if field.name not in ADDED]
    new = [pa.field(name, pa.type_for_alias(COLUMN_TYPES[name])) for name in added]
    full = pa.schema([*kept, *new], metadata=schema.metadata)
    return with_note(full, note, {name: COLUMN_TYPES[name] for name in added})


def _empty(schema: pa.Schema) -> Any:
    import pyarrow as pa

    return pa.RecordBatch.from_pylist([], schema=schema)


def _check_json_types(schema: pa.Schema) -> None:
    for field in schema:
        if not _fits_json(field.type):
            raise InputError(
                f"column {field.name} is of type {field.type}, which JSON cannot hold; "
                "write to a .parquet file"
            )


def _fits_json(kind: pa.DataType) -> bool:
    import pyarrow as pa

    types = pa.types
    if types.is_struct(kind):
        return all(_fits_json(kind.field(index).type) for index in range(kind.num_fields))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _fits_json(kind.value_type)
    if types.is_dictionary(kind):
        return _fits_json(kind.value_type)
    tests = (
        types.is_null,
        types.is_boolean,
        types.is_integer,
        types.is_floating,
        types.is_string,
        types.is_large_string,
        types.is_string_view,
    )
    return any(test(kind) for test in tests)


def encode(batch: Batch, rows: Sequence[tuple[Record, Mapping[str, Any]]], target: Layout) -> bytes:
    """The rows of one batch as a piece of the output: JSON lines (gzipped alone, so that pieces
    can be joined), or an Arrow stream. Each row comes with its added columns."""
    if not rows:
        return b""
    if target.format == "jsonl":
        data = b"".join(_line(record, added, target.added) for record, added in rows)
        return gzip.compress(data, 6, mtime=0) if target.packed else data
    if target.schema is None:
        raise ValueError("a parquet layout without a schema")
    return _arrow_piece(batch, rows, from_stream(target.schema).schema, target.added)


def _line(record: Record, added: Mapping[str, Any], names: Sequence[str]) -> bytes:
    """The row's own text with the new columns at its end, so that numbers stay as written."""
    added = {name: added[name] for name in names}
    raw = record.raw
    if raw is not None and "\n" not in raw and not any(name in record.value for name in ADDED):
        head = raw[:-1].rstrip()
        comma = ", " if record.value else ""
        new = json.dumps(added, ensure_ascii=False)[1:]
        return f"{head}{comma}{new}\n".encode()
    kept = {name: value for name, value in record.value.items() if name not in ADDED}
    return (json.dumps({**kept, **added}, ensure_ascii=False) + "\n").encode()


def _arrow_piece(
    batch: Batch,
    rows: Sequence[tuple[Record, Mapping[str, Any]]],
    schema: pa.Schema,
    added: Sequence[str],
) -> bytes:
    import pyarrow as pa

    new = {name: pa.array([extra[name] for _, extra in rows], COLUMN_TYPES[name]) for name in added}
    if batch.table is None:
        values = [record.value for record, _ in rows]
        kept = {
            field.name: pa.array([value.get(field.name) for value in values], field.type)
            for field in schema
            if field.name not in new
        }
    else:
        places = [record.location.row - batch.first for record, _ in rows]
        table = from_stream(batch.table).take(places)
        kept = {
            field.name: _column(table, field, len(rows))
            for field in schema
            if field.name not in new
        }
    columns = [new[field.name] if field.name in new else kept[field.name] for field in schema]
    piece = pa.RecordBatch.from_arrays(columns, schema=schema)
    return to_stream(piece)


def _column(table: Any, field: pa.Field, rows: int) -> Any:
    """One column in its output type; nulls where this file of the input does not have it."""
    import pyarrow as pa

    if field.name not in table.schema.names:
        return pa.nulls(rows, field.type)
    column = table.column(field.name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.chunks else pa.nulls(0, column.type)
    return column if column.type == field.type else column.cast(field.type)


def assemble(pieces: Iterable[bytes], path: Path, target: Layout) -> None:
    """Write Arrow pieces to the parquet file ``path``; what cannot be finished is removed. A piece
    of a batch without a usable row is empty.

    Row groups hold about `ROW_GROUP` bytes, whatever the number of workers was.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = from_stream(target.schema or b"").schema
    try:
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            held: list[Any] = []
            weight = 0
            for piece in filter(None, pieces):
                table = from_stream(piece)
                held.append(table)
                weight += table.nbytes
                if weight >= ROW_GROUP:
                    writer.write_table(pa.concat_tables(held))
                    held, weight = [], 0
            if held:
                writer.write_table(pa.concat_tables(held))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def replace(temporary: Path, path: Path) -> None:
    """Put a finished file in its place: on disk before it has its name."""
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)
