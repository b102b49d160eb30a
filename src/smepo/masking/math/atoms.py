"""Atoms: the closed values of a text, from one numeral to a fraction, a surd or a mixed number."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from smepo import numerals
from smepo.masking.math.lexer import (
    BANG,
    CJK,
    CMD,
    NUM,
    OP,
    OPEN,
    PERCENT,
    VULGAR,
    WORD,
    Tokens,
)

_FRAC = ("frac", "dfrac", "tfrac", "cfrac")
_WORDS = numerals.CARDINAL_WORDS | numerals.FRACTION_WORDS
_MAX_RUN = 12
_TIMES = ("\\times", "\\cdot", "×", "·", "*")
_NEGATIVE = ("minus", "negative")


@dataclass(frozen=True, slots=True)
class Atom:
    """Tokens ``first`` to ``last`` (half open) that write one value.

    ``value`` is exact, or ``None`` for a surd. ``parts`` are the atoms of which a fraction is
    made: where the whole is no given, its parts still may be.
    """

    first: int
    last: int
    value: Fraction | None
    form: str  # int, decimal, fraction, slash, mixed, surd, word, cjk
    parts: tuple[Atom, ...] = ()


def atom_at(tokens: Tokens, i: int) -> Atom | None:
    """The longest atom that starts at token ``i``, without a sign; ``None`` if there is none."""
    kind = tokens.types[i]
    if kind == NUM:
        return _number(tokens, i)
    if kind == CMD:
        name = tokens.command(i)
        if name in _FRAC:
            return _fraction(tokens, i)
        return _surd(tokens, i) if name == "sqrt" else None
    if kind == WORD:
        return _words(tokens, i)
    if kind == VULGAR:
        return Atom(i, i + 1, numerals.parse(tokens.at(i)), "fraction")
    if kind == CJK:
        return Atom(i, i + 1, numerals.parse_cjk(tokens.at(i)), "cjk")
    return None


def _number(tokens: Tokens, i: int) -> Atom:
    types, size = tokens.types, len(tokens)
    text = tokens.at(i)
    form = "int" if text.isdecimal() else "decimal"
    first = Atom(i, i + 1, numerals.parse(text), form)
    power = _scientific(tokens, i)
    if power is not None:
        return power
    j = i + 1
    if j >= size:
        return first
    if i > 0 and tokens.at(i - 1) in ("^", "_"):  # x^2 \\frac{1}{2} has no mixed number
        return first
    if types[j] == VULGAR and tokens.starts[j] == tokens.ends[i]:
        return _sum(tokens, first, Atom(j, j + 1, numerals.parse(tokens.at(j)), "fraction"))
    if types[j] == CMD and form == "int" and tokens.command(j) in _FRAC:
        part = _fraction(tokens, j)
        if part is not None and part.value is not None and 0 < part.value < 1:
            return _sum(tokens, first, part)
    if types[j] == NUM and form == "int" and _is_slash(tokens, j + 1):
        part = _slash(tokens, Atom(j, j + 1, numerals.parse(tokens.at(j)), "int"))
        gap = tokens.text[tokens.ends[i] : tokens.starts[j]]
        if gap in (" ", "-", "\u00a0") and part.value is not None and 0 < part.value < 1:
            return _sum(tokens, first, part)
    return _slash(tokens, first)


def _scientific(tokens: Tokens, i: int) -> Atom | None:
    """``4.2 \\times 10^{-4}`` is one value."""
    j = i + 1
    if j + 3 >= len(tokens) or tokens.types[j] != OP or tokens.types[j + 1] != NUM:
        return None
    if tokens.at(j) not in _TIMES or tokens.at(j + 1) != "10" or tokens.at(j + 2) != "^":
        return None
    exponent = _argument(tokens, j + 3)
    if exponent is None:
        return None
    text = tokens.text[tokens.starts[i] : tokens.ends[exponent[1] - 1]]
    value = numerals.parse(text)
    return None if value is None else Atom(i, exponent[1], value, "scientific")


def _sum(tokens: Tokens, whole: Atom, part: Atom) -> Atom:
    total = None
    if whole.value is not None and part.value is not None:
        total = whole.value + part.value
    return Atom(whole.first, part.last, total, "mixed", (whole, part))


def _is_slash(tokens: Tokens, j: int) -> bool:
    return j < len(tokens) and tokens.types[j] == OP and tokens.at(j) in "/⁄∕"


def _slash(tokens: Tokens, top: Atom) -> Atom:
    """``a/b`` of two numerals, where nothing binds tighter on either side."""
    j = top.last
    if not _is_slash(tokens, j) or j + 1 >= len(tokens) or tokens.types[j + 1] != NUM:
        return top
    after = j + 2
    if after < len(tokens) and (
        _is_slash(tokens, after) or tokens.types[after] == BANG or tokens.at(after) == "^"
    ):
        return top
    bottom = Atom(j + 1, j + 2, numerals.parse(tokens.at(j + 1)), "int")
    if top.value is None or not bottom.value:
        return top
    return Atom(top.first, after, top.value / bottom.value, "slash", (top, bottom))


def _fraction(tokens: Tokens, i: int) -> Atom | None:
    """``\\frac{a}{b}`` of two numerals, also ``\\frac12`` and ``\\frac{a}2``."""
    size = len(tokens)
    if i + 1 < size and tokens.types[i + 1] == NUM and len(tokens.at(i + 1)) == 2:
        text = tokens.at(i + 1)
        if text.isdecimal() and tokens.starts[i + 1] == tokens.ends[i] and text[1] != "0":
            return Atom(i, i + 2, Fraction(int(text[0]), int(text[1])), "fraction")
    top = _argument(tokens, i + 1)
    bottom = _argument(tokens, top[1]) if top else None
    if not top or not bottom or top[0].value is None or not bottom[0].value:
        return None
    return Atom(i, bottom[1], top[0].value / bottom[0].value, "fraction", (top[0], bottom[0]))


def _argument(tokens: Tokens, j: int) -> tuple[Atom, int] | None:
    """A numeral in braces, or a bare one, at token ``j``; with the index after it."""
    if j >= len(tokens):
        return None
    if tokens.types[j] == NUM:
        return Atom(j, j + 1, numerals.parse(tokens.at(j)), "int"), j + 1
    if tokens.types[j] != OPEN or tokens.close[j] < 0:
        return None
    close = tokens.close[j]
    inner = j + 1
    sign = 1
    if close == inner + 2 and tokens.types[inner] == OP and tokens.at(inner) in "-−–+":
        sign = 1 if tokens.at(inner) == "+" else -1
        inner += 1
    if close != inner + 1 or tokens.types[inner] != NUM:
        return None
    value = numerals.parse(tokens.at(inner))
    return Atom(
        close - (close - j) + 1, close, None if value is None else sign * value, "int"
    ), close + 1


def _surd(tokens: Tokens, i: int) -> Atom | None:
    """``\\sqrt{12}``, ``\\sqrt 3``, ``\\sqrt[3]{2}`` of a numeral."""
    j = i + 1
    if j < len(tokens) and tokens.types[j] == OPEN and tokens.at(j) == "[":
        if j + 2 >= len(tokens) or tokens.types[j + 1] != NUM or tokens.at(j + 2) != "]":
            return None
        j += 3
    inside = _argument(tokens, j)
    if inside is None:
        return None
    return Atom(i, inside[1], None, "surd", (inside[0],))


def _words(tokens: Tokens, i: int) -> Atom | None:
    word = tokens.at(i).lower()
    opens = word in ("a", "an") and _next_is_part(tokens, i)
    opens |= word in _NEGATIVE and _is_negative(tokens, i)
    if word not in _WORDS and not opens:
        return None
    last, j = i + 1, i + 1
    while j < len(tokens) and j - i < _MAX_RUN:
        if tokens.types[j] == OP and tokens.at(j) == "-":
            j += 1
            continue
        if tokens.types[j] != WORD:
            break
        word = tokens.at(j).lower()
        if word in _WORDS:
            last = j + 1
        elif word != "and" and not (word == "a" and tokens.at(j - 1).lower() == "and"):
            break
        j += 1
    for end in range(last, i, -1):
        if tokens.types[end - 1] != WORD:
            continue
        value = numerals.parse_words(tokens.text[tokens.starts[i] : tokens.ends[end - 1]])
        if value is not None:
            return Atom(i, end, value, "word")
    return None


def _is_negative(tokens: Tokens, i: int) -> bool:
    """True where "minus" is a sign: a number word follows and no value stands before it."""
    if i + 1 >= len(tokens) or tokens.at(i + 1).lower() not in numerals.CARDINAL_WORDS:
        return False
    before = tokens.at(i - 1).lower() if i > 0 else ""
    return not (before in _WORDS or before[-1:].isdecimal())


def _next_is_part(tokens: Tokens, i: int) -> bool:
    """True where "a" opens a value: a third, a quarter, a hundred."""
    if i + 1 >= len(tokens) or tokens.types[i + 1] != WORD:
        return False
    word = tokens.at(i + 1).lower()
    return word in numerals.ORDINALS or word in numerals.SCALES or word == "hundred"


def is_percent(tokens: Tokens, i: int) -> bool:
    """True if token ``i`` is a percent sign (degree signs share its type)."""
    return i < len(tokens) and tokens.types[i] == PERCENT and tokens.at(i) in ("%", "\\%", "％")
