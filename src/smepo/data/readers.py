"""Batches of raw rows out of files, in order and with bounded memory.

A batch is what one worker gets: bytes that it parses itself. Rows of JSON travel as their text, so
that a broken row can be quarantined as it stands; rows of parquet and arrow travel as one Arrow
stream, so that every type survives.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from smepo.data.array import elements, is_array
from smepo.data.source import InputFile, Source
from smepo.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 64
BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Neighbouring rows of one file. ``position`` is the place of the file's row 0 in the input.

    ``lines`` holds (row in the file, raw bytes) of JSON rows; ``table`` an Arrow stream whose first
    row is row ``first`` of the file.
    """

    file: str
    position: int
    first: int
    lines: tuple[tuple[int, bytes], ...] = ()
    table: bytes | None = None
    rows: int = 0


def batches(
    source: Source, rows: int = ROWS, size: int = BYTES, columns: Sequence[str] | None = None
) -> Iterator[Batch]:
    """All rows of ``source`` in batches of at most ``rows`` rows and about ``size`` bytes.

    ``columns`` restricts parquet and arrow to these top-level columns. A blank line of a jsonl file
    counts as a row number but is no row. Raises InputError where a file cannot be read.
    """
    position = 0
    for file in source.files:
        count = 0
        with _reading(file):
            if file.format in ("jsonl", "json"):
                groups = _lines(file, rows, size)
            else:
                groups = _tables(file, rows, columns)
            for first, lines, table, last in groups:
                yield Batch(file.path, position, first, lines, table, len(lines) or last - first)
                count = last
        position += count


def count_rows(source: Source) -> int | None:
    """The number of rows where the format tells it without reading them (parquet), else None."""
    if source.format != "parquet":
        return None
    import pyarrow.parquet as pq

    total = 0
    for file in source.files:
        with _reading(file), pq.ParquetFile(file.path) as parquet:
            total += parquet.metadata.num_rows
    return total


def arrow_schema(file: InputFile) -> pa.Schema:
    """The schema of a parquet or arrow file, with its metadata."""
    with _reading(file):
        if file.format == "parquet":
            import pyarrow.parquet as pq

            return pq.read_schema(file.path)
        with _arrow_reader(file) as reader:
            return reader.schema


_Group = tuple[int, tuple[tuple[int, bytes], ...], "bytes | None", int]


@contextmanager
def _reading(file: InputFile) -> Iterator[None]:
    """Turn what broken files raise into one kind of error that names the file."""
    import pyarrow as pa

    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{file.path}: the gzip data is broken or cut short ({error}); fetch the file again"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file.path}: cannot be read as {file.format}: {error}") from error


def _lines(file: InputFile, rows: int, size: int) -> Iterator[_Group]:
    """Group the raw rows of a JSON file."""
    group: list[tuple[int, bytes]] = []
    weight, last = 0, 0
    with _open(file) as handle:
        for row, raw in _raw_rows(file, handle):
            last = row + 1
            if not raw.strip():
                continue
            group.append((row, raw))
            weight += len(raw)
            if len(group) >= rows or weight >= size:
                yield group[0][0], tuple(group), None, last
                group, weight = [], 0
    if group:
        yield group[0][0], tuple(group), None, last


def _raw_rows(file: InputFile, handle: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    if file.format == "json" and is_array(file.path, handle):
        yield from enumerate(elements(file.path, handle))
        return
    for row, line in enumerate(handle):
        yield row, line.removeprefix(b"\xef\xbb\xbf") if row == 0 else line


def _open(file: InputFile) -> IO[bytes]:
    if file.path.lower().endswith(".gz"):
        return cast(IO[bytes], gzip.open(file.path, "rb"))
    return open(file.path, "rb")  # noqa: PTH123 - the caller closes it


def _tables(file: InputFile, rows: int, columns: Sequence[str] | None) -> Iterator[_Group]:
    """Group the rows of a parquet or arrow file, each group as an Arrow stream of its own."""
    first = 0
    for batch in _record_batches(file, rows, columns):
        for start in range(0, batch.num_rows, rows):
            part = batch.slice(start, rows)
            yield first, (), to_stream(part), first + part.num_rows
            first += part.num_rows


def _record_batches(file: InputFile, rows: int, columns: Sequence[str] | None) -> Iterator[Any]:
    if file.format == "parquet":
        import pyarrow.parquet as pq

        # the defaults read a whole row group at once, however large it is
        with pq.ParquetFile(file.path, pre_buffer=False, buffer_size=BYTES) as parquet:
            yield from parquet.iter_batches(batch_size=rows, columns=columns)
        return
    with _arrow_reader(file) as reader:
        for batch in reader:
            yield batch if columns is None else batch.select(list(columns))


@contextmanager
def _arrow_reader(file: InputFile) -> Iterator[Any]:
    """Both Arrow layouts: the stream that `datasets` writes, and the random-access file."""
    import pyarrow as pa

    with pa.memory_map(file.path) as memory:
        if memory.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(memory)
            yield _FileBatches(reader)
        else:
            memory.seek(0)
            with pa.ipc.open_stream(memory) as stream:
                yield stream


class _FileBatches:
    """An Arrow file as an iterator of its batches, like a stream."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.schema = reader.schema

    def __iter__(self) -> Iterator[Any]:
        for index in range(self.reader.num_record_batches):
            yield self.reader.get_batch(index)


def to_stream(batch: Any) -> bytes:
    """A record batch as a self-contained Arrow stream (schema, dictionaries, rows)."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return cast(bytes, sink.getvalue().to_pybytes())


def from_stream(data: bytes) -> Any:
    """The table in an Arrow stream."""
    import pyarrow as pa

    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()
