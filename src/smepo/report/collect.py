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
    name: str,
    mode: str,
    rows: Sequence[Prepared],
    *,
    domain: str,
    seconds: float | None,
    control: bool = False,
) -> MaskSummary:
    """Counts over prepared rows. Leaks are counted in what is shown; a trace that leaks and is held
    back is among the statuses."""
    reports = [one.report for one in rows if one.report is not None]
    shown = [one.report for one in rows if one.report is not None and one.status.shown]
    metrics = {"hidden": hidden_share(rows), **(kept(reports) if domain == "math" else {})}
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
        metrics={key: value for key, value in metrics.items() if value is not None},
        seconds=seconds,
        control=control,
    )


def hidden_share(rows: Sequence[Prepared]) -> float | None:
    """Share of the characters of the shown rows' traces that is hidden."""
    shown = [card(one, "", "").parts for one in rows if one.status.shown]
    length = sum(len(part.text) for trace in shown for part in trace)
    hidden = sum(b.end - b.start for trace in shown for part in trace for b in part.blanks)
    return hidden / length if length else None


def kept(reports: Sequence[AuditReport]) -> dict[str, float | None]:
    """What math masks kept of givens, operators, labels and plan words, pooled over all traces:
    sums of counts, then one division. None for a thing that no trace holds."""
    found: dict[str, float | None] = {}
    for name in ("givens", "operators", "labels", "words"):
        total = sum(report.metrics.get(name, 0.0) for report in reports)
        part = sum(report.metrics.get(f"{name}_kept", 0.0) for report in reports)
        found[name] = part / total if total else None
    return found
