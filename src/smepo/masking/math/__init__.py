"""The math detector: values and announced answers of a worked solution, with their roles.

    tokens -> sides -> roles         what stands between relations, and what it does there
    tokens -> conclusions            boxes, "####", choices, words that answer
    text   -> labels                 numerals that are structure

The target is never looked at, so that what is hidden cannot point at it (law 4).
"""

from __future__ import annotations

import re
from bisect import bisect_left

from smepo import numerals
from smepo.masking.detector import Context
from smepo.masking.math import conclusions, labels, roles
from smepo.masking.math.givens import givens, squeeze
from smepo.masking.math.kinds import NUM
from smepo.masking.math.lexer import tokenize
from smepo.masking.math.lexicon import ORDINAL, ORDINAL_END, ROMAN
from smepo.masking.math.scanner import SideScanner
from smepo.masking.math.sides import BY_EQ, Side
from smepo.masking.math.tokens import Tokens
from smepo.masking.render import flatten
from smepo.types import Kind, Role, Span

_AMONG = re.compile(
    r"\b(?:in|for|of|per|after|with|from|at|over|on|within|among)\s+"
    r"(?:(?:the|all|these|those|every|each)\s+)?\$?\Z"
)
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_ANNOUNCES_ROMAN = ("is", "are", "=", "as", "gives", "numeral", "write", "get", "$", "to")


def spans(text: str, context: Context) -> list[Span]:
    """All values and conclusions of ``text`` with their roles, in order, without overlap. O(n)."""
    tokens = tokenize(text)
    boxes = conclusions.boxes(tokens)
    marked = conclusions.marked(tokens)
    fixed = conclusions.pictures(text) + marked + [span for *_, span in boxes if span is not None]
    skips = [(first, after) for first, after, _ in boxes]
    skips += [
        (bisect_left(tokens.starts, span.start), bisect_left(tokens.starts, span.end))
        for span in fixed
    ]
    scanner = SideScanner(tokens, labels.structural(tokens), sorted(skips))
    sides = scanner.scan()
    found = fixed + _romans(tokens, context.question)
    concluded = bool(boxes or marked)
    page = roles.Page(tokens, scanner.clause, givens(context.question))
    for side in sides:
        concluded |= roles.read(page, side, found)
    if not concluded:
        found = _conclude(tokens, found, sides[-1] if sides else None)
    return flatten(found)


def _conclude(tokens: Tokens, found: list[Span], side: Side | None) -> list[Span]:
    """Without an announced answer, the last value of the last line is the conclusion.

    Where the text ends right of a relation, that is the whole side: ``... = (x-3)(x+3).``
    """
    text = tokens.text
    start = text.rstrip().rfind("\n") + 1
    if side is not None and side.opened == BY_EQ and side.balanced and side.operators:
        first, last = tokens.starts[side.first], tokens.ends[side.last - 1]
        if first >= start and not any(c.isalnum() for c in text[last:]) and side.letters:
            key = squeeze(text[first:last])
            return [*found, Span(first, last, Kind.EXPRESSION, Role.CONCLUSION, key)]
    ordinal = _last_ordinal(tokens)
    if ordinal is not None and all(span.end <= ordinal.start for span in found):
        return [*found, ordinal]
    last_value = max(
        (s for s in found if s.start >= start and s.role is not Role.STRUCTURAL),
        key=lambda span: span.start,
        default=None,
    )
    if last_value is None:
        return found
    if last_value.given and (told := _told_before(text, found, last_value)) is not None:
        last_value = told
    ending = last_value._replace(role=Role.CONCLUSION, given=False)
    return [ending if span is last_value else span for span in found]


def _told_before(text: str, found: list[Span], last: Span) -> Span | None:
    """The value that a sentence tells where it ends with a given: "so 42 days in 6 weeks"."""
    if _AMONG.search(text[max(0, last.start - 24) : last.start]) is None:
        return None
    told = max(
        (s for s in found if s.end <= last.start and s.role is not Role.STRUCTURAL),
        key=lambda span: span.start,
        default=None,
    )
    if told is None or told.given or _SENTENCE_END.search(text, told.end, last.start):
        return None
    return told


def _last_ordinal(tokens: Tokens) -> Span | None:
    """The ordinal that is the last word of all: "so she came seventh", "7th"; no "second", which
    is a time, and no "first"."""
    i = tokens.size - 1
    while i >= 0 and not tokens.words[i].bits & (ORDINAL | ORDINAL_END):
        if any(c.isalnum() for c in tokens.at(i)):
            return None
        i -= 1
    if i < 0 or tokens.words[i].text.lower() in ("first", "second"):
        return None
    start, end = tokens.starts[i], tokens.ends[i]
    if i > 0 and not tokens.words[i].bits & ORDINAL:  # the digits before "th"
        if tokens.ends[i - 1] != start or tokens.kinds[i - 1] != NUM:
            return None
        start = tokens.starts[i - 1]
    return Span(start, end, Kind.NUMBER, Role.CONCLUSION, key=tokens.text[start:end].lower())


def _romans(tokens: Tokens, question: str) -> list[Span]:
    """Roman numerals that are announced: "the numeral is XIV", "= XIV".

    ``CD`` and ``XI`` are points of a figure, unless the talk is of roman numerals.
    """
    if not tokens.seen & ROMAN:
        return []
    asked = "roman" in question.lower() or "roman" in tokens.text.lower()
    found: list[Span] = []
    for i in tokens.notes:
        word = tokens.words[i]
        if i == 0 or not word.bits & ROMAN or len(word.text) < (2 if asked else 3):
            continue
        if tokens.at(i - 1).lower() in _ANNOUNCES_ROMAN:
            start, end, key = tokens.starts[i], tokens.ends[i], str(numerals.parse_roman(word.text))
            found.append(Span(start, end, Kind.NUMBER, Role.RESULT, key=key))
    return found
