"""Render: hidden spans to blanks and the masked text. The last of detect, select, render."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from smepo.types import PLACEHOLDER_NAMES, Blank, Kind, Role, Span

# A literal placeholder in a trace would read as a blank: it is made one.
LITERAL = re.compile(r"\[(?:" + "|".join(PLACEHOLDER_NAMES.values()) + r")(?:_\d+)?\]")
_INITIALS: Final = frozenset(name[0] for name in PLACEHOLDER_NAMES.values())
# From the tuple of all fields, at a third of the cost of ``Blank(...)``.
_blank: Final[Callable[[tuple[Any, ...]], Blank]] = partial(tuple.__new__, Blank)


def literals(text: str) -> list[Span]:
    """Spans of text that looks like our own placeholders (law 9)."""
    found: list[Span] = []
    at = text.find("[")
    while at >= 0:
        if text[at + 1 : at + 2] in _INITIALS and (match := LITERAL.match(text, at)):
            found.append(Span(at, match.end(), Kind.EXPRESSION, Role.RESULT, key=match.group()))
        at = text.find("[", at + 1)
    return found


def flatten(spans: Iterable[Span]) -> list[Span]:
    """In order and without overlap: of two spans that overlap, the outer or their union stays."""
    given = list(spans)
    if _is_flat(given):
        return given
    flat: list[Span] = []
    reached = 0
    for span in sorted(given, key=_place):
        start, end = span[0], span[1]
        if end <= start:
            continue
        if start < reached:
            if end > reached:
                last = flat[-1]
                flat[-1] = Span(last.start, end, last.kind, last.role)
                reached = end
            continue
        flat.append(span)
        reached = end
    return flat


def _place(span: Span) -> int:
    """By start, and of those the outer first."""
    return (span[0] << 40) - span[1]


def _is_flat(spans: list[Span]) -> bool:
    reached = 0
    for start, end, _, _, _, _, _ in spans:
        if start < reached or end <= start:
            return False
        reached = end
    return True


def render(
    trace: str, spans: Sequence[Span], *, indexed: bool, added: frozenset[Span] = frozenset()
) -> tuple[str, tuple[Blank, ...]]:
    """Replace each span by a placeholder; outside of them the text is the trace's, byte for byte.

    With ``indexed`` the placeholders of a kind are numbered in order of appearance, and spans that
    hide the same thing (``key``, or the same text) carry the same number. Spans in ``added`` give
    blanks that are marked as the audit's.
    """
    named: dict[Kind, dict[str, str]] = {}  # kind -> key -> placeholder
    pieces: list[str] = []
    blanks: list[Blank] = []
    at = 0
    for span in flatten(spans):
        start, end, kind, role, key, _, quote = span
        hidden = trace[start:end]
        placeholders = named.get(kind)
        if placeholders is None:
            placeholders = named[kind] = {}
        if not indexed:
            key = ""
        elif key is None:
            key = hidden.strip()
        placeholder = placeholders.get(key)
        if placeholder is None:
            number = f"_{len(placeholders) + 1}" if indexed else ""
            placeholder = placeholders[key] = f"[{PLACEHOLDER_NAMES[kind]}{number}]"
        if quote:
            placeholder = quote + placeholder + quote
        pieces.append(trace[at:start])
        pieces.append(placeholder)
        at = end
        audit = len(added) > 0 and span in added
        blanks.append(_blank((kind, role, start, end, hidden, placeholder, None, audit)))
    pieces.append(trace[at:])
    return "".join(pieces), tuple(blanks)
