"""Audit a data set that is masked already, by smepo or by any other tool."""

from __future__ import annotations

import functools
import re
import time
from dataclasses import dataclass, replace

from smepo.data.blanks import blanks_from_json
from smepo.data.output import BLANKS, GUIDANCE, STATUS, TRACE
from smepo.data.readers import Batch, batches
from smepo.data.records import Problem, records
from smepo.data.rows import to_row
from smepo.data.scan import scan
from smepo.data.schema import Columns, lookup
from smepo.data.source import Source
from smepo.pipeline.local import Progress, counting, silent
from smepo.pipeline.pool import Workers, usable_cores
from smepo.pipeline.prepare import MaskOptions, verifier_of, warm
from smepo.pipeline.tally import Tally
from smepo.types import Blank, Kind, MaskedTrace, Prepared, Role, Row, Status

_PLACEHOLDER = re.compile(r"\[(NUMBER|EXPR|CHOICE|CODE|ENTITY|DATE|PASSAGE|ANSWER)(?:_\d+)?\]")
_NOT_SHOWN = frozenset(str(status) for status in Status if not status.shown)
_KINDS = {"EXPR": Kind.EXPRESSION}


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What to audit: ``guidance`` is the column with the masked traces or hints. Picklable."""

    mask: MaskOptions
    guidance: str = GUIDANCE


def judge(row: Row, options: JudgeOptions) -> Prepared:
    """Audit the guidance of one row as it stands.

    The trace is the one that `smepo mask` took, or the row's only one. Where there is none that the
    guidance comes from, it is audited alone and the report has no metrics of structure. A row
    without guidance is counted only, with the status that `smepo mask` gave it.
    """
    from smepo.auditing import audit

    text = lookup(row.columns, options.guidance)
    if not isinstance(text, str) or not text.strip():
        return Prepared(row, _noted_status(row), None, reason="no guidance")
    trace, blanks = _origin(row, text, options)
    domain = options.mask.domain if isinstance(options.mask.domain, str) else "math"
    masked = MaskedTrace(
        text if trace is None else trace,
        text,
        blanks,
        domain,
        options.mask.mode,
        Status.UNAUDITED,
        question=row.question,
        target=row.target,
    )
    report = audit(masked, verifier=verifier_of(options.mask))
    if trace is None:
        report = replace(report, metrics={})
    clean = Status.ERROR if report.undecided else Status.CLEAN
    status = Status.LEAKS if report.leaks else clean
    return Prepared(row, status, text, masked.blanks, report=report)


def _noted_status(row: Row) -> Status:
    noted = row.columns.get(STATUS)
    return Status(noted) if noted in _NOT_SHOWN else Status.NO_TRACE


def _origin(row: Row, text: str, options: JudgeOptions) -> tuple[str | None, tuple[Blank, ...]]:
    """The trace that the guidance comes from and its blanks, or (None, ()) if that is not known."""
    trace = _trace(row, options)
    if trace is None:
        return None, ()
    blanks = _noted_blanks(row, options) or align(trace, text)
    return (None, ()) if blanks is None else (trace, blanks)


def _trace(row: Row, options: JudgeOptions) -> str | None:
    index = row.columns.get(TRACE) if options.guidance == GUIDANCE else None
    if not isinstance(index, int):
        index = 0 if len(row.traces) == 1 else None
    if index is None or index >= len(row.traces):
        return None
    trace = row.traces[index]
    return trace if isinstance(trace, str) else None


def _noted_blanks(row: Row, options: JudgeOptions) -> tuple[Blank, ...] | None:
    noted = row.columns.get(BLANKS) if options.guidance == GUIDANCE else None
    return blanks_from_json(noted) if isinstance(noted, str) and STATUS in row.columns else None


def align(trace: str, text: str) -> tuple[Blank, ...] | None:
    """The blanks that turn ``trace`` into ``text``, or None if none do.

    The pieces between placeholders must stand in the trace in order, the first at its start and
    the last at its end; each is taken where it stands first. Linear in the trace.
    """
    blanks: list[Blank] = []
    at, read = 0, 0
    hits = list(_PLACEHOLDER.finditer(text))
    if not hits:
        return () if trace == text else None
    for hit, after in zip(hits, [*hits[1:], None], strict=True):
        if not blanks and not trace.startswith(text[: hit.start()]):
            return None
        at = hit.start() if not blanks else at
        read = hit.end()
        piece = text[read : after.start() if after else len(text)]
        found = trace.find(piece, at) if after else len(trace) - len(piece)
        if found < at or not trace.startswith(piece, found):
            return None
        kind = _KINDS.get(hit[1]) or Kind(hit[1].lower())
        blanks.append(Blank(kind, Role.OPERAND, at, found, trace[at:found], hit[0]))
        at = found + len(piece)
    return tuple(blanks)


def _batch(job: tuple[Columns, JudgeOptions], batch: Batch) -> Tally:
    began = time.perf_counter()
    tally = Tally()
    columns, options = job
    for record in records(batch):
        tally.counts["rows"] += 1
        row = record if isinstance(record, Problem) else to_row(record, columns)
        if isinstance(row, Problem):
            tally.note(row)
        else:
            tally.add(judge(row, options))
    tally.seconds = time.perf_counter() - began
    return tally


def audit_source(
    source: Source,
    columns: Columns,
    options: JudgeOptions,
    *,
    workers: int | None = None,
    progress: Progress = silent,
) -> Tally:
    """Audit all rows of a masked data set.

    Raises InputError if no row has the guidance column, or the input cannot be read.
    """
    one = functools.partial(_batch, (columns, options))
    tally = Tally()
    with Workers(workers or usable_cores(), functools.partial(warm, options.mask)) as pool:
        looked = counting(progress, "reading", None)
        found = scan(source, columns, typed=False, each=pool.ordered, progress=looked)
        add = counting(progress, "auditing", found.rows)
        for part in pool.ordered(one, batches(source)):
            tally.merge(part)
            add(part.counts["rows"])
    return tally
