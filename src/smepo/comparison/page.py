"""The page of a comparison: one self-contained HTML file, made from records alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from smepo.comparison.headline import headline
from smepo.comparison.results import Results
from smepo.comparison.statistics import Interval
from smepo.comparison.summary import ArmSummary, FamilySummary
from smepo.comparison.table import header, notes, rows
from smepo.report import charts
from smepo.report.data import Point

# Title, caption and the metrics of a chart over training; of the metrics, the first that is there.
CURVES = (
    (
        "Reward in training",
        "Mean reward of the rollouts, each arm under its own prompts. Reward that does not show in "
        "the accuracy without guidance came from reading it.",
        ("reward",),
    ),
    (
        "Copy rate",
        "Share of the tokens of the hidden kind (numerals, runs of code, names), in rewarded "
        "completions, that stand verbatim in the guidance and not in the question.",
        ("copy_rate/beyond_question", "copy_rate"),
    ),
    (
        "Groups with a signal, guided",
        "Share of the guided groups whose rewards differ; the others teach nothing.",
        ("live_groups/guided",),
    ),
    (
        "Groups with a signal, unguided",
        "The same among the unguided groups.",
        ("live_groups/unguided",),
    ),
)


def build(results: Results, families: tuple[FamilySummary, ...], out: Path) -> Path:
    """Write the page and return its path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(results, families), encoding="utf-8")
    return out


def render(results: Results, families: tuple[FamilySummary, ...]) -> str:
    """The page as text."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_asset("smepo.comparison", "page.html.j2"))
    return template.render(
        results=results,
        headline=headline(families),
        families=[_family(family) for family in families],
        style=Markup(_asset("smepo.report", "style.css")),
    )


def _asset(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def _family(family: FamilySummary) -> dict[str, Any]:
    bars = [
        charts.Bar(arm.arm.title, i, _point(0, arm.average), note=_state(arm))
        for i, arm in enumerate(family.arms)
    ]
    base = _point(0, family.base)
    return {
        "name": family.name,
        "forest": charts.forest(bars, title="Accuracy without guidance", base=base),
        "arms": [arm.arm for arm in family.arms],
        "figures": list(_figures(family)),
        "header": header(family),
        "rows": rows(family),
        "notes": notes(family),
    }


def _figures(family: FamilySummary) -> Iterable[dict[str, Any]]:
    """The charts over training that have something to show."""
    yield _figure(
        "Accuracy without guidance",
        "Means over seeds; bands: 95 % intervals over seeds and problems.",
        [
            charts.Series(arm.arm.title, [_known(step, found) for step, found in arm.curve], i)
            for i, arm in enumerate(family.arms)
        ],
    )
    for title, caption, names in CURVES:
        series = [
            charts.Series(arm.arm.title, _line(arm.training, names), i)
            for i, arm in enumerate(family.arms)
        ]
        if any(one.points for one in series):
            yield _figure(title, caption, series)
    reliance = [
        charts.Series(f"{arm.arm.title}, {kind}", _line(arm.probes, (kind,)), i)
        for i, arm in enumerate(family.arms)
        if arm.reliance is not None
        for kind in ("guided", "unguided")
    ]
    if reliance:
        caption = (
            "The probe: the same training problems with guidance (the upper of two lines, as a "
            "rule) and without. The distance is what the policy owes to the guidance."
        )
        yield _figure("Reliance on guidance", caption, reliance)


def _figure(title: str, caption: str, series: list[charts.Series]) -> dict[str, Any]:
    return {"title": title, "caption": caption, "chart": charts.lines(series, title=title)}


def _line(lines: Iterable[Mapping[str, float]], names: tuple[str, ...]) -> tuple[Point, ...]:
    held = list(lines)
    for name in names:
        if found := tuple(Point(int(row["step"]), row[name]) for row in held if name in row):
            return found
    return ()


def _point(step: int, found: Interval | None) -> Point | None:
    return None if found is None else _known(step, found)


def _known(step: int, found: Interval) -> Point:
    if math.isnan(found.low):
        return Point(step, found.value)
    return Point(step, found.value, found.low, found.high)


def _state(arm: ArmSummary) -> str:
    return "failed" if arm.failed else "not done"
