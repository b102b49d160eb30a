"""Decimal commas: is 3,5 written for 3.5, or are there two numbers?"""

from __future__ import annotations

import re
from typing import Final

# 3,5 among operators or before a unit is a number; in a list, "1*3,2*3,3*3", there are two.
_DECIMAL: Final = re.compile(
    r"(?<![\d.,(\[{])(?:\d{1,3}\.){0,3}\d{1,9},(?:(?<=[\s$]0,)|(?!\d{3}(?!\d)))"
    r"\d{1,9}(?![\d)\]}]|\.\d|,\S|,[ ]\\)"
)
_OPERATOR: Final = r"(?:[+×·÷*/]|\\cdot|\\times|[-−–](?=[ ]))"
_BEFORE: Final = re.compile(rf"\d[ ]?{_OPERATOR}[ ]?\Z")
_BEHIND: Final = re.compile(rf"[ ]?{_OPERATOR}")
_OPERATED: Final = re.compile(r"(?:[+×·÷*/]|\\cdot|\\times)[ ]?\Z")
_GOES_ON: Final = re.compile(rf"[ ]?{_OPERATOR}[ ]?\d")
_UNIT: Final = re.compile(r"(?:[ ~]|\\,)?(?:\\?%|€|(?:[kcmd]?m|k?g|[cm]?[lL]|[Ee]uros?)\b)")
_NEAR: Final = 12
_POINT: Final = re.compile(r"\d\.\d(?!\d\d(?!\d))")  # no 1.000


def has_decimal_commas(question: str, text: str) -> bool:
    """True if 3,5 is written for 3.5, in the question too, and no decimal point is. O(n)."""
    if not _decimals(question) or _POINT.search(question) or _POINT.search(text):
        return False
    return _is_term(question) or _is_term(text)


def _decimals(text: str) -> list[tuple[int, int]]:
    """Where a comma may be a decimal one: ``3,5``, and no ``(3,5)`` or ``3,500``."""
    found: list[tuple[int, int]] = []
    at = text.find(",")
    while at >= 0:
        start = at
        while start > 0 and at - start < _NEAR and (text[start - 1] in ".0123456789"):
            start -= 1
        match = _DECIMAL.match(text, start) if start < at else None
        if match is not None:
            found.append(match.span())
        at = text.find(",", at + 1)
    return found


def _is_term(text: str) -> bool:
    """True if a decimal comma stands in a sum, a product or before a unit."""
    for start, end in _decimals(text):
        before = text[max(0, start - _NEAR) : start]
        if _UNIT.match(text, end) is not None:
            return True
        if _BEFORE.search(before) is not None:
            if _BEHIND.match(text, end) is None:
                return True
        elif _GOES_ON.match(text, end) is not None and _OPERATED.search(before) is None:
            return True
    return False
