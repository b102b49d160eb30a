"""Structural slots: where digits are names of things and no values.

Read from syntax, and independently of the masker: labels (``Step 1``, ``Lemma 2``), numbers of
lists, references to equations. The scanner adds subscripts, digits in names and the arguments of
commands such as ``\\tag``.
"""

from __future__ import annotations

import re
from typing import Final

_NAMES = (
    "step|case|subcase|part|phase|method|solution|example|problem|question|lemma|theorem|equation|"
    "eqn?|figure|fig|table|section|chapter|stage|round|condition|claim|corollary|proposition|"
    "definition|property|rule|constraint|scenario|approach|remark|note|item|idea|attempt|exercise|"
    "appendix|algorithm|axiom|fact|formula|statement|assumption|hypothesis|relation|identity|"
    "observation|strategy|option|line|row|column|type|group"
)
_LOWER = (
    "step|case|subcase|part|phase|method|lemma|theorem|equation|eqn?|figure|fig|section|condition|"
    "claim|corollary|proposition|property|formula|stage|scenario"
)
# Parts of a trajectory, with a colon behind the number: ``Thought 3:``.
_PARTS = (
    "thought|action|act|observation|obs|query|search|turn|hop|subquestion|result|document|doc"
    "|passage"
)
_CAPITAL = "|".join(name.capitalize() for name in _NAMES.split("|"))
_UPPER = "STEP|CASE|PART|LEMMA|THEOREM|EQUATION"
_TAIL = (
    r"(?:[ \t]*(?:,[ ]?and|,|and|or|&|to|through|-|–)[ \t]*"
    r"\(?\d{1,3}\)?(?!\w|[.,]\d|[ \t]*[-+*/=^\\]))*"
)
_NOUN = "".join(f"(?<!{word} )" for word in "this that each every any which the no".split())
LABEL: Final = re.compile(
    # A capital name and its number; lower case only where no determiner makes it a noun and
    # what follows is no noun either ("in this case 120 ways exist").
    rf"\b(?:{_CAPITAL}|{_UPPER})s?\.?[ \t]*(?:#|\\#|No\.?|~)?[ \t]*[(\[]?\d+(?:\.\d+)*(?!\d){_TAIL}"
    rf"|{_NOUN}\b(?:{_LOWER})s?"
    r"(?:(?<=eq)\.|(?<=eqn)\.|(?<=fig)\.)?[ ~]?[(\[]?\d{1,3}(?:\.\d+)*[)\]]?"
    r"(?=[.,:;)\]*]|[ \t]*(?:\n|\Z|and\b|or\b|gives?\b|we\b|is\b|to\b|with\b|in\b|from\b|for\b"
    rf"|as\b|implies\b|holds\b|above\b|below\b|into\b|by\b|on\b|yields\b|becomes\b|then\b)){_TAIL}"
    rf"|\b(?:{_LOWER})s?\.?[ ~]?\(\d{{1,3}}\){_TAIL}"
    rf"|\b(?i:{_PARTS})[ \t]*#?\d{{1,3}}(?=[*_]{{0,2}}:)"
)
# At the start of a line.
LIST: Final = re.compile(r"[ \t>*#+•-]*(?:\*\*|__)?[(\[]?(\d{1,3})[.)\]](?=\s|\*|\Z)")
HEADING: Final = re.compile(r"#{1,6}[ \t]+\(?(\d{1,3}(?:\.\d+)*)[.): ]")
_OPENS_LINE: Final = " \t>*#+•-_(["
REFERENCE: Final = re.compile(
    r"\b(?:[Bb]y|[Ff]rom|[Ii]n|[Uu]sing|[Ii]nto|[Uu]se|[Aa]nd|of|with|to)[ ~]\((\d{1,2})\)"
    r"(?=[ .,;:\n]|\Z)(?![ ]?[-+*/=^\\(])"
)
# What makes a number the name of an equation: a tag, or brackets alone at an end of a line.
_NUMBERED: Final = re.compile(
    r"\\tag\*?\{\(?(\d{1,2})\)?\}|^[ \t>*#+•-]*\((\d{1,2})\)"
    r"|(?<![\w)])\((\d{1,2})\)(?=[ \t.,;:$*\\\]})]*$)",
    re.MULTILINE,
)
_DIGITS: Final = re.compile(r"\d+(?:\.\d+)?")
_KNOWN: Final = frozenset(
    [*_NAMES.replace("eqn?", "eq|eqn").split("|"), "hypothesi", *_PARTS.split("|"), "ob"]
)
_SETTING: Final = re.compile(  # of a tool
    r"\b(?:top_?k|k|max_results|num_results|limit|page|page_size)\b[\"']?[ ]?[=:][ ]?(\d{1,4})"
    r"(?=[ ]?[,)}\]])"
)
_LONGEST: Final = 14  # letters of a name
_LEADS: Final = bytes(chr(c) in "0123456789. \t~#\\N([" for c in range(128))  # to its number


