"""The level ``skeleton``: as ``block``, but of Python code the shape stays."""

from __future__ import annotations

import re

from smepo.masking.code import pieces, shape, span
from smepo.masking.code.fences import LANGUAGE
from smepo.masking.detector import Context
from smepo.types import Role, Span

Range = tuple[int, int]

_LABEL = re.compile(r"[\w+#]+")
_PYTHON = re.compile(r"python\d?|py\d?|ipython", re.IGNORECASE)
_NO_LANGUAGE = frozenset("text txt plaintext plain code pseudocode output".split())


def spans(text: str, context: Context) -> list[Span]:
    """The code in ``text``, in order: kind ``CODE``. Equal code has equal keys.

    The parts that hide of Python code have the role ``RESULT``, as has code inside sentences. A
    block or a run of lines that is no Python, or that cannot be read as such, hides whole, with
    the role ``CONCLUSION``.
    """
    shapes = _Shapes(text, frozenset(line.strip() for line in context.question.split("\n")))
    found: list[Span] = []
    for start, end, opener in pieces(text):
        if opener < 0:
            found.append(span(text, start, end, Role.RESULT))
            continue
        parts = shapes.find(start, end) if _readable(text[opener:start]) else None
        if parts is None:
            found.append(span(text, start, end, Role.CONCLUSION))
        else:
            found += [span(text, start + a, start + b, Role.RESULT) for a, b in parts]
    return found


class _Shapes:
    """The shapes of the blocks of a text.

    A block that stands there again is read once: a model that loops repeats it by the thousand.
    """

    def __init__(self, text: str, stated: frozenset[str]) -> None:
        self._text, self._stated = text, stated
        self._known: dict[str, list[Range] | None] = {}

    def find(self, start: int, end: int) -> list[Range] | None:
        """As ``shape.find``, counted from ``start``."""
        whole_line = start == 0 or self._text[start - 1] == "\n"
        code = self._text[start:end] if whole_line else ""
        if code in self._known:
            return self._known[code]
        parts = shape.find(self._text, start, end, self._stated)
        found = None if parts is None else [(a - start, b - start) for a, b in parts]
        if whole_line:
            self._known[code] = found
        return found


def _readable(opener: str) -> bool:
    """True if what stands before a block (a fence with its label, a tag) allows Python."""
    labels = [label.lower() for label in _LABEL.findall(opener[:200])]
    if any(_PYTHON.fullmatch(label) for label in labels):
        return True
    return not any(LANGUAGE.fullmatch(x) and x not in _NO_LANGUAGE for x in labels)
