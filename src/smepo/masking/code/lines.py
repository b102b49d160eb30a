"""Code without any delimiters: bare statements between lines of prose, and indented blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from smepo.masking.code import looks
from smepo.masking.code.signs import positions

Range = tuple[int, int]

_LEAD = re.compile(r"(?:[ \t]*>(?![>])[ \t]?)*([ \t]*)((?:[-*+]|\d{1,9}[.)])[ \t]+)?")
_OPENING_TAG = re.compile(r"<[a-z_]{2,20}>[ \t]*")
_CLOSING_TAG = re.compile(r"[ \t]*</[a-z_]{2,20}>[ \t]*$")
_LIST = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
# Lines that are not plainly prose; no other line starts code.
_SIGNS = "=({;[|<>&"
_FLAG = re.compile(r"-[-a-zA-Z](?<= -.)")
_HEADING = re.compile(r"[ \t>]*(?:##|\*\*)")
_QUOTES = "\"'#/"
_EQUALS_QUOTED = re.compile(r"=[ ]*[\"']")
_FIRST_WORD = (  # lower case, capitals or a sign: to tell these first is what makes it fast
    r"[ \t>*+\-\d.)]*(?:(?=[a-z])"
    r"(?:(?:async|def|class|for|while|if|with|switch)\b[^\n]*:[ \t\r]*(?=\n|\Z)"
    r"|[a-z]{2,6}[ \t]+[%$]?\[?\w+\]?,[ \t]|(?:return|import|from|raise|throw|yield|print|echo|puts"
    rf"|assert|del|use|package|read|select|{looks.PROGRAMS})\b)"
    rf"|(?=[A-Z]{{2}}|Dim\b)(?:SELECT|FROM|WHERE|Dim|{looks.CAPITALS})\b"
    r"|(?:>>>|\#)\b|\|[^\n|]*->|\$[ \t]|/(?<=\./))"
)
_STARTS = re.compile(_FIRST_WORD)
_BREAK_AND_START = re.compile(r"\n" + _FIRST_WORD)

_HEAD_END = re.compile(r"(?:[:{(\[,\\=]|->|@@|\b(?:do|then|begin|else|try))\s*$")
_LEADS = 8  # lines above a statement that may belong to it


class _Line(NamedTuple):
    start: int  # of what stands after quote marks, indentation and list marker
    end: int
    indent: int
    after_blank: bool
    item: bool  # of a list


def find(text: str, start: int, end: int) -> list[Range]:
    """Runs of lines in ``text[start:end]`` that are code, in order, without their indent."""
    if not _may_hold_code(text, start, end):
        return []
    lines = list(_lines(text, start, end))
    runs, i = [], 0
    while i < len(lines):
        stop = _block(text, lines, i) or _run(text, lines, i)
        if stop is None:
            i += 1
            continue
        runs.append((lines[i].start, lines[stop - 1].end))
        i = stop
    return runs


def _may_hold_code(text: str, start: int, end: int) -> bool:
    """False if all lines are plainly prose."""
    if _STARTS.match(text, start, end) or _BREAK_AND_START.search(text, start, end):
        return True
    if _FLAG.search(text, start, end):
        return True
    at = start
    for sign in positions(text, _SIGNS, start, end):
        if sign < at:
            continue
        line = text.rfind("\n", start, sign) + 1 or start
        at = text.find("\n", sign, end)
        at = end if at < 0 else at
        if not _plain(text, line, at):
            return True
    return False


def _plain(text: str, line: int, end: int) -> bool:
    """True for a line of prose: it is a heading, or four words stand in a row and nothing quotes
    code."""
    prose = _HEADING.match(text, line, end) or looks.FOUR_WORDS.search(text, line, end)
    return prose is not None and not _quotes_code(text, line, end)


def _quotes_code(text: str, line: int, end: int) -> bool:
    """True if a bracket follows a quote, a comment or a path, or a quote an equals sign."""
    first = end
    for quote in _QUOTES:
        at = text.find(quote, line, first)
        first = at if at >= 0 else first
    if first == end:
        return False
    return text.find("(", first, end) >= 0 or _EQUALS_QUOTED.search(text, line, end) is not None


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    """The lines that are not blank."""
    at, after_blank = start, True
    whole_line = start == 0 or text[start - 1] == "\n"
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        lead = _LEAD.match(text, at, stop)
        first = lead.end() if lead and whole_line else at
        last = stop - 1 if stop > first and text[stop - 1] == "\r" else stop
        if text.find("<", first, last) >= 0:
            first, last = _between_tags(text, first, last)
        if first < last and not text[first:last].isspace():
            indent = len(lead[1].expandtabs(4)) if lead and whole_line else 0
            marker = len(lead[2] or "") if lead and whole_line else 0
            yield _Line(first, last, indent + marker, after_blank, marker > 0)
            after_blank = False
        else:
            after_blank = True
        at, whole_line = stop + 1, True


def _between_tags(text: str, first: int, last: int) -> Range:
    """A line without the tags at its ends: ``<answer>x = 1</answer>``."""
    opening = _OPENING_TAG.match(text, first, last)
    first = opening.end() if opening else first
    closing = _CLOSING_TAG.search(text, max(first, last - 40), last)
    return first, closing.start() if closing else last


def _run(text: str, lines: list[_Line], i: int) -> int | None:
    """One past the last line of the run of statements that starts at line ``i``."""
    first = i
    while first < i + _LEADS and first + 1 < len(lines) and not lines[first + 1].after_blank:
        if not looks.leads(text[lines[first].start : lines[first].end]):
            break
        first += 1
    if not _is_statement(text, lines, first):
        return None
    base = lines[first].indent
    header = _opens(text, lines[first])
    j = first + 1
    while j < len(lines):
        line = lines[j]
        if line.indent > base and header:
            j += 1
            continue
        if _is_statement(text, lines, j):
            base, header = min(base, line.indent), _opens(text, line) or line.indent > base
        elif not line.after_blank and _continues(text, line, base):
            header = header or _opens(text, line)
        else:
            break
        j += 1
    return j


def _is_statement(text: str, lines: list[_Line], i: int) -> bool:
    line = text[lines[i].start : min(lines[i].end, lines[i].start + looks.JUDGED)]
    if looks.statement(line):
        return True
    if i + 1 == len(lines):
        return False
    below = lines[i + 1]
    if text.startswith("{", below.start) and below.end == below.start + 1:
        return looks.opens_braces(line)
    if text.startswith(("|>", "%>%"), below.start):
        return looks.neighbours(line) == 0
    return below.indent > lines[i].indent and looks.opens_block(line)


def _continues(text: str, line: _Line, base: int) -> bool:
    """True if ``line`` carries on the code right above it, by what it is or by its indent."""
    shown = text[line.start : min(line.end, line.start + looks.JUDGED)]
    if looks.continues(shown) or looks.leads(shown):
        return True
    return line.indent > base and not line.item and not looks.prose(shown)


def _opens(text: str, line: _Line) -> bool:
    """True if deeper lines belong to ``line`` even after a blank one."""
    if _HEAD_END.search(text[max(line.start, line.end - 40) : line.end]):
        return True
    return text[line.start] == "(" and text.count("(", line.start, line.end) > text.count(
        ")", line.start, line.end
    )


def _block(text: str, lines: list[_Line], i: int) -> int | None:
    """One past the end of an indented block: after a blank line, outside lists, mostly code."""
    if lines[i].indent < 4 or not lines[i].after_blank:
        return None
    if i and (lines[i - 1].indent >= 4 or _LIST.match(text, _line_start(text, lines[i - 1].start))):
        return None
    if _LIST.match(text, _line_start(text, lines[i].start)):
        return None
    j, code, prose = i, 0, 0
    while j < len(lines) and lines[j].indent >= 4:
        line = text[lines[j].start : min(lines[j].end, lines[j].start + looks.JUDGED)]
        code += looks.statement(line) or looks.continues(line)
        prose += looks.prose(line)
        j += 1
    return j if code and prose * 2 <= j - i and code * 2 >= j - i - prose else None


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1
