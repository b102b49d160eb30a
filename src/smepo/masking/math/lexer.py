"""Tokens of a mathematical text: prose, plain notation and LaTeX in one flat list.

One pass over the characters, no nesting: linear in the text. White space makes no token.
"""

from __future__ import annotations

import re
from typing import Final

from smepo.masking.math.characters import kind_of, same_kind
from smepo.masking.math.kinds import (
    ANN,
    ANN_END,
    BACKSLASH,
    CJK,
    CMD,
    DOLLAR,
    EQ,
    IMPLIES,
    NAME,
    NUM,
    ORDER,
    OTHER,
    POW,
    SPACE,
    STAR2,
    STOP,
    SUB,
    VULGAR,
    WORD,
)
from smepo.masking.math.lexicon import BINOMIAL, FRACTION, NOTED, NOTHING, look_up
from smepo.masking.math.tokens import Tokens, close_braces, pair_delimiters, pair_dollars
from smepo.numerals import CJK_DIGITS, CJK_NUMERALS, CJK_POINT, CJK_SHARE

# Characters that begin or go on with a longer token.
_BLANK: Final = 0x20
_BANG: Final = 0x21
_APOSTROPHE: Final = 0x27
_PAREN: Final = 0x28
_STAR: Final = 0x2A
_COMMA: Final = 0x2C
_HYPHEN: Final = 0x2D
_DOT: Final = 0x2E
_COLON: Final = 0x3A
_LESS: Final = 0x3C
_EQUALS: Final = 0x3D
_GREATER: Final = 0x3E
_BRACKET: Final = 0x5B
_BACKSLASH: Final = 0x5C
_HAT: Final = 0x5E
_LINE: Final = 0x5F
_CURLY: Final = 0x7B
_QUOTE: Final = 0x2019
_PI: Final = "π"
_EMPHASIS: Final = re.compile(r"_(?=[^\s_{])[^_\n{]{1,200}_(?!\w)")
_DIGITS: Final = "".join(CJK_DIGITS)
# Words that begin with a numeral and count nothing: altogether, certainly; polygon, quadratic.
_CJK_WORD: Final = re.compile(
    "一[共定起般样直旦些切致下律概]|一次(?![一二三四五六七八九十])|三角"
    f"|[两二][边者端侧]|[{CJK_NUMERALS}]{{1,9}}(?:边形|角形|次[函方多项]|面体|棱[柱锥]|元[一二三]次)"
)
_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,9}[/⁄∕][₀₁₂₃₄₅₆₇₈₉]{1,9}")  # ¹⁄₁₂
_RAISABLE: Final = ")]}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tokenize(text: str, commas: bool = False) -> Tokens:
    """All tokens of ``text``, in which 3,5 is one number if it has decimal ``commas``. O(n)."""
    tokens = Tokens(text)
    kinds, starts, ends, words = tokens.kinds, tokens.starts, tokens.ends, tokens.words
    at, size = 0, len(text)
    while at < size:
        start = at
        kind = kind_of(ord(text[at]))
        at += 1
        if kind == SPACE:
            continue
        word = NOTHING
        if kind == WORD:
            kind, at = _word(text, at, size)
            word = look_up(text[start:at], kind)
        elif kind == NUM:
            at = _number(text, start, size)
            if at < size and ord(text[at]) == _COMMA and at + 1 < size:
                tokens.commas |= kind_of(ord(text[at + 1])) == NUM
                if commas and _is_decimal(text, start, at, size):
                    at = _digits(text, at + 1, size)
            if at - start > 2 and words and words[-1].bits & (FRACTION | BINOMIAL):
                at = start + 2  # \\frac123 is a half and a 3
        elif kind == BACKSLASH:
            at = _command(text, at, size)
            kind = OTHER
            if at > start + 1:
                word = look_up(text[start:at], CMD)
                kind = word.kind
        elif at < size:
            kind, at = _longer(text, kind, start, size)
        if kind in (NUM, CJK, VULGAR, WORD) and word is NOTHING:
            word = look_up(text[start:at], kind)
        if word.bits & NOTED:
            tokens.notes.append(len(kinds))
            tokens.seen |= word.bits
        kinds.append(kind)
        starts.append(start)
        ends.append(at)
        words.append(word)
    tokens.size = len(kinds)
    close_braces(tokens)
    tokens.math = [False] * tokens.size
    if "$" in text:
        pair_dollars(tokens)
    if "\\(" in text or "\\[" in text:
        pair_delimiters(tokens)
    return tokens


