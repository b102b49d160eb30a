"""The code domain: which parts of an explained solution are code.

    blocks      fences, HTML, LaTeX listings       hidden whole
    lines       bare and indented statements       hidden whole
    inline      code inside sentences              statements and expressions hide, names stay

This is the level ``block``. A level that keeps the shape of the code starts from the same blocks.
"""

from __future__ import annotations

from smepo.masking.code import blocks, inline, lines
from smepo.masking.detector import Context
from smepo.types import Kind, Role, Span

Range = tuple[int, int]


def spans(text: str, context: Context) -> list[Span]:
    """The code in ``text``, in order: kind ``CODE``, role ``RESULT``. Equal code has equal keys.

    What the question states does not matter here: an example in the question is no solution.
    """
    return [
        Span(start, end, Kind.CODE, Role.RESULT, key=text[start:end].strip())
        for start, end in ranges(text)
    ]


def ranges(text: str) -> list[Range]:
    """Start and end of every piece of code in ``text``, in order, never overlapping."""
    found = blocks.find(text)
    pieces, at = list(found.content), 0
    for start, end in [*found.occupied, (len(text), len(text))]:
        pieces += _between(text, at, start)
        at = max(at, end)
    return sorted(pieces)


def _between(text: str, start: int, end: int) -> list[Range]:
    """Code in a stretch of text without blocks."""
    if start >= end:
        return []
    pieces = lines.find(text, start, end)
    at = start
    for run_start, run_end in [*pieces, (end, end)]:
        pieces = pieces + inline.find(text, at, run_start)
        at = run_end
    return pieces
