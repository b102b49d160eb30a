"""Render: hidden spans to blanks and the masked text. The last of detect, select, render."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from smepo.types import PLACEHOLDER_NAMES, Blank, Kind, Role, Span

# A literal placeholder in a trace would read as a blank: it is made one.
LITERAL = re.compile(r"\[(?:" + "|".join(PLACEHOLDER_NAMES.values()) + r")(?:_\d+)?\]")


def literals(text: str) -> list[Span]:
    """Spans of text that looks like our own placeholders (law 9)."""
    return [
        Span(m.start(), m.end(), Kind.EXPRESSION, Role.RESULT, key=m.group())
        for m in LITERAL.finditer(text)
    ]


def flatten(spans: Iterable[Span]) -> list[Span]:
    """In order and without overlap: of two spans that overlap, the outer or their union stays."""
    flat: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.end <= span.start:
            continue
        if flat and span.start < flat[-1].end:
            last = flat[-1]
            if span.end > last.end:
                flat[-1] = Span(last.start, span.end, last.kind, last.role)
            continue
        flat.append(span)
    return flat


def render(
    trace: str, spans: Sequence[Span], *, indexed: bool, added: frozenset[Span] = frozenset()
) -> tuple[str, tuple[Blank, ...]]:
    """Replace each span by a placeholder; outside of them the text is the trace's, byte for byte.

    With ``indexed`` the placeholders of a kind are numbered in order of appearance, and spans that
    hide the same thing (``key``, or the same text) carry the same number. Spans in ``added`` give
    blanks that are marked as the audit's.
    """
    numbers: dict[Kind, dict[str, int]] = {}
    pieces: list[str] = []
    blanks: list[Blank] = []
    at = 0
    for span in flatten(spans):
        hidden = trace[span.start : span.end]
        name = PLACEHOLDER_NAMES[span.kind]
        if indexed:
            seen = numbers.setdefault(span.kind, {})
            key = span.key if span.key is not None else hidden.strip()
            name = f"{name}_{seen.setdefault(key, len(seen) + 1)}"
        placeholder = f"{span.quote}[{name}]{span.quote}"
        pieces += [trace[at : span.start], placeholder]
        at = span.end
        blanks.append(
            Blank(
                kind=span.kind,
                role=span.role,
                start=span.start,
                end=span.end,
                text=hidden,
                placeholder=placeholder,
                audit=span in added,
            )
        )
    pieces.append(trace[at:])
    return "".join(pieces), tuple(blanks)
