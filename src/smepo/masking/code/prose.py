"""Code in text without blocks: bare lines, and code inside sentences."""

from __future__ import annotations

from smepo.masking.code import inline, lines

Range = tuple[int, int]


def find(text: str, start: int, end: int) -> tuple[list[Range], list[Range]]:
    """Whole lines of code in ``text[start:end]``, and pieces of code between them."""
    if start >= end:
        return [], []
    runs = lines.find(text, start, end)
    pieces: list[Range] = []
    at = start
    for run_start, run_end in [*runs, (end, end)]:
        pieces += inline.find(text, at, run_start)
        at = run_end
    return runs, pieces
