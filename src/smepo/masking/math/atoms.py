"""Atoms: the closed values of a text, from one numeral to a fraction, a surd or a mixed number."""

from __future__ import annotations

from typing import Final

from smepo import numerals
from smepo.masking.math import values
from smepo.masking.math.kinds import (
    BANG,
    BRACE,
    BRACKET,
    BRACKET_END,
    CARET,
    CJK,
    CMD,
    MINUS,
    NUM,
    OP_FIRST,
    OP_LAST,
    PERCENT,
    PLUS,
    POW,
    ROOT,
    SLASH,
    STOP,
    SUB,
    TIMES,
    VULGAR,
    WORD,
)
from smepo.masking.math.lexicon import (
    AND,
    ARTICLE,
    BINOMIAL,
    CARDINAL,
    DECIMAL,
    DOZEN,
    FRACTION,
    NEGATIVE,
    NUMBER_WORD,
    PART,
    SQRT,
)
from smepo.masking.math.tokens import Tokens

_MAX_RUN = 12

# How an atom is written.
INT: Final = 0
DECIMALS: Final = 1
FRACTIONAL: Final = 2  # \frac{1}{2}, ½
SLASHED: Final = 3  # 1/2
MIXED: Final = 4
SURD: Final = 5
WORDS: Final = 6
CHINESE: Final = 7
SCIENTIFIC: Final = 8
POWERED: Final = 9  # 2³


class Atom:
    """Tokens ``first`` to ``last`` (half open) that write one value.

    ``value`` names the exact value (see ``values``), empty for a surd or a power. ``parts`` are the
    atoms of which a fraction is made: where the whole is no given, its parts still may be. ``sign``
    is the token of a unary sign before it, or -1.
    """

    def __init__(
        self, first: int, last: int, value: str, form: int, parts: tuple[Atom, ...] = ()
    ) -> None:
        self.first = first
        self.last = last
        self.value = value
        self.form = form
        self.parts = parts
        self.sign = -1
        self.exponent = False  # stands in an exponent
        self.raises = False  # ... of a numeral: 10^3
        self.applies = False  # ... of a bracket: (1/2)^3
        self.index = False  # stands in the index of a root


def atom_at(tokens: Tokens, i: int) -> Atom | None:
    """The longest atom that starts at token ``i``, without a sign; ``None`` if there is none."""
    kind = tokens.kinds[i]
    if kind == NUM:
        return _number(tokens, i)
    if kind == WORD:
        bits = tokens.words[i].bits
        return _words(tokens, i) if bits & (NUMBER_WORD | ARTICLE | NEGATIVE) else None
    if kind == CMD:
        bits = tokens.words[i].bits
        if bits & FRACTION:
            return _fraction(tokens, i)
        if bits & BINOMIAL:
            return _binomial(tokens, i)
        return _surd(tokens, i) if bits & SQRT else None
    if kind == ROOT:
        return _surd(tokens, i)
    if kind == VULGAR:
        return Atom(i, i + 1, tokens.words[i].value, FRACTIONAL)
    if kind == CJK:
        return Atom(i, i + 1, tokens.words[i].value, CHINESE)
    return None


def _number(tokens: Tokens, i: int) -> Atom:
    kinds, size = tokens.kinds, tokens.size
    word = tokens.words[i]
    j = i + 1
    first = Atom(i, j, word.value, DECIMALS if word.bits & DECIMAL else INT)
    if j >= size:
        return first
    after = kinds[j]
    if after == TIMES or (after == WORD and tokens.words[j].lower == "x"):
        power = _scientific(tokens, i)
        return first if power is None else power
    if after == POW:
        return _powered(tokens, first)
    if after == STOP or (after == CMD and tokens.words[j].text == "\\overline"):
        return _repeating(tokens, first)
    if after != SLASH and after != VULGAR and after != CMD and after != NUM:
        return first
    if i > 0 and (kinds[i - 1] == CARET or kinds[i - 1] == SUB):
        return first  # x^2 \\frac{1}{2} has no mixed number
    if after == VULGAR:
        if tokens.text[tokens.ends[i] : tokens.starts[j]] not in ("", " "):
            return first
        return _sum(first, Atom(j, j + 1, tokens.words[j].value, FRACTIONAL))
    if after == CMD and first.form == INT and tokens.words[j].bits & FRACTION:
        fraction = _fraction(tokens, j)
        if fraction is not None and values.is_proper(fraction.value):
            return _sum(first, fraction)
    if after == NUM and first.form == INT and j + 1 < size and kinds[j + 1] == SLASH:
        slashed = _slash(tokens, Atom(j, j + 1, tokens.words[j].value, INT))
        gap = tokens.text[tokens.ends[i] : tokens.starts[j]]
        if gap in (" ", "\u00a0") and values.is_proper(slashed.value):
            return _sum(first, slashed)
    return _slash(tokens, first)


