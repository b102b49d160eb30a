"""Audit a whole data set: the guidance that it holds, or its traces masked in several modes.

    batches -> workers: every row in every mode -> one tally, one omission attack a mode

Streaming and on all cores, as the masking; what is kept of the rows is bounded.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from smepo.auditing.omission import LARGEST, Omission, Trial, measure, trial, without_audit
from smepo.data.readers import Batch, batches
from smepo.data.records import Problem, records
from smepo.data.rows import to_row
from smepo.data.scan import scan
from smepo.data.schema import Columns
from smepo.data.source import Source
from smepo.errors import ConfigError
from smepo.masking import family
from smepo.pipeline.judge import JudgeOptions, judge, noted_blanks, trace_text, unreadable
from smepo.pipeline.local import Progress, counting, silent
from smepo.pipeline.pool import Workers, fitting
from smepo.pipeline.prepare import MaskOptions, check, prepare, verifier_of, warm
from smepo.pipeline.tally import Tally
from smepo.types import Blank, Kind, Leak, MaskedTrace, Prepared, Role, Row, Status, VerdictStatus

AS_IT_STANDS = "guidance"  # the mode that masks nothing: the column of the input
PARTS = {"prefix": 0.5, "full": 1.0}  # controls that show a part of the trace, unmasked
LEVELS = ("block", "skeleton")  # the critical path of code, at its two levels
CONTROLS = ("paper", "random", *PARTS)  # measured, never repaired; they may leak
_REST = re.compile(r"(?<=_)number(?=_|$)")  # the kind of what a control leaves out at the end

LeakSink = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit of one mode found over all rows."""

    mode: str
    tally: Tally
    omission: Omission


def known_modes() -> tuple[str, ...]:
    """What ``modes`` may name."""
    from smepo.masking import MODES

    return (*MODES, *LEVELS, *PARTS, AS_IT_STANDS)


def accepts_arithmetic(options: MaskOptions) -> bool:
    """True if the reward takes unevaluated arithmetic for an answer: ``6*7`` for 42."""
    if options.verifier is None:
        return options.domain == "math" and not options.final_form
    verifier = verifier_of(options)
    assert verifier is not None
    return (
        all(
            verifier(verifier.wrap(text), "42").status is VerdictStatus.CORRECT
            for text in ("42", "6*7")
        )
        and verifier(verifier.wrap("6*8"), "42").status is not VerdictStatus.CORRECT
    )


def audit_source(
    source: Source,
    columns: Columns,
    options: JudgeOptions,
    *,
    modes: Sequence[str] = (AS_IT_STANDS,),
    workers: int | None = None,
    progress: Progress = silent,
    leaks: LeakSink | None = None,
) -> list[Audited]:
    """Audit all rows in each of ``modes``, with the same verifier.

    Args:
        source: the rows.
        columns: where they keep what.
        options: the column of the guidance, the domain and the verifier.
        modes: of `smepo mask`; a level of code; ``prefix`` and ``full``; ``guidance`` for the
            column as it stands.
        workers: processes; None for one a core, fewer for a small input.
        progress: told the rows that are done.
        leaks: called for every leak, in the order of the rows.

    Raises:
        ConfigError: for an unknown mode.
        InputError: if the input cannot be read, or a row has a status that is none.
    """
    if unknown := [mode for mode in modes if mode not in known_modes()]:
        raise ConfigError(f"modes: {unknown[0]!r} is none of {', '.join(known_modes())}")
    for level in set(modes) & set(LEVELS):
        check(replace(options.mask, mode="critical-path", level=level))
    one = functools.partial(_batch, _Job(columns, options, tuple(modes), leaks is not None))
    total = _Part({mode: _Mode() for mode in modes})
    with Workers(workers or fitting(source.size), functools.partial(warm, options.mask)) as pool:
        looked = counting(progress, "reading", None)
        found = scan(source, columns, typed=False, each=pool.ordered, progress=looked)
        add = counting(progress, "auditing", found.rows)
        for part in pool.ordered(one, batches(source)):
            for mode in modes:
                total.modes[mode].merge(part.modes[mode])
            for leak in part.leaks:
                if leaks is not None:
                    leaks(leak)
            add(part.modes[modes[0]].tally.counts["rows"])
    return [
        Audited(name, mode.tally, measure(mode.trials, left_out=mode.left_out))
        for name, mode in total.modes.items()
    ]


@dataclass(frozen=True, slots=True)
class _Job:
    """What is the same for all batches."""

    columns: Columns
    options: JudgeOptions
    modes: tuple[str, ...]
    leaks: bool


