"""The kind of a character where it stands alone. Letters, digits and a few others begin longer
tokens."""

from __future__ import annotations

from typing import Final

from smepo.masking.math.kinds import (
    AMP,
    BACKSLASH,
    BANG,
    BAR,
    BRACE,
    BRACE_END,
    BRACKET,
    BRACKET_END,
    CARET,
    CJK,
    COLON,
    COMMA,
    DEGREE,
    DOLLAR,
    EQ,
    IMPLIES,
    MINUS,
    NEWLINE,
    NUM,
    ORDER,
    OTHER,
    OTHER_OP,
    PAREN,
    PAREN_END,
    PERCENT,
    PLUS,
    PLUSMINUS,
    POW,
    PRIME,
    ROOT,
    SLASH,
    SPACE,
    STOP,
    SUB,
    TAIL,
    TIMES,
    UNION,
    VULGAR,
    WORD,
)
from smepo.numerals import CJK_NUMERALS

_MOST_WIDE: Final = 1 << 15
_SIGNS: Final[dict[str, int]] = {
    "\n": NEWLINE, "=": EQ, "≈≡＝≅≃": EQ, "<>≤≥≠∈∣": ORDER, "⇒⟹→": IMPLIES,
    "+＋": PLUS, "-−–﹣－": MINUS, "±": PLUSMINUS, "*×·": TIMES, "/⁄∕／": SLASH, "^": CARET,
    "√∛∜": ROOT, "÷∙⋅": OTHER_OP, "∪∩∖": UNION, "₀₁₂₃₄₅₆₇₈₉∞": TAIL,
    "{": BRACE, "}": BRACE_END, "(（": PAREN, ")）": PAREN_END, "[": BRACKET, "]": BRACKET_END,
    ",，、": COMMA, ".。;；?？": STOP, ":：": COLON, "!": BANG,
    "_": SUB, "%％": PERCENT, "°": DEGREE, "$": DOLLAR, "&": AMP, "|": BAR, "'′″": PRIME,
    "\\": BACKSLASH, "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞": VULGAR, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻": POW, CJK_NUMERALS: CJK,
}  # fmt: skip
_wide: Final[dict[int, int]] = {
    ord(char): kind for chars, kind in _SIGNS.items() for char in chars if not char.isascii()
}


def _class(char: str) -> int:
    if char.isspace():
        return SPACE
    if char.isdecimal():
        return NUM
    return WORD if char.isalnum() else OTHER


def _ascii() -> bytes:
    table = bytearray(_class(chr(code)) for code in range(128))
    for chars, kind in _SIGNS.items():
        for char in chars:
            if char.isascii():
                table[ord(char)] = kind
    return bytes(table)


_ASCII: Final = _ascii()


def kind_of(code: int) -> int:
    """The kind of the character ``code``."""
    if code < 128:
        return _ASCII[code]
    kind = _wide.get(code, -1)
    if kind < 0:
        kind = _class(chr(code))
        if len(_wide) < _MOST_WIDE:
            _wide[code] = kind
    return kind


def same_kind(text: str, kind: int, at: int, size: int) -> int:
    """The end of the characters of one kind."""
    while at < size and kind_of(ord(text[at])) == kind:
        at += 1
    return at
