"""Decoded views of a text: what a JSON string says, with the way back to where it is written.

Detectors read the decoded text, so that ``\\nOkafor`` is a line break and a name; offsets are led
back to the written text and never cut an escape sequence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SINGLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_NONE: Final[list[int]] = []


class View:
    """``text`` as read; ``at`` leads an offset in it back to the written text."""

    def __init__(
        self,
        text: str,
        start: int = 0,
        marks: list[int] = _NONE,
        shifts: list[int] = _NONE,
        parent: View | None = None,
        depth: int = 0,
    ) -> None:
        self.text = text
        self.start = start
        self.marks = marks  # decoded offsets from which another shift holds
        self.shifts = shifts
        self.parent = parent
        self.depth = depth  # of JSON strings around

    def at(self, offset: int) -> int:
        """The offset in the outermost written text."""
        written = self.start + offset
        if self.marks:
            i = bisect_right(self.marks, offset)
            if i:
                written += self.shifts[i - 1]
        return written if self.parent is None else self.parent.at(written)

    def part(self, start: int, end: int) -> View:
        """The view of ``text[start:end]``."""
        if self.marks:
            return View(self.text[start:end], start, parent=self, depth=self.depth)
        return View(self.text[start:end], self.start + start, parent=self.parent, depth=self.depth)

    def quote(self) -> str:
        """A double quote as it is written here: escaped once for each JSON string around."""
        return "\\" * ((1 << self.depth) - 1) + '"'

    def unescaped(self, start: int, end: int) -> View:
        """The view of the JSON string whose content is written in ``text[start:end]``."""
        written = self.text[start:end]
        if "\\" not in written:
            view = self.part(start, end)
            view.depth += 1
            return view
        pieces: list[str] = []
        marks: list[int] = []
        shifts: list[int] = []
        at = length = 0
        for match in _ESCAPE.finditer(written):
            pieces.append(written[at : match.start()])
            escape = match[0]
            code = escape[1]
            if code == "u" and len(escape) == 6:
                pieces.append(chr(int(escape[2:], 16)))
            else:
                pieces.append(_SINGLE.get(code, code))
            length += match.start() - at + 1
            at = match.end()
            marks.append(length)
            shifts.append(at - length)
        pieces.append(written[at:])
        return View("".join(pieces), start, marks, shifts, self, self.depth + 1)