@dataclass(slots=True)
class _Mode:
    """Sums of one mode. ``left_out``: rows that the omission attack cannot guess at, or of more
    than it holds those with the largest hash."""

    tally: Tally = field(default_factory=Tally)
    trials: list[Trial] = field(default_factory=list)
    left_out: int = 0

    def add(self, prepared: Prepared, mode: str) -> None:
        self.tally.add(prepared)
        if prepared.guidance is None:
            return
        made = _trial(prepared, prepared.guidance, mode)
        if made.target.kind:
            self.trials.append(made)
        else:
            self.left_out += 1

    def merge(self, other: _Mode) -> None:
        self.tally.merge(other.tally)
        self.trials += other.trials
        self.left_out += other.left_out
        if len(self.trials) > 2 * LARGEST:
            self.trials.sort(key=lambda one: one.order)
            self.left_out += len(self.trials) - LARGEST
            del self.trials[LARGEST:]


@dataclass(slots=True)
class _Part:
    """What came of one batch."""

    modes: dict[str, _Mode]
    leaks: list[dict[str, Any]] = field(default_factory=list)


def _batch(job: _Job, batch: Batch) -> _Part:
    began = time.perf_counter()
    part = _Part({mode: _Mode() for mode in job.modes})
    for record in records(batch):
        row = record if isinstance(record, Problem) else to_row(record, job.columns)
        if isinstance(row, Row) and AS_IT_STANDS in job.modes:
            row = unreadable(row, job.options.guidance) or row
        for name, mode in part.modes.items():
            mode.tally.counts["rows"] += 1
            if isinstance(row, Problem):
                mode.tally.note(row)
                continue
            prepared = in_mode(row, name, job.options)
            mode.add(prepared, name)
            if job.leaks:
                part.leaks += _leaks(prepared, name)
    for mode in part.modes.values():
        mode.tally.seconds = (time.perf_counter() - began) / len(part.modes)
    return part


def in_mode(row: Row, mode: str, options: JudgeOptions) -> Prepared:
    """The row's guidance in one mode, audited. Controls are measured, never repaired."""
    if mode == AS_IT_STANDS:
        return judge(row, options)
    if mode in PARTS:
        return _beginning(row, PARTS[mode], options.mask)
    if mode in LEVELS:
        return prepare(row, replace(options.mask, mode="critical-path", level=mode))
    return prepare(row, replace(options.mask, mode=mode))


def _beginning(row: Row, ratio: float, options: MaskOptions) -> Prepared:
    """The first part of the first trace, as the transforms `prefix` and `full` show it."""
    from smepo.auditing import audit
    from smepo.guidance import prefix
    from smepo.prompting import unblank

    whole = next((text for text in map(trace_text, row.traces) if text and text.strip()), None)
    if whole is None:
        return Prepared(row, Status.NO_TRACE, None, reason="the row has no trace")
    whole = unblank(whole).text
    shown = prefix(whole, ratio)
    cut = Blank(Kind.NUMBER, Role.OPERAND, len(shown), len(whole), whole[len(shown) :], "")
    masked = MaskedTrace(
        whole,
        shown,
        (cut,) if cut.text else (),
        family(options.domain),
        "prefix",
        Status.CONTROL,
        question=row.question,
        target=row.target,
    )
    report = audit(masked, verifier=verifier_of(options))
    named = {_REST.sub("cut", key): value for key, value in report.metrics.items()}
    return Prepared(
        row, Status.CONTROL, shown, masked.blanks, report=replace(report, metrics=named)
    )


def _trial(prepared: Prepared, guidance: str, mode: str) -> Trial:
    row, blanks = prepared.row, prepared.blanks
    known = mode != AS_IT_STANDS or noted_blanks(row) == blanks
    blind = without_audit(guidance, blanks) if known else None
    return trial(row.id, row.question, guidance, row.target, blind)


def _leaks(prepared: Prepared, mode: str) -> Iterator[dict[str, Any]]:
    report, location = prepared.report, prepared.row.location
    if report is None:
        return
    found: list[tuple[str, Leak]] = [("answer", leak) for leak in report.leaks]
    found += [("expression", leak) for leak in report.expression_leaks]
    for kind, leak in found:
        yield {
            "mode": mode,
            "id": prepared.row.id,
            "file": location.file if location else "",
            "row": location.row if location else -1,
            "leak": kind,
            "candidate": leak.candidate,
            "attack": leak.attack,
            "start": leak.start,
            "end": leak.end,
            "shown": prepared.guidance is not None,
        }
