"""Dates and numbers in a text, with keys that are equal when the values are."""

from __future__ import annotations

import re

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
_ERA = r"(?:[ ]?(?:B\.?C\.?(?:E\.?)?|A\.?D\.?|C\.?E\.?)(?![\w]))"
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
_LIST_NUMBER = re.compile(r"(?:^|\n|(?<!\b[NO][ro])(?<!\bOp)(?<!\bVol)[.:;!?][ ])[ \t>*#-]*\(?$")
_LABEL_BEFORE = re.compile(
    r"(?:step|hop|question|thought|action|observation|source|doc|document"
    r"|passage|part|sub-?question|query)s?[ \t]*#?\(?$|\[$",
    re.IGNORECASE,
)


def find(words: Words) -> list[Value]:
    """Dates and numbers of a text, in order, never overlapping. Labels and citations are none.

    They start with a digit, an ordinal or the name of a month: nothing else is looked at.
    """
    found: list[Value] = []
    if not words.cues & DIGITS:
        return found
    text = words.text
    end = 0
    for index in words.values:
        start = words.starts[index]
        if start < end:
            continue
        match = _DATE.match(text, start)
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
            if not _structural(text, match):
                found.append(Value(match.start(), end, False, number_key(match)))
    return found


def _structural(text: str, match: re.Match[str]) -> bool:
    """True for the number of a step, a list item or a citation."""
    start, end = match.span()
    if end - start > 3:
        return False
    after = text[end : end + 2]
    if after[:1] in (".", ")") and after[1:] in (" ", "\t", "") and end - start <= 2:
        before = text[max(0, start - 24) : start]
        if (start < 24 and not before.strip()) or _LIST_NUMBER.search(before):
            return True
    near = text[start - 1 : start]
    if near.isspace():
        near = text[start - 2 : start - 1]
    if not near or not (near.isalpha() or near in "#(["):
        return False
    before = text[max(0, start - 24) : start]
    return bool(_LABEL_BEFORE.search(before)) and (before[-1] != "[" or after[:1] == "]")


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


def _iso(year: str | None, month: str | None, day: str | None) -> str:
    key = year or "----"
    if month:
        number = int(month) if month.isdigit() else MONTHS[month.lower().rstrip(".")]
        key += f"-{number:02d}"
    if day:
        word = day.lower().rstrip(".").replace(" ", "-")
        digits = re.match(r"\d+", word)
        key += f"-{int(digits[0]) if digits else ORDINALS.index(word) + 1:02d}"
    return key
