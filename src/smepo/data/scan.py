"""One look over the whole input before the work: columns, types, number of rows, duplicate ids.

It costs one parse of the data and saves hours: what cannot be written and what stands twice is
refused before the first row is masked.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from smepo.data.metadata import read_metadata
from smepo.data.readers import Batch, arrow_schema, batches, count_rows
from smepo.data.records import Record, records
from smepo.data.rows import has_several
from smepo.data.schema import MISSING, Columns, detect, lookup
from smepo.data.shape import Shape
from smepo.data.source import Source
from smepo.errors import InputError
from smepo.prompting.thinking import Part
from smepo.types import Location

if TYPE_CHECKING:
    import pyarrow as pa

POSITION = "-"  # in place of the name of an id column: the row's position
SAMPLE = 64  # readable rows that tell the schema


@dataclass(frozen=True, slots=True)
class Scan:
    """What the input holds. ``names``: the top-level columns in the order of their appearance.

    ``schema`` is the Arrow type of the input columns, None unless asked for. ``several``: rows may
    hold more than one trace.
    """

    rows: int
    names: tuple[str, ...]
    several: bool
    schema: pa.Schema | None = None


def choose_columns(
    source: Source,
    *,
    question: str | None = None,
    target: str | None = None,
    traces: tuple[str, ...] = (),
    id: str | None = None,
    target_after: str | None = None,
    part: Part | None = None,
    others: tuple[str, ...] = (),
    need_traces: bool = True,
) -> Columns:
    """The columns that the arguments name, completed by the known schema or by smepo's own note.

    ``id`` "-" stands for the row's position, None for a column called `id` if there is one.
    ``others``: further columns that must be there. Raises InputError if the input holds no readable
    row, no schema fits what is left open, or a named column is nowhere in the sample.
    """
    rows, names = sample(source)
    noted = read_metadata(source)
    if question and target and (traces or not need_traces):
        columns = Columns(question, target, traces, None, target_after)
    else:
        columns = (
            Columns.from_json(noted["columns"])
            if noted
            else detect(rows, names, source.name, traces=need_traces and not traces)
        )
        columns = _override(columns, question, target, traces, target_after)
    if noted is None or id is not None:
        columns = replace(columns, id=id_column(rows, id))
    for name in (columns.question, columns.target, *columns.traces, columns.id, *others):
        if name is not None and all(lookup(row, name) is MISSING for row in rows):
            raise InputError(
                f"{source.name}: no column {name!r} in the first {len(rows)} rows. "
                f"Columns found: {', '.join(names)}"
            )
    if part is None and noted:  # the blanks count from the part that was masked
        part = noted["columns"].get("part")
    return columns if part is None else replace(columns, part=part)


def _override(
    columns: Columns,
    question: str | None,
    target: str | None,
    traces: tuple[str, ...],
    target_after: str | None,
) -> Columns:
    if target is not None:
        columns = replace(columns, target=target, target_after=None)
    if traces:
        columns = replace(columns, traces=traces, correct=None)
    return replace(
        columns,
        question=question or columns.question,
        target_after=target_after or columns.target_after,
    )


def id_column(rows: Sequence[Mapping[str, Any]], asked: str | None) -> str | None:
    """The column of the id: as asked for, or `id` where every row of the sample has one."""
    if asked is not None:
        return None if asked == POSITION else asked
    usable = all(isinstance(row.get("id"), str | int) for row in rows)
    return "id" if usable else None


def sample(source: Source) -> tuple[list[Mapping[str, Any]], list[str]]:
    """The first readable rows, and the names of their columns."""
    rows: list[Mapping[str, Any]] = []
    first_problem = None
    for count, batch in enumerate(batches(source)):
        for record in records(batch):
            if isinstance(record, Record):
                rows.append(record.value)
            else:
                first_problem = first_problem or record
        if len(rows) >= SAMPLE or (rows and count >= 16):
            break
    if not rows and first_problem is not None:
        raise InputError(f"{source.name}: no row can be read; the first: {first_problem}")
    if not rows:
        raise InputError(f"{source.name}: holds no rows")
    rows = rows[:SAMPLE]
    return rows, list(dict.fromkeys(name for row in rows for name in row))


Each = Callable[[Callable[[Batch], "_Found"], Iterable[Batch]], Iterable["_Found"]]


def scan(
    source: Source,
    columns: Columns,
    *,
    typed: bool,
    each: Each = map,
    progress: Callable[[int], None] = lambda rows: None,
) -> Scan:
    """Look over all rows; ``typed`` asks for the Arrow schema of JSON columns.

    ``each`` applies a function to the batches in order: `map`, or `Workers.ordered`. ``progress``
    is told the rows of each batch. Raises InputError for a duplicate id, for columns that have no
    one type, and where a file cannot be read.
    """
    if source.format in ("parquet", "arrow"):
        return _scan_tables(source, columns)
    whole = _Found(Shape(""))
    for found in each(partial(_look, columns, typed), batches(source)):
        whole.merge(found)
        progress(found.rows)
    _refuse_duplicates(source, columns, whole.ids)
    schema = whole.shape.schema() if typed and whole.rows else None
    return Scan(whole.rows, tuple(whole.names), whole.several, schema)


@dataclass(slots=True)
class _Found:
    """What the scan of some batches of JSON found."""

    shape: Shape
    rows: int = 0
    names: dict[str, None] = field(default_factory=dict)
    several: bool = False
    ids: _Ids = field(default_factory=lambda: _Ids())

    def merge(self, other: _Found) -> None:
        self.shape.merge(other.shape)
        self.rows += other.rows
        self.names |= other.names
        self.several = self.several or other.several
        self.ids.hashes += other.ids.hashes


def _look(columns: Columns, typed: bool, batch: Batch) -> _Found:
    found = _Found(Shape(""))
    for record in records(batch):
        found.rows += 1
        if not isinstance(record, Record):
            continue
        found.names.update(dict.fromkeys(record.value))
        found.several = found.several or has_several(record.value, columns)
        if typed:
            found.shape.add(record.value, record.location)
        found.ids.add(record, columns.id)
    return found


def _scan_tables(source: Source, columns: Columns) -> Scan:
    import pyarrow as pa

    schemas = [arrow_schema(file) for file in source.files]
    try:
        schema = pa.unify_schemas(schemas)
    except pa.ArrowException as error:
        raise InputError(f"{source.name}: its files differ in their columns: {error}") from error
    if len(set(schema.names)) < len(schema.names):
        twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
        raise InputError(f"{source.name}: columns that stand twice: {', '.join(twice)}")
    count = count_rows(source)
    ids = _Ids()
    roots = _roots(columns.id, schema.names)
    if count is None or columns.id is not None:
        count = 0
        for batch in batches(source, rows=4096, columns=roots):
            count += batch.rows
            if columns.id is not None:
                for record in records(batch):
                    if isinstance(record, Record):
                        ids.add(record, columns.id)
        _refuse_duplicates(source, columns, ids)
    several = len(columns.traces) > 1 or any(
        _is_several_type(schema, name) for name in columns.traces
    )
    return Scan(count, tuple(schema.names), several, schema)


def _roots(name: str | None, names: list[str]) -> list[str]:
    """The top-level column that a dotted name starts in."""
    return [root for root in names if name is not None and (name + ".").startswith(root + ".")]


def _is_several_type(schema: pa.Schema, name: str) -> bool:
    """True for a list that is not a list of chat messages."""
    import pyarrow as pa

    roots = _roots(name, schema.names)
    if not roots:
        return False
    kind = schema.field(max(roots, key=len)).type
    for part in name.split(".")[max(roots, key=len).count(".") + 1 :]:
        if not pa.types.is_struct(kind) or kind.get_field_index(part) < 0:
            return False
        kind = kind.field(part).type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    item = kind.value_type
    return not (pa.types.is_struct(item) and item.get_field_index("role") >= 0)


class _Ids:
    """Eight bytes of hash and eight of position a row: small enough for very large inputs."""

    def __init__(self) -> None:
        self.hashes = array("Q")

    def add(self, record: Record, name: str | None) -> None:
        if name is not None and (key := _key(record, name)) is not None:
            self.hashes.append(_hash(key))

    def twice(self) -> set[int]:
        """The hashes that stand more than once."""
        import pyarrow as pa
        import pyarrow.compute as pc

        # sorted, as a table of counts would take several times the memory of the hashes
        buffers = [None, pa.py_buffer(self.hashes)]
        ordered = pa.Array.from_buffers(pa.uint64(), len(self.hashes), buffers).sort()
        again = pc.equal(ordered[1:], ordered[:-1])
        return set(pc.filter(ordered[1:], again).to_pylist())


def _key(record: Record, name: str) -> str | None:
    found = lookup(record.value, name)
    usable = isinstance(found, str | int) and not isinstance(found, bool)
    return str(found) if usable else None


def _hash(key: str) -> int:
    data = key.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _refuse_duplicates(source: Source, columns: Columns, ids: _Ids) -> None:
    if columns.id is None or not (twice := ids.twice()):
        return
    seen: dict[str, Location] = {}
    for batch in batches(source):
        for record in records(batch):
            key = _key(record, columns.id) if isinstance(record, Record) else None
            if key is None or _hash(key) not in twice:
                continue
            if key in seen and isinstance(record, Record):
                first, second = seen[key], record.location
                raise InputError(
                    f"{source.name}: the id {key!r} (column {columns.id}) stands twice: "
                    f"{first.file} row {first.row} and {second.file} row {second.row}; "
                    "make the ids unique, name another column with --id, "
                    "or take the row's position with --id -"
                )
            seen[key] = record.location
