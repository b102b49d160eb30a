"""Names that are known beforehand, found in any letters: answers, aliases, names seen elsewhere."""

from __future__ import annotations

import re
from typing import Final

from ahocorasick_rs import AhoCorasick, MatchKind

from smepo.masking.search import folding
from smepo.masking.search.words import Words

_LONGEST = 16  # words of a name
_APART = 3  # characters between two words of a name
_UNSPACED = "\u2e80"  # from here on scripts write words without spaces between
# Letters of scripts without capitals: Hebrew to Georgian, Hangul, kana and Chinese.
_UNCASED: Final = "\u05d0-\u109f\u1100-\u11ff\u3005-\u3007\u3041-\u318f\u3400-\u9fff\uac00-\ud7af"
_NATIVE: Final = re.compile(f"[{_UNCASED}]+(?:[ ·・][{_UNCASED}]+)*")
_IN_BRACKETS: Final = re.compile(r"[(（]([^()（）\n]{1,80})[)）]")


class Hit:
    """A name found: its place, and the words of the name that it is."""

    def __init__(self, start: int, end: int, words: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.words = words


class Aliases:
    """Names by their folded words; those of scripts without spaces by their characters."""

    def __init__(self) -> None:
        self.known: set[tuple[str, ...]] = set()
        self._lengths: dict[str, list[int]] = {}  # of names by their first word, longest first
        self._unspaced: dict[str, tuple[str, ...]] = {}
        self._automaton: AhoCorasick | None = None

    def add(self, words: tuple[str, ...]) -> None:
        """Add a name."""
        if words in self.known or not 0 < len(words) <= _LONGEST:
            return
        self.known.add(words)
        lengths = self._lengths.setdefault(words[0], [])
        if len(words) not in lengths:
            lengths.append(len(words))
            lengths.sort(reverse=True)
        if words[0][0] >= _UNSPACED:
            self._unspaced[" ".join(words)] = words
            self._automaton = None

    def find(self, words: Words) -> list[Hit]:
        """The names in a text, in order, the longest first where several start."""
        found: list[Hit] = []
        skip = 0
        all_words, lengths = words.words, self._lengths
        for index, word in enumerate(all_words):
            if index < skip or word not in lengths:
                continue
            hit = self.at(words, index)
            if hit is not None:
                found.append(hit)
                skip = index + len(hit.words)
        if self._unspaced and not words.text.isascii():
            found += self._inside(words.folded)
        return found

    def at(self, words: Words, index: int) -> Hit | None:
        """The longest name that starts with word ``index``."""
        for length in self._lengths.get(words.words[index], ()):
            last = index + length
            if last > len(words.words):
                continue
            name = tuple(words.words[index:last])
            if name in self.known and _together(words, index, last):
                return Hit(words.starts[index], _end(words, index, last), name)
        return None

    def _inside(self, text: str) -> list[Hit]:
        patterns = list(self._unspaced)
        if self._automaton is None:
            self._automaton = AhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest)
        return [
            Hit(start, end, self._unspaced[patterns[index]])
            for index, start, end in self._automaton.find_matches_as_indexes(text)
        ]


def is_native(text: str) -> bool:
    """True if letters of a script without capitals stand in ``text``."""
    return not text.isascii() and _NATIVE.search(text) is not None


def native(text: str) -> list[Hit]:
    """Names in brackets that capitals cannot tell: Hanabishi Shoten (花菱書店).

    Their place is that of the word before the bracket.
    """
    found: list[Hit] = []
    for bracket in _IN_BRACKETS.finditer(text):
        end = bracket.start()
        while end and text[end - 1] in " \"'”’»*":
            end -= 1
        start = text.rfind(" ", max(0, end - 60), end) + 1
        names = [tuple(folding.tokens(name)) for name in _NATIVE.findall(bracket[1])]
        found += [Hit(start, end, name) for name in names if name]
    return found


def _together(words: Words, first: int, last: int) -> bool:
    """True if only a mark or a space stands between the words of a name.

    "To be frank, Long ..." tells of nobody who is called Frank Long.
    """
    text = words.text
    for index in range(first + 1, last):
        start, end = words.starts[index], words.ends[index - 1]
        if start - end > _APART:
            return False
        if text[end] == "," and text[words.starts[first]].islower() and not text[start].islower():
            return False
    return True


def _end(words: Words, first: int, last: int) -> int:
    """Where a name ends, with the bracket that closes one of it: ``Edgar Lewis (director)``."""
    text, start, end = words.text, words.starts[first], words.ends[last - 1]
    closes = text.startswith(")", end) and text.count("(", start, end) > text.count(")", start, end)
    return end + 1 if closes else end