def _digits(text: str, at: int, size: int) -> int:
    while at < size and kind_of(ord(text[at])) == NUM:
        at += 1
    return at


def _word(text: str, at: int, size: int) -> tuple[int, int]:
    """The kind and the end of a word, or of a name that goes on with digits."""
    plain = ord(text[at - 1]) < 128
    if text[at - 1] == _PI and not _is_greek(text, at, size):
        return WORD, at
    while at < size:
        code = ord(text[at])
        kind = kind_of(code)
        if kind == WORD:
            plain = plain and code < 128
        elif kind == NUM and plain:
            return NAME, _name_end(text, at, size)
        elif code in (_APOSTROPHE, _QUOTE) and at + 1 < size:  # the apostrophe of "doesn't"
            if kind_of(ord(text[at + 1])) != WORD:
                break
            plain = False
        else:
            break
        at += 1
    return WORD, at


def _is_greek(text: str, at: int, size: int) -> bool:
    """True if a letter that is not ASCII stands at ``at``: the π before it is part of a word."""
    return at < size and ord(text[at]) >= 128 and text[at].isalpha()


def _name_end(text: str, at: int, size: int) -> int:
    """The end of a name: ``x1``, ``H2O``, ``v2.0``."""
    while at < size:
        kind = kind_of(ord(text[at]))
        if kind == STOP and _decimals(text, at, size) > at:
            at = _decimals(text, at, size)
            continue
        if kind not in (WORD, NUM, SUB, CJK, VULGAR) and not (kind == POW and text[at].isalnum()):
            break
        at += 1
    return at


def _number(text: str, start: int, size: int) -> int:
    """The end of a numeral: ``1,234``, ``1{,}234``, ``12 345``, ``3.50``, ``1e-5``."""
    at = _digits(text, start, size)
    if at == size:
        return at
    if at - start <= 3 and text[start] != "0" and _may_group(text, start):
        grouped = _groups(text, at, size)
        if grouped > at and not _is_pair(text, start, grouped, size):
            return _decimals(text, grouped, size)
    at = _decimals(text, at, size)
    if at < size and text[at] in ("e", "E"):
        power = at + 1
        if power < size and text[power] in ("+", "-"):
            power += 1
        end = _digits(text, power, size)
        if end > power and (end == size or not (text[end].isalnum() or text[end] in "_.")):
            return end
    return at


def _is_decimal(text: str, start: int, at: int, size: int) -> bool:
    """True for the comma at ``at`` in 3,5; not in a list 1,2,3 or a pair (1,2)."""
    end = _digits(text, at + 1, size)
    if end == at + 1 or (start > 0 and ord(text[start - 1]) == _CURLY):
        return False
    if end + 1 < size and ord(text[end]) == _COMMA and text[end + 1] not in " \n":
        return False
    if start > 1 and ord(text[start - 1]) == _COMMA and kind_of(ord(text[start - 2])) == NUM:
        return False
    return not _is_pair(text, start, end, size)


def _decimals(text: str, at: int, size: int) -> int:
    if at + 1 < size:
        mark = ord(text[at])
        if mark == _DOT and kind_of(ord(text[at + 1])) == NUM:
            return _digits(text, at + 1, size)
        if mark == _CURLY and text[at + 1] == "," and at + 3 < size and text[at + 2] == "}":
            return _digits(text, at + 3, size) if text[at + 3].isdecimal() else at
    return at


def _may_group(text: str, start: int) -> bool:
    """False for ``a_1,234`` and ``x^1,234``: indices are no thousands."""
    if start == 0:
        return True
    before = ord(text[start - 1])
    if before == _LINE:
        return not _takes_index(text, start - 1)
    return before != _HAT


def _is_pair(text: str, start: int, end: int, size: int) -> bool:
    """True for ``(125,375)`` and ``(-5,125)``: all that a bracket holds are coordinates."""
    if start > 1 and ord(text[start - 1]) == _HYPHEN:
        start -= 1
    if start == 0 or ord(text[start - 1]) not in (_PAREN, _BRACKET):
        return False
    return end == size or text[end] in ")]"


