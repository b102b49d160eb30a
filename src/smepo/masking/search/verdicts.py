"""The answer where a sentence concludes with a name that the question states."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from smepo.masking.search.aliases import Aliases
from smepo.masking.search.common import ARTICLES, PARTICLES
from smepo.masking.search.conclusions import Range
from smepo.masking.search.known import Keys, Question
from smepo.masking.search.mention import ANSWER, ENTITY, Mention
from smepo.masking.search.names import is_common
from smepo.masking.search.words import Words

_PERSON: Final = 3  # words; longer names are rarely a person's
_ARTICLE: Final = re.compile(r"\b(the|an?)[ ]\Z", re.IGNORECASE)


class Verdicts:
    """The answers of a trajectory, and the names between which its question asks to choose."""

    def __init__(self, answers: set[tuple[str, ...]], question: Question, keys: Keys) -> None:
        self._said = answers
        self._choices = question.beside(answers)
        self._options = Aliases()
        for option in question.options(answers):
            self._options.add(option)
        self._keys = keys
        self._names: Aliases | None = None  # read when a sentence concludes: few do

    def _read(self) -> Aliases:
        """Learn the names that may be the verdict."""
        both = self._said | self._choices
        self._articled = {name for name in both if name != _without_article(name)}
        self._answers = {_without_article(name) for name in self._said}
        chosen = {self._keys.of(name) for name in self._answers if name}
        self._offers = not chosen.isdisjoint([self._keys.of(name) for name in self._choices])
        names = Aliases()
        for name in both:
            bare = _without_article(name)
            names.add(bare)
            for word in _short(bare) if self._offers else ():
                names.add((word,))
        return names

    def among(self, words: Words, sentence: Range, given: list[Mention]) -> list[Mention]:
        """The answer among the given names of a sentence that concludes: it hides there too.

        Where the question offers it as a choice, all of the choice hide, as names that tell nothing
        of which is the answer: what stays and what hides, or under which name, would point.
        """
        starts = words.starts
        options: list[Mention] = []
        if self._options.known:
            first, last = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
            for index in range(first, last):
                option = self._options.at(words, index)
                if option is not None:
                    options.append(Mention(option.start, option.end, ENTITY, ""))
        if not given:
            return options
        if self._names is None:
            self._names = self._read()
        found: list[Mention] = []
        ends = {bisect_left(starts, m.end): m.end for m in given}  # by the word behind
        places = [m.start for m in given]
        if places[0] != sentence.start:  # where a capital tells nothing
            places.insert(0, sentence.start)
        reached = 0
        for place in places:
            if place < reached:
                continue
            at = bisect_left(starts, place)
            if at + 1 < len(starts) and words.words[at] in ARTICLES:
                at += 1
            hit = self._names.at(words, at)
            end = ends.get(at + len(hit.words)) if hit is not None else None
            if hit is not None and end is not None:
                start = self._article(words.text, hit.start, hit.words)
                kind = ENTITY if self._offers or hit.words not in self._answers else ANSWER
                found.append(Mention(start, end, kind, self._keys.of(hit.words)))
                reached = end
        return options + (found if self._offers else [m for m in found if m.kind == ANSWER])

    def _article(self, text: str, start: int, name: tuple[str, ...]) -> int:
        """Where a name starts: with its article, where it is a part of the answer or a choice."""
        article = _ARTICLE.search(text, max(0, start - 5), start)
        if article is None or (article[1].lower(), *name) not in self._articled:
            return start
        return article.start()


def _short(name: tuple[str, ...]) -> list[str]:
    """The words of a name that stand for it: first name and surname."""
    if len(name) < 2:
        return []
    return [
        word
        for word in (name if len(name) <= _PERSON else (name[0], name[-1]))
        if len(word) > 2 and word.isalpha() and not (is_common(word) or word in PARTICLES)
    ]


def _without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[1:] if len(words) > 1 and words[0] in ARTICLES else words
