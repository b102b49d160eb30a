"""From prepared rows to what the page shows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from smepo.report.data import MaskSummary, Part, TraceCard
from smepo.types import AuditReport, Blank, Prepared

TARGET_LENGTH = 300  # characters of a target that the page shows


def card(prepared: Prepared, domain: str, mode: str) -> TraceCard:
    """A prepared row for the viewer."""
    row, report = prepared.row, prepared.report
    index = prepared.trace_index or 0
    trace = row.traces[index] if index < len(row.traces) else ""
    return TraceCard(
        id=row.id,
        domain=domain,
        mode=mode,
        status=prepared.status,
        question=row.question,
        target=target_text(row.target),
        parts=parts(trace, prepared.blanks),
        reason=prepared.reason,
        leaks=report.leaks if report else (),
    )


def parts(trace: Any, blanks: Sequence[Blank]) -> tuple[Part, ...]:
    """A trace as texts with their blanks: one for plain text, one a message for messages."""
    if isinstance(trace, str):
        return (Part(trace, tuple(blanks)),)
    if not isinstance(trace, list):
        return ()
    return tuple(
        Part(
            _content(message),
            tuple(blank for blank in blanks if blank.message == i),
            str(message.get("role", "")) if isinstance(message, Mapping) else "",
        )
        for i, message in enumerate(trace)
    )


def _content(message: Any) -> str:
    content = message.get("content") if isinstance(message, Mapping) else message
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)


def target_text(target: Any) -> str:
    """A target in one line: accepted answers joined, other values as JSON."""
    if isinstance(target, str):
        text = target
    elif isinstance(target, list | tuple) and all(isinstance(one, str) for one in target):
        text = " · ".join(target)
    else:
        text = json.dumps(target, ensure_ascii=False, default=str)
    return text if len(text) <= TARGET_LENGTH else text[:TARGET_LENGTH] + " ..."


def summarize(
    name: str, mode: str, rows: Sequence[Prepared], *, seconds: float | None, control: bool = False
) -> MaskSummary:
    """Counts over prepared rows. Leaks are counted in what is shown; a trace that leaks and is held
    back is among the statuses."""
    reports = [one.report for one in rows if one.report is not None]
    shown = [one.report for one in rows if one.report is not None and one.status.shown]
    return MaskSummary(
        name=name,
        mode=mode,
        rows=len(rows),
        statuses=dict(Counter(one.status for one in rows)),
        audited=len(reports),
        candidates=sum(report.candidates for report in reports),
        leaking=sum(bool(report.leaks) for report in shown),
        leaks=sum(len(report.leaks) for report in shown),
        incidental=sum(report.incidental for report in reports),
        expression_leaks=sum(len(report.expression_leaks) for report in reports),
        undecided=sum(report.undecided for report in reports),
        metrics=shares(reports),
        seconds=seconds,
        control=control,
    )


def shares(reports: Sequence[AuditReport]) -> dict[str, float]:
    """What the masks hid and kept, pooled over all traces: sums of counts, then one division.

    ``hidden`` is of characters; the others are of what the traces hold of each. A thing that no
    trace holds has no share.
    """
    found = {
        name: _pooled(reports, f"{name}_kept", name)
        for name in ("givens", "operators", "labels", "words")
    }
    found = {"hidden": _pooled(reports, "characters_hidden", "characters"), **found}
    return {name: value for name, value in found.items() if value is not None}


def _pooled(reports: Sequence[AuditReport], part: str, whole: str) -> float | None:
    total = sum(report.metrics.get(whole, 0.0) for report in reports)
    return sum(report.metrics.get(part, 0.0) for report in reports) / total if total else None