def _takes_index(text: str, at: int) -> bool:
    """True if the underscore at ``at`` touches a name or a bracket that it may index."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] in ")}]|'′$")


def _is_emphasis(text: str, at: int, size: int) -> bool:
    """True for the underscores of ``_42 eggs_``; ``a_1``, ``101_2``, ``\\log _2`` have indices."""
    if _takes_index(text, at):
        return at + 1 == size or not (text[at + 1].isalnum() or text[at + 1] in "{\\ (")
    return _EMPHASIS.match(text, at) is not None


def _groups(text: str, at: int, size: int) -> int:
    """The end of the thousands after the digits that end at ``at``; ``at`` if there are none."""
    while at + 3 < size:
        mark = ord(text[at])
        digits = at + 1
        if mark == _BACKSLASH and text[digits] == ",":
            digits += 1
        elif mark == _CURLY and text[digits] == "," and text[digits + 1] == "}":
            digits += 2
        elif mark == _COMMA:
            if text[digits] == "\\" and text[digits + 1] == "!":
                digits += 2
        elif mark not in (_BLANK, _LINE, 0xA0, 0x2009, 0x202F):  # the last are thin spaces
            break
        if digits + 3 > size or _digits(text, digits, min(size, digits + 4)) != digits + 3:
            break
        at = digits + 3
    return at


def _command(text: str, at: int, size: int) -> int:
    """The end of the command whose backslash stands before ``at``; ``at`` if it is a lone one."""
    end = at
    while end < size:
        code = ord(text[end])
        if code >= 128 or kind_of(code) != WORD:
            break
        end += 1
    if end > at:
        return end + 1 if end < size and text[end] == "*" else end
    return at + 1 if at < size and text[at] != "\n" else at


def _run(text: str, at: int, size: int) -> int:
    """The end of a run of the character at ``at``."""
    code = ord(text[at])
    while at < size and ord(text[at]) == code:
        at += 1
    return at


def _chinese(text: str, at: int, size: int) -> int:
    """The end of a Chinese numeral whose digits end at ``at``: ``三点一四``, ``二分之一``.

    ``三点五十分`` is a time of day and ``两点一线`` counts points: no decimals.
    """
    if text.startswith(CJK_POINT, at) and text[at - 1] not in "两兩":
        end = same_kind(text, CJK, at + 1, size)
        digits = text[at + 1 : end]
        clock = end < size and text[end] in "分点刻" and not text.startswith(CJK_SHARE, end)
        if digits and not clock and not digits.strip(_DIGITS):
            at = end
    if text.startswith(CJK_SHARE, at):
        end = same_kind(text, CJK, at + 2, size)
        at = end if end > at + 2 else at
    return at


def _ends_cjk_word(text: str, start: int, end: int) -> bool:
    """True for the last character of 唯一 (the only) and the like."""
    return start > 0 and end == start + 1 and text[start] == "一" and text[start - 1] in "唯任统同"


def _longer(text: str, kind: int, start: int, size: int) -> tuple[int, int]:
    """The kind and the end of a token that may have more than one character."""
    at = start + 1
    if kind == CJK:
        at = same_kind(text, kind, at, size)
        if _CJK_WORD.match(text, start) is not None or _ends_cjk_word(text, start, at):
            return WORD, at
        return kind, _chinese(text, at, size)
    if kind == POW:
        raised = _RAISED.match(text, start)
        if raised is not None and not (start > 0 and text[start - 1] in _RAISABLE):
            return VULGAR, raised.end()
        return kind, same_kind(text, kind, at, size)
    sign, follow = ord(text[start]), ord(text[at])
    if kind == STOP:
        if sign == _DOT and kind_of(follow) == NUM and not _after_number(text, start):
            return NUM, _digits(text, at, size)
    elif kind == SUB and _is_emphasis(text, start, size):
        return STAR2, at
    elif follow == _EQUALS:
        return _equals(text, kind, start, size)
    elif follow == _GREATER:
        if sign in (_HYPHEN, _EQUALS):
            return IMPLIES, at + 1
        if sign == _GREATER:
            return ANN_END, at + 1
    elif follow == sign:
        if sign == _LESS:
            return ANN, at + 1
        if sign in (_STAR, _LINE):
            return STAR2, _run(text, at, size)
        if kind == DOLLAR:
            return DOLLAR, at + 1
    return kind, at


def _equals(text: str, kind: int, start: int, size: int) -> tuple[int, int]:
    """The kind and the end of a token that has an equals sign second: ``==``, ``<=>``, ``:=``."""
    sign = ord(text[start])
    if sign in (_EQUALS, _LESS):
        end = _run(text, start + 1, size)
        if end < size and text[end] == ">":
            return IMPLIES, end + 1
        return (EQ, end) if sign == _EQUALS else (ORDER, start + 2)
    if sign == _COLON:
        return EQ, start + 2
    if sign in (_BANG, _GREATER):
        return ORDER, start + 2
    return kind, start + 1


def _after_number(text: str, start: int) -> bool:
    return start > 0 and (text[start - 1] == "." or kind_of(ord(text[start - 1])) == NUM)
