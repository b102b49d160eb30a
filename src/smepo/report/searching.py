"""What policies did in their episodes: a row of numbers an evaluation, and some episodes whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from smepo.report.data import Episode, Searched
from smepo.report.runs import lines_of
from smepo.report.text import percent

SHOWN = 3  # episodes that stand on the page whole


def of_run(folder: Path, title: str) -> list[Searched]:
    """One an evaluation of a run; none where its policy does not search."""
    return [
        of_summary(line, f"{title}, step {line['step']}" if title else f"step {line['step']}")
        for line in lines_of(folder / "evaluations.jsonl")
        if "episodes" in line
    ]


def of_summary(summary: Mapping[str, Any], title: str) -> Searched:
    """What an evaluation noted of its episodes."""
    noted = summary["episodes"]
    return Searched(
        title=title,
        count=noted["count"],
        reward=noted["em"],
        f1=noted["f1"],
        calls=noted["turns"],
        recall=noted["recall"],
        unsearched=noted["answered_before_search"],
        faults=noted["faults"],
    )


def search_rows(searches: Sequence[Searched]) -> list[tuple[str, list[str]]]:
    """A row of text an evaluation."""
    return [
        (
            one.title,
            [
                f"{one.count:,}",
                percent(one.reward),
                percent(one.f1),
                f"{one.calls:.2f}",
                "" if one.recall is None else percent(one.recall),
                percent(one.unsearched),
                ", ".join(f"{count:,} {kind}" for kind, count in one.faults.items()) or "none",
            ],
        )
        for one in searches
    ]


def side_by_side(episodes: Sequence[Episode]) -> list[list[Episode]]:
    """The first episode of each source for the first `SHOWN` questions that have several."""
    found: dict[str, dict[str, Episode]] = {}
    for episode in episodes:
        found.setdefault(episode.id, {}).setdefault(episode.source, episode)
    return [list(sides.values()) for sides in found.values() if len(sides) > 1][:SHOWN]
