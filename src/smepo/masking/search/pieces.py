"""Names cut in pieces: those that the question states, which stay, and those that it does not."""

from __future__ import annotations

from smepo.masking.search.common import ARTICLES, COMMON, PARTICLES
from smepo.masking.search.known import Question
from smepo.masking.search.marks import Part
from smepo.masking.search.names import Name, is_common
from smepo.masking.search.words import Words


class Piece:
    """A part of a name in a section, with its folded words."""

    def __init__(self, start: int, end: int, words: tuple[str, ...], stated: bool) -> None:
        self.start = start
        self.end = end
        self.words = words
        self.stated = stated


class Cutter:
    """Cuts names with what the names of the trajectory tell.

    ``lower`` are the words that stand in lower case in a thought.
    """

    def __init__(self, question: Question, lower: set[str]) -> None:
        self._question = question
        self._lower = lower
        self.seen: set[str] = set()  # words that names are made of
        self._whole: set[tuple[str, ...]] = set()  # names such as Kansas City
        self.fresh: dict[tuple[str, ...], None] = {}  # names that the question does not state
        self._cut: dict[tuple[tuple[str, ...], bool, bool], list[Piece]] = {}

    def learn(self, names: list[Name], part: Part, text: str) -> None:
        """Remember words that capitals tell to be names: not at the start of a sentence."""
        short = part is not Part.THOUGHT and len(text) < 60 and "." not in text
        for name in names:
            if short and not self._question.states(name.words):
                self.seen.update([w for w in name.words if w not in self._lower])
            elif len(name.words) > 1 or not name.opens:
                self.seen.update([w for w in name.words if w not in PARTICLES])
            if part is not Part.QUERY and name.words[-1] in COMMON:
                self._whole.add(_without_start(name))

    def cut(self, name: Name, words: Words, part: Part) -> list[Piece]:
        """``name`` in parts that the question states and parts that it does not; remembered."""
        key = (name.words, name.opens, part is Part.QUERY)
        parts = self._cut.get(key)
        if parts is None:
            parts = self._cut[key] = self._cut_up(name.words, name.opens, part)
            for cut in parts:
                if not cut.stated:
                    self.fresh[cut.words] = None
        found = []
        last = len(name.words)
        for cut in parts:
            start = words.starts[name.at + cut.start] if cut.start else name.start
            end = words.ends[name.at + cut.end - 1] if cut.end < last else name.end
            found.append(Piece(start, end, cut.words, cut.stated))
        return found

    def _cut_up(self, words: tuple[str, ...], opens: bool, part: Part) -> list[Piece]:
        """``words`` without those that only start a sentence, cut where the question states them.

        Places are those among ``words``.
        """
        skip, last = 0, len(words)
        while skip < last and (
            words[skip] in ARTICLES
            or (opens and words[skip] not in PARTICLES and self._starts(words, skip, part))
        ):
            skip += 1
        if part is Part.QUERY:
            last = self._before_common(words, skip)
        if skip or last < len(words):
            while skip < last and words[skip] in PARTICLES:
                skip += 1
            while last > skip and words[last - 1] in PARTICLES:
                last -= 1
        if skip >= last:
            return []
        found = []
        for piece in self._question.split(words[skip:last]):
            kept = words[skip + piece.first : skip + piece.last]
            if piece.stated or not _says_nothing(kept):
                found.append(Piece(skip + piece.first, skip + piece.last, kept, piece.stated))
        return found

    def _before_common(self, words: tuple[str, ...], skip: int) -> int:
        """Where a query goes on with words that name nothing, unless a name ends with them."""
        last = len(words)
        while last > skip + 1 and words[last - 1] in COMMON and words[skip:last] not in self._whole:
            last -= 1
        return last

    def _starts(self, words: tuple[str, ...], i: int, part: Part) -> bool:
        """True if word ``i`` is capitalised for its place alone."""
        word = words[i]
        if is_common(word):
            return True
        if word in self.seen:
            return False
        if i + 1 < len(words):
            return word in self._lower
        return part is Part.THOUGHT or word in self._lower


def _without_start(name: Name) -> tuple[str, ...]:
    """The words of a name without an article, or what only starts the sentence."""
    words, skip = name.words, 0
    while skip < len(words) and (
        words[skip] in ARTICLES or (name.opens and is_common(words[skip]))
    ):
        skip += 1
    return words[skip:]


def _says_nothing(words: tuple[str, ...]) -> bool:
    return all(word in PARTICLES or word.isdecimal() or is_common(word) for word in words)
