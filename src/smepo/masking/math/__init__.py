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
from smepo.masking.math.commas import has_decimal_commas
from smepo.masking.math.givens import givens, squeeze
from smepo.masking.math.kinds import NEWLINE, NUM, STOP
from smepo.masking.math.lexer import tokenize
from smepo.masking.math.lexicon import CARDINAL, ORDINAL, ORDINAL_END, ROMAN
from smepo.masking.math.page import Page
from smepo.masking.math.scanner import SideScanner
from smepo.masking.math.sides import BY_EQ, Side
from smepo.masking.math.tokens import Tokens
from smepo.masking.render import flatten
from smepo.types import Kind, Role, Span

_BECAUSE = re.compile("because")
_BEHIND_WORD = re.compile(r"[A-Za-z][ ]\$?\Z")
_BEFORE_WORD = re.compile(r"[ ][A-Za-z]")
_CLAUSE = 160  # characters around "because" that belong to it
_AMONG = re.compile(
    r"\b(?:in|for|of|per|after|with|from|at|over|on|within|among)\s+"
    r"(?:(?:the|all|these|those|every|each)\s+)?\$?\Z"
    r"|(?:\b|\\[pb])mod(?:ulo\b|\b)[ {]{0,3}\Z"
)
_MONTHS = "Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec"
_DATED = re.compile(
    r"\b(?:in|on|by|of|until|till|before|after|since)\s+"
    rf"(?:(?:{_MONTHS})[a-z]{{0,6}}\.?\s+(?:\d{{1,2}}(?:st|nd|rd|th)?,?\s+)?)\Z"
)
_MAX_BEHIND = 3  # words after an ordinal that a sentence states
_STATES_ORDINAL = re.compile(
    r"\b(?:(?:is|was|be|becomes?)(?:[ \t]+(?:the|her|his|its|their))?"
    r"|(?:comes?|came|finish(?:es|ed))(?:[ \t]+in)?"
    r"|(?P<place>(?:in|on|at)[ \t]+the))[ \t]+(?:\*\*)?\Z"
)
_CLAUSE_END = re.compile(r"[.!?;](?=\s)|\n|,\s+(?:so|thus|hence|therefore)\b")
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|\n")
_ANNOUNCES_ROMAN = ("is", "are", "=", "as", "gives", "numeral", "write", "get", "$", "to", "so")


def spans(text: str, context: Context) -> list[Span]:
    """All values and conclusions of ``text`` with their roles, in order, without overlap. O(n)."""
    tokens = tokenize(text)
    stated = givens(context.question)
    if (tokens.commas or stated.commas) and has_decimal_commas(context.question, text):
        tokens, stated = tokenize(text, True), givens(context.question, True)
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
    found: list[Span] = []
    concluded = bool(boxes or marked)
    page = Page(tokens, scanner.clause, stated)
    for side in sides:
        concluded |= roles.read(page, side, found)
    found = fixed + _romans(tokens, context.question, sides) + found
    if "because" in text:
        found = _explained(text, found)
    if not concluded:
        found = _conclude(page, found, sides[-1] if sides else None)
    return flatten(found)


def _explained(text: str, found: list[Span]) -> list[Span]:
    """Results that are told before they are worked out: "7 cars because 35/5 = 7"."""
    found = sorted(found, key=lambda span: span.start)
    starts = [span.start for span in found]
    for match in _BECAUSE.finditer(text):
        at = match.start()
        first = bisect_left(starts, at - _CLAUSE)
        middle = bisect_left(starts, at)
        last = bisect_left(starts, at + _CLAUSE)
        worked = {span.key for span in found[middle:last] if span.role is Role.RESULT}
        for k in range(first, middle):
            span = found[k]
            if span.given and span.key in worked and _is_told(text, span, at):
                found[k] = span._replace(role=Role.RESULT, given=False)
    return found


def _is_told(text: str, span: Span, until: int) -> bool:
    """True for a value between words, in the sentence that goes on to ``until``."""
    return (
        _BEHIND_WORD.search(text, max(0, span.start - 3), span.start) is not None
        and _BEFORE_WORD.match(text, span.end) is not None
        and _SENTENCE_END.search(text, span.end, until) is None
    )


