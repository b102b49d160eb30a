r"""Where a text may be cut: at the end of a line or of a sentence, best outside open structures.

An open structure is a matched pair with the cut inside: braces, `$...$`, `$$...$$`, `\[...\]`,
`\(...\)`, `\begin{x}...\end{x}`, a code fence. A stray opener is no structure: in "it is $5" it
stays a price. Inline dollars pair by Pandoc's rule: no space right of the first or left of the
second, no digit after the second, no empty line between.

Every scan is linear in the length of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence

Interval = tuple[int, int]

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
_MARK = re.compile(
    r"\\\\|\\(?:begin|end)\{[A-Za-z]{1,30}\*?\}|\\[^A-Za-z]|\$\$|[${}]|\n[ \t]*\n", re.DOTALL
)
_OPENERS = {"}": "{", r"\]": r"\[", r"\)": r"\("}
_SENTENCE = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]*]*+(?=\s)|[。！？]")
_NO_SENTENCE = re.compile(
    r"(?:^|\n)[ \t]*(?:\d{1,3}|[A-Za-z])\Z|\b(?:e\.g|i\.e|cf|vs|eq|fig|dr|mrs?|ms|st)\Z", re.I
)


def line_ends(text: str) -> list[int]:
    """Ends of the lines of ``text`` but the last, ascending, before line break and blank space."""
    size, ends, start = len(text.rstrip()), [], 0
    while start < size and (stop := text.find("\n", start, size)) >= 0:
        if kept := len(text[start:stop].rstrip()):
            ends.append(start + kept)
        start = stop + 1
    return ends


def sentence_ends(text: str) -> list[int]:
    """Ends of the sentences of ``text`` but the last, ascending, after the closing mark.

    Numbers of a list ("1. Add") and common abbreviations ("e.g.") end no sentence.
    """
    size = len(text.rstrip())
    return [
        found.end()
        for found in _SENTENCE.finditer(text, 0, size)
        if found.end() < size
        and not _NO_SENTENCE.search(text[max(0, found.start() - 8) : found.start()])
    ]


def structures(text: str) -> list[Interval]:
    """The outermost structures of ``text``, ascending: a cut is best not inside one."""
    merged: list[Interval] = []
    for start, end in sorted([*_fences(text), *_latex(text)]):
        if not merged or start >= merged[-1][1]:
            merged.append((start, end))
        elif end > merged[-1][1]:
            merged[-1] = (merged[-1][0], end)
    return merged


def outside(points: Sequence[int], intervals: Sequence[Interval]) -> list[int]:
    """Those of the ascending ``points`` that lie in none of the ascending ``intervals``."""
    starts = [start for start, _ in intervals]
    kept = []
    for point in points:
        before = bisect_left(starts, point) - 1
        if before < 0 or point >= intervals[before][1]:
            kept.append(point)
    return kept


def _fences(text: str) -> Iterator[Interval]:
    """Code fences by CommonMark: closed by a bare fence of the same sign, at least as long."""
    start, opener = -1, ""
    for found in _FENCE.finditer(text):
        mark, info = found[1], found[2]
        if not opener:
            start, opener = found.start(), mark
        elif mark[0] == opener[0] and len(mark) >= len(opener) and not info.strip():
            yield start, found.end()
            opener = ""


def _latex(text: str) -> Iterator[Interval]:
    """Matched pairs of LaTeX. A closer without its opener, and an opener alone, are skipped."""
    stack: list[tuple[str, int]] = []
    open_now: Counter[str] = Counter()
    inline = display = -1
    for found in _MARK.finditer(text):
        mark, start, end = found[0], found.start(), found.end()
        if mark == "$":
            if inline >= 0 and not text[start - 1].isspace() and not text[end : end + 1].isdigit():
                yield inline, end
                inline = -1
            else:
                inline = start if not text[end : end + 1].isspace() else -1
        elif mark == "$$":
            if display >= 0:
                yield display, end
            display, inline = (-1 if display >= 0 else start), -1
        elif mark[0] == "\n":
            inline = -1
        elif mark in ("{", r"\[", r"\(") or mark.startswith(r"\begin"):
            name = mark.replace("begin", "end", 1) if len(mark) > 2 else mark
            stack.append((name, start))
            open_now[name] += 1
        elif open_now[opener := _OPENERS.get(mark, mark)]:
            while True:
                name, at = stack.pop()
                open_now[name] -= 1
                if name == opener:
                    break
            yield at, end
