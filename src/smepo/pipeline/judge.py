"""Audit one row whose guidance is there already, made by smepo or by any other tool."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from smepo.data.blanks import blanks_from_json
from smepo.data.output import BLANKS, GUIDANCE, STATUS, TRACE
from smepo.data.records import Problem, name_of
from smepo.data.rows import message_text
from smepo.data.schema import MISSING, is_messages, lookup
from smepo.errors import InputError
from smepo.masking import family
from smepo.pipeline.messages import join
from smepo.pipeline.prepare import MaskOptions, place, verifier_of
from smepo.types import Blank, Kind, Location, MaskedTrace, Prepared, Role, Row, Status

_PLACEHOLDER = re.compile(r"\[(NUMBER|EXPR|CHOICE|CODE|ENTITY|DATE|PASSAGE|ANSWER)(?:_\d+)?\]")
_KINDS = {"EXPR": Kind.EXPRESSION}


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What to audit: ``guidance`` is the column with the masked traces or hints. Picklable."""

    mask: MaskOptions
    guidance: str = GUIDANCE


def judge(row: Row, options: JudgeOptions) -> Prepared:
    """Audit the guidance of one row as it stands: text, or a list of messages.

    The trace is the one that `smepo mask` took, or the first of which the guidance can be made by
    putting placeholders. Where there is none, it is audited alone and the report has no metrics of
    structure. A row without guidance is counted only, with the status that `smepo mask` gave it.

    Raises InputError for a status or blanks that `smepo mask` does not write.
    """
    from smepo.auditing import audit

    noted = _noted_status(row)
    text = text_of(lookup(row.columns, options.guidance))
    if text is None or not text.strip():
        status = Status.NO_TRACE if noted is None or noted.shown else noted
        return Prepared(row, status, None, reason="no guidance")
    origin = _origin(row, text, options)
    trace, blanks = origin if origin is not None else (text, _literal(text))
    domain = family(options.mask.domain)
    masked = MaskedTrace(
        trace,
        text,
        blanks,
        domain,
        options.mask.mode,
        Status.UNAUDITED,
        question=row.question,
        target=row.target,
    )
    report = audit(masked, verifier=verifier_of(options.mask))
    if origin is None:
        report, blanks = replace(report, metrics={}), ()
    clean = Status.ERROR if report.undecided else Status.CLEAN
    status = Status.LEAKS if report.leaks else clean
    return Prepared(row, status, text, blanks, report=report)


def unreadable(row: Row, column: str) -> Problem | None:
    """Why the guidance of a row cannot be audited: it is neither text nor messages nor null."""
    value = lookup(row.columns, column)
    if value is MISSING or value is None or isinstance(value, str) or is_messages(value):
        return None
    reason = f"guidance is text or a list of messages, not {name_of(value)}"
    return Problem(row.location or Location("", -1), column, reason, "")


def text_of(value: Any) -> str | None:
    """Guidance or a trace as one text; of messages what is the assistant's and what came back."""
    if not is_messages(value):
        return value if isinstance(value, str) else None
    if any(message["role"] == "assistant" for message in value):
        return join(value).text
    return "\n".join(message_text(message) for message in value)


def noted_blanks(row: Row) -> tuple[Blank, ...] | None:
    """The blanks that `smepo mask` noted, None if it did not. Raises InputError for others."""
    held = row.columns.get(BLANKS)
    if not isinstance(held, str) or STATUS not in row.columns:
        return None
    try:
        return blanks_from_json(held)
    except InputError as error:
        raise InputError(f"{place(row)}, {error}") from error


def _noted_status(row: Row) -> Status | None:
    noted = row.columns.get(STATUS)
    if noted is None:
        return None
    if noted not in tuple(Status):
        raise InputError(
            f"{place(row)}, column {STATUS}: {noted!r} is none of {', '.join(Status)}; "
            "mask the rows again, or take the column out"
        )
    return Status(noted)


def _origin(row: Row, text: str, options: JudgeOptions) -> tuple[str, tuple[Blank, ...]] | None:
    """The trace that the guidance comes from and its blanks; None if that is not known."""
    own = options.guidance == GUIDANCE
    index = row.columns.get(TRACE) if own else None
    traces = row.traces[index : index + 1] if isinstance(index, int) else row.traces
    noted = noted_blanks(row) if own else None
    for held in traces:
        trace = trace_text(held)
        if trace is None:
            continue
        if noted is not None and _masked(trace, noted) == text:
            return trace, noted
        found = align(trace, text)
        if found is not None:
            return trace, found
    return None


def trace_text(held: Any) -> str | None:
    """A trace as one text, None if it has none."""
    try:
        return text_of(held)
    except InputError:  # a message that cannot be read: this trace is not known
        return None


def _masked(trace: str, blanks: tuple[Blank, ...]) -> str:
    pieces: list[str] = []
    at = 0
    for blank in blanks:
        pieces += [trace[at : blank.start], blank.placeholder]
        at = blank.end
    return "".join([*pieces, trace[at:]])


def _literal(text: str) -> tuple[Blank, ...]:
    """The placeholders of guidance whose trace is not known: nothing is cut out of them."""
    return tuple(
        Blank(_kind(hit), Role.OPERAND, *hit.span(), hit[0], hit[0])
        for hit in _PLACEHOLDER.finditer(text)
    )


def _kind(hit: re.Match[str]) -> Kind:
    return _KINDS.get(hit[1]) or Kind(hit[1].lower())


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
        blanks.append(Blank(_kind(hit), Role.OPERAND, at, found, trace[at:found], hit[0]))
        at = found + len(piece)
    return tuple(blanks)
