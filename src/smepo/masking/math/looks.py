"""How a token looks where it stands: a sign, a variable, a times sign, an ordinal."""

from __future__ import annotations

from smepo.masking.math.atoms import atom_at
from smepo.masking.math.lexer import (
    CLOSE,
    DOLLAR,
    EQ,
    FUNCTIONS,
    NEWLINE,
    NUM,
    OP,
    OPEN,
    ORDER,
    SUB,
    WORD,
    Tokens,
)
from smepo.masking.math.sides import Opened, Side

_MAX_UNITS = 6  # tokens of a unit between a value and an operator
_UNITS = frozenset("g m l L s h N J W V C F K A".split())
_SHORT = frozenset("I A OK US UK AM PM TV PC CD DVD USD".split())


def is_ordinal(tokens: Tokens, i: int) -> bool:
    """True for "2nd" and "5th", which stay as "second" and "fifth" do."""
    return (
        i + 1 < len(tokens)
        and tokens.starts[i + 1] == tokens.ends[i]
        and tokens.at(i + 1) in ("st", "nd", "rd", "th")
    )


def is_variable(tokens: Tokens, i: int, *, after_value: bool) -> bool:
    """True for a letter or a name of points; "a" and "I" are words outside of formulas."""
    text = tokens.at(i)
    if len(text) == 1:
        if not text.isascii():
            return False
        if tokens.math[i]:
            return True
        if after_value and text in _UNITS and tokens.starts[i] > tokens.ends[i - 1]:
            return False
        if text not in "aAI":
            return True
        near = tokens.types[i + 1] if i + 1 < len(tokens) else NEWLINE
        return near in (EQ, OP, SUB, ORDER) or (i > 0 and tokens.types[i - 1] in (OP, EQ))
    if not text.isascii() or text.lower() in FUNCTIONS:
        return False
    return (tokens.math[i] and len(text) <= 3) or (
        len(text) <= 3 and text.isupper() and text not in _SHORT
    )


def is_times(tokens: Tokens, side: Side | None, i: int) -> bool:
    """True for the x of "3 x 4"."""
    if side is None or side.letters or not side.atoms or side.last != i or i + 1 >= len(tokens):
        return False
    j = i + 1
    if tokens.types[j] == DOLLAR and j + 1 < len(tokens):
        j += 1
    return atom_at(tokens, j) is not None and tokens.starts[j] > tokens.ends[i]


def continues(tokens: Tokens, sides: list[Side], i: int) -> bool:
    """True for an operator between two quantities with units."""
    if not sides or i - sides[-1].last > _MAX_UNITS:
        return False
    between = tokens.types[sides[-1].last : i]
    opens = i + 1 < len(tokens) and tokens.types[i + 1] in (NUM, DOLLAR, OPEN)
    spaced = tokens.starts[i + 1] > tokens.ends[i] if i + 1 < len(tokens) else False
    return opens and spaced and bool(between) and all(k in (WORD, OP) for k in between)


def is_sign(tokens: Tokens, side: Side, i: int) -> bool:
    """True for a unary sign: tight at its number, or right of a relation or a bracket."""
    tight = i + 1 < len(tokens) and tokens.starts[i + 1] == tokens.ends[i]
    if tokens.at(i) == "+" and side.first == i and side.opened is not Opened.EQ:
        return False
    if i > side.first:
        return True
    if i > 0 and tokens.types[i - 1] == CLOSE:
        return False  # (60 - losses) -2
    if i > 0 and tokens.types[i - 1] == WORD and tokens.ends[i - 1] == tokens.starts[i]:
        return False  # size-3
    spaced = i == 0 or tokens.types[i - 1] == NEWLINE or tokens.ends[i - 1] < tokens.starts[i]
    return tight if side.opened is not Opened.EQ and spaced else True
