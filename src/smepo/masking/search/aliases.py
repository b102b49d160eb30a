"""Names that are known beforehand, found in any letters: answers, aliases, names seen elsewhere."""

from __future__ import annotations

from ahocorasick_rs import AhoCorasick, MatchKind

from smepo.masking.search.words import Words

_LONGEST = 16  # words of a name
_APART = 3  # characters between two words of a name
_UNSPACED = "\u2e80"  # from here on scripts write words without spaces between


class Hit:
    """A name found: its place, and the words of the name that it is."""

    def __init__(self, start: int, end: int, words: tuple[str, ...]) -> None:
        self.start = start
        self.end = end
        self.words = words


class Aliases:
    """Names by their folded words; those of scripts without spaces by their characters."""

    def __init__(self) -> None:
        self._known: set[tuple[str, ...]] = set()
        self._lengths: dict[str, list[int]] = {}  # of names by their first word, longest first
        self._unspaced: dict[str, tuple[str, ...]] = {}
        self._automaton: AhoCorasick | None = None

    def add(self, words: tuple[str, ...]) -> None:
        """Add a name."""
        if words in self._known or not 0 < len(words) <= _LONGEST:
            return
        self._known.add(words)
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
            for length in lengths[word]:
                last = index + length
                if last > len(all_words):
                    continue
                name = tuple(all_words[index:last])
                if name in self._known and _together(words, index, last):
                    found.append(Hit(words.starts[index], _end(words, index, last), name))
                    skip = last
                    break
        if self._unspaced and not words.text.isascii():
            found += self._inside(words.folded)
        return found

    def _inside(self, text: str) -> list[Hit]:
        patterns = list(self._unspaced)
        if self._automaton is None:
            self._automaton = AhoCorasick(patterns, matchkind=MatchKind.LeftmostLongest)
        return [
            Hit(start, end, self._unspaced[patterns[index]])
            for index, start, end in self._automaton.find_matches_as_indexes(text)
        ]


def _together(words: Words, first: int, last: int) -> bool:
    """True if only a mark or a space stands between the words of a name."""
    for index in range(first + 1, last):
        if words.starts[index] - words.ends[index - 1] > _APART:
            return False
    return True


def _end(words: Words, first: int, last: int) -> int:
    """Where a name ends, with the bracket that closes one of it: ``Edgar Lewis (director)``."""
    text, start, end = words.text, words.starts[first], words.ends[last - 1]
    closes = text.startswith(")", end) and text.count("(", start, end) > text.count(")", start, end)
    return end + 1 if closes else end
