"""The words of a text, read in one pass; everything else is found from them."""

from __future__ import annotations

from typing import Final

from smepo.masking.search import folding
from smepo.masking.search.common import CUES, DIGITS

_BLOCKS: Final = (*range(0x80, 0x250), *range(0x370, 0x590), *range(0x1E00, 0x2000))
_CAPITALS: Final = frozenset(c for c in _BLOCKS if chr(c).isupper() or chr(c).istitle())
_WORD: Final = bytes(c < 128 and chr(c).isalnum() for c in range(256))


def is_word(code: int) -> bool:
    """True for a letter or a digit."""
    return _WORD[code] != 0 if code < 128 else chr(code).isalnum()


def is_capital(code: int) -> bool:
    """True for an upper-case letter of Latin, Greek, Cyrillic or Armenian."""
    return 65 <= code <= 90 or (code > 127 and code in _CAPITALS)


class Words:
    """Words with their places. ``words`` are folded and have no possessive endings.

    ``capitals`` are the words that a name may start with, ``small`` those written small, ``cues``
    the union of what the words are cues for (``common.CUES``), ``signs`` the places of those words.
    """

    def __init__(self, text: str) -> None:
        folded = folding.fold(text)
        self.text = text
        self.folded = folded
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.words: list[str] = []
        self.capitals: list[int] = []
        self.small: list[str] = []
        self.cues = 0
        self.values: list[int] = []  # words that may be a part of a date or a number
        at, size = 0, len(text)
        while at < size:
            code = ord(folded[at])
            if not (_WORD[code] != 0 if code < 128 else is_word(code)):
                at += 1
                continue
            start = at
            at += 1
            while at < size:
                code = ord(folded[at])
                if _WORD[code] != 0 if code < 128 else is_word(code):
                    at += 1
                elif code == 39 and at + 1 < size and is_word(ord(folded[at + 1])):
                    at += 2
                else:
                    break
            self._add(start, at)

    def _add(self, start: int, end: int) -> None:
        folded = self.folded
        if end - start > 2 and ord(folded[end - 1]) == 115 and ord(folded[end - 2]) == 39:
            end -= 2
        word = folded[start:end]
        code = ord(self.text[start])
        if is_capital(code):
            self.capitals.append(len(self.words))
        elif code < 58 or not (97 <= code <= 122):
            if chr(code).isdigit():
                self.cues |= DIGITS
                self.values.append(len(self.words))
        elif end - start > 1 and self._starts_inside(start, end):
            self.capitals.append(len(self.words))
        elif end - start > 2:
            self.small.append(word)
        cue = CUES.get(word)
        if cue is not None:
            self.cues |= cue
            if cue & DIGITS:
                self.values.append(len(self.words))
        self.starts.append(start)
        self.ends.append(end)
        self.words.append(word)

    def _starts_inside(self, start: int, end: int) -> bool:
        """True for ``eBay`` and ``d'Or``."""
        second = ord(self.text[start + 1])
        if is_capital(second):
            return True
        return (
            (second == 39 or second == 0x2019)
            and end - start > 2
            and self.text[start] in "dl"
            and is_capital(ord(self.text[start + 2]))
        )
