"""What is known of names: which the question states, and which are forms of one another."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from smepo.masking.search import folding
from smepo.masking.search.common import ARTICLES, COMMON, PARTICLES, TITLES
from smepo.masking.search.names import Name, is_common, runs
from smepo.masking.search.words import Words

_BEFORE_NAMES: Final = ARTICLES | TITLES - {"st", "saint"}  # these belong to places too
_BEHIND_NAMES: Final = frozenset("jr inc ltd corp llc plc gmbh".split())
_NOTHING: Final[frozenset[str]] = frozenset()
_JOINS: Final = re.compile(r"['’]s[ ]|[ ](?:and|&)[ ]")
_LIST: Final = re.compile(r"(?:,?[ ](?:and|&)[ ]|,[ ])(?:[Tt]he[ ])?")
_LONGEST_OPTION: Final = 3  # words
_OR: Final = re.compile(r"[ ]or[ ]", re.IGNORECASE)


class Stated:
    """A part of a name, words ``first`` to ``last`` of it, and whether the question states it."""

    def __init__(self, first: int, last: int, stated: bool) -> None:
        self.first = first
        self.last = last
        self.stated = stated


class Question:
    """What the question names: it stays."""

    def __init__(self, question: str) -> None:
        self.words = Words(question)
        self.text = f" {' '.join(self.words.words)} "
        self.vocabulary = set(self.words.words)
        names = runs(self.words)
        self.names: set[tuple[str, ...]] = {name.words for name in names}
        self.names |= {
            name.words[1:] for name in names if len(name.words) > 1 and is_common(name.words[0])
        }
        self.choices = _choices(question, self.vocabulary, names)
        self._in_order = names

    def states(self, words: tuple[str, ...]) -> bool:
        """True if the question holds ``words`` in a row, or a name of it holds them in order."""
        wanted: list[str] = []
        for word in words:
            if word not in PARTICLES:
                if word not in self.vocabulary:
                    return False
                wanted.append(word)
        if not words:
            return False
        if self.holds(words):
            return True
        if wanted:
            for name in self.names:
                if _in_order(wanted, name):
                    return True
        return False

    def beside(self, answers: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """The names between which it asks to choose, if any of ``answers`` is one of them.

        Those on both sides of an "or"; else those of a list: "A and B are plants. Which is ...".
        """
        if not self.choices and not answers.isdisjoint(self.names):
            for names in _listed(self.words.text, self._in_order):
                if not answers.isdisjoint(names):
                    return names
        return self.choices

    def options(self, answers: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
        """What it asks to choose from in small letters, if any of ``answers`` is one: "before or
        after", "a painter or a sculptor", "the kiln, the loom or the press"."""
        words, found = self.words.words, set[tuple[str, ...]]()
        if not self.choices.isdisjoint(answers):
            return found
        for at, word in enumerate(words):
            if word == "or" and at + 1 < len(words):
                behind = at + 2 if words[at + 1] in ARTICLES else at + 1
                for answer in answers:
                    size = len(answer) - (len(answer) > 1 and answer[0] in ARTICLES)
                    one, other = words[max(0, at - size) : at], words[behind : behind + size]
                    if 0 < size <= _LONGEST_OPTION and answer[-size:] in (tuple(one), tuple(other)):
                        found.update((tuple(one), tuple(other), *self._before(at - size, size)))
        return found

    def _before(self, at: int, size: int) -> list[tuple[str, ...]]:
        """The options of a list before word ``at``: ``size`` words behind an article, a comma."""
        words, found = self.words, list[tuple[str, ...]]()
        while at > size + 1:
            at -= words.words[at - 1] in ARTICLES
            if at <= size or words.words[at - size - 1] not in ARTICLES:
                break
            if words.text[words.ends[at - 1] : words.ends[at - 1] + 1] != ",":
                break
            found.append(tuple(words.words[at - size : at]))
            at -= size
        return found

    def holds(self, words: tuple[str, ...]) -> bool:
        """True if the question holds ``words`` in a row."""
        return f" {' '.join(words)} " in self.text

    def split(self, words: tuple[str, ...]) -> list[Stated]:
        """``words`` of a name cut into parts that the question states and parts it does not."""
        if self.states(words):
            return [Stated(0, len(words), True)]
        parts: list[Stated] = []
        fresh = i = 0
        while i < min(len(words), 40):
            length = self._stated_at(words, i)
            if not length:
                i += 1
                continue
            _add(parts, words, fresh, i, False)
            _add(parts, words, i, i + length, True)
            i += length
            fresh = i
        if not parts and not fresh:
            return [Stated(0, len(words), False)]
        _add(parts, words, fresh, len(words), False)
        return parts

    def _stated_at(self, words: tuple[str, ...], i: int) -> int:
        """How many words from ``i`` on are a whole name, or at least two words, of the question."""
        if words[i] not in self.vocabulary:
            return 0
        for length in range(min(len(words) - i, 12), 0, -1):
            chunk = words[i : i + length]
            if chunk in self.names or (length > 1 and self.holds(chunk)):
                return length if set(chunk) - PARTICLES - COMMON else 0
        return 0