def _scientific(tokens: Tokens, i: int) -> Atom | None:
    """``4.2 \\times 10^{-4}`` is one value."""
    j = i + 2
    if j + 1 >= tokens.size or tokens.kinds[j] != NUM or tokens.words[j].text != "10":
        return None
    if tokens.kinds[j + 1] == POW:  # 4.5×10⁻⁴
        text = tokens.between(i, j + 1) + "^" + tokens.at(j + 1).translate(numerals.RAISED)
        value = values.name(numerals.parse(text))
        return Atom(i, j + 2, value, SCIENTIFIC) if value else None
    if j + 2 >= tokens.size or tokens.kinds[j + 1] != CARET:
        return None
    exponent = _argument(tokens, j + 2)
    if exponent is None:
        return None
    last = _after(tokens, exponent, j + 2)
    value = values.name(numerals.parse(tokens.between(i, last)))
    return Atom(i, last, value, SCIENTIFIC) if value else None


def _powered(tokens: Tokens, base: Atom) -> Atom:
    """``2³`` is written as one; it is left to work out, so it has no value."""
    return Atom(base.first, base.last + 1, "", POWERED, (base,))


def _repeating(tokens: Tokens, first: Atom) -> Atom:
    """``0.1\\overline{6}`` is one value."""
    j = first.last + (tokens.kinds[first.last] == STOP)
    if j + 1 >= tokens.size or tokens.words[j].text != "\\overline":
        return first
    last = tokens.close[j + 1] + 1
    if last == 0 or tokens.starts[j] > tokens.ends[j - 1]:
        return first
    value = values.name(numerals.parse(tokens.between(first.first, last)))
    return Atom(first.first, last, value, DECIMALS) if value else first


def _sum(whole: Atom, part: Atom) -> Atom:
    value = values.total(whole.value, part.value)
    return Atom(whole.first, part.last, value, MIXED, (whole, part))


def _slash(tokens: Tokens, top: Atom) -> Atom:
    """``a/b`` of two numerals, where nothing binds tighter on either side."""
    kinds, size = tokens.kinds, tokens.size
    j = top.last
    if j + 1 >= size or kinds[j] != SLASH or kinds[j + 1] != NUM:
        return top
    after = j + 2
    if after < size and (kinds[after] == SLASH or kinds[after] == BANG or kinds[after] == CARET):
        return top
    bottom = Atom(j + 1, after, tokens.words[j + 1].value, INT)
    value = values.ratio(top.value, bottom.value)
    return Atom(top.first, after, value, SLASHED, (top, bottom)) if value else top


def _fraction(tokens: Tokens, i: int) -> Atom | None:
    """``\\frac{a}{b}`` of two numerals, also ``\\frac12`` and ``\\frac{a}2``."""
    j = i + 1
    if j >= tokens.size:
        return None
    digits = _two_digits(tokens, j)
    if digits and digits[1] != "0":
        return Atom(i, i + 2, values.ratio(digits[0], digits[1]), FRACTIONAL)
    top = _argument(tokens, j)
    if top is None:
        return None
    j = _after(tokens, top, j)
    bottom = _argument(tokens, j)
    if bottom is None:
        return None
    value = values.ratio(top.value, bottom.value)
    return Atom(i, _after(tokens, bottom, j), value, FRACTIONAL, (top, bottom)) if value else None


