"""From leaks to spans: what has to be hidden in the trace so that they are gone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from smepo.auditing import code
from smepo.numerals import parse
from smepo.types import Kind, Leak, MaskedTrace, Role, Span

_CONCLUDES = frozenset(("boxed", "announced", "last_line"))
_LETTERS = frozenset("ABCDEFGHIJ")
_NOISE = re.compile(r"\\[,;:! ]|[\s${}]|\\(?:left|right|displaystyle)(?![A-Za-z])")
# Commands with bare arguments: hiding one digit of \frac12 or \sqrt2 would break them.
_BARE = re.compile(
    r"\\[dtc]?frac\s*(?:\d\s*(?:\d|\{[^{}]{0,80}\})|\{[^{}]{0,80}\}\s*\d)"
    r"|\\(?:sqrt|boxed|fbox)\s*(?:\[[^\[\]]{0,20}\]\s*)?\d"
    r"|\\sqrt\s*\[[^\[\]]{0,20}\]\s*\{"  # the index of a root: hidden with the root
)
_SIGN = re.compile(r"[-−]\s?\Z")
_OPERAND = re.compile(r"[\w)\]}!%°|]\s*\Z")
_COMMAND = re.compile(r"\\[A-Za-z]+\s*\Z")
_GROUPED = re.compile(r"[{}]|\\.", re.DOTALL)


def spans(masked: MaskedTrace, leaks: Sequence[Leak]) -> list[Span]:
    """Spans of the trace that hide every leak, the smallest that break nothing."""
    if masked.domain == "code":
        return code.spans(masked, leaks)
    bare = [match.span() for match in _BARE.finditer(masked.trace)]
    found: list[Span] = []
    for leak, start, end in _located(masked, leaks):
        start, end = _whole(masked.trace, start, end, bare)
        found.append(_span(masked, leak, start, end))
    return found


def pointing(added: Sequence[Span], detected: Sequence[Span]) -> Span | None:
    """The first span that hides nothing but a given, or None.

    The question says "half" and the trace shows no 2: such a blank tells that 2 is the answer. With
    it the trace points (law 4), without it the value scores (law 3); the row is better unguided.
    """
    givens = [span for span in detected if span.given]
    for span in added:
        if any(given.start <= span.start and span.end <= given.end for given in givens):
            return span
    return None


def _located(masked: MaskedTrace, leaks: Sequence[Leak]) -> Iterator[tuple[Leak, int, int]]:
    """Leaks with their offsets in the trace."""
    shifts = _shifts(masked)
    at = 0
    for leak in sorted(leaks, key=lambda one: one.start):
        while at + 1 < len(shifts) and shifts[at + 1][0] <= leak.start:
            at += 1
        shift = shifts[at][1]
        yield leak, leak.start + shift, leak.end + shift


def _shifts(masked: MaskedTrace) -> list[tuple[int, int]]:
    """From which offset of the masked text on, how far behind the trace's offsets are."""
    shifts = [(0, 0)]
    shift = 0
    for blank in masked.blanks:
        after = blank.start - shift + len(blank.placeholder)
        shift += blank.end - blank.start - len(blank.placeholder)
        shifts.append((after, shift))
    return shifts


def _whole(trace: str, start: int, end: int, bare: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The smallest span around a leak that breaks no command, no number and no brace."""
    for first, last in bare:
        if first < end and start < last:
            start, end = min(start, first), max(end, last)
    sign = _SIGN.search(trace[max(0, start - 2) : start])
    if sign and trace[start : start + 1].isdigit():
        at = max(0, start - 2) + sign.start()
        before = trace[max(0, at - 24) : at]
        line = before.rfind("\n") + 1 == len(before) and sign.end() - sign.start() > 1
        if not line and (_COMMAND.search(before) or not _OPERAND.search(before)):
            start = at
    return _closed(trace, start, end)


def _closed(trace: str, start: int, end: int) -> tuple[int, int]:
    depth = 0
    for match in _GROUPED.finditer(trace, start, end):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth < 0:
            return start, match.start() if match.start() > start else end
    for match in _GROUPED.finditer(trace, end, min(len(trace), end + 400)):
        if depth <= 0:
            break
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        end = match.end()
    return start, end


def _span(masked: MaskedTrace, leak: Leak, start: int, end: int) -> Span:
    text = masked.trace[start:end]
    role = Role.CONCLUSION if leak.attack in _CONCLUDES else Role.RESULT
    value = parse(text)
    if value is not None:
        return Span(start, end, Kind.NUMBER, role, key=str(value))
    if masked.domain == "search":
        return Span(start, end, Kind.ENTITY, role)
    letter = text.strip("()[] ")
    if leak.attack == "choice" or (
        letter in _LETTERS and str(masked.target).strip("() ") == letter
    ):
        if masked.trace[start - 1 : start] + masked.trace[end : end + 1] == "()":
            start, end = start - 1, end + 1
        return Span(start, end, Kind.CHOICE, role, key=letter.upper())
    mathematical = any(c.isdigit() or c in "\\=+^_*/" for c in text) or len(text) == 1
    kind = Kind.EXPRESSION if mathematical else Kind.ANSWER
    return Span(start, end, kind, role, key=_NOISE.sub("", text))
