"""The tokens of a mathematical text, and which belong together: braces, dollars, delimiters."""

from __future__ import annotations

from smepo.masking.math.kinds import ANN, BRACE, BRACE_END, DELIMITER, DOLLAR, NEWLINE, NUM, WORD
from smepo.masking.math.lexicon import LETTERS, LOWER, Word


class Tokens:
    """Parallel lists: ``kinds[i]``, ``starts[i]``, ``ends[i]``, and ``words[i]`` of the lexicon.

    ``close[i]`` is the index of the ``}`` of a brace ``{``, or -1. ``math[i]`` tells whether token
    ``i`` stands between paired dollars or LaTeX math delimiters. ``notes`` are the tokens that a
    rule of ``conclusions`` looks at, ``seen`` the bits of all of them. ``commas`` tells whether a
    comma between digits may be a decimal one.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = 0
        self.kinds: list[int] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.words: list[Word] = []
        self.close: list[int] = []
        self.math: list[bool] = []
        self.notes: list[int] = []
        self.seen = 0
        self.commas = False

    def at(self, i: int) -> str:
        """The text of token ``i``."""
        return self.text[self.starts[i] : self.ends[i]]

    def between(self, first: int, last: int) -> str:
        """The text of the tokens ``first`` to ``last`` (half open)."""
        return self.text[self.starts[first] : self.ends[last - 1]]


def close_braces(tokens: Tokens) -> None:
    """Fills ``close``."""
    close = [-1] * tokens.size
    opened: list[int] = []
    kinds = tokens.kinds
    for i in range(tokens.size):
        kind = kinds[i]
        if kind == BRACE:
            opened.append(i)
        elif kind == BRACE_END and opened:
            close[opened.pop()] = i
    tokens.close = close


def pair_dollars(tokens: Tokens) -> None:
    """Pairs the dollars of a line; one before prose or before another that opens is money."""
    kinds, flags = tokens.kinds, tokens.math
    opened = prose = -1
    double = False
    for i in range(tokens.size):
        kind = kinds[i]
        if kind == DOLLAR:
            if opened < 0 or prose > opened or _opens(tokens, i):
                opened = i
                double = tokens.ends[i] - tokens.starts[i] == 2
            else:
                for j in range(opened, i + 1):
                    flags[j] = True
                opened = -1
        elif kind == NEWLINE:
            if not double:
                opened = -1
        elif kind == ANN or (kind == WORD and opened >= 0 and _is_prose(tokens, i)):
            prose = i


def _opens(tokens: Tokens, i: int) -> bool:
    """True for the dollar of "= $5": no formula ends behind a space and before a digit."""
    if i + 1 >= tokens.size or tokens.kinds[i + 1] != NUM or tokens.ends[i] - tokens.starts[i] > 1:
        return False
    return tokens.starts[i] > tokens.ends[i - 1] and tokens.starts[i + 1] == tokens.ends[i]


def _is_prose(tokens: Tokens, i: int) -> bool:
    """True for the second of two words."""
    return (
        tokens.words[i].bits & LETTERS != 0
        and tokens.words[i - 1].bits & LOWER != 0
        and tokens.starts[i] > tokens.ends[i - 1]
    )


def pair_delimiters(tokens: Tokens) -> None:
    r"""What stands between ``\(`` and ``\)``, or ``\[`` and ``\]``, is mathematics."""
    inside = False
    for i in range(tokens.size):
        if tokens.kinds[i] == DELIMITER:
            mark = tokens.text[tokens.starts[i] + 1]
            inside = mark in "([" if mark in "()[]" else inside
        elif inside:
            tokens.math[i] = True