def _two_digits(tokens: Tokens, j: int) -> str:
    """The bare arguments of ``\\frac12`` and ``\\binom63``, at token ``j``, if there are any."""
    if j >= tokens.size or tokens.kinds[j] != NUM:
        return ""
    text = tokens.words[j].text
    return text if len(text) == 2 and text.isascii() and text.isdecimal() else ""


def _binomial(tokens: Tokens, i: int) -> Atom | None:
    """``\\binom63``, which is hidden whole or not at all: half of it breaks the formula."""
    digits = _two_digits(tokens, i + 1)
    if not digits:
        return None
    above, below = Atom(i + 1, i + 2, digits[0], INT), Atom(i + 1, i + 2, digits[1], INT)
    return Atom(i, i + 2, "", POWERED, (above, below))


def _argument(tokens: Tokens, j: int) -> Atom | None:
    """A numeral in braces, or a bare one, at token ``j``; the atom is what stands inside."""
    if j >= tokens.size:
        return None
    kinds = tokens.kinds
    if kinds[j] == NUM:
        return Atom(j, j + 1, tokens.words[j].value, INT)
    close = tokens.close[j]
    if close < 0:
        return None
    inner = j + 1
    negative = False
    if close == inner + 2 and (kinds[inner] == MINUS or kinds[inner] == PLUS):
        negative = kinds[inner] == MINUS
        inner += 1
    if close != inner + 1 or kinds[inner] != NUM:
        return None
    value = tokens.words[inner].value
    return Atom(j + 1, close, values.negated(value) if negative else value, INT)


def _after(tokens: Tokens, argument: Atom, j: int) -> int:
    """The token after an argument that begins at ``j``: after its brace, if it has one."""
    return argument.last + 1 if tokens.kinds[j] == BRACE else argument.last


def _surd(tokens: Tokens, i: int) -> Atom | None:
    """``\\sqrt{12}``, ``\\sqrt 3``, ``\\sqrt[3]{2}``, ``√5`` of a numeral."""
    kinds = tokens.kinds
    j = i + 1
    if j < tokens.size and kinds[j] == BRACKET:
        if j + 2 >= tokens.size or kinds[j + 1] != NUM or kinds[j + 2] != BRACKET_END:
            return None
        j += 3
    inside = _argument(tokens, j)
    return None if inside is None else Atom(i, _after(tokens, inside, j), "", SURD, (inside,))


def _words(tokens: Tokens, i: int) -> Atom | None:
    """``twenty-one``, ``two thirds``, ``a quarter``, ``minus four``."""
    kinds, words, size = tokens.kinds, tokens.words, tokens.size
    bits = words[i].bits
    if i > 1 and words[i - 2].lower == "non" and tokens.at(i - 1) == "-":
        return None  # non-zero
    if not bits & NUMBER_WORD:
        opens = bits & ARTICLE and i + 1 < size and words[i + 1].bits & PART
        if not opens and not (bits & NEGATIVE and _is_negative(tokens, i)):
            return None
    last, j = i + 1, i + 1
    while j < size and j - i < _MAX_RUN:
        if kinds[j] == MINUS and tokens.at(j) == "-":
            j += 1
            continue
        if kinds[j] != WORD:
            break
        bits = words[j].bits
        if bits & (NUMBER_WORD | DOZEN):
            last = j + 1
        elif not bits & AND and not (words[j].lower == "a" and words[j - 1].bits & AND):
            break
        j += 1
    for end in range(last, i, -1):
        if kinds[end - 1] == WORD:
            value = values.in_words(tokens.between(i, end))
            if value:
                return Atom(i, end, value, WORDS)
    return None


def _is_negative(tokens: Tokens, i: int) -> bool:
    """True where "minus" is a sign: a number word follows and no value stands before it."""
    if i + 1 >= tokens.size or not tokens.words[i + 1].bits & CARDINAL:
        return False
    if i == 0:
        return True
    return not (tokens.words[i - 1].bits & NUMBER_WORD or tokens.at(i - 1)[-1:].isdecimal())


def is_op(kind: int) -> bool:
    """True for an operator."""
    return OP_FIRST <= kind <= OP_LAST


def is_percent(tokens: Tokens, i: int) -> bool:
    """True if token ``i`` is a percent sign."""
    return i < tokens.size and tokens.kinds[i] == PERCENT
