"""One self-contained HTML page: no network, no framework, traces never trusted.

Text reaches the page through Jinja's autoescape or as packed records that the viewer puts into text
nodes. The page's own script is the only one that its content policy lets run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from smepo.report import charts
from smepo.report.arms import arm_charts, arm_rows
from smepo.report.data import (
    Episode,
    Evaluation,
    MaskSummary,
    Part,
    ReportData,
    Result,
    TraceCard,
)
from smepo.report.distributions import blanks_by_kind, episode_figures, trace_figures
from smepo.report.embed import embedded
from smepo.report.figures import change_words, embed_cases, measure_rows, result_chart
from smepo.report.headline import headline
from smepo.report.searching import search_rows, side_by_side
from smepo.report.text import duration, percent
from smepo.types import Role, Status

SCRIPTS = (
    "viewer.js",
    "traces.js",
    "problems.js",
    "transcripts.js",
    "start.js",
)  # one script, in this order
QUESTION = 160  # characters of a question in the list
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
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_asset("page.html.j2"))
    comparison = report.comparison
    baseline = comparison and next(
        (arm.title for arm in comparison.arms if arm.name == comparison.baseline), ""
    )
    return template.render(
        data=report,
        headline=headline(report),
        comparison=comparison,
        charts=arm_charts(comparison) if comparison else {},
        trace_figures=trace_figures(report.traces),
        episode_figures=episode_figures(report.episodes),
        search_rows=search_rows(report.searches),
        side_by_side=side_by_side(report.episodes),
        roles=[*(role.value for role in Role), "found by audit", "all"],
        arm_rows=arm_rows(comparison) if comparison else [],
        baseline_title=baseline,
        smoothing=charts.SMOOTHING,
        sections=_sections(report),
        kinds=blanks_by_kind(report.traces),
        statuses=_statuses(report.summaries),
        metric_names={
            name: label
            for name, label in METRICS.items()
            if any(name in s.metrics for s in report.summaries)
        },
        traces=embed_traces(report.traces) if report.traces else "",
        episodes=embed_episodes(report.episodes) if report.episodes else "",
        evaluation=report.evaluation,
        results_chart=result_chart(report.evaluation) if report.evaluation else "",
        measure_rows=measure_rows(report.evaluation) if report.evaluation else [],
        change=change_words(report.evaluation) if report.evaluation else [],
        cases=embed_cases(report.evaluation) if report.evaluation else "",
        completion_statuses=_met(report.evaluation, lambda result: result.statuses),
        setting_names=_met(report.evaluation, lambda result: result.settings),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        style=Markup(_asset("style.css")),
        script=Markup(script),
        share=lambda value: "" if value is None else percent(value),
        duration=duration,
        keys=Markup(" · <kbd>v</kbd> side by side or inline · <kbd>r</kbd> reveal blanks"),
    )


def embed_traces(traces: Sequence[TraceCard]) -> Markup:
    """The traces for the viewer: an entry a trace for its list, and the trace itself."""
    return embedded("traces", [_entry(card) for card in traces], [_card(card) for card in traces])


def embed_episodes(episodes: Sequence[Episode]) -> Markup:
    """The transcripts for the viewer."""
    entries = [
        {
            "i": one.id,
            "q": one.question[:QUESTION],
            "s": one.status,
            "r": "-" if one.reward is None else f"{one.reward:g}",
            "f": one.source,
            "n": one.count,
        }
        for one in episodes
    ]
    records = [
        {
            "q": one.question,
            "t": one.target,
            "m": [[turn.speaker, turn.text, turn.kind] for turn in one.turns],
        }
        for one in episodes
    ]
    return embedded("transcripts", entries, records)


def _script() -> str:
    """The page's script, in a scope of its own."""
    body = "".join(_asset(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{body}}})();\n'


def _asset(name: str) -> str:
    return resources.files("smepo.report").joinpath(name).read_text(encoding="utf-8")


def _entry(card: TraceCard) -> dict[str, Any]:
    """What the list and its filters need. A blank that the audit added makes it `found`."""
    blanks = [blank for part in card.parts for blank in part.blanks]
    return {
        "i": card.id,
        "d": card.domain,
        "m": card.mode,
        "s": card.status.value,
        "q": card.question[:QUESTION],
        "k": sorted({blank.kind.value for blank in blanks}),
        "a": "yes" if any(blank.audit for blank in blanks) else "no",
    }


def _card(card: TraceCard) -> dict[str, Any]:
    return {
        "q": card.question,
        "t": card.target,
        "r": card.reason,
        "h": int(not card.status.shown),
        "l": [[leak.candidate, leak.attack] for leak in card.leaks],
        "p": [[part.speaker, pieces(part)] for part in card.parts],
    }


def pieces(part: Part) -> list[Any]:
    """Text and blanks in order. Offsets stay here: JavaScript counts other units."""
    found: list[Any] = []
    at = 0
    for blank in part.blanks:
        if blank.start > at:
            found.append(part.text[at : blank.start])
        found.append(
            [blank.text, blank.kind.value, blank.role.value, blank.placeholder, int(blank.audit)]
        )
        at = blank.end
    if at < len(part.text):
        found.append(part.text[at:])
    return found


def _met(evaluation: Evaluation | None, keys: Callable[[Result], Mapping[str, Any]]) -> list[str]:
    """The keys that some result has, in the order in which they are met."""
    results = evaluation.results if evaluation else ()
    return list(dict.fromkeys(key for result in results for key in keys(result)))


def _statuses(summaries: Sequence[MaskSummary]) -> list[Status]:
    return [status for status in Status if any(s.statuses.get(status) for s in summaries)]


def _sections(report: ReportData) -> list[tuple[str, str]]:
    present = [
        ("hidden", "What was hidden", bool(report.traces)),
        ("leaked", "What leaked", bool(report.summaries)),
        ("learned", "What was learned", report.comparison is not None),
        ("answered", "What was answered", report.evaluation is not None),
        ("said", "What was said", bool(report.episodes)),
        ("reproduce", "Reproduce", True),
    ]
    return [(anchor, name) for anchor, name, there in present if there]
