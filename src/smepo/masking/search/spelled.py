"""Numbers in words: forty-eight thousand, seven, nineteen ninety."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from smepo import numerals
from smepo.masking.search.common import LATER_ORDINALS, ORDINALS
from smepo.masking.search.words import Words

_UNIT: Final = "|".join((*numerals.UNITS, *numerals.TENS, "hundred", *numerals.SCALES))
_SPELLED: Final = re.compile(rf"\b(?:{_UNIT})(?:(?:[ ]and[ ]|[ -])(?:{_UNIT}))*\b", re.IGNORECASE)
_YEAR: Final = re.compile(
    r"(?:(?:fif|six|seven|eigh|nine)teen|twenty)[ -](?:oh[ -])?\w+(?:[ -]\w+)?", re.IGNORECASE
)
_LABEL: Final = re.compile(
    r"\b(?:step|hop|question|thought|action|part|source|document|passage)[ ]$", re.IGNORECASE
)
_ONES: Final = ORDINALS[:9]
_TENS: Final = tuple(numerals.TENS)[:8]
_ORDINAL: Final = re.compile(
    rf"\b(?:(?:(?P<tens>{'|'.join(_TENS)})[ -])?(?P<ones>{'|'.join(_ONES)})"
    rf"|(?P<whole>{'|'.join([*ORDINALS[9:20], 'thirtieth', *LATER_ORDINALS])}))\b"
    r"(?P<century>[ -]centur(?:y|ies)\b)?",
    re.IGNORECASE,
)
_WHOLE: Final = {word: at + 10 for at, word in enumerate(ORDINALS[9:20])} | {
    word: 10 * at for at, word in enumerate(["thirtieth", *LATER_ORDINALS], 3)
}
_LOW = 10  # "the third hop", "the fifth film"
_PLAIN = 3  # "the two directors", "one of them": words of a plan


class Spelled:
    """A number in words. ``tells``: it is more than a word of a plan."""

    def __init__(
        self, start: int, end: int, worth: Fraction | None, key: str, tells: bool, year: bool
    ) -> None:
        self.start = start
        self.end = end
        self.worth = worth
        self.key = key
        self.tells = tells
        self.year = year


def find(words: Words) -> list[Spelled]:
    """The numbers in words of a text, but for labels such as "step four"."""
    if not words.spelled:
        return []
    text = words.text
    found = _ordinals(words)
    taken = {number.start for number in found}
    for match in _matches(words, _SPELLED):
        start, end = match.start(), match.end()
        if start in taken:  # the twenty of twenty-first
            continue
        written = match[0]
        year = _year(written)
        if year is not None:
            found.append(Spelled(start, end, None, year, True, True))
            continue
        worth = numerals.parse(written) if end - start <= 120 else None
        if worth is None or _LABEL.search(text, max(0, start - 12), start) is not None:
            continue
        found.append(Spelled(start, end, worth, str(worth), worth > _PLAIN, False))
    return found


def _matches(words: Words, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """The matches of a pattern that starts with a word that is a cue, in order."""
    found: list[re.Match[str]] = []
    end = 0
    for index in words.spelled:
        start = words.starts[index]
        match = pattern.match(words.text, start) if start >= end else None
        if match is not None:
            end = match.end()
            found.append(match)
    return found


def _ordinals(words: Words) -> list[Spelled]:
    """Ordinals up to the hundredth have the key of their figures; small ones tell nothing."""
    found: list[Spelled] = []
    for match in _matches(words, _ORDINAL):
        if match["whole"]:
            worth = _WHOLE[match["whole"].lower()]
        else:
            tens = 10 * (_TENS.index(match["tens"].lower()) + 2) if match["tens"] else 0
            worth = tens + _ONES.index(match["ones"].lower()) + 1
        key, century = str(worth), match["century"] is not None
        if century:
            last = 0 if 10 < worth < 14 else worth % 10
            key += {1: "st", 2: "nd", 3: "rd"}.get(last, "th") + " century"
        tells = century or worth > _LOW
        found.append(Spelled(match.start(), match.end(), Fraction(worth), key, tells, century))
    return found


def number(words: Sequence[str]) -> str | None:
    """The key of a number that is all of ``words``, in words or in groups of digits."""
    if words[0] in numerals.UNITS or words[0] in numerals.TENS:
        worth = numerals.parse(" ".join(words))
        return None if worth is None else str(worth)
    digits = "".join(words)
    return digits if digits.isdecimal() and digits.isascii() else None


def keys(words: Words) -> set[str]:
    """The keys of the numbers in words of a text."""
    return {number.key for number in find(words)}


def _year(written: str) -> str | None:
    """``nineteen ninety-one`` is 1991."""
    if _YEAR.fullmatch(written) is None:
        return None
    century, _, rest = written.lower().replace("-", " ").partition(" ")
    high, low = numerals.parse(century), numerals.parse(rest)
    if high is None or low is None or not 10 <= low < 100:
        return None
    return str(high * 100 + low)