def slots(text: str) -> frozenset[int]:
    """Where the numbers in structural slots start, in folded text."""
    return starts(text, labels(text), numbers(text))


def settings(text: str) -> frozenset[int]:
    """Where the numbers start that tell a tool how much to bring: ``top_k=5``."""
    return frozenset([match.start(1) for match in _SETTING.finditer(text)])


def starts(
    text: str, named: list[tuple[int, int]], numbered: list[tuple[int, int]]
) -> frozenset[int]:
    """Where the numbers in ``labels`` and ``numbers`` start."""
    found: set[int] = set()
    for start, end in named:
        for digits in _DIGITS.finditer(text, start, end):
            found.add(digits.start())
    for start, _ in numbered:
        found.add(start)
    return frozenset(found)


def labels(text: str) -> list[tuple[int, int]]:
    """Names with their numbers: ``Step 1``, ``Cases 1 and 2``, ``Equation (4)``."""
    found: list[tuple[int, int]] = []
    last = at = 0
    size = len(text)
    while at < size:
        if not _letter(text, at):
            at += 1
            continue
        start = at
        while at < size and _letter(text, at):
            at += 1
        if start < last or not 2 <= at - start <= _LONGEST or not _number_follows(text, at):
            continue
        if start > 0 and (text[start - 1].isalnum() or text[start - 1] == "_"):
            continue
        if text[start:at].lower().removesuffix("s") not in _KNOWN:
            continue
        match = LABEL.match(text, start)
        if match is not None:
            last = match.end()
            found.append((start, last))
    return found


def _letter(text: str, at: int) -> bool:
    code = ord(text[at])
    return 97 <= code <= 122 or 65 <= code <= 90


def _number_follows(text: str, at: int) -> bool:
    """Whether a number stands behind a name, after at most ``. # (``."""
    size = len(text)
    if at + 1 < size:  # mostly a space and a word, or a comma, do
        sign = ord(text[at])
        if sign == 32:
            sign = ord(text[at + 1])
        if sign < 128 and _LEADS[sign] == 0:
            return False
    if at < size and text[at] == ".":
        at += 1
    at = _spaces(text, at, " \t~")
    if at < size and text[at] == "#":
        at += 1
    elif text.startswith("\\#", at):
        at += 2
    elif text.startswith("No", at):
        at += 3 if text.startswith("No.", at) else 2
    at = _spaces(text, at, " \t")
    if at < size and text[at] in "([":
        at += 1
    return at < size and text[at].isdecimal()


def _spaces(text: str, at: int, kinds: str) -> int:
    end = min(len(text), at + 3)
    while at < end and text[at] in kinds:
        at += 1
    return at


def numbers(text: str) -> list[tuple[int, int]]:
    """Numbers of list items and headings, then those of references, ``by (4)``."""
    items: list[tuple[int, int]] = []
    headings: list[tuple[int, int]] = []
    at = 0
    while at >= 0:
        if at < len(text) and (text[at] in _OPENS_LINE or text[at].isdecimal()):
            match = LIST.match(text, at)
            if match is not None:
                items.append(match.span(1))
            match = HEADING.match(text, at) if text[at] == "#" else None
            if match is not None:
                headings.append(match.span(1))
        at = text.find("\n", at) + 1
        if not at:
            break
    return items + headings + _references(text)


def _references(text: str) -> list[tuple[int, int]]:
    """``by (4)``, where something in the text is numbered so; else the 4 may be an answer."""
    found: list[tuple[int, int]] = []
    at = text.find("(")
    while at >= 0:
        if at > 2 and text[at - 1] in " ~" and text[at + 1 : at + 2].isdecimal():
            start = at - 1
            while start > 0 and at - start < 7 and _letter(text, start - 1):
                start -= 1
            match = REFERENCE.match(text, start)
            if match is not None:
                found.append(match.span(1))
        at = text.find("(", at + 1)
    if not found:
        return []
    tags = _numbered(text, {start for start, _ in found})
    known = {text[start:end] for start, end in tags}
    called = [(start, end) for start, end in found if text[start:end] in known]
    names = {text[start:end] for start, end in called}
    return called + [(start, end) for start, end in tags if text[start:end] in names]


def _numbered(text: str, references: set[int]) -> list[tuple[int, int]]:
    """The numbers of equations; a reference that ends a line numbers nothing."""
    spans = [match.span(match.lastindex or 0) for match in _NUMBERED.finditer(text)]
    return [(start, end) for start, end in spans if start not in references]
