"""String literals inside a block of code: a fence in one of them closes nothing."""

from __future__ import annotations

import re

_LITERAL = re.compile(
    r"\"\"\"|'''|<<[-~]?['\"]?(?P<here>[A-Za-z_]\w{0,30})['\"]?"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|(?:#|//)[^\n]*"
)
_MAX_MARKS = 64  # different words of here-documents that are followed


class Literals:
    """Follows the literals of a text that may span lines: triple quotes and here-documents."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._next: dict[str, int] = {}  # what keeps looking ahead linear

    def open_at(self, literal: str, at: int, end: int) -> tuple[str, int]:
        """What ends the literal that is open at ``end``: a triple quote, a here-document's word."""
        if not literal and all(self.next(mark, at) >= end for mark in ("'''", '"""', "<<")):
            return "", end
        while at < end:
            if literal:
                at = self.next(literal, at)
                if at >= end:
                    return literal, end
                at, literal = at + len(literal), ""
                continue
            token = _LITERAL.search(self.text, at, end)
            if token is None:
                break
            at = token.end()
            if token["here"]:
                literal = "\n" + token["here"] if len(self._next) < _MAX_MARKS else ""
            elif token[0] in ('"""', "'''"):
                literal = token[0]
        return literal, end

    def next(self, mark: str, at: int) -> int:
        """The next place of ``mark`` from ``at``, or the end of the text."""
        known = self._next.get(mark, -1)
        if known < at:
            found = self.text.find(mark, at)
            known = self._next[mark] = found if found >= 0 else len(self.text)
        return known
