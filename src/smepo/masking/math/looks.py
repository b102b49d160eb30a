"""How a token looks where it stands: a sign, a variable, a times sign, an ordinal."""

from __future__ import annotations

from smepo.masking.math.atoms import atom_at, is_op
from smepo.masking.math.kinds import (
    BANG,
    BRACE,
    BRACE_END,
    CLOSE_FIRST,
    CLOSE_LAST,
    CMD,
    COMMA,
    DELIMITER,
    DOLLAR,
    EQ,
    MINUS,
    NAME,
    NEWLINE,
    NUM,
    OPEN_FIRST,
    OPEN_LAST,
    ORDER,
    PAREN_END,
    PLUS,
    POW,
    SIGNED_LAST,
    SLASH,
    SUB,
    VULGAR,
    WORD,
)
from smepo.masking.math.lexicon import (
    CUES,
    LETTER,
    ORDINAL,
    ORDINAL_END,
    POINTS,
    PROSE,
    SHORT,
    UNIT,
    WORDLIKE,
)
from smepo.masking.math.sides import BY_EQ, Side
from smepo.masking.math.tokens import Tokens

_MAX_UNITS = 6  # tokens of a unit between a value and an operator


def is_ordinal(tokens: Tokens, i: int) -> bool:
    """True for "2nd" and "5th", which stay as "second" and "fifth" do."""
    j = i + 1
    return (
        j < tokens.size
        and tokens.words[j].bits & ORDINAL_END != 0
        and tokens.starts[j] == tokens.ends[i]
    )


def ends_ordinal(tokens: Tokens, i: int) -> bool:
    """True for the rest of "twenty-first" at token ``i``."""
    return (
        i + 1 < tokens.size
        and tokens.kinds[i] == MINUS
        and tokens.words[i + 1].bits & ORDINAL != 0
        and tokens.starts[i + 1] == tokens.ends[i]
    )


def is_modulus(tokens: Tokens, i: int) -> bool:
    """True for the "mod" of ``4 (mod 7)``: what follows it is no factor."""
    return i < tokens.size and tokens.words[i].lower in ("mod", "modulo")


def is_variable(tokens: Tokens, i: int, after_value: bool) -> bool:
    """True for a letter or a name of points; "a" and "I" are words outside of formulas."""
    bits = tokens.words[i].bits
    if bits & LETTER:
        if tokens.math[i]:
            return True
        if after_value and bits & UNIT and tokens.starts[i] > tokens.ends[i - 1]:
            return False
        if not bits & WORDLIKE:
            return True
        near = tokens.kinds[i + 1] if i + 1 < tokens.size else NEWLINE
        if near in (EQ, SUB, ORDER) or is_op(near):
            return True
        return i > 0 and (tokens.kinds[i - 1] == EQ or is_op(tokens.kinds[i - 1]))
    if bits & POINTS or not bits & SHORT:
        return bits & POINTS != 0
    return tokens.math[i] or (after_value and _is_factor(tokens, i))


def _is_factor(tokens: Tokens, i: int) -> bool:
    """True for the letters of ``(1/2)bh`` and ``½bh``."""
    closed = tokens.kinds[i - 1] in (BRACE_END, PAREN_END, VULGAR)
    return closed and tokens.starts[i] == tokens.ends[i - 1]


def is_times(tokens: Tokens, side: Side | None, i: int) -> bool:
    """True for the x of "3 x 4"."""
    j = i + 1
    if side is None or side.letters or not side.atoms or side.last != i or j >= tokens.size:
        return False
    if DOLLAR <= tokens.kinds[j] <= DELIMITER and j + 1 < tokens.size:
        j += 1
    return tokens.starts[j] > tokens.ends[i] and atom_at(tokens, j) is not None


def continues(tokens: Tokens, sides: list[Side], i: int) -> bool:
    """True for an operator between two quantities with units."""
    if not sides or i + 1 >= tokens.size:
        return False
    last = sides[-1].last
    if i == last or i - last > _MAX_UNITS or tokens.starts[i + 1] == tokens.ends[i]:
        return False
    follow = tokens.kinds[i + 1]
    if (
        follow != NUM
        and not DOLLAR <= follow <= DELIMITER
        and not OPEN_FIRST <= follow <= OPEN_LAST
    ):
        return False
    return all(_is_unit(tokens, j) for j in range(last, i))


def _is_unit(tokens: Tokens, i: int) -> bool:
    r"""True for what a unit is written with: ``km/h``, ``\text{ cm}``."""
    kind = tokens.kinds[i]
    if kind == WORD or is_op(kind) or kind in (BRACE, BRACE_END):
        return True
    return kind == CMD and tokens.words[i].bits & PROSE != 0


def after_unit(tokens: Tokens, i: int) -> int:
    r"""The token after the unit of ``5\text{ cm}`` whose brace is token ``i``; else ``i``."""
    if i >= tokens.size or tokens.kinds[i] != BRACE or not i < tokens.close[i] <= i + _MAX_UNITS:
        return i
    for j in range(i + 1, tokens.close[i]):
        if tokens.kinds[j] != SLASH and (tokens.kinds[j] != WORD or tokens.words[j].bits & CUES):
            return i
    return tokens.close[i] + 1


def is_sign(tokens: Tokens, side: Side, i: int) -> bool:
    """True for a unary sign: tight at its number, or right of a relation or a bracket."""
    if tokens.kinds[i] == PLUS and side.first == i and side.opened != BY_EQ:
        return False
    if i > side.first:
        return True
    apart = True
    if i > 0:
        before = tokens.kinds[i - 1]
        touches = tokens.ends[i - 1] == tokens.starts[i]
        if CLOSE_FIRST <= before <= CLOSE_LAST or (before == WORD and touches):
            return False  # (60 - losses) -2, size-3
        apart = before == NEWLINE or not touches
    return side.opened == BY_EQ or not apart or _is_tight(tokens, i)


def _is_tight(tokens: Tokens, i: int) -> bool:
    return i + 1 < tokens.size and tokens.starts[i + 1] == tokens.ends[i]


def is_alone(tokens: Tokens, first: int, last: int) -> bool:
    """True for a value that counts something; as a part of ``1! + 3!``, ``2x`` or ``x^{2}`` it
    counts nothing."""
    if last < tokens.size:
        kind, word = tokens.kinds[last], tokens.words[last]
        touches = tokens.starts[last] == tokens.ends[last - 1]
        if touches and (kind in (BANG, POW, NAME) or (kind == WORD and len(word.text) == 1)):
            return False
        if is_op(kind):  # "a 3-digit number"
            j = last + 1
            return j < tokens.size and tokens.kinds[j] == WORD and len(tokens.words[j].text) > 1
    if first == 0:
        return True
    before = tokens.kinds[first - 1]
    if before == BRACE:
        return False
    return not is_op(before) or (before <= SIGNED_LAST and _may_be_sign(tokens, first - 1))


def _may_be_sign(tokens: Tokens, i: int) -> bool:
    """True for a plus or minus with no value before it."""
    if i == 0:
        return False
    before = tokens.kinds[i - 1]
    if before == WORD:
        return len(tokens.words[i - 1].text) > 1
    return before in (COMMA, EQ, DOLLAR, DELIMITER) or OPEN_FIRST <= before <= OPEN_LAST
