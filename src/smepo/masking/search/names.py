"""Names in a text: runs of capitalised words, quoted titles, and the keys that join their forms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from smepo.masking.search import folding
from smepo.masking.search.common import COMMON, LINKING, ORDINARY, PARTICLES, SMALL_NAMES, TITLES

_BLOCKS = (*range(0x250), *range(0x370, 0x590), *range(0x1E00, 0x2000))
_UPPER = "".join(chr(c) for c in _BLOCKS if chr(c).isupper() or chr(c).istitle())
_CUT = (
    "born|based|speaking|language|winning|led|style|like|made|owned|related|themed|era|bred|trained"
)
_WORD = (
    rf"(?:(?:[dDlL]['’]|[a-z]l-|Mc|Mac|O['’]|[a-z](?=[{_UPPER}]))?[{_UPPER}]"
    rf"(?:[\w$]|['’](?![sS]\b)(?=\w)|[-‐‑](?!(?:{_CUT})\b)(?=\w)|[/+](?=[{_UPPER}])|[&](?=\w))*!?)"
)
_INITIALS = rf"(?:[{_UPPER}]\.)+(?![{_UPPER}]?\w)"
_ABBREVIATED = (
    r"(?:St|Mr|Mrs|Ms|Dr|Jr|Sr|Inc|Co|Ltd|Mt|Ft|Prof|Rev|Gen|Sgt|Capt|Lt|Col|Gov|Sen|Bros)\."
)
_TOKEN = rf"(?:{_ABBREVIATED}|{_INITIALS}|{_WORD})"
_COUNT = r"\d{1,2}(?![\w%]|[.,:-]\d)"  # Apollo 11
_LINK = (
    r"(?:of[ ]the|of|de[ ]la|de[ ]los|de|da|do|dos|das|del|della|di|du|van[ ]der|van[ ]den"
    r"|van|von[ ]der|von|zu|der|den|ter|ten|la|le|les|el|al|bin|ibn|ben|y|&|n'|'n')"
)
_STARTER = (
    r"(?:The|He|She|It|They|This|That|These|Now|So|Then|I|In|Next|Thus|Therefore|His|Her|We|But|And"
    r"|Also|However|Finally|Its|Since|Both|Let|My|To|As|At|On|For|From|After|First|Based|There)\b"
)
_RUN = re.compile(
    rf"(?<![\w&])(?<!\w['’])"
    rf"(?:(?:del|de|van|von|di|da|du|bin|ibn|ter|dos|della)[ ](?:la[ ]|der[ ]|den[ ])?)?"
    rf"{_TOKEN}"
    rf"(?:(?:[ ](?:{_LINK}[ ])?|,[ ](?=(?:Jr|Sr|Inc)\b)|(?<=\.))(?!(?<=\.[ ]){_STARTER}){_TOKEN}"
    rf"|[ ]{_COUNT}){{0,24}}"
)
_QUOTED = re.compile(
    r"[\"“„«]([^\"“”„«»\n]{2,120})[\"”“»]|(?<!\w)['‘]([^'‘’\n]{2,80}(?:['’](?=\w)[^'‘’\n]{1,80})?)['’](?!\w)"
    r"|[《「『【]([^》」』】\n]{1,80})[》」』】]|(?<![\w*])\*([^*\n]{2,100})\*(?![\w*])"
    r"|(?<![\w_])_([^_\n]{2,100})_(?![\w_])"
)
_SMALL_WORD = re.compile(rf"\b(?!(?:{'|'.join(LINKING)})\b)[a-z]{{4,}}\b")
_SENTENCE_END = re.compile(r"(?:^|[.!?…\n]|[•*-]\s|\d[.)]\s)[\s\"'“”‘’(\[*_>]*$")


class Name(NamedTuple):
    """A name as it stands in a text."""

    start: int
    end: int
    words: tuple[str, ...]  # folded
    first: bool = False  # it starts a sentence, where capitals tell nothing
    quoted: bool = False


def runs(text: str, known: frozenset[str] | set[str] | None = None) -> Iterator[Name]:
    """Runs of capitalised words of ``text``, in order; only those with a word of ``known``."""
    for match in _RUN.finditer(text):
        words = folding.words(match[0])
        if words and (known is None or not known.isdisjoint(words)):
            start = match.start()
            yield Name(start, match.end(), words, starts_sentence(text, start))


def starts_sentence(text: str, at: int) -> bool:
    """True if a sentence starts at ``at``."""
    return bool(_SENTENCE_END.search(text[max(0, at - 12) : at]))


def quoted(text: str) -> Iterator[Name]:
    """Titles in quotes, brackets or emphasis: they hold a capital, or no Latin letters at all.

    A quoted query such as ``"Maren Okafor place of birth"`` is no title: it has ordinary words in
    lower case.
    """
    for match in _QUOTED.finditer(text):
        group = match.lastindex or 1
        inner = match[group]
        small = _SMALL_WORD.findall(inner)
        if len(inner.split()) > 14 or any(w in COMMON or w in ORDINARY for w in small):
            continue
        if not inner.isascii() or any(c.isupper() for c in inner):
            start, end = match.span(group)
            yield Name(start, end - (inner[-1] in ",.;"), folding.words(inner), quoted=True)


def between(name: Name, text: str, first: int, last: int) -> Name | None:
    """Words ``first`` to ``last`` of ``name``, without particles at its ends."""
    pieces = word_places(name, text)
    while first < last and name.words[first] in PARTICLES:
        first += 1
    while last > first and name.words[last - 1] in PARTICLES:
        last -= 1
    if first >= last or len(pieces) != len(name.words):
        return None
    return Name(
        pieces[first][0], pieces[last - 1][1], name.words[first:last], name.first and not first
    )


def word_places(name: Name, text: str) -> list[tuple[int, int]]:
    """Where the words of ``name`` stand in ``text``; empty if they cannot be told apart."""
    places = [
        (name.start + m.start(), name.start + m.end())
        for m in folding.WORD.finditer(folding.fold(text[name.start : name.end]))
    ]
    return places if len(places) == len(name.words) else []


class Question:
    """What the question names: it stays."""

    def __init__(self, question: str) -> None:
        self.words = folding.tokens(question)
        self.text = f" {' '.join(self.words)} "
        self.names = {name.words for name in runs(question)}

    def states(self, words: Sequence[str]) -> bool:
        """True if the question holds ``words`` in a row, or a name of it holds them in order."""
        if not words:
            return False
        if self.holds(words):
            return True
        wanted = [w for w in words if w not in PARTICLES]
        return bool(wanted) and any(_in_order(wanted, name) for name in self.names)

    def holds(self, words: Sequence[str]) -> bool:
        """True if the question holds ``words`` in a row."""
        return f" {' '.join(words)} " in self.text

    def split(self, name: Name, text: str) -> list[tuple[Name, bool]]:
        """``name`` cut into parts that the question states (True) and parts that it does not."""
        if self.states(name.words):
            return [(name, True)]
        words, parts, fresh, i = name.words[:40], [], 0, 0
        while i < len(words):
            length = self._stated_at(words, i)
            if not length:
                i += 1
                continue
            parts += [
                (between(name, text, fresh, i), False),
                (between(name, text, i, i + length), True),
            ]
            i += length
            fresh = i
        if not parts:
            return [(name, False)]
        parts.append((between(name, text, fresh, len(name.words)), False))
        return [(part, stated) for part, stated in parts if part is not None]

    def _stated_at(self, words: Sequence[str], i: int) -> int:
        """How many words from ``i`` on are a whole name, or at least two words, of the question."""
        for length in range(min(len(words) - i, 12), 0, -1):
            chunk = tuple(words[i : i + length])
            if chunk in self.names or (length > 1 and f" {' '.join(chunk)} " in self.text):
                return length if set(chunk) - PARTICLES - COMMON else 0
        return 0


def _in_order(words: Sequence[str], name: Sequence[str]) -> bool:
    """True if ``name`` holds ``words`` in their order, with or without others between."""
    rest = iter(name)
    return all(word in rest for word in words)


class Keys:
    """Joins the forms of a name: full name, surname, first name, initials."""

    def __init__(self, names: Iterable[tuple[str, ...]]) -> None:
        self._keys: dict[tuple[str, ...], str] = {}
        self._by_word: dict[str, list[tuple[str, ...]]] = {}
        ordered = sorted(dict.fromkeys(names), key=len, reverse=True)
        for words in ordered:
            owner = self._owner(words)
            self._keys[words] = self._keys[owner] if owner else " ".join(words)
            for word in dict.fromkeys((words[-1], words[0])):
                holders = self._by_word.setdefault(word, [])
                if len(holders) < 8 and len(words) > 1:
                    holders.append(words)

    def of(self, words: tuple[str, ...]) -> str:
        """The key of a name."""
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
        return None


def _abbreviates(short: Sequence[str], full: Sequence[str]) -> bool:
    """True if every word of ``short`` is one of ``full``, or the initial of one."""
    return all(
        s in TITLES or any(f == s or (len(s) == 1 and f.startswith(s)) for f in full) for s in short
    )


def is_common(word: str) -> bool:
    """True for a word that starts sentences and queries without naming anything."""
    return word in COMMON or word in SMALL_NAMES