def _conclude(page: Page, found: list[Span], side: Side | None) -> list[Span]:
    """Without an announced answer, the last value of the last line is the conclusion.

    Where the text ends with a pair or a set, or right of a relation, that is the whole side:
    ``The lines meet at (2, 3).``, ``... = (x-3)(x+3).``
    """
    tokens = page.tokens
    text = tokens.text
    start = text.rstrip().rfind("\n") + 1
    if side is not None and side.balanced and _is_whole(page, side):
        first, last = tokens.starts[side.first], tokens.ends[side.last - 1]
        if first >= start and not any(c.isalnum() for c in text[last:]):
            key = squeeze(text[first:last])
            return [*found, Span(first, last, Kind.EXPRESSION, Role.CONCLUSION, key)]
    ordinal = _last_ordinal(tokens)
    if ordinal is not None and _is_said(text, found, ordinal):
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


def _is_whole(page: Page, side: Side) -> bool:
    """True for a last side that is more than one numeral: a list of its own, ``25\\pi``, or a
    result with letters."""
    if side.listed:
        return not page.givens.lists(page.tokens.between(side.first, side.last))
    if side.irreducible and roles.is_final(side):
        return True
    return side.opened == BY_EQ and side.operators and len(side.letters) > 0


def _told_before(text: str, found: list[Span], last: Span) -> Span | None:
    """The value that a sentence tells where it ends with a given: "so 42 days in 6 weeks"."""
    before = text[max(0, last.start - 32) : last.start]
    among = _AMONG.search(before) or _DATED.search(before)
    if among is None:
        return None
    until = last.start - len(before) + among.start()
    told = max(
        (s for s in found if s.end <= until and s.role is not Role.STRUCTURAL),
        key=lambda span: span.start,
        default=None,
    )
    if told is None or told.given or _SENTENCE_END.search(text, told.end, last.start):
        return None
    return told


def _last_ordinal(tokens: Tokens) -> Span | None:
    """The ordinal in which a text ends, "so she came seventh", or that its last sentence states:
    "May is the fifth month", "it lies in the nineteenth century".

    Elsewhere "second" is a time and "first" an order; they count behind "came" or "is the" alone.
    """
    i = tokens.size - 1
    behind = 0  # words after it
    while i >= 0 and not tokens.words[i].bits & (ORDINAL | ORDINAL_END):
        if any(c.isalnum() for c in tokens.at(i)):
            behind += 1
        if behind > _MAX_BEHIND or (tokens.kinds[i] in (STOP, NEWLINE) and behind):
            return None
        i -= 1
    if i < 0:
        return None
    first, end = _ordinal(tokens, i), tokens.ends[i]
    if first < 0:
        return None
    start = tokens.starts[first]
    common = tokens.text[start:end].lower() in ("first", "second")
    if behind or common:
        frame = _STATES_ORDINAL.search(tokens.text, max(0, start - 32), start)
        if frame is None or (common and frame.group("place")):
            return None
    return Span(start, end, Kind.NUMBER, Role.CONCLUSION, key=tokens.text[start:end].lower())


def _is_said(text: str, found: list[Span], ordinal: Span) -> bool:
    """True if no value stands behind the ordinal, nor before it in its clause, unless the
    ordinal is the last word."""
    values = [s for s in found if not s.given and s.role is not Role.STRUCTURAL]
    if any(span.end > ordinal.start for span in found):
        return False
    if not values or not any(c.isalnum() for c in text[ordinal.end :]):
        return True
    last = max(span.end for span in values)
    return _CLAUSE_END.search(text, last, ordinal.start) is not None


def _ordinal(tokens: Tokens, i: int) -> int:
    """The first token of the ordinal that ends with token ``i``: the digits before "th", the tens
    of "twenty-first"; -1 if there is none."""
    touches = i > 0 and tokens.ends[i - 1] == tokens.starts[i]
    if not tokens.words[i].bits & ORDINAL:
        return i - 1 if touches and tokens.kinds[i - 1] == NUM else -1
    if touches and i > 1 and tokens.at(i - 1) == "-" and tokens.words[i - 2].bits & CARDINAL:
        return i - 2
    return i


def _romans(tokens: Tokens, question: str, sides: list[Side]) -> list[Span]:
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
    if asked:  # 1000 = M
        ones = [s for s in sides if roles.is_name(s) and s.letters[0] in "IVXLCDM"]
        found += [roles.whole(tokens, s, Role.RESULT) for s in ones if s.opened == BY_EQ]
    return found
