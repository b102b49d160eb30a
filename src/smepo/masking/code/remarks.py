"""Comments and docstrings of code that keeps its shape: words stay, code in them hides.

What the question says in the same line is known and stays; so do the examples that it gives. Other
examples hide with what they yield.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from smepo.masking.code import looks, prose
from smepo.masking.code.expressions import Line

Range = tuple[int, int]

_SIGN = re.compile(r"#+[!:]?[ \t]*")
_QUOTES = re.compile(r"[rRuU]?(\"\"\"|'''|\"|')")
_WORDS_BY_SLASH = re.compile(r"\w+(?:/\w+)+")
_LEAD = re.compile(r"[ \t]*(?:>(?!>)[ \t]*)*")


def comment(text: str, start: int, end: int, stated: frozenset[str]) -> list[Range]:
    """What hides of the comment ``text[start:end]``, which starts with ``#``."""
    sign = _SIGN.match(text, start, end)
    at = sign.end() if sign else start
    said = text[at:end].strip()
    if not said or said in stated or text[start:end].strip() in stated:
        return []
    if _computes(text, at, at + len(said)):
        return [(at, at + len(said))]
    return prose.find(text, at, end)[1]


def docstring(text: str, start: int, end: int, stated: frozenset[str]) -> list[Range]:
    """What hides of the docstring ``text[start:end]``, quotes included."""
    quotes = _QUOTES.match(text, start, end)
    assert quotes is not None
    found: list[Range] = []
    for first, last, example in _parts(text, quotes.end(), end - len(quotes[1]), stated):
        if example:
            found.append((first, last))
            continue
        runs, pieces = prose.find(text, first, last)
        found += sorted(runs + pieces)
    return found


def _parts(
    text: str, start: int, end: int, stated: frozenset[str]
) -> Iterator[tuple[int, int, bool]]:
    """What of a docstring the question does not state: stretches of text, and examples (True)."""
    at = line = start  # ``at``: of the text that is not yielded yet
    example, last, told = -1, -1, True  # where an example starts and ends; is all of it stated
    while line <= end:
        stop = text.find("\n", line, end)
        stop = end if stop < 0 else stop
        lead = _LEAD.match(text, line, stop)
        first = lead.end() if lead else line
        shown = text[first:stop].rstrip()
        opens = shown.startswith(">>>")
        if example >= 0 and (opens or not shown):
            if not told:
                yield example, last, True
            example, at = -1, line
        if opens:
            yield at, line, False
            example, told = first, True
        if example >= 0:
            last, told = first + len(shown), told and shown in stated
        elif shown in stated:
            yield at, line, False
            at = stop
        line = stop + 1
    if example < 0:
        yield at, end, False
    elif not told:
        yield example, last, True


def _computes(text: str, start: int, end: int) -> bool:
    """True if a comment is code as a whole: a statement or an expression that is commented out."""
    said = text[start : min(end, start + looks.JUDGED)]
    if looks.statement(said):
        return True
    if looks.neighbours(said) or looks.COMPLEXITY.match(said) or _WORDS_BY_SLASH.fullmatch(said):
        return False
    value = Line(text, start, end).expression(start)
    return value is not None and value.end >= end and bool(value.symbols)