def _choices(question: str, vocabulary: set[str], names: list[Name]) -> set[tuple[str, ...]]:
    """The names between which the question asks to choose: those on both sides of an "or"."""
    found: set[tuple[str, ...]] = set()
    if "or" not in vocabulary:
        return found
    starts = [name.start for name in names]
    before = 0
    for match in _OR.finditer(question):
        after = bisect_left(starts, match.end())
        if before < after < len(names) and names[after - 1].end <= match.start():
            first, last, before = after - 1, after, after
            while first and _joined(question, names[first - 1], names[first]):
                first -= 1
            while last + 1 < len(names) and _joined(question, names[last], names[last + 1]):
                last += 1
            for part in names[first:after], names[after : last + 1]:
                found.add(tuple(folding.tokens(question[part[0].start : part[-1].end])))
    return found


def _listed(question: str, names: list[Name]) -> list[set[tuple[str, ...]]]:
    """The names of each list: ``A and B``, ``A, B and C``."""
    found: list[set[tuple[str, ...]]] = []
    for one, other in pairwise(names):
        if _LIST.fullmatch(question, one.end, other.start) is not None:
            if found and one.words in found[-1]:
                found[-1].add(other.words)
            else:
                found.append({one.words, other.words})
    return found


def _joined(question: str, one: Name, other: Name) -> bool:
    """True for the halves of ``Miller's Crossing`` and of ``Pride and Prejudice``."""
    return _JOINS.fullmatch(question, one.end, other.start) is not None


def _add(parts: list[Stated], words: tuple[str, ...], first: int, last: int, stated: bool) -> None:
    """Add a part without the particles at its ends, if anything is left of it."""
    while first < last and words[first] in PARTICLES:
        first += 1
    while last > first and words[last - 1] in PARTICLES:
        last -= 1
    if first < last:
        parts.append(Stated(first, last, stated))


def _in_order(words: list[str], name: tuple[str, ...]) -> bool:
    """True if ``name`` holds ``words`` in their order, with or without others between."""
    at = 0
    for word in name:
        if word == words[at]:
            at += 1
            if at == len(words):
                return True
    return False


class Keys:
    """Joins the forms of a name: full name, surname, first name, initials, with and without titles.

    Other forms are told: ``join``.
    """

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        self._keys: dict[tuple[str, ...], str] = {}
        self._joined: dict[str, str] = {}
        self._by_word: dict[str, list[tuple[str, ...]]] = {}
        self._by_initials: dict[str, tuple[str, ...]] = {}
        ordered = sorted({_bare(name): None for name in names}, key=_extent, reverse=True)
        for words in ordered:
            if len(words) > 2:
                for left_out in _NOTHING, PARTICLES:
                    initials = "".join([word[0] for word in words if word not in left_out])
                    self._by_initials.setdefault(initials, words)
            owner = self._owner(words)
            self._keys[words] = self._keys[owner] if owner else " ".join(words)
            for word in dict.fromkeys((words[-1], words[0])):
                holders = self._by_word.setdefault(word, [])
                if len(holders) < 8 and len(words) > 1:
                    holders.append(words)

    def of(self, name: tuple[str, ...]) -> str:
        """The key of a name."""
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = self._of(_bare(name))
        return self._joined.get(key, key)

    def join(self, name: tuple[str, ...], other: tuple[str, ...]) -> None:
        """Give ``name``, in all its forms, the key of ``other``."""
        self._joined[self._of(_bare(name))] = self.of(other)

    def _of(self, words: tuple[str, ...]) -> str:
        if words in self._keys:
            return self._keys[words]
        owner = self._owner(words)
        return self._keys[owner] if owner else " ".join(words)

    def _owner(self, words: tuple[str, ...]) -> tuple[str, ...] | None:
        """A longer name that ``words`` is a form of."""
        for holder in self._by_word.get(words[-1], ()):
            if len(holder) <= len(words) - (holder != words):
                continue
            if len(words) == 1 or (
                words[-1] == holder[-1] and _abbreviates(words[:-1], holder[:-1])
            ):
                return holder
            if len(words) == 2 and words == (holder[1], holder[0]):  # Lorinc Szabo
                return holder
        if len(words) > 1:
            size = len(words)
            for holder in self._by_word.get(words[0], ()):  # José Núñez de la Peña
                if len(holder) > size and holder[size] in PARTICLES and holder[:size] == words:
                    return holder
        acronym = len(words) == 1 and len(words[0]) > 2
        return self._by_initials.get(words[0]) if acronym else None


def _extent(words: tuple[str, ...]) -> tuple[int, int]:
    """For an order in which what may be a form of another comes after it."""
    return len(words), sum(map(len, words))


def _bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without article, titles, Jr. and Inc.; who is called Sr. is another."""
    if words[0] not in _BEFORE_NAMES and words[-1] not in _BEHIND_NAMES:
        return words
    first, last = 0, len(words)
    if last > 1 and words[-1] in _BEHIND_NAMES:
        last -= 1
    while last - first > 1 and words[first] in _BEFORE_NAMES:
        first += 1
    return words[first:last]


def _abbreviates(short: tuple[str, ...], full: tuple[str, ...]) -> bool:
    """True if every word of ``short`` is one of ``full``, or the initial of one."""
    return all(
        s in TITLES or any(f == s or (len(s) == 1 and f.startswith(s)) for f in full) for s in short
    )
