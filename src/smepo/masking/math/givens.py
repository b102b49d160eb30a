"""Givens: the values that a question states, in any form."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from smepo import numerals
from smepo.masking.math import cues, values
from smepo.masking.math.atoms import FRACTIONAL, SURD, WORDS, Atom, atom_at, is_percent
from smepo.masking.math.kinds import MINUS, NAME, WORD
from smepo.masking.math.lexer import tokenize
from smepo.masking.math.lexicon import DOZEN, MULTIPLE, POINTS
from smepo.masking.math.looks import is_alone
from smepo.masking.math.tokens import Tokens

_NAMED = 6  # tokens before a value that may name it
_NEAR = 8  # tokens on either side of a value that say what it counts
_SPACING = re.compile(r"\\[,;:! ]|\\(?:left|right|displaystyle)(?![A-Za-z])")
_BRACKETS = re.compile(r"\A(?:\\?[\[({])+|(?:\\?[\])}])+\Z")
_LISTED = re.compile(
    r"(?P<value>[-−]?\d+(?:\.\d+)?(?:/\d+)?)|(?P<mark>[\s,;&$]|\\\\|\\[,;:! ]|and\b|to\b)"
    r"|(?P<bracket>\\?[()\[\]{}<>]|\\(?:begin|end)\{\w+\*?\}"
    r"|\\(?:left|right|langle|rangle|lbrace|rbrace)(?![A-Za-z]))"
    r"|(?P<other>[^-−\d\s,;&$\\()\[\]{}<>at]+|.)"
)
_GOES_ON = frozenset(",&-0123456789")  # what stands beside a part of a list
_NO_LETTERS = frozenset(("a", "A", "I"))
_DOZENS = frozenset(("dozen", "dozens"))


class Givens:
    """``values``: names of all stated values. ``letters``: variables. ``points``: names like AB.
    ``surds``: as written. ``commas``: see ``Tokens``."""

    def __init__(self, tokens: Tokens) -> None:
        self.values: set[str] = set()
        self.surds: set[str] = set()
        self.letters: set[str] = set()
        self.points: set[str] = set()
        self.commas = tokens.commas
        self._tokens = tokens
        self._squeezed = ""
        self._places: dict[str, list[int]] = {}  # where a value stands: first, last, first, ...
        self._near: dict[tuple[str, bool], set[str]] = {}
        self._named: dict[str, set[str]] = {}
        self._lists: set[tuple[str, ...]] | None = None

    def add(self, value: str, first: int, last: int) -> None:
        """Take ``value``, written by the tokens ``first`` to ``last``, for stated."""
        self.values.add(value)
        places = self._places.setdefault(value, [])
        places.append(first)
        places.append(last)

    def states(self, value: str) -> bool:
        """True if the question states ``value``, whatever the form."""
        return value in self.values

    def says(self, expression: str) -> bool:
        """True if ``expression`` itself stands in the question, white space aside."""
        squeezed = squeeze(expression)
        if len(squeezed) <= 2:
            return False
        if not self._squeezed:
            self._squeezed = squeeze(self._tokens.text)
        return squeezed in self._squeezed

    def lists(self, expression: str) -> bool:
        """True if the question holds the list, set, pair or matrix as a whole, in any brackets."""
        squeezed = squeeze(expression)
        if not self._squeezed:
            self._squeezed = squeeze(self._tokens.text)
        inner = _BRACKETS.sub("", squeezed)
        at = self._squeezed.find(inner)
        while at >= 0 and inner:
            end = at + len(inner)
            before, after = self._squeezed[at - 1 : at], self._squeezed[end : end + 1]
            if not (before in _GOES_ON or after in _GOES_ON):
                return True
            at = self._squeezed.find(inner, at + 1)
        return bool(self._all_lists()) and list_values(expression) in self._all_lists()

    def _all_lists(self) -> set[tuple[str, ...]]:
        if self._lists is None:
            self._lists = _lists(self._tokens.text)
        return self._lists

    def uses(self, letters: list[str]) -> bool:
        """True if the question uses one of the variables."""
        return any(letter in self.letters for letter in letters)

    def speaks_of(self, name: str) -> bool:
        """True for names of points, ``AB``, and for products of variables, ``xy``."""
        if name in self.points:
            return True
        return 1 < len(name) <= 3 and name.islower() and self.letters.issuperset(name)

    def names(self, name: str, value: str) -> bool:
        """True if the question says ``value`` of the variable: "the radius r is 4"."""
        known = self._named.get(value)
        if known is None:
            known = set()
            for first, _ in self._standing(value, alone=True):
                known.update(
                    word.text for word in self._tokens.words[max(0, first - _NAMED) : first]
                )
            self._named[value] = known
        return name in known

    def near(self, value: str, alone: bool) -> set[str]:
        """Stems of the words around every place where ``value`` stands; only where it stands
        ``alone``, or also as a part of an expression."""
        key = (value, alone)
        known = self._near.get(key)
        if known is None:
            known = set()
            for first, last in self._standing(value, alone):
                self._collect(max(0, first - _NEAR), first, known)
                self._collect(last, last + _NEAR, known)
            self._near[key] = known
        return known

    def _standing(self, value: str, alone: bool) -> list[tuple[int, int]]:
        """The places of a value, all or only those where it counts something."""
        places = self._places.get(value, [])
        pairs = [(places[k], places[k + 1]) for k in range(0, len(places), 2)]
        return [p for p in pairs if not alone or is_alone(self._tokens, p[0], p[1])]

    def _collect(self, first: int, last: int, stems: set[str]) -> None:
        for i in range(first, min(last, self._tokens.size)):
            word = self._tokens.words[i]
            if (word.kind == WORD or word.kind == NAME) and len(word.lower) > 2:
                stems.add(word.stem)


def list_values(expression: str) -> tuple[str, ...]:
    """The values of a list, in whatever brackets; none if something else stands in it."""
    found: list[str] = []
    for match in _LISTED.finditer(expression):
        if match.lastgroup == "value":
            found.append(match.group().replace("−", "-"))
        elif match.lastgroup == "other":
            return ()
    return tuple(found)


def _lists(text: str) -> set[tuple[str, ...]]:
    """The values that stand one behind another in ``text``: within brackets, and across them."""
    found: set[tuple[str, ...]] = set()
    inside: list[str] = []
    across: list[str] = []
    for match in _LISTED.finditer(text):
        kind = match.lastgroup
        if kind == "value":
            value = match.group().replace("−", "-")
            inside.append(value)
            across.append(value)
        elif kind == "bracket":
            found.add(tuple(inside))
            inside = []
        elif kind == "other":
            found.update((tuple(inside), tuple(across)))
            inside, across = [], []
    found.update((tuple(inside), tuple(across)))
    return {values for values in found if len(values) > 1}


def squeeze(text: str) -> str:
    """``text`` without white space, dollars, braces and sizes, with ``^2`` for ``²``: for comparing
    notation."""
    if "\\" in text:
        text = _SPACING.sub("", text)
    text = numerals.plain(text)
    return "".join(text.split()).replace("$", "").replace("{", "").replace("}", "")


@lru_cache(maxsize=256)
def givens(question: str, commas: bool = False) -> Givens:
    """What ``question`` states, if it has decimal ``commas`` or not. O(n)."""
    tokens = tokenize(question, commas)
    stated = Givens(tokens)
    kinds = tokens.kinds
    i = 0
    while i < tokens.size:
        word = tokens.words[i]
        last = i + 1
        is_letter = kinds[i] == NAME or (kinds[i] == WORD and len(word.text) == 1)
        if word.bits & POINTS:
            stated.points.add(word.text)
        if is_letter and word.text not in _NO_LETTERS:
            stated.letters.add(word.text)
        atom = atom_at(tokens, i)
        if atom is None and not word.bits & MULTIPLE:
            i = last
            continue
        found: list[str] = []
        if atom is not None:
            last = atom.last
            found += _stated(tokens, atom)
            if atom.form == SURD:
                stated.surds.add(squeeze(tokens.between(i, last)))
        for k in range(i, last):
            found += cues.MULTIPLES.get(tokens.words[k].lower, [])
        negative = i > 0 and kinds[i - 1] == MINUS
        for value in found:
            stated.add(value, i, last)
            if negative:
                stated.add(values.negated(value), i, last)
        i = last
    return stated


def _stated(tokens: Tokens, atom: Atom) -> list[str]:
    """A value, the parts it is written with, and a percentage as a share."""
    value = atom.value
    found = [value] if value else []
    for part in atom.parts:
        found += _stated(tokens, part)
    if not value:
        return found
    if atom.form == WORDS and "/" in value:
        found.append(values.bottom(value))
    if atom.form == WORDS and tokens.words[atom.last - 1].bits & DOZEN:
        found.append(values.ratio(value, "12"))
    if atom.form == FRACTIONAL and not atom.parts:  # \\frac79, ½
        found.append(values.top(value))
        found.append(values.bottom(value))
    if atom.last == atom.first + 1:
        text = tokens.at(atom.first)
        if " " in text:  # "2 132 pages": two numbers?
            found += [values.read(part) for part in text.split(" ") if part.isdecimal()]
    if atom.last < tokens.size:
        after = tokens.words[atom.last].lower
        if is_percent(tokens, atom.last) or after == "percent":
            found.append(values.ratio(value, "100"))
        elif after in _DOZENS:
            found.append(str(Fraction(value) * 12))
        elif after in numerals.SCALES:  # 5 million
            found.append(str(Fraction(value) * numerals.SCALES[after]))
    return found
