"""Known benchmarks: `smepo eval MODEL humaneval.jsonl` needs neither columns nor a domain.

A file is recognised by the columns of its first rows. Where several formats fit, or none, it is
refused with the columns that it has: a wrong guess would measure something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from smepo.data.metadata import read_metadata
from smepo.data.readers import batches
from smepo.data.records import Problem, Record, raw_text, records
from smepo.data.rows import UnusableError, id_of
from smepo.data.scan import POSITION, sample
from smepo.data.schema import KNOWN, WITHOUT_TRACE
from smepo.data.source import find
from smepo.errors import InputError
from smepo.evaluation.benchmarks.benchmark import Asked, Benchmark
from smepo.evaluation.benchmarks.code import (
    HUMANEVAL,
    HUMANEVAL_PLUS,
    LEETCODE,
    MBPP,
    RELEASED_MBPP_PLUS,
    released_mbpp_plus,
)
from smepo.evaluation.benchmarks.livecodebench import LIVECODEBENCH
from smepo.evaluation.benchmarks.math import BOXED, CONTEST, OLYMPIAD
from smepo.evaluation.benchmarks.search import BAMBOOGLE, GOLDEN, MULTIHOP
from smepo.types import Row

__all__ = ["BENCHMARKS", "Asked", "Benchmark", "read_benchmark", "recognise"]

BENCHMARKS: tuple[Benchmark, ...] = (
    CONTEST,
    BOXED,
    OLYMPIAD,
    HUMANEVAL,
    HUMANEVAL_PLUS,
    MBPP,
    LIVECODEBENCH,
    LEETCODE,
    MULTIHOP,
    GOLDEN,
    BAMBOOGLE,
)


def recognise(path: str) -> Benchmark | None:
    """The benchmark that a file is; None for a schema of `smepo.data`.

    Raises InputError where several formats fit, or none, and for MBPP+ as released.
    """
    source = find(path)
    if read_metadata(source) is not None:
        return None
    rows, names = sample(source)
    if released_mbpp_plus(rows):
        raise InputError(f"{source.name}: {RELEASED_MBPP_PLUS}")
    found = [one for one in BENCHMARKS if one.fits(rows)]
    schemas = [one for one in KNOWN if one.fits(rows)]
    if len(found) == 1 and not schemas:
        return found[0]
    if not found and (schemas or any(one.fits(rows) for one in WITHOUT_TRACE)):
        return None
    if found:
        fits = " and ".join([one.name for one in found] + [s.columns.schema for s in schemas])
        problem = f"the columns fit several known formats: {fits}"
    else:
        problem = "the columns fit no known format"
    shows = {one.name: one.shows for one in BENCHMARKS}
    shows |= {one.columns.schema: one.shows for one in (*KNOWN, *WITHOUT_TRACE)}
    known = "; ".join(f"{name} ({columns})" for name, columns in shows.items())
    raise InputError(
        f"{source.name}: {problem}. Columns found: {', '.join(names)}. Known formats: {known}. "
        "Say which columns to take: --question COLUMN --target COLUMN "
        '[--target-after "####"] [--id COLUMN] --domain DOMAIN; dotted names reach into structs.'
    )


def read_benchmark(
    path: str, benchmark: Benchmark, id: str | None = None
) -> Iterator[Row | Problem]:
    """The problems of a file, and a Problem for each row that has none, such as a proof.

    ``id`` names the column of the id, "-" stands for the row's position; None: the benchmark's.
    """
    source = find(path)
    column = None if id == POSITION else id or _id_column(sample(source)[0], benchmark)
    for batch in batches(source):
        for record in records(batch):
            yield record if isinstance(record, Problem) else _row(record, benchmark, column)


def _id_column(rows: Sequence[Any], benchmark: Benchmark) -> str | None:
    for name in benchmark.ids:
        if all(isinstance(row.get(name), str | int) for row in rows):
            return name
    return None


def _row(record: Record, benchmark: Benchmark, column: str | None) -> Row | Problem:
    try:
        asked = benchmark.read(record.value)
        return Row(
            id=id_of(record.value, column, record.position),
            question=asked.question,
            target=asked.target,
            traces=(),
            columns=record.value,
            location=record.location,
            form=asked.form,
        )
    except UnusableError as error:
        return Problem(record.location, error.column, error.reason, raw_text(record))
