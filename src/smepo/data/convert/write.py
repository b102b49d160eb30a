"""The output of a conversion: a file beside it that is renamed when it is whole."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from smepo.data.convert.trajectory import Style
from smepo.data.output import output_format, replace
from smepo.data.source import SIDECAR_SUFFIX
from smepo.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[[dict[str, Any]], None]
_ROWS = 1000  # in a row group


@contextmanager
def writer(path: Path, style: Style) -> Iterator[Write]:
    """A function that adds a row to ``path``; the file is in place when the block ends well.

    Raises InputError for a suffix that cannot be written, or where the file system refuses.
    """
    form, packed = output_format(str(path))
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if form == "parquet":
            with _parquet(temporary, style) as write:
                yield write
        else:
            with _opened(temporary, packed) as file:
                yield lambda row: _line(file, row)
        replace(temporary, path)
        path.with_name(path.name + SIDECAR_SUFFIX).unlink(missing_ok=True)  # of an older output
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from error
    finally:
        temporary.unlink(missing_ok=True)


def _opened(path: Path, packed: bool) -> IO[bytes]:
    return gzip.GzipFile(path, "wb", mtime=0) if packed else path.open("wb")  # type: ignore[return-value]


def _line(file: IO[bytes], row: dict[str, Any]) -> None:
    file.write((json.dumps(row, ensure_ascii=False) + "\n").encode())


@contextmanager
def _parquet(path: Path, style: Style) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(style)
    held: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as file:

        def flush() -> None:
            file.write_table(pa.Table.from_pylist(held, schema))
            held.clear()

        def write(row: dict[str, Any]) -> None:
            held.append(row)
            if len(held) >= _ROWS:
                flush()

        yield write
        if held:
            flush()


def _schema(style: Style) -> pa.Schema:
    import pyarrow as pa

    text, texts = pa.string(), pa.list_(pa.string())
    message = pa.struct([("role", text), ("content", text)])
    trace = pa.list_(message) if style == "messages" else text
    return pa.schema(
        [
            ("id", text),
            ("question", text),
            ("target", texts),
            ("aliases", texts),
            ("trace", trace),
            ("type", text),
            ("titles", texts),
        ]
    )
