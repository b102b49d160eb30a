"""Exact values by name: the text of the reduced fraction, ``42`` or ``-3/4``.

Equal values have equal names, and a name is compared, looked up and kept in a set at the cost of a
string. The empty name stands for no value.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from smepo import numerals

_MEMO = 1 << 14


def name(value: Fraction | None) -> str:
    """The name of a value."""
    return "" if value is None else str(value)


def read(text: str) -> str:
    """The name of the numeral ``text``."""
    if text.isdecimal() and text.isascii() and len(text) <= numerals.MAX_LENGTH:
        return text.lstrip("0") or "0"
    value = numerals.parse(text)
    if "," in text and (value is None or text[0] == "0"):  # a decimal comma: 5,75, 5{,}75
        value = numerals.parse(text.replace(".", "").replace("{,}", ".").replace(",", "."))
    return name(value)


@lru_cache(_MEMO)
def in_words(text: str) -> str:
    """The name of what English number words say."""
    return name(numerals.parse_words(text))


def negated(value: str) -> str:
    """The name of the value with the other sign."""
    if not value or value == "0":
        return value
    return value[1:] if value[0] == "-" else "-" + value


def bottom(value: str) -> str:
    """The name of the denominator."""
    return value.partition("/")[2] or "1"


def top(value: str) -> str:
    """The name of the numerator."""
    return value.partition("/")[0]


@lru_cache(_MEMO)
def ratio(above: str, below: str) -> str:
    """The name of the quotient; none where a part has none or the lower one is zero."""
    if not above or not below or below == "0":
        return ""
    return str(Fraction(above) / Fraction(below))


@lru_cache(_MEMO)
def total(one: str, other: str) -> str:
    """The name of the sum."""
    return str(Fraction(one) + Fraction(other)) if one and other else ""


@lru_cache(_MEMO)
def is_proper(value: str) -> bool:
    """True for a value between 0 and 1."""
    return "/" in value and 0 < Fraction(value) < 1
