"""The words of a text, read in one pass; everything else is found from them."""

from __future__ import annotations

from typing import Final

from smepo.masking.search import folding
from smepo.masking.search.common import CUES, DIGITS, NUMBER

_BLOCKS: Final = (*range(0x80, 0x250), *range(0x370, 0x590), *range(0x1E00, 0x2000))
_CAPITALS: Final = frozenset(c for c in _BLOCKS if chr(c).isupper() or chr(c).istitle())
_WORD: Final = bytes(c < 128 and chr(c).isalnum() for c in range(256))


def is_word(code: int) -> bool:
    """True for a letter, a digit or a diacritic of its own."""
    return _WORD[code] != 0 if code < 128 else 0x300 <= code <= 0x36F or chr(code).isalnum()


def is_capital(code: int) -> bool:
    """True for an upper-case letter of Latin, Greek, Cyrillic or Armenian."""
    return 65 <= code <= 90 or (code > 127 and code in _CAPITALS)


class Words:
    """Words with their places. ``words`` are folded and have no possessive endings.

    ``capitals`` are the words that a name may start with, ``small`` those written small, ``values``
    those that may be a part of a date or a number, ``spelled`` those that may start a number in
    words; ``cues`` is the union of what the words are cues for (``common.CUES``). Where only names
    are asked for, ``named``, no word is looked up: ``small``, ``spelled``, ``cues`` tell nothing.
    """

    def __init__(self, text: str, named: bool = False) -> None:
        folded = text.lower() if text.isascii() else folding.fold(text)
        starts: list[int] = []
        ends: list[int] = []
        words: list[str] = []
        capitals: list[int] = []
        small: list[str] = []
        values: list[int] = []
        spelled: list[int] = []
        cues = 0
        plain = folded.isascii()
        at, size = 0, len(text)
        while at < size:
            code = ord(folded[at])
            if not (_WORD[code] != 0 if code < 128 else chr(code).isalnum()):
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
            end = at
            if end - start > 2 and ord(folded[end - 1]) == 115 and ord(folded[end - 2]) == 39:
                end -= 2
            word = folded[start:end]
            if not plain and not word.isascii():
                word = folding.without_marks(word)
            code = ord(text[start])
            second = ord(text[start + 1]) if end - start > 1 else 0
            if 97 <= code <= 122:
                if second and not 97 <= second <= 122 and _starts_inside(text, start, end):
                    capitals.append(len(words))
                elif end - start > 2 and not named:
                    small.append(word)
            elif is_capital(code):
                capitals.append(len(words))
            elif 48 <= code <= 57 or (code > 127 and chr(code).isdigit()):
                cues |= DIGITS
                values.append(len(words))
            cue = 0 if named else CUES.get(word, 0)
            if cue:
                cues |= cue
                if cue & DIGITS:
                    values.append(len(words))
                if cue & NUMBER:
                    spelled.append(len(words))
            starts.append(start)
            ends.append(end)
            words.append(word)
        self.text = text
        self.folded = folded
        self.starts = starts
        self.ends = ends
        self.words = words
        self.capitals = capitals
        self.small = small
        self.values = values
        self.spelled = spelled
        self.cues = cues


def _starts_inside(text: str, start: int, end: int) -> bool:
    """True for ``eBay`` and ``d'Or``; the second letter is no small one."""
    second = ord(text[start + 1])
    if is_capital(second):
        return True
    return (
        (second == 39 or second == 0x2019)
        and end - start > 2
        and text[start] in "dl"
        and is_capital(ord(text[start + 2]))
    )
