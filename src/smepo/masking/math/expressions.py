"""Closed arithmetic of numerals, found whole: for rewards that accept ``6*7`` for 42.

    "2 \\cdot 3 + x - 4!/5"   ->   [2 \\cdot 3]  [4!/5]

A closed expression is made of numerals, operators, brackets, fractions, roots and functions of
such; no letter binds to it. It is arithmetic if something is left to work out: ``3/4``, ``50%``,
``2\\sqrt{3}`` and ``3 \\times 10^8`` are values, ``6/4``, ``\\sqrt{16}`` and ``1 + \\sqrt{3}`` are
not. The target is never looked at. O(n): brackets are matched once, every token is read once a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from smepo.masking.math.closed import Part, Reader, product, read, undone_inside
from smepo.masking.math.labels import structural
from smepo.masking.math.lexer import tokenize
from smepo.types import Kind, Role, Span


def expressions(text: str) -> list[Span]:
    """Every maximal closed arithmetic expression of ``text``, in order, without overlap.

    Numerals of labels, lists and references are no values.
    """
    reader = read(text, structural(tokenize(text)))
    kinds = reader.kinds
    found: list[Span] = []
    i = 0
    while i < len(kinds):
        if kinds[i] in ("power", "subscript"):
            i = _after_script(reader, i)
            continue
        first = i + 1 if kinds[i] == "sign" else i
        if _is_bound(reader, first):
            i += 1
            continue
        run = _run(reader, first)
        if run is None:
            i += 1
            continue
        after, part = run
        if part is not None and part.undone:
            found.append(_hidden(reader, i if first > i and _is_unary(reader, i) else first, part))
        done = first if part is None else part.last
        found += _inside(reader, done, after)
        i = max(after, i + 1)
    return found


def _hidden(reader: Reader, first: int, part: Part) -> Span:
    start, end = reader.outer[first], reader.ends[part.last - 1]
    key = re.sub(r"\s", "", reader.text[start:end])
    return Span(start, end, Kind.EXPRESSION, Role.RESULT, key=key)


def _inside(reader: Reader, first: int, last: int) -> Iterator[Span]:
    """What brackets hold, of a term that something open binds to: ``(1 + 2)(x + 1)``."""
    i = first
    while i < last:
        if reader.kinds[i] == "open" and reader.whole[i]:
            if undone_inside(reader, i):
                yield _hidden(reader, i + 1, Part(reader.mate[i], True))
            i = reader.mate[i]
        i += 1


def _is_bound(reader: Reader, i: int) -> bool:
    """True for a bracket behind a letter: ``f(2)``; what it holds is read by itself."""
    if i == 0 or i >= len(reader.kinds) or reader.kinds[i] != "open":
        return False
    word = reader.kinds[i - 1] == "letter" or (
        reader.kinds[i - 1] == "word" and reader.text[reader.starts[i - 1]] == "\\"
    )
    return word and reader.outer[i] == reader.ends[i - 1]


def _after_script(reader: Reader, i: int) -> int:
    """Behind an exponent or a subscript of something open; what a brace holds is read by itself."""
    nxt = i + 1
    if nxt < len(reader.kinds) and reader.kinds[nxt] == "number":
        return nxt + 1
    if reader.kinds[i] == "subscript" and nxt < len(reader.kinds) and reader.mate[nxt] > nxt:
        return reader.mate[nxt] + 1
    return nxt


def _is_unary(reader: Reader, i: int) -> bool:
    """True for a sign with no operand before it."""
    return i == 0 or reader.kinds[i - 1] not in (
        "number",
        "letter",
        "word",
        "close",
        "percent",
        "constant",
        "factorial",
    )


def _run(reader: Reader, first: int) -> tuple[int, Part | None] | None:
    """The closed sum that starts at ``first``: where it ends, and the part of it to which nothing
    open binds. None if nothing closed starts there."""
    part = product(reader, first)
    if part is None:
        return None
    good: Part | None = None
    last, undone = part.last, part.undone
    while True:
        if not _binds(reader, last):
            good = Part(last, undone)
        if last >= len(reader.kinds) or reader.kinds[last] != "sign":
            return last, good
        following = product(reader, last + 1)
        if following is None:
            return last, good
        last, undone = following.last, True


def _binds(reader: Reader, i: int) -> bool:
    """True if what stands at ``i`` belongs to the product before it: ``2x``, ``2(x + 1)``."""
    if i >= len(reader.kinds):
        return False
    kind = reader.kinds[i]
    glued = reader.starts[i] == reader.ends[i - 1]
    if kind == "letter":
        return glued
    if kind == "word":
        return reader.text[reader.starts[i]] == "\\" and glued
    if kind == "open":
        return glued and reader.text[reader.starts[i]] == "("
    return kind in ("power", "subscript")
