"""Folding: text without case, diacritics and kinds of dashes, character for character."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_SPACES = dict.fromkeys(
    map(ord, "\t\n\r\u00a0\u2009\u202f_-\u2010\u2011\u2012\u2013\u2014\u2212"), " "
)
_QUOTES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u0060\u00b4"), "'")
_LETTERS = {
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ı": "i",
    "æ": "a",
    "œ": "o",
    "þ": "t",
    "ħ": "h",
}
_KNOWN: dict[int, str] = {**_SPACES, **_QUOTES}
_ASCII = tuple(chr(code) for code in _KNOWN if code < 128)
_SPECIAL = re.compile(r"[^\x00-\x7f]")
_FEW = 32  # characters that are replaced one by one
WORD = re.compile(r"\w[\w\u0300-\u036f]*(?:'\w[\w\u0300-\u036f]*)*")
_MARKS = re.compile("[\u0300-\u036f]")  # diacritics that are characters of their own


def fold(text: str) -> str:
    """``text`` folded. It keeps its length, so offsets hold; lone surrogates become U+FFFD."""
    if text.isascii():
        return text.translate(_KNOWN).lower()
    special = set(_SPECIAL.findall(text))
    for character in special:
        if ord(character) not in _KNOWN:
            _KNOWN[ord(character)] = _fold_one(character)
    # What is folded has one form in lower case, so lower() keeps its length.
    if len(special) > _FEW:
        return text.translate(_KNOWN).lower()
    for character in (*special, *_ASCII):  # translate() is slow outside ASCII
        text = text.replace(character, _KNOWN[ord(character)])
    return text.lower()


def _fold_one(character: str) -> str:
    if 0xD800 <= ord(character) <= 0xDFFF:
        return "\ufffd"
    base = unicodedata.normalize("NFD", character)[0].lower()
    base = base if len(base) == 1 else character
    return _LETTERS.get(base, base)


def tokens(text: str) -> list[str]:
    """The folded words of ``text``, without possessive endings."""
    return [without_marks(word).removesuffix("'s") for word in WORD.findall(fold(text))]


def without_marks(word: str) -> str:
    """A folded word without the diacritics that are characters of their own."""
    return word if word.isascii() else _MARKS.sub("", word)


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """``tokens`` of a name. Names come back within a trajectory, so they are remembered."""
    if name.isascii() and name.replace(" ", "").isalnum():
        return tuple(name.lower().split())
    return tuple(tokens(name))
