"""The code domain: which parts of an explained solution are code.

    blocks      fences, HTML, LaTeX listings       hidden whole
    lines       bare and indented statements       hidden whole
    inline      code inside sentences              statements and expressions hide, names stay

This is the level ``block``. The level ``skeleton`` (in ``skeleton``) keeps the shape of Python code
in the first two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from smepo.masking.code import blocks, prose
from smepo.masking.detector import Context
from smepo.types import Kind, Role, Span

Range = tuple[int, int]


class Piece(NamedTuple):
    """A piece of code. ``opener``: where the delimiter of a block starts; -1 for inline code."""

    start: int
    end: int
    opener: int


def spans(text: str, context: Context) -> list[Span]:
    """The code in ``text``, in order: kind ``CODE``, role ``RESULT``. Equal code has equal keys.

    What the question states does not matter here: an example in the question is no solution.
    """
    return [span(text, start, end, Role.RESULT) for start, end in ranges(text)]


def span(text: str, start: int, end: int, role: Role) -> Span:
    """The code ``text[start:end]`` as a span."""
    return Span(start, end, Kind.CODE, role, key=text[start:end].strip())


def ranges(text: str) -> list[Range]:
    """Start and end of every piece of code in ``text``, in order, never overlapping."""
    return [(piece.start, piece.end) for piece in pieces(text)]


def pieces(text: str) -> list[Piece]:
    """Every piece of code in ``text``, in order, never overlapping."""
    found = blocks.find(text)
    opened = zip(found.content, found.openers, strict=True)
    all_pieces = [Piece(*content, opener) for content, opener in opened]
    at = 0
    for start, end in [*found.occupied, (len(text), len(text))]:
        if at < start:
            all_pieces += _between(text, at, start)
        at = max(at, end)
    return sorted(all_pieces)


def _between(text: str, start: int, end: int) -> Iterator[Piece]:
    """Code in a stretch of text without blocks."""
    runs, inlines = prose.find(text, start, end)
    for a, b in runs:
        yield Piece(a, b, a)
    for a, b in inlines:
        yield Piece(a, b, -1)
