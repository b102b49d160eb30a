"""How blanks, lengths and rewards are spread over the records of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from smepo.report import charts
from smepo.report.data import Episode, TraceCard
from smepo.report.svg import ticks
from smepo.types import Kind, Role, Status

REACH = 0.99  # of the values, at least, stand in their own column; the rest in the last


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with what it shows."""

    chart: Markup
    caption: str


def trace_figures(traces: Sequence[TraceCard]) -> list[Figure]:
    """What is hidden of each trace, how many blanks it has, and how long it is."""
    measured = _measured(traces)
    if not measured:
        return []
    of = f"{len(measured):,} traces"
    blanks = [sum(len(part.blanks) for part in card.parts) for card in measured]
    words = [sum(len(part.text.split()) for part in card.parts) for card in measured]
    return [
        Figure(
            charts.histogram(
                [_share_hidden(card) for card in measured], title="Share hidden of each trace"
            ),
            f"Share of each trace's characters that is hidden ({of}).",
        ),
        Figure(_counted(blanks, "Blanks in each trace"), f"Blanks in each trace ({of})."),
        Figure(_counted(words, "Words in each trace"), f"Words in each trace ({of})."),
    ]


def episode_figures(episodes: Sequence[Episode]) -> list[Figure]:
    """Calls of tools and rewards of the transcripts of each source, where they differ."""
    found = []
    for source in dict.fromkeys(episode.source for episode in episodes):
        held = [episode for episode in episodes if episode.source == source]
        of = f"{source + ', ' if source else ''}{len(held):,} transcripts"
        calls = [episode.count for episode in held]
        rewards = [episode.reward for episode in held if episode.reward is not None]
        if len(set(calls)) > 1:
            chart = _counted(calls, "Calls of tools in each transcript")
            found.append(Figure(chart, f"Calls of tools in each transcript ({of})."))
        if len(set(rewards)) > 2 and all(0 <= reward <= 1 for reward in rewards):
            chart = charts.histogram(rewards, title="Rewards")
            found.append(Figure(chart, f"Reward of each transcript ({of})."))
    return found


def blanks_by_kind(traces: Sequence[TraceCard]) -> list[tuple[str, list[int]]]:
    """For each kind that occurs, its blanks by role, in the order of `Role`, then those that the
    audit added, then all."""
    found = Counter[tuple[Kind, str]]()
    for card in traces:
        for part in card.parts:
            for blank in part.blanks:
                found[blank.kind, blank.role] += 1
                found[blank.kind, "audit"] += blank.audit
                found[blank.kind, "all"] += 1
    names = [*(role.value for role in Role), "audit", "all"]
    return [
        (kind.value, [found[kind, name] for name in names]) for kind in Kind if found[kind, "all"]
    ]


def _counted(values: Sequence[int], title: str) -> Markup:
    """A histogram of counts, cut where the last hundredth begins."""
    high = sorted(values)[min(int(REACH * len(values)), len(values) - 1)]
    top = ticks(max(high, 4) + 1)[-1]
    bins = int(top) if top <= 24 else 20
    return charts.histogram(values, title=title, top=top, share=False, bins=bins)


def _measured(traces: Sequence[TraceCard]) -> list[TraceCard]:
    """The traces whose guidance is shown; controls only where there is nothing else."""
    shown = [card for card in traces if card.status.shown and card.parts]
    return [card for card in shown if card.status is not Status.CONTROL] or shown


def _share_hidden(card: TraceCard) -> float:
    length = sum(len(part.text) for part in card.parts)
    hidden = sum(blank.end - blank.start for part in card.parts for blank in part.blanks)
    return hidden / length if length else 0.0
