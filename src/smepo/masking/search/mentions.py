"""Mentions: everything in a thought or a query that the trajectory found, merged into one list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from smepo import numerals
from smepo.masking.detector import Context
from smepo.masking.search import folding, values
from smepo.masking.search.common import COMMON, LABELS, NUMBER_WORDS, ORDINARY, PARTICLES
from smepo.masking.search.marks import Part
from smepo.masking.search.names import (
    Keys,
    Name,
    Question,
    between,
    is_common,
    quoted,
    runs,
)
from smepo.masking.search.sections import Section
from smepo.types import Kind, Role, Span

_LOWER = re.compile(r"\b[a-z]{3,}\b")
_ARTICLES = frozenset(("the", "a", "an", "i"))
_YES_NO = re.compile(r"(?<![\w-])(?:yes|no)(?=\s*(?:[.,;:!?)\]}\"'”’*<]|$|\n))", re.IGNORECASE)
_ASKS_YES_NO = re.compile(
    r"\s*(?:are|is|was|were|do|does|did|has|have|had|can|could|will|would|should)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"\banswer(?:[ ]to[ ](?:the|this|my)[ ](?:original[ ]|main[ ])?question)?"
    r"[ ]*(?:\bis|:|=|\b(?:should|must|would|will)[ ]be)[ :]*(?:that[ ])?[\"'“*]*"
    r"(?=\S)(?!(?:not|in|to|found|clear|based|still|yet|there|given|likely|known|unknown|unclear|now"
    r"|correct|available|on|from|of)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[^\n.;!?\"”*]*(?:\.(?=\d|\w)[^\n.;!?\"”*]*)*")
_SO = re.compile(
    r"\b(?:So|so|Thus|thus|Therefore|therefore|Hence|hence|[Ii]n conclusion),? [^\n.;]*"
)
_UNIT = "|".join((*numerals.UNITS, *numerals.TENS, "hundred", *numerals.SCALES))
_SPELLED = re.compile(rf"\b(?:{_UNIT})(?:(?:[ ]and[ ]|[ -])(?:{_UNIT}))*\b", re.IGNORECASE)
_MAX_NAMES = 2000  # names that are looked for in lower case
_RANK = {Kind.ANSWER: 0, Kind.DATE: 1, Kind.NUMBER: 3, Kind.ENTITY: 2}


class Mentions:
    """What one trajectory knows: the words it has seen, the names it found, the aliases given."""

    def __init__(self, sections: Sequence[Section], context: Context) -> None:
        self._sections = sections
        self._question = Question(context.question)
        self._stated = values.keys(context.question)
        self._open = {Part.THOUGHT, Part.QUERY}  # parts of which mentions are asked
        if context.passages == "inside":
            self._open.add(Part.OBSERVATION)
        own = [s for s in sections if s.part in self._open]
        thoughts = " ".join(s.view.text for s in own if s.part is Part.THOUGHT)
        self._lower = {*_LOWER.findall(thoughts), *_LOWER.findall(context.question)}
        whole = " ".join(s.view.text for s in own)
        self._words = set(folding.tokens(whole))
        self._small = set(_LOWER.findall(whole))  # what stands in lower case anywhere
        self._told: set[str] | None = None
        self._seen: set[str] = set()
        self._cut: dict[tuple[str, bool, bool], list[tuple[Name, bool]]] = {}
        read = [self._read(section) for section in sections]
        self._parts = [
            [(name.start, *part) for name in names for part in self._cut_once(name, section)]
            for section, names in zip(sections, read, strict=True)
        ]
        found = [part.words for parts in self._parts for _, part, stated in parts if not stated]
        targets, answers = _strings(context.target), _answers(sections)
        aliases = [*targets, *answers, *context.aliases]
        words = [tuple(folding.tokens(a)) for a in aliases]
        self._keys = Keys([*found, *(w for w in words if w)])
        self._same = _share(words[: len(targets)], self._keys)
        self._known = self._automaton(found, aliases)
        self._worth = {numerals.parse(alias) for alias in aliases} - {None}
        self._answers = {tuple(folding.tokens(answer)) for answer in answers} - {()}
        plain = {a.strip().casefold().rstrip(".") for a in aliases}
        self._decides = bool(plain & {"yes", "no"}) or bool(_ASKS_YES_NO.match(context.question))

    def of(self, index: int) -> list[Span]:
        """The mentions in one section, in order and without overlaps; offsets are the section's."""
        section = self._sections[index]
        text = section.view.text
        found = [
            Span(v.start, v.end, v.kind, Role.OPERAND, v.key, v.key in self._stated)
            for v in values.find(text)
        ]
        found += self._spelled(text)
        found += self._entities(index)
        found += self._aliases(section)
        if section.part is Part.THOUGHT:
            found += self._conclusions(text, found)
        return merge(found)

    def key(self, answer: str) -> str:
        """The key of what an answer says: that of the same date, number or name elsewhere."""
        for value in values.find(answer):
            if value.end - value.start == len(answer.strip(" .")):
                return value.key
            break
        words = tuple(folding.tokens(answer))
        if not words:
            return answer
        return _number(words) or self._same.get(words) or self._keys.of(words)

    # --- names

    def _read(self, section: Section) -> list[Name]:
        """The runs of a section. Learns from it where capitals tell something."""
        text = section.view.text
        own = section.part in self._open
        names = list(runs(text, None if own else self._words))  # only what own words take up
        short = section.part is not Part.THOUGHT and len(text) < 60 and "." not in text
        for name in names:
            if short and not self._question.states(name.words):
                self._seen.update(w for w in name.words if w not in self._lower)
            elif len(name.words) > 1 or not name.first:
                self._seen.update(w for w in name.words if w not in PARTICLES)
        return names

    def _cut_once(self, name: Name, section: Section) -> list[tuple[Name, bool]]:
        """``name`` in parts that the question states and parts that it does not; remembered."""
        text = section.view.text[name.start : name.end]
        key = (text, name.first, section.part is Part.QUERY)
        if key not in self._cut:
            whole = Name(0, len(text), name.words, name.first)
            self._cut[key] = self._cut_up(whole, text, section.part)
        return self._cut[key]

    def _cut_up(self, name: Name, text: str, part: Part) -> list[tuple[Name, bool]]:
        """``name`` without words that only start a sentence, cut where the question states it."""
        words, skip, last = name.words, 0, len(name.words)
        while skip < last and (
            words[skip] in _ARTICLES
            or (name.first and words[skip] not in PARTICLES and self._starts(words, skip, part))
        ):
            skip += 1
        while part is Part.QUERY and last > skip + 1 and words[last - 1] in COMMON:
            last -= 1
        kept = between(name, text, skip, last) if skip or last < len(words) else name
        if kept is None:
            return []
        return [
            (piece, stated)
            for piece, stated in self._question.split(kept, text)
            if stated
            or not all(w in PARTICLES or w.isdecimal() or is_common(w) for w in piece.words)
        ]

    def _starts(self, words: Sequence[str], i: int, part: Part) -> bool:
        """True if word ``i`` is capitalised for its place alone."""
        word = words[i]
        if is_common(word):
            return True
        if word in self._seen:
            return False
        if i + 1 < len(words):
            return word in self._lower
        return part is Part.THOUGHT or word in self._lower

    def _entities(self, index: int) -> Iterator[Span]:
        section = self._sections[index]
        for name in quoted(section.view.text):
            if name.words and not LABELS.issuperset(name.words):
                stated = self._question.states(name.words)
                yield self._entity(name.start, name.end, name.words, stated)
        for at, part, stated in self._parts[index]:
            yield self._entity(at + part.start, at + part.end, part.words, stated)

    def _entity(self, start: int, end: int, words: tuple[str, ...], stated: bool) -> Span:
        key = self._same.get(words) or self._keys.of(words)
        return Span(start, end, Kind.ENTITY, Role.OPERAND, key, stated)

    # --- aliases, and names in other letters

    def _automaton(
        self, found: Iterable[tuple[str, ...]], aliases: Iterable[str]
    ) -> tuple[AhoCorasick, list[tuple[str, ...]]] | None:
        """Finds folded aliases, names of several words, and single words that only names have."""
        patterns: dict[str, tuple[str, ...]] = {}
        for words in list(dict.fromkeys(found))[:_MAX_NAMES]:
            small = [w for w in words if w in self._small or (not w.isascii() and w in self._words)]
            if small and len(words) > 1 and self._words.issuperset(words):
                patterns.setdefault(" ".join(words), words)
            for word in small:
                if len(word) > 3 and self._is_rare(word):
                    patterns.setdefault(word, (word,))
        for alias in aliases:
            words, folded = tuple(folding.tokens(alias)), folding.fold(alias).strip(" .")
            if not words or folded in ("yes", "no") or self._question.holds(words):
                continue
            for form in {folded, " ".join(words)}:
                patterns[form] = words
        if not patterns:
            return None
        automaton = AhoCorasick(list(patterns), matchkind=MatchKind.LeftmostLongest)
        return automaton, list(patterns.values())

    def _is_rare(self, word: str) -> bool:
        """True if ``word`` is a part of a name and of nothing else, so far as we can know."""
        if word in ORDINARY or is_common(word) or word in PARTICLES:
            return False
        if self._told is None:
            quotes = (s.view.text for s in self._sections if s.part is Part.OBSERVATION)
            self._told = set(_LOWER.findall(" ".join(quotes)))
        return word not in self._told and not self._question.states((word,))

    def _aliases(self, section: Section) -> Iterator[Span]:
        if self._known is None:
            return
        automaton, known = self._known
        folded = folding.fold(section.view.text)
        for index, start, end in automaton.find_matches_as_indexes(folded):
            if _is_word(folded, start, end):
                words = known[index]
                number = _number(words)
                if number is None:
                    yield self._entity(start, end, words, False)
                else:
                    stated = number in self._stated
                    yield Span(start, end, Kind.NUMBER, Role.OPERAND, number, stated)

    def _spelled(self, text: str) -> Iterator[Span]:
        """Numbers in words that are worth what the answer is worth."""
        if not self._worth:
            return
        for match in _SPELLED.finditer(text):
            value = numerals.parse(match[0])
            if value in self._worth and str(value) not in self._stated:
                yield Span(*match.span(), Kind.NUMBER, Role.OPERAND, str(value))

    # --- conclusions

    def _conclusions(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        if self._decides:
            for match in _YES_NO.finditer(text):
                yield Span(*match.span(), Kind.ANSWER, Role.CONCLUSION, match[0].casefold())
        starts = {span.start: span for span in found}
        for match in _CONCLUDES.finditer(text):
            clause = _CLAUSE.match(text, match.end(), match.end() + 200)
            end = clause.end() if clause else match.end()
            first = starts.get(match.end())
            if first and (end - first.end > 40 or first.end > end):
                end = first.end
            while end > match.end() and text[end - 1] in " ,*'":
                end -= 1
            if 0 < end - match.end() <= 80:
                key = first.key if first else text[match.end() : end].casefold()
                yield Span(match.end(), end, Kind.ANSWER, Role.CONCLUSION, key)
        yield from self._announced(text, found)

    def _announced(self, text: str, found: Sequence[Span]) -> Iterator[Span]:
        """The answer that the trajectory announces, where a sentence draws the conclusion."""
        given = sorted(
            (s for s in found if s.given and s.kind is Kind.ENTITY), key=lambda s: s.start
        )
        if not given or not self._answers:
            return
        at = 0
        for sentence in _SO.finditer(text):
            while at < len(given) and given[at].start < sentence.end():
                span = given[at]
                at += 1
                words = folding.words(text[span.start : span.end])
                if span.start >= sentence.start() and words in self._answers:
                    yield Span(span.start, span.end, Kind.ANSWER, Role.CONCLUSION, span.key)


def merge(found: Iterable[Span]) -> list[Span]:
    """In order and without overlaps: the wider span wins, and what hides wins over what stays."""
    merged: list[Span] = []
    for span in sorted(found, key=lambda s: (s.start, -s.end, s.given, _RANK[s.kind])):
        if not merged or span.start >= merged[-1].end:
            merged.append(span)
            continue
        last = merged[-1]
        if last.given and not span.given:
            merged[-1] = span
        elif span.end > last.end and not span.given:
            merged[-1] = Span(last.start, span.end, last.kind, last.role, last.key, last.given)
    return merged


def _is_word(text: str, start: int, end: int) -> bool:
    """True if ``text[start:end]`` is not a part of a longer word, in scripts that space words."""
    before, after = text[start - 1 : start], text[end : end + 1]
    left = before.isalnum() and text[start].isalnum() and text[start] < "\u2e80"
    right = after.isalnum() and text[end - 1].isalnum() and text[end - 1] < "\u2e80"
    return not left and not right


def _strings(target: Any) -> list[str]:
    """The accepted strings of a search target: a string, a number, or a list of them."""
    if target is None or isinstance(target, (bool, dict)):
        return []
    items = target if isinstance(target, (list, tuple, set, frozenset)) else [target]
    return [str(item) for item in items if item is not None and str(item).strip()]


def _answers(sections: Sequence[Section]) -> list[str]:
    return [s.view.text for s in sections if s.part is Part.ANSWER and len(s.view.text) <= 200]


def _number(words: Sequence[str]) -> str | None:
    """The key of a number that is written in words or in groups of digits."""
    if len(words) == 1 and words[0] in NUMBER_WORDS:
        return NUMBER_WORDS[words[0]]
    digits = "".join(words)
    return digits if digits.isdecimal() and digits.isascii() else None


def _share(targets: Sequence[tuple[str, ...]], keys: Keys) -> dict[tuple[str, ...], str]:
    """All accepted forms of the answer are one thing: they share the key of the first."""
    named = [words for words in targets if words]
    return {words: keys.of(named[0]) for words in named}
