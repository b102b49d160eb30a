"""Code inside sentences that something tells apart: backticks, LaTeX typewriter, queries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smepo.masking.code import looks

Range = tuple[int, int]

_TICKS = re.compile(r"`+|\n[ \t\r]*\n")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_OPTIONS = r"(?:\[[^\]\n]*\])?"
_FLAT = r"[^{}\n\\]|\\[^\n]"
_BRACED = rf"(?:{_FLAT}|\{{(?:{_FLAT}|\{{(?:{_FLAT})*+\}})*+\}})*+"  # two levels deep
_LATEX = re.compile(
    rf"\\(?:verb\*?|lstinline{_OPTIONS}|mintinline{_OPTIONS}\{{\w+\}})([^\w\s{{])(?P<a>[^\n]*?)\1"
    rf"|\\(?:texttt|lstinline{_OPTIONS}|code|mintinline{_OPTIONS}\{{\w+\}})\{{(?P<b>{_BRACED})\}}"
)
# Queries in capitals, inside a sentence.
_FIELD = r"[\w.*]+(?:\([^()\n]{0,80}\))?(?: AS \w+)?"
_FIELDS = rf"{_FIELD}(?:, ?{_FIELD}){{0,40}}"
_CONDITION = (
    rf"{_FIELD} ?(?:[<>=!]{{1,2}}|(?:NOT )?(?:LIKE|IN)|IS(?: NOT)?|BETWEEN) ?"
    r"(?:'[^'\n]{0,80}'|\([^()\n]{0,200}\)|[\w.%]+)"
)
_CONDITIONS = rf"{_CONDITION}(?: (?:AND|OR) {_CONDITION}){{0,20}}"
_SQL = re.compile(
    rf"(?:SELECT (?:DISTINCT )?{_FIELDS} FROM \w+(?: (?:AS )?[a-z]\b)?"
    rf"(?: (?:(?:LEFT|RIGHT|INNER|OUTER) )?JOIN \w+(?: [a-z]\b)? ON {_CONDITION}){{0,8}}"
    rf"|DELETE FROM \w+|UPDATE \w+ SET {_CONDITION}(?:, ?{_CONDITION}){{0,20}})"
    rf"(?: WHERE {_CONDITIONS})?(?: GROUP BY {_FIELDS})?(?: HAVING {_CONDITIONS})?"
    rf"(?: ORDER BY {_FIELDS}(?: (?:ASC|DESC)\b)?)?(?: LIMIT \d+)?;?"
)


def find(text: str, start: int, end: int) -> list[tuple[Range, Range]]:
    """Inline code with delimiters: its whole and its content, in order."""
    pieces: list[tuple[Range, Range]] = []
    if text.find("``", start, end) >= 0:
        pieces = list(_runs_of_backticks(text, start, end))
    elif text.find("`", start, end) >= 0:
        pieces = list(_backticks(text, start, end))
    if text.find(" FROM ", start, end) >= 0 or text.find(" SET ", start, end) >= 0:
        pieces += [(match.span(), match.span()) for match in _SQL.finditer(text, start, end)]
        pieces.sort()
    if text.find("\\", start, end) >= 0:
        for match in _LATEX.finditer(text, start, end):
            group = "a" if match["a"] is not None else "b"
            pieces.append((match.span(), match.span(group)))
        pieces.sort()
    return pieces


def _backticks(text: str, start: int, end: int) -> Iterator[tuple[Range, Range]]:
    """Pairs of single backticks inside one paragraph."""
    first = text.find("`", start, end)
    while first >= 0:
        last = text.find("`", first + 1, end)
        if last < 0:
            return
        inner = text[first + 1 : last]
        if ("\n" in inner and _BLANK_LINE.search(inner)) or _strays(text, inner, last, last + 1):
            first = last
        else:
            yield (first, last + 1), (first + 1, last)
            first = text.find("`", last + 1, end)


def _strays(text: str, inner: str, last: int, end: int) -> bool:
    """True if two backticks around ``inner`` are no pair: the one at ``last`` opens another."""
    inner = inner[: looks.JUDGED]
    if inner[0] == " ":
        opens = text[last - 1] in " (" and text[end : end + 1].isalnum()
        if opens or looks.neighbours(inner) > 0:
            return True
    return "\n" in inner and looks.neighbours(inner) > 1


def _runs_of_backticks(text: str, start: int, end: int) -> Iterator[tuple[Range, Range]]:
    """Pairs of equal runs of backticks inside one paragraph. A run with space inside is no pair."""
    runs = [m.span() for m in _TICKS.finditer(text, start, end)]
    follows = [-1] * len(runs)
    partner: dict[int, int] = {}
    for i in range(len(runs) - 1, -1, -1):
        a, b = runs[i]
        if text[a] != "`":
            partner.clear()
            continue
        follows[i] = partner.get(b - a, -1)
        partner[b - a] = i
    i = 0
    while i < len(runs):
        j = follows[i]
        if j < 0:
            i += 1
            continue
        first, last = runs[i], runs[j]
        if _strays(text, text[first[1] : last[0]], last[0], last[1]):
            i += 1
        else:
            yield (first[0], last[1]), (first[1], last[0])
            i = j + 1
