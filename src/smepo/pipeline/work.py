"""What a worker does with one batch: parse, prepare, encode. Pure, picklable in and out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smepo.data.blanks import blanks_to_json
from smepo.data.output import BLANKS, GUIDANCE, STATUS, TRACE, Layout, encode
from smepo.data.readers import Batch
from smepo.data.records import Problem, Record, records
from smepo.data.rows import to_row
from smepo.data.schema import Columns
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.pipeline.tally import Tally
from smepo.types import Prepared, Role, Status


@dataclass(frozen=True, slots=True)
class Job:
    """What is the same for all batches of a run."""

    columns: Columns
    options: MaskOptions
    layout: Layout
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A finished batch. ``stop``: under ``strict``, what is wrong with the first bad row."""

    rows: bytes
    quarantine: bytes
    tally: Tally
    read: int
    stop: str | None = None


def work(job: Job, batch: Batch) -> Piece:
    """Prepare the rows of a batch; under ``strict`` only up to the first that cannot be used."""
    began = time.perf_counter()
    tally = Tally()
    written: list[tuple[Record, Mapping[str, Any]]] = []
    problems: list[Problem] = []
    for record in records(batch):
        tally.counts["rows"] += 1
        row = record if isinstance(record, Problem) else to_row(record, job.columns)
        if isinstance(row, Problem) or isinstance(record, Problem):
            problem = row if isinstance(row, Problem) else record
            assert isinstance(problem, Problem)
            problems.append(problem)
            tally.note(problem)
            if job.strict:
                return Piece(b"", b"", tally, batch.rows, str(problem))
            continue
        prepared = prepare(row, job.options)
        tally.add(prepared)
        tally.counts["repaired_text"] += record.repaired
        if job.options.level == "skeleton":
            tally.counts["no_skeleton"] += _hides_whole_blocks(prepared)
        if job.strict and prepared.status in (Status.NO_TRACE, Status.BROKEN):
            where = Problem(record.location, _traces(job.columns), prepared.reason, "")
            return Piece(b"", b"", tally, batch.rows, str(where))
        written.append((record, added_columns(prepared)))
    quarantine = "".join(problem.as_json() + "\n" for problem in problems).encode()
    rows = encode(batch, written, job.layout)
    tally.seconds = time.perf_counter() - began
    return Piece(rows, quarantine, tally, batch.rows)


def _hides_whole_blocks(prepared: Prepared) -> bool:
    """True if code of the row could not be read, and so hides whole at the level ``skeleton``."""
    return any(b.role is Role.CONCLUSION and not b.audit for b in prepared.blanks)


def added_columns(prepared: Prepared) -> dict[str, Any]:
    """What smepo adds to a row."""
    return {
        GUIDANCE: prepared.guidance,
        BLANKS: blanks_to_json(prepared.blanks),
        STATUS: str(prepared.status),
        TRACE: prepared.trace_index if prepared.status.shown else None,
    }


def _traces(columns: Columns) -> str:
    return ", ".join(columns.traces)
