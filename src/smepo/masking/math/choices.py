"""Choices stated in a sentence: "Hence C is correct", "we choose (B).", a last line "C".

One capital letter is a point or a set more often than a choice, so each rule is a whole frame:
what stands left of the letter and how the sentence ends right of it. O(n): the frames look at a few
characters on either side.
"""

from __future__ import annotations

import re
from typing import Final

from smepo.types import Kind, Role, Span

_WINDOW: Final = 60  # characters of a frame left of the letter
_MARKS = r"(?:[*_$(\"“{ \t]|\\(?:text|textbf|mathrm|mathbf|mathsf)\b|\\\(){0,12}"
_ENDED = r"(?:[)}*_$\"”]|\\\)){0,8}"
_NOT_BEFORE: Final = frozenset("\\'’_^")
_NOT_BEHIND: Final = frozenset("'’^")
_FRAMED = re.compile(
    r"(?i:\b(?:(?:so|thus|hence|therefore)[ \t,:]{0,4}(?:it(?:['’]s|[ \t]is|[ \t]must[ \t]be))?"
    r"|pick|choose|chose|select|(?:go|going|went)[ \t]with"
    r"|(?:final|correct|right|answer)[ \t]*[-–:]|letter[ \t]is))[ \t]{0,4}[,:]?" + _MARKS + r"\Z"
)
_NAMED = re.compile(r"\b(?:is|be)[ \t]{1,3}(?:[*_$]|\\text(?:bf)?\{){0,4}\(\Z")  # "is (C)."
_OPENED = re.compile(r"(?:\A|\n)" + _MARKS + r"\Z")
_STOPS = re.compile(_ENDED + r"(?:[ \t]*(?:\n|\Z)|[.!](?=\s|\Z|[*_$]))")
_LAST = re.compile(_ENDED + r"[.!]?[*_$]{0,4}\s*\Z")
_CORRECT = re.compile(
    _ENDED + r"[ \t]+is[ \t]+(?:correct\b(?![ \t]+(?:to|for)\b)"
    r"|(?:the[ \t]+)?(?:(?:only|best)[ \t]+)?(?:(?:correct|right|true)[ \t]+)?"
    r"(?:answer|choice|option)\b)"
)
# The last sentence of a proof or of a yes-or-no question: "the function is odd."
_VERDICT = re.compile(
    r"(?:\b(?:is|are)|['’]s)[ \t]+(?:\*\*)?(?:(?:neither|both)[ \t]+)?"
    r"((?:true|false|odd|even)(?:[ \t]+(?:nor|or|and)[ \t]+(?:odd|even))?)(?:\*\*)?[.!]?(?:\*\*)?\Z"
)


def choices(text: str) -> list[Span]:
    """The letters that a sentence states as the choice, with their parentheses."""
    found: list[Span] = []
    size = len(text.rstrip())
    for letter in "ABCDEFGHIJ":
        at = text.find(letter)
        while at >= 0:
            if _is_alone(text, at) and _is_stated(text, at, size):
                bare = text[at - 1 : at] != "(" or text[at + 1 : at + 2] != ")"
                start, end = (at, at + 1) if bare else (at - 1, at + 2)
                found.append(Span(start, end, Kind.CHOICE, Role.CONCLUSION, key=letter))
            at = text.find(letter, at + 1)
    found.sort(key=lambda span: span.start)
    return found


def _is_alone(text: str, at: int) -> bool:
    """True for a letter that is no part of a word, a command, a number or an index."""
    if at:
        before = text[at - 1]
        if _is_joined(before) or before in _NOT_BEFORE:
            return False
    if at + 1 == len(text):
        return True
    behind = text[at + 1]
    return not (_is_joined(behind) or behind in _NOT_BEHIND)


def _is_joined(sign: str) -> bool:
    code = ord(sign)
    return 97 <= code <= 122 or 65 <= code <= 90 or (code > 47 and sign.isdecimal())


def _is_stated(text: str, start: int, size: int) -> bool:
    """True if a frame stands around the letter at ``start``; ``size`` is without space behind."""
    end = start + 1
    if _CORRECT.match(text, end) is not None:
        return True
    left = text[max(0, start - _WINDOW) : start]
    if _STOPS.match(text, end) and (
        _FRAMED.search(left) or (left.endswith("(") and _NAMED.search(left))
    ):
        return True
    if size - end < 16 and _LAST.match(text, end):
        return _OPENED.search(left if start < _WINDOW else " " + left) is not None
    return False


def verdict(text: str) -> list[Span]:
    """The word in which the last sentence ends: ``the statement is false.``"""
    end = len(text.rstrip())
    start = max(0, end - 80)
    match = _VERDICT.search(text[start:end])
    if match is None:
        return []
    first, last = start + match.start(1), start + match.end(1)
    return [Span(first, last, Kind.ANSWER, Role.CONCLUSION, key=match.group(1).lower())]
