"""Givens: the values that a question states, in any form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from smepo.masking.math.atoms import Atom, atom_at, is_percent
from smepo.masking.math.lexer import NAME, OP, WORD, Tokens, tokenize

# What a word states: "half as many" states 1/2 and the 2 to divide by.
_MULTIPLES: dict[str, tuple[Fraction, ...]] = {
    word: tuple(Fraction(value) for value in values.split())
    for words, values in {
        "half halved halves": "1/2 2",
        "twice double doubles doubled pair pairs couple couples both": "2",
        "thrice triple triples tripled": "3",
        "quadruple quadruples quadrupled": "4",
        "third": "1/3 3",
        "quarter quarters": "1/4 4",
        "dozen dozens": "12",
        "once single": "1",
    }.items()
    for word in words.split()
}
_NEAR = 8  # tokens on either side of a value that say what it counts
_SPACE = re.compile(r"\\[,;:! ]|[\s${}]|\\(?:left|right|displaystyle)(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Givens:
    """``values``: every stated value. ``near``: the words around each. ``letters``: variables."""

    values: frozenset[Fraction]
    surds: frozenset[str]
    near: dict[Fraction, frozenset[str]]
    letters: frozenset[str]
    text: str

    def states(self, value: Fraction | None) -> bool:
        """True if the question states ``value``, whatever the form."""
        return value is not None and value in self.values

    def says(self, expression: str) -> bool:
        """True if ``expression`` itself stands in the question, white space aside."""
        squeezed = squeeze(expression)
        return len(squeezed) > 2 and squeezed in self.text


def squeeze(text: str) -> str:
    """``text`` without white space, dollars, braces and sizes: for comparing notation."""
    return _SPACE.sub("", text)


@lru_cache(maxsize=256)
def givens(question: str) -> Givens:
    """What ``question`` states. O(n)."""
    tokens = tokenize(question)
    values: set[Fraction] = set()
    surds: set[str] = set()
    near: dict[Fraction, set[str]] = {}
    words = [t.lower() if k in (WORD, NAME) else "" for t, k in _texts(tokens)]
    i = 0
    while i < len(tokens):
        atom = atom_at(tokens, i)
        stated: list[Fraction] = []
        if atom is not None:
            stated = _stated(tokens, atom) + list(_MULTIPLES.get(words[i], ()))
            if atom.form == "surd":
                surds.add(squeeze(question[tokens.starts[i] : tokens.ends[atom.last - 1]]))
        elif words[i] in _MULTIPLES:
            stated = list(_MULTIPLES[words[i]])
        if i > 0 and tokens.types[i - 1] == OP and tokens.at(i - 1) in "-−–":
            stated += [-value for value in stated]
        values.update(stated)
        last = atom.last if atom is not None else i + 1
        around = words[max(0, i - _NEAR) : i] + words[last : last + _NEAR]
        for value in stated:
            near.setdefault(value, set()).update(stem(w) for w in around if len(w) > 2)
        i = last
    letters = {t for t, k in _texts(tokens) if k == NAME or (k == WORD and len(t) == 1)}
    return Givens(
        frozenset(values),
        frozenset(surds),
        {value: frozenset(names) for value, names in near.items()},
        frozenset(letters - {"a", "A", "I"}),
        squeeze(question),
    )


def _texts(tokens: Tokens) -> list[tuple[str, str]]:
    return [(tokens.at(i), tokens.types[i]) for i in range(len(tokens))]


def _stated(tokens: Tokens, atom: Atom) -> list[Fraction]:
    """A value, the parts it is written with, and a percentage as a share."""
    found = [] if atom.value is None else [atom.value]
    if atom.form == "word" and atom.value is not None and atom.value.denominator > 1:
        found.append(Fraction(atom.value.denominator))
    for part in atom.parts:
        found += _stated(tokens, part)
    if atom.value is not None and not atom.parts and atom.form == "fraction":  # \\frac79, ½
        found += [Fraction(atom.value.numerator), Fraction(atom.value.denominator)]
    if atom.last == atom.first + 1 and " " in tokens.at(atom.first):  # "2 132 pages": two numbers?
        found += [Fraction(int(part)) for part in tokens.at(atom.first).split() if part.isdecimal()]
    if atom.value is not None:
        if is_percent(tokens, atom.last):
            found.append(atom.value / 100)
        elif atom.last < len(tokens) and tokens.at(atom.last).lower() in (
            "percent",
            "dozen",
            "dozens",
        ):
            dozen = tokens.at(atom.last).lower() != "percent"
            found.append(atom.value * 12 if dozen else atom.value / 100)
    return found


def stem(word: str) -> str:
    """A crude stem, enough to match "apples" with "apple"."""
    return word.removesuffix("'s").removesuffix("es").removesuffix("s")
