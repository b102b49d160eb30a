"""Dates and numbers in a text, with keys that are equal when the values are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from smepo.types import Kind


class Value(NamedTuple):
    """A date or a number: its place, its kind and a key in one canonical form."""

    start: int
    end: int
    kind: Kind
    key: str


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro",
            "feb february februar février fevrier febrero febbraio fevereiro",
            "mar march märz marz mars marzo março",
            "apr april avril abril aprile",
            "may mai mayo maggio maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august août aout agosto",
            "sep sept september septembre septiembre settembre setembro",
            "oct october oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_DAY = r"(?:[0-3]?\d(?:st|nd|rd|th|º|er)?|" + "|".join(_ORDINALS) + r")\b\.?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_ERA = r"(?:[ ]?(?:B\.?C\.?(?:E\.?)?|A\.?D\.?|C\.?E\.?)(?![\w]))"
_DATE = re.compile(
    rf"(?<![\w.,/-])(?:"
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
_LIST_NUMBER = re.compile(r"(?:^|\n|[.:;!?][ ])[ \t>*#-]*\(?$")
_LABEL_BEFORE = re.compile(
    r"(?:step|hop|question|thought|action|observation|source|doc|document"
    r"|passage|part|sub-?question|query)s?[ \t]*#?\(?$|\[$",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d+")


def find(text: str) -> Iterator[Value]:
    """Dates and numbers of ``text``, in order, never overlapping. Labels and citations are none."""
    for start, end in _windows(text):
        at = start
        for date in _DATE.finditer(text, start, end):
            yield from _numbers(text, at, date.start())
            yield Value(date.start(), _end(text, date), Kind.DATE, _date_key(date))
            at = date.end()
        yield from _numbers(text, at, end)


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """The surroundings of digits, wide enough for a date: nothing else is worth a closer look."""
    start, end = 0, -1
    for digits in _DIGITS.finditer(text):
        if digits.start() - 30 > end:
            if end >= 0:
                yield start, end
            start = max(digits.start() - 30, 0)
        end = min(digits.end() + 40, len(text))
    if end >= 0:
        yield start, end


def _end(text: str, match: re.Match[str]) -> int:
    return match.end() - (text[match.end() - 1] == "." and match["e8"] is None)


def _numbers(text: str, start: int, end: int) -> Iterator[Value]:
    for match in _NUMBER.finditer(text, start, end):
        if not _structural(text, match):
            yield Value(match.start(), match.end(), Kind.NUMBER, number_key(match))


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
    near = text[max(0, start - 2) : start].strip()
    if not near or not (near[-1].isalpha() or near[-1] in "#(["):
        return False
    before = text[max(0, start - 24) : start]
    return bool(_LABEL_BEFORE.search(before)) and (before[-1] != "[" or after[:1] == "]")


def number_key(match: re.Match[str]) -> str:
    """The value of a number, written plainly."""
    if match[0].isdecimal() and match[0].isascii():
        return match[0].lstrip("0") or "0"
    digits = re.sub(r"[,\u00a0\u2009\u202f](?=\d{3})", "", match["n"]).replace(",", ".")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign = "-" if match[0][0] in "-−" else ""
    return sign + (digits.lstrip("0") or "0") + (match["scale"] or "").lower().strip(" -")


def keys(text: str) -> set[str]:
    """The keys of all dates and numbers in ``text``; a whole date gives its year too."""
    found = set()
    for value in find(text):
        found.add(value.key)
        if value.kind is Kind.DATE and (year := re.match(r"\d{4}(?=-|$)", value.key)):
            found.add(year[0])
    return found


def _date_key(match: re.Match[str]) -> str:
    groups = match.groupdict()
    for i in "12346":
        year, month, day = (groups.get(f"{name}{i}") for name in "ymd")
        if year or month:
            return _iso(year, month, day)
    if groups["y9"]:
        return groups["y9"] + ("s" if groups["t9"] else "")
    return " ".join(match[0].lower().split())


def _iso(year: str | None, month: str | None, day: str | None) -> str:
    key = year or "----"
    if month:
        number = int(month) if month.isdigit() else _MONTHS[month.lower().rstrip(".")]
        key += f"-{number:02d}"
    if day:
        word = day.lower().rstrip(".")
        digits = re.match(r"\d+", word)
        key += f"-{int(digits[0]) if digits else _ORDINALS.index(word) + 1:02d}"
    return key
