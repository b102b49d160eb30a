"""One self-contained HTML page: no network, no framework, traces never trusted.

Text reaches the page through Jinja's autoescape or as JSON that the viewer puts into text nodes.
The page's own script is the only one that its content policy lets run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from smepo.report import charts
from smepo.report.arms import arm_charts, arm_rows
from smepo.report.data import MaskSummary, Part, ReportData, TraceCard
from smepo.report.headline import headline
from smepo.report.text import duration, percent
from smepo.types import Kind, Status

METRICS = {
    "hidden": "characters hidden",
    "givens": "givens kept",
    "operators": "operators kept",
    "labels": "labels kept",
    "words": "plan words kept",
}


def build(report: ReportData, out: Path) -> Path:
    """Write the page and return its path. Folders are made as needed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    # A trace may hold a lone surrogate, which UTF-8 cannot carry.
    out.write_bytes(render(report).encode("utf-8", "replace"))
    return out


def render(report: ReportData) -> str:
    """The page as text."""
    script = _asset("viewer.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_asset("page.html.j2"))
    comparison = report.comparison
    hidden = [_share_hidden(one) for one in _measured(report.traces)]
    figures = {
        "hidden": charts.histogram(hidden, title="Share hidden of each trace") if hidden else "",
        **(arm_charts(comparison) if comparison else {}),
    }
    baseline = comparison and next(
        (arm.title for arm in comparison.arms if arm.name == comparison.baseline), ""
    )
    return template.render(
        data=report,
        headline=headline(report),
        comparison=comparison,
        charts=figures,
        hidden_of=f"{len(hidden):,} traces",
        arm_rows=arm_rows(comparison) if comparison else [],
        baseline_title=baseline,
        smoothing=charts.SMOOTHING,
        sections=_sections(report),
        kinds=_kinds(report.traces),
        statuses=_statuses(report.summaries),
        metric_names={
            name: label
            for name, label in METRICS.items()
            if any(name in s.metrics for s in report.summaries)
        },
        traces_json=traces_json(report.traces),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        style=Markup(_asset("style.css")),
        script=Markup(script),
        share=lambda value: "" if value is None else percent(value),
        duration=duration,
    )


def traces_json(traces: Sequence[TraceCard]) -> Markup:
    """The traces as JSON that cannot end the script element it stands in."""
    text = json.dumps([_card(card) for card in traces], separators=(",", ":"))
    for char, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, escaped)
    return Markup(text)


def _asset(name: str) -> str:
    return resources.files("smepo.report").joinpath(name).read_text(encoding="utf-8")


def _card(card: TraceCard) -> dict[str, Any]:
    return {
        "i": card.id,
        "d": card.domain,
        "m": card.mode,
        "s": card.status.value,
        "q": card.question,
        "t": card.target,
        "r": card.reason,
        "h": int(not card.status.shown),
        "l": [[leak.candidate, leak.attack] for leak in card.leaks],
        "p": [[part.speaker, _pieces(part)] for part in card.parts],
    }


def _pieces(part: Part) -> list[Any]:
    """Text and blanks in order. Offsets stay here: JavaScript counts other units."""
    pieces: list[Any] = []
    at = 0
    for blank in part.blanks:
        if blank.start > at:
            pieces.append(part.text[at : blank.start])
        pieces.append(
            [blank.text, blank.kind.value, blank.role.value, blank.placeholder, int(blank.audit)]
        )
        at = blank.end
    if at < len(part.text):
        pieces.append(part.text[at:])
    return pieces


def _measured(traces: Sequence[TraceCard]) -> list[TraceCard]:
    """The traces whose guidance is shown; controls only where there is nothing else."""
    shown = [card for card in traces if card.status.shown and card.parts]
    return [card for card in shown if card.status is not Status.CONTROL] or shown


def _share_hidden(card: TraceCard) -> float:
    length = sum(len(part.text) for part in card.parts)
    hidden = sum(blank.end - blank.start for part in card.parts for blank in part.blanks)
    return hidden / length if length else 0.0


def _kinds(traces: Sequence[TraceCard]) -> list[str]:
    present = {blank.kind for card in traces for part in card.parts for blank in part.blanks}
    return [kind.value for kind in Kind if kind in present]


def _statuses(summaries: Sequence[MaskSummary]) -> list[Status]:
    return [status for status in Status if any(s.statuses.get(status) for s in summaries)]


def _sections(report: ReportData) -> list[tuple[str, str]]:
    present = [
        ("hidden", "What was hidden", bool(report.traces)),
        ("leaked", "What leaked", bool(report.summaries)),
        ("learned", "What was learned", report.comparison is not None),
        ("reproduce", "Reproduce", True),
    ]
    return [(anchor, name) for anchor, name, there in present if there]
