"""Where signs stand in a text, found character by character.

Several times quicker than a pattern that looks at each character: ``str.find`` skips over text
without the sign by many characters at a time.
"""

from __future__ import annotations


def positions(text: str, signs: str, start: int, end: int) -> list[int]:
    """Where any of the characters ``signs`` stands in ``text[start:end]``, in order."""
    found: list[int] = []
    for sign in signs:
        at = text.find(sign, start, end)
        while at >= 0:
            found.append(at)
            at = text.find(sign, at + 1, end)
    found.sort()
    return found


class Marks:
    """The next place where one of a few literals stands, again and again, from left to right."""

    def __init__(self, text: str, literals: tuple[str, ...]) -> None:
        self._text = text
        # one character is found much faster than several
        self._literals = [mark for mark in literals if mark[0] in text and mark in text]
        self._ahead = [-1] * len(self._literals)  # the next place of each; -1 before the first

    def next(self, at: int) -> int:
        """The first place at or behind ``at``, which must not decrease; -1 if there is none."""
        first = len(self._text)
        for i, literal in enumerate(self._literals):
            place = self._ahead[i]
            if place < at:
                place = self._text.find(literal, at)
                place = len(self._text) if place < 0 else place
                self._ahead[i] = place
            first = min(first, place)
        return first if first < len(self._text) else -1
