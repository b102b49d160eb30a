"""Mentions: everything in a thought or a query that the trajectory found, merged into one list."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, Final

from smepo import numerals
from smepo.masking.detector import Context
from smepo.masking.search import conclusions, folding, spelled, values
from smepo.masking.search.aliases import Aliases, is_native, native
from smepo.masking.search.common import ARTICLES, LABELS, ORDINARY, PARTICLES, WEEKDAYS
from smepo.masking.search.known import Keys, Question
from smepo.masking.search.marks import Part
from smepo.masking.search.mention import ANSWER, DATE, ENTITY, NUMBER, Mention, merge, order
from smepo.masking.search.names import Name, is_common, is_small, quoted, runs
from smepo.masking.search.pieces import Cutter, Piece
from smepo.masking.search.sections import Section
from smepo.masking.search.verdicts import Verdicts
from smepo.masking.search.words import Words, is_capital

_FIGURES: Final = re.compile(r"([0-9]{1,3})(?:st|nd|rd|th)", re.IGNORECASE)
_SMALL: Final = re.compile(r"\b[a-z]{3,}\b")
_HOLDS_SMALL: Final = re.compile(r" [a-z]")
_BRACKETED: Final = re.compile(r"(?<=\w)\s*\([^()]*\)\s*\Z")  # Edgar Lewis (director)
_COUNTS: Final = numerals.CARDINAL_WORDS | numerals.FRACTION_WORDS | set(numerals.COLLECTIVES)
_MAX_NAMES: Final = 2000  # names that are looked for in lower case
_LONGEST_ANSWER: Final = 200


class Mentions:
    """What one trajectory knows: the words it has seen, the names it found, the aliases given."""

    def __init__(self, sections: Sequence[Section], context: Context) -> None:
        self._sections = sections
        self._question = Question(context.question)
        self._stated = values.keys(self._question.words)
        self._stated.update(spelled.keys(self._question.words))
        self._inside = context.passages == "inside"
        self._texts: list[Words | None] = [
            Words(s.view.text) if self._is_open(s.part) else None for s in sections
        ]
        lower = set(self._question.words.small)  # stands in lower case in a thought
        self._small: set[str] = set()  # ... or anywhere in the policy's own words
        self._own: set[str] = set()
        for index, section in enumerate(sections):
            words = self._texts[index]
            if words is not None:
                self._own.update(words.words)
                self._small.update(words.small)
                if section.part is Part.THOUGHT:
                    lower.update(words.small)
        self._told: set[str] | None = None
        self._said: dict[str, str] = {}  # keys of answers
        cutter = Cutter(self._question, lower)
        self._pieces = self._all_pieces(cutter)
        self._quoted = [[] if words is None else quoted(words.text) for words in self._texts]
        targets, answers = strings(context.target), self._answers_of(sections)
        titles = [*self._titles(), *self._small_titles(cutter.seen)]
        self._share(list(cutter.fresh), targets, [*answers, *context.aliases, *titles])
        said = {self._names.get(a, ()) for a in (*answers, *targets)}
        self._verdicts = Verdicts(said, self._question, self._keys)
        decided = [a for a in answers if conclusions.is_yes_no(a)]
        self._verdict = self.key(decided[0]) if decided else None
        decided += [a for a in targets if conclusions.is_yes_no(a)]
        self.decides = bool(decided) or conclusions.asks_yes_no(context.question)

    def _is_open(self, part: Part) -> bool:
        """True for a part of which mentions are asked."""
        return (
            part is Part.THOUGHT
            or part is Part.QUERY
            or (self._inside and part is Part.OBSERVATION)
        )

    def _answers_of(self, sections: Sequence[Section]) -> list[str]:
        texts = [s.view.text for s in sections if s.part is Part.ANSWER]
        return list(dict.fromkeys([text for text in texts if len(text) <= _LONGEST_ANSWER]))

    def _titles(self) -> list[str]:
        """Titles with small words that a thought quotes: they hide whole without quotes too."""
        return [
            title
            for section, found in zip(self._sections, self._quoted, strict=True)
            if found and section.part is Part.THOUGHT
            for title in [section.view.text[name.start : name.end] for name in found]
            if _HOLDS_SMALL.search(title) is not None and not is_small(title)
        ]

    def _small_titles(self, names: set[str]) -> list[str]:
        """Titles in lower case: quoted twice or more, and not in queries alone.

        No word of theirs is the question's, or one of other names: that is a quoted query.
        """
        places: dict[str, list[Part]] = {}
        if not any(self._quoted):
            return []
        asked = self._question.vocabulary
        for index, section in enumerate(self._sections):
            for name in self._quoted[index]:
                title = " ".join(name.words)
                if is_small(section.view.text[name.start : name.end]) and len(name.words) > 1:
                    words = set(_SMALL.findall(title)) - PARTICLES
                    if words and words.isdisjoint(names) and words.isdisjoint(asked):
                        places.setdefault(title, []).append(section.part)
        if places:
            for section in self._sections:
                if not self._is_open(section.part):
                    for name in quoted(section.view.text):
                        found_in = places.get(" ".join(name.words))
                        if found_in is not None:
                            found_in.append(section.part)
        return [
            title
            for title, parts in places.items()
            if len(parts) > 1 and any(part is not Part.QUERY for part in parts)
        ]

    def of(self, index: int) -> list[Mention]:
        """The mentions in one section, in order and without overlaps; offsets are the section's."""
        words = self._texts[index]
        if words is None:
            return []
        section = self._sections[index]
        found = [
            Mention(v.start, v.end, DATE if v.date else NUMBER, v.key, v.key in self._stated)
            for v in values.find(words)
        ]
        for number in spelled.find(words):
            if number.worth in self._worth or number.tells:
                given = number.key in self._stated
                kind = DATE if number.year else NUMBER
                found.append(Mention(number.start, number.end, kind, number.key, given))
        for name in self._quoted[index]:
            small = is_small(words.text[name.start : name.end])
            if name.words and not small and not LABELS.issuperset(name.words):
                stated = self._question.states(name.words)
                found.append(self._entity(name.start, name.end, name.words, stated))
        found += [self._entity(p.start, p.end, p.words, p.stated) for p in self._pieces[index]]
        self._aliases(words, found)
        if section.part is Part.THOUGHT:
            self._conclusions(index, words, found)
        return merge(found)

    def key(self, answer: str) -> str:
        """The key of what an answer says: that of the same date, number or name elsewhere."""
        known = self._said.get(answer)
        if known is None:
            known = self._said[answer] = self._key(answer)
        return known

    def _key(self, answer: str) -> str:
        words = Words(answer)
        for value in values.find(words):
            if value.end - value.start == len(answer.strip(" .")):
                return value.key
            break
        name = tuple(words.words)
        if not name:
            return answer
        if conclusions.is_yes_no(answer):
            return name[0]
        return spelled.number(name) or self._keys.of(name)

    # --- names

    def _all_pieces(self, cutter: Cutter) -> list[list[Piece]]:
        """The names of all sections, cut where the question states parts of them.

        Of observations that hide whole only the names that the policy's own words take up.
        """
        taken = self._own - self._question.vocabulary
        names: list[list[Name]] = []
        read: list[Words] = []
        for index, section in enumerate(self._sections):
            words = self._texts[index]
            answers = section.part is Part.ANSWER
            if words is None:
                words = Words(section.view.text, named=True)
                found = runs(words) if answers else runs(words, taken)
            else:
                found = runs(words)
            cutter.learn(found, section.part, section.view.text)
            names.append(found)
            read.append(words)
        pieces: list[list[Piece]] = []
        for index, section in enumerate(self._sections):
            cut: list[Piece] = []
            for name in names[index]:
                cut += cutter.cut(name, read[index], section.part)
            pieces.append(cut)
        return pieces

    def _entity(self, start: int, end: int, words: tuple[str, ...], stated: bool) -> Mention:
        return Mention(start, end, ENTITY, self._keys.of(words), stated)

    # --- aliases, and names in other letters

    def _share(self, found: list[tuple[str, ...]], targets: list[str], others: list[str]) -> None:
        """Learn what is known beforehand, and the names that were ``found``.

        All accepted forms of the answer are one thing.
        """
        known = Aliases()
        self._names: dict[str, tuple[str, ...]] = {}
        self._worth: set[Fraction] = set()
        named: list[tuple[str, ...]] = []
        bracketed: dict[tuple[str, ...], tuple[str, ...]] = {}
        species: list[tuple[str, ...]] = []
        accepted: list[tuple[str, ...]] = []
        self._dated: dict[tuple[str, ...], str] = {}  # keys of dates with the day of the week
        for i, alias in enumerate([*targets, *others]):
            words = Words(alias)
            name = self._names[alias] = tuple(words.words)
            if not name or name[-1] in _COUNTS or not (alias.isascii() and alias[0].isalpha()):
                ordinal = _FIGURES.fullmatch(alias.strip())
                worth = Fraction(ordinal[1]) if ordinal else numerals.parse(alias)
                if worth is not None:
                    self._worth.add(worth)
            if not name:
                continue
            bare = name
            if ")" in alias:
                bare = tuple(folding.tokens(_BRACKETED.sub("", alias)))
                if bare != name:
                    bracketed[name] = bare
            named.append(bare)
            if i < len(targets):
                accepted.append(bare)
            if (
                name in (("yes",), ("no",))
                or self._question.holds(name)
                or values.is_date(words, alias)
            ):
                continue
            known.add(name)
            if len(name) == 2 and words.capitals == [0] and len(name[0]) > 2:
                species.append(name)  # Castilleja linariifolia
                known.add((name[0][0], name[1]))
            if name[0] in WEEKDAYS and values.is_date(words, alias[words.starts[1] :]):
                self._dated[name] = values.find(words)[0].key
            if len(name) > 1 and name[0] in ARTICLES:
                known.add(name[1:])
        names = list(dict.fromkeys([*found, *named]))
        self._keys = Keys(names)
        for name in accepted:
            self._keys.join(name, accepted[0])
        for name in species:
            self._keys.join((name[0][0], name[1]), name)
        persons: dict[tuple[str, ...], int] = {}
        for bare in bracketed.values():
            persons[bare] = persons.get(bare, 0) + 1
        for name, bare in bracketed.items():
            if persons[bare] == 1:  # unlike Edgar Lewis (director) and Edgar Lewis (actor)
                self._keys.join(name, bare)
        self._native(known)
        for name in names[:_MAX_NAMES]:
            self._add_small(known, name)
        self._known = known

    def _native(self, known: Aliases) -> None:
        """Another form of a name, in a script that the question is not written in."""
        if is_native(self._question.words.text):
            return
        for index, section in enumerate(self._sections):
            text = section.view.text
            forms = [] if text.isascii() else native(text)
            if not forms:
                continue
            names = {p.end: (p.words, p.stated) for p in self._pieces[index]}
            for title in self._quoted[index]:
                names[title.end] = (title.words, self._question.states(title.words))
            for form in forms:
                name, stated = names.get(form.end, (form.words, False))
                if name == form.words:
                    before = folding.tokens(text[form.start : form.end])
                    named = is_capital(ord(text[form.start]))
                    stated = not named or not self._question.vocabulary.isdisjoint(before)
                if not stated:
                    known.add(form.words)
                    self._keys.join(form.words, name)

    def _add_small(self, known: Aliases, name: tuple[str, ...]) -> None:
        """A name of several words is known in small letters, and so are the rare ones of them."""
        small = [w for w in name if w in self._small or (not w.isascii() and w in self._own)]
        whole = small and len(name) > 1 and self._own.issuperset(name)
        if whole and not self._question.holds(name):
            known.add(name)
        if name[0][0].isdecimal():
            return  # "27 years": the unit is no name
        for word in small:
            if len(word) > 3 and self._is_rare(word):
                known.add((word,))

    def _is_rare(self, word: str) -> bool:
        """True if ``word`` is a part of a name and of nothing else, so far as we can know."""
        if word in ORDINARY or is_common(word) or word in PARTICLES:
            return False
        if self._told is None:
            self._told = set()
            for section in self._sections:
                if section.part is Part.OBSERVATION:
                    self._told.update(_SMALL.findall(section.view.text))
        return word not in self._told and not self._question.states((word,))

    def _aliases(self, words: Words, found: list[Mention]) -> None:
        for hit in self._known.find(words):
            number = spelled.number(hit.words)
            date = self._dated.get(hit.words)
            if date is not None:
                found.append(Mention(hit.start, hit.end, DATE, date))
            elif number is not None:
                given = number in self._stated
                found.append(Mention(hit.start, hit.end, NUMBER, number, given))
            else:
                found.append(self._entity(hit.start, hit.end, hit.words, False))
                if hit.words[0].isdecimal() and words.text[hit.start : hit.end].islower():
                    found[-1].kind = NUMBER  # with its unit
                    found[-1].key = values.leading(words.text, hit.start) or found[-1].key

    # --- conclusions

    def _conclusions(self, index: int, words: Words, found: list[Mention]) -> None:
        text = words.text
        last = self._is_last(index)
        ranges = conclusions.concluding(words, last)
        said = conclusions.announced(words)
        said_at = [one.start for one in said]
        if self.decides:
            conclusions.tell(words, found)
            spoken = conclusions.yes_no(words)
            for one in spoken:
                key = text[one.start : one.end].casefold()
                found.append(Mention(one.start, one.end, ANSWER, key))
                echo = conclusions.echoed(text, one)
                if echo is not None:
                    found.append(Mention(echo.start, echo.end, ANSWER, self._verdict or key))
                ranges.append(conclusions.sentence_before(text, one))
            for sentence in ranges + conclusions.deciding(words, spoken, last):
                for verdict in conclusions.verdicts(words, sentence):
                    after = bisect_right(said_at, verdict.start)
                    # the verb of "the answer is" stays
                    if after == len(said) or said_at[after] >= verdict.end:
                        key = self._verdict or text[verdict.start : verdict.end].casefold()
                        found.append(Mention(verdict.start, verdict.end, ANSWER, key))
        self._announced(text, said, found)
        if ranges:
            given = sorted([m for m in found if m.given and m.kind == ENTITY], key=order)
            starts = [m.start for m in given]
            for sentence in ranges:
                first = bisect_left(starts, sentence.start)
                after = bisect_left(starts, sentence.end)
                decided = self._verdicts.among(words, sentence, given[first:after])
                if decided and sentence.last:
                    told = [m for m in found if not m.given and m.kind in (DATE, NUMBER)]
                    if conclusions.only_tells(text, sentence, decided, sorted(told, key=order)):
                        continue
                for name in decided:
                    if name.kind == ENTITY:  # one of a choice
                        name.key = f"{name.key}\n{index}.{name.start}"
                found += decided

    def _is_last(self, index: int) -> bool:
        """True for the thought before the answer."""
        after = index + 1
        return after == len(self._sections) or self._sections[after].part is Part.ANSWER

    def _announced(self, text: str, said: list[conclusions.Range], found: list[Mention]) -> None:
        """What follows "the answer is"; longer clauses only so far as a mention goes."""
        if not said:
            return
        longest: dict[int, Mention] = {}
        for mention in found:
            known = longest.get(mention.start)
            if known is None or mention.end > known.end:
                longest[mention.start] = mention
        for one in said:
            end = one.end
            first = longest.get(one.start)
            if first is not None and (end - first.end > 40 or first.end > end):
                end = first.end
            if end - one.start <= 80:
                key = self.key(text[one.start : end])
                found.append(Mention(one.start, end, ANSWER, key))


def strings(target: Any) -> list[str]:
    """The accepted strings of a search target: a string, a number, or a list of them."""
    if target is None or isinstance(target, (bool, dict)):
        return []
    items: Iterable[Any] = target if isinstance(target, (list, tuple, set, frozenset)) else [target]
    return [str(item) for item in items if item is not None and str(item).strip()]
