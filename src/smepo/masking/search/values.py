"""Dates and numbers in a text, with keys that are equal when the values are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from smepo.masking.search.common import DIGITS, MONTHS, ORDINALS
from smepo.masking.search.words import Words


class Value:
    """A date or a number: its place, and a key in one canonical form."""

    def __init__(self, start: int, end: int, date: bool, key: str) -> None:
        self.start = start
        self.end = end
        self.date = date
        self.key = key


_MONTH = "(?=[adefgjlmnos])(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_WORDED = "|".join(sorted(ORDINALS, key=len, reverse=True)).replace("-", "[ -]")
_DAY = r"(?:[0-3]?\d(?:st|nd|rd|th|º|er)?|(?=[efnst])(?:" + _WORDED + r"))\b\.?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_ERA = r"(?:[ ]?(?:B\.C\.?(?:E\.?)?|BCE?|A\.D\.?|AD|C\.E\.?|CE)(?!\w))"
_DATE = re.compile(
    rf"(?<![\w.])(?<!\d[,/-])(?:"
    rf"(?P<d1>{_DAY})[ -](?:(?:of|de|di)[ ])?(?P<m1>{_MONTH})"
    rf"(?:,?[ -](?:(?:de|del|of)[ ])?(?P<y1>\d{{4}})\b)?"
    rf"|(?P<m2>{_MONTH})[ ](?:the[ ])?(?P<d2>{_DAY})(?!\d)(?:(?:,[ ]?|[ ])(?P<y2>\d{{4}})\b)?"
    rf"|(?P<m3>{_MONTH}),?[ ](?:of[ ]|de[ ])?(?P<y3>\d{{4}})\b"
    rf"|(?P<y4>\d{{4}})(?P<s4>[-/.])(?P<m4>\d{{1,2}})(?P=s4)(?P<d4>\d{{1,2}})(?!\d)"
    rf"|(?P<n5>\d{{1,2}}(?P<s5>[-/.])\d{{1,2}}(?P=s5)(?:\d{{4}}|\d{{2}}))(?![\d.,]\d)"
    rf"|(?P<y6>\d{{4}})年(?:(?P<m6>\d{{1,2}})月(?:(?P<d6>\d{{1,2}})日)?)?"
    rf"|(?P<c7>\d{{1,2}}(?:st|nd|rd|th)[ -]centur(?:y|ies)){_ERA}?"
    rf"|(?P<e8>\d{{1,4}}{_ERA})"
    rf"|(?P<y9>{_YEAR})(?P<t9>'?s)?(?![\w%]|[.,:]\d|-\d{{4}}-)"
    rf")",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])(?:[-−+](?=\d))?(?:(?P<n>\d{1,3}"
    r"(?:[,\u00a0\u2009\u202f]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)"
    r"(?P<scale>[ -]?(?:hundred|thousand|million|billion|trillion)\b)?)"
    r"(?P<ordinal>(?:st|nd|rd|th)\b)?",
    re.IGNORECASE,
)
_MODAL = re.compile(  # "page 2 may help"
    r"may[ ](?!(?:in|at|on|of|and|or|to|by|from|as|for|with|the|when|was|is|he|she|they)\b)"
    r"[a-z]{2,}"
)
_LIST_NUMBER = re.compile(r"(?:^|\n|(?<!\b[NO][ro])(?<!\bOp)(?<!\bVol)[.:;!?][ ])[ \t>*#-]*\(?$")
_FIRST_CELL = re.compile(r"(?:\A|\n)[ ]?\|[ ]{0,2}\Z")  # of the row of a table
_LABELS: Final = tuple(  # what a word before the number of a step or a source ends with
    ending + plural
    for ending in (
        "step hop question thought action observation source doc document lookup attempt passage"
        " part query"
    ).split()
    for plural in ("", "s")
)
_ROUND: Final = re.compile(r"\brounds?\Z")  # unlike "around 7"


# ASCII that no number or date goes on with, and ASCII that may stand before a number without sign.
_ENDS: Final = bytes(not chr(c).isalnum() and chr(c) not in " -.,/_" for c in range(128))
_LEADS: Final = bytes(not chr(c).isalnum() and chr(c) not in "-+._" for c in range(128))
_NEAR: Final = 2  # words from a month to its day or year, or from the day to the month
_SLASHED = re.compile(r"/\d{1,2}/\d{2}")
_DIGITS = re.compile(r"\d+")
_ALNUM: Final = bytes(chr(c).isalnum() for c in range(128))


def find(words: Words) -> list[Value]:
    """Dates and numbers of a text, in order, never overlapping. Labels and citations are none.

    They start with a digit, an ordinal or the name of a month: nothing else is looked at.
    """
    found: list[Value] = []
    if not words.cues & DIGITS:
        return found
    text = words.text
    end = 0
    last = len(words.values) - 1
    for at, index in enumerate(words.values):
        start = words.starts[index]
        if start < end:
            continue
        if text[start].isalpha() and (at == last or words.values[at + 1] - index > _NEAR):
            continue  # "first", "May": no date without a day or a year near
        if _is_year(text, start):
            end = start + 4
            found.append(Value(start, end, True, text[start:end]))
            continue
        plain = _plain(text, start, end)
        if plain > 0:
            end = plain
            if not _structural(text, start, end):
                found.append(Value(start, end, False, text[start:end].lstrip("0") or "0"))
            continue
        match = _DATE.match(text, start)
        if match is not None and match["m1"] == "may" and _MODAL.match(text, match.start("m1")):
            match = None
        if match is not None:
            end = match.end()
            stop = end - (text[end - 1] == "." and match["e8"] is None)
            found.append(Value(start, stop, True, _date_key(match)))
            continue
        if not text[start].isdigit():
            continue
        if start > end and text[start - 1] in "-−+":
            match = _NUMBER.match(text, start - 1)
        if match is None:
            match = _NUMBER.match(text, start)
        if match is not None:
            end = match.end()
            if not _structural(text, match.start(), end):
                found.append(Value(match.start(), end, False, number_key(match)))
    return found


def _is_year(text: str, start: int) -> bool:
    """True for four digits that ``_DATE`` takes for a year, if nothing near them needs a look.

    A sign of another date, an era or a decade does: "1994-05-12", "1994 BC", "1994's".
    """
    stop, size = start + 4, len(text)
    if stop > size or not (text[start] == "1" or (text[start] == "2" and text[start + 1] == "0")):
        return False
    for at in range(start + 1, stop):
        if not 48 <= ord(text[at]) <= 57:
            return False
    if start > 0:
        before = ord(text[start - 1])
        if before > 127 or _LEADS[before] == 0 or before == 44 or before == 47:
            return False
    if stop == size:
        return True
    sign = ord(text[stop])
    if sign > 127:
        return False
    after = ord(text[stop + 1]) if stop + 1 < size else 32
    if sign == 32:
        return after | 32 not in (97, 98, 99)  # no BC, AD, CE
    if sign == 44 or sign == 46:
        return after < 48 or 57 < after < 128
    return _ENDS[sign] != 0 and sign != 37 and sign != 39 and sign != 58


def _plain(text: str, start: int, end: int) -> int:
    """Where the digits at ``start`` end if they are a number that needs no closer look, else 0.

    They are no part of a date, and neither sign nor unit joins them. Four digits may be a year.
    ``end`` is where the value before ends.
    """
    stop, size = start, len(text)
    while stop < size and 48 <= ord(text[stop]) <= 57:
        stop += 1
    if stop == start or stop - start == 4:
        return 0
    if not _ends(text, stop):
        return 0
    if start == 0:
        return stop
    before = ord(text[start - 1])
    if before > 127:
        return 0
    if _LEADS[before] != 0:
        return stop
    if (before != 43 and before != 45) or start < 2 or start == end:
        return 0
    before = ord(text[start - 2])  # what stands behind a number or a name is no sign
    return stop if before < 128 and (before == 46 or before == 95 or _ALNUM[before] != 0) else 0


def _ends(text: str, at: int) -> bool:
    """True if nothing at ``at`` belongs to the digits before it: no fraction, unit, month or era.

    A space, a comma or a full stop does where letters or digits follow, a slash before a date.
    """
    left = len(text) - at
    if left == 0:
        return True
    sign = ord(text[at])
    if sign > 127 or _ENDS[sign] != 0:
        return sign < 128
    if sign == 47:
        return _SLASHED.match(text, at) is None
    if (sign != 32 and sign != 44 and sign != 46) or left < 4:
        return False
    after = ord(text[at + 1])
    if sign == 44:
        return after < 48 or 57 < after < 128
    if sign == 46 and after != 32:
        return after < 128 and _ENDS[after] != 0
    if sign == 46:
        after = ord(text[at + 2])
    return after < 128 and (_ALNUM[after] == 0 or after < 58)


def _structural(text: str, start: int, end: int) -> bool:
    """True for the number of a step, a list item or a citation."""
    if end - start > 3:
        return False
    after = text[end : end + 2]
    if after[:1] in (".", ")") and after[1:] in (" ", "\t", "") and end - start <= 2:
        sentence = start > 1 and text[start - 1] == " " and text[start - 2] in ".:;!?"
        if sentence and not text[start - 3 : start - 2].isalpha():  # unlike "No. 5"
            return True
        before = text[max(0, start - 24) : start]
        if (start < 24 and not before.strip()) or _LIST_NUMBER.search(before):
            return True
    if after == " |" and end - start <= 2 and _FIRST_CELL.search(text, max(0, start - 6), start):
        return True
    near = text[start - 1 : start]
    if near.isspace():
        near = text[start - 2 : start - 1]
    if not near or not (near.isalpha() or near in "#(["):
        return False
    before = text[max(0, start - 24) : start].removesuffix("\n")
    if before.endswith("["):
        return after[:1] == "]"
    before = before.removesuffix("(").removesuffix("#").rstrip(" \t").lower()
    return before.endswith(_LABELS) or _ROUND.search(before) is not None


def is_date(words: Words, text: str) -> bool:
    """True if all of ``text`` is one date of ``words``: those are found in every form."""
    found = find(words)
    return len(found) == 1 and found[0].date and found[0].end - found[0].start == len(text.strip())


def leading(text: str, start: int) -> str:
    """The key of the number that starts at ``start``; empty if none does."""
    match = _NUMBER.match(text, start)
    return number_key(match) if match is not None else ""


def number_key(match: re.Match[str]) -> str:
    """The value of a number, written plainly."""
    written = match[0]
    if written.isdecimal() and written.isascii():
        return written.lstrip("0") or "0"
    digits = re.sub(r"[,\u00a0\u2009\u202f](?=\d{3})", "", match["n"]).replace(",", ".")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = "-" if written[0] in "-−" else ""
    return sign + (digits.lstrip("0") or "0") + (match["scale"] or "").lower().strip(" -")


def keys(words: Words) -> set[str]:
    """The keys of all dates and numbers of a text; a whole date gives those of its parts too."""
    found: set[str] = set()
    for value in find(words):
        key = value.key
        found.add(key)
        if value.date and key[4:5] == "-" and key[0] != "-":
            found.update((key[:4], key[:7], "----" + key[4:]))
    return found


def _date_key(match: re.Match[str]) -> str:
    if year := match["y9"]:
        return year + ("s" if match["t9"] else "")
    if month := match["m1"]:
        return _iso(match["y1"], month, match["d1"])
    if month := match["m2"]:
        return _iso(match["y2"], month, match["d2"])
    if month := match["m3"]:
        return _iso(match["y3"], month, None)
    if year := match["y4"]:
        return _iso(year, match["m4"], match["d4"])
    if numbers := match["n5"]:
        return _numeric(numbers, match["s5"])
    if year := match["y6"]:
        return _iso(year, match["m6"], match["d6"])
    return " ".join(match[0].lower().split())


def _numeric(text: str, separator: str) -> str:
    """``05/12/1990``: the month first where a slash divides, unless that is no month."""
    first, second, year = text.split(separator)
    if len(year) == 2:
        year = ("19" if int(year) > 30 else "20") + year
    month, day = (first, second) if separator == "/" else (second, first)
    if int(month) > 12:
        month, day = day, month
    return _iso(year, month, day)


@lru_cache(maxsize=4096)
def _iso(year: str | None, month: str | None, day: str | None) -> str:
    key = year or "----"
    if month:
        number = int(month) if month.isdigit() else MONTHS[month.lower().rstrip(".")]
        key += f"-{number:02d}"
    if day:
        word = day.lower().rstrip(".").replace(" ", "-")
        digits = _DIGITS.match(word)
        key += f"-{int(digits[0]) if digits else ORDINALS.index(word) + 1:02d}"
    return key
