"""Decoded views of a text: what a JSON string says, with the way back to where it is written.

Detectors read the decoded text, so that ``\\nOkafor`` is a line break and a name; offsets are led
back to the written text and never cut an escape sequence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class View:
    """``text`` as read; ``at`` leads an offset in it back to the written text."""

    text: str
    start: int = 0
    marks: tuple[int, ...] = ()  # decoded offsets from which another shift holds
    shifts: tuple[int, ...] = ()
    parent: View | None = None

    def at(self, offset: int) -> int:
        """The offset in the outermost written text."""
        written = self.start + offset
        if self.marks and (i := bisect_right(self.marks, offset)):
            written += self.shifts[i - 1]
        return self.parent.at(written) if self.parent else written

    def part(self, start: int, end: int) -> View:
        """The view of ``text[start:end]``."""
        return View(self.text[start:end], start, parent=self)

    def unescaped(self, start: int, end: int) -> View:
        """The view of the JSON string whose content is written in ``text[start:end]``."""
        written = self.text[start:end]
        if "\\" not in written:
            return self.part(start, end)
        pieces, marks, shifts, at, length = [], [], [], 0, 0
        for match in _ESCAPE.finditer(written):
            pieces.append(written[at : match.start()])
            code = match[0][1]
            pieces.append(
                chr(int(match[0][2:], 16))
                if code == "u" and len(match[0]) == 6
                else _SINGLE.get(code, code)
            )
            length += match.start() - at + 1
            at = match.end()
            marks.append(length)
            shifts.append(at - length)
        pieces.append(written[at:])
        return View("".join(pieces), start, tuple(marks), tuple(shifts), self)
