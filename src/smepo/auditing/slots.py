"""Structural slots: where digits are names of things and no values.

Read from syntax, and independently of the masker: labels (``Step 1``, ``Lemma 2``), numbers of
lists, references to equations. The scanner adds subscripts, digits in names and the arguments of
commands such as ``\\tag``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_CAPITAL = "|".join(name.capitalize() for name in _NAMES.split("|"))
_UPPER = "STEP|CASE|PART|LEMMA|THEOREM|EQUATION"
_TAIL = (
    r"(?:[ \t]*(?:,[ ]?and|,|and|or|&|to|through|-|–)[ \t]*"
    r"\(?\d{1,3}\)?(?!\w|[.,]\d|[ \t]*[-+*/=^\\]))*"
)
_NOUN = "".join(f"(?<!{word} )" for word in "this that each every any which the no".split())
LABEL = re.compile(
    # A capital name and its number; lower case only where no determiner makes it a noun and
    # what follows is no noun either ("in this case 120 ways exist").
    rf"\b(?:{_CAPITAL}|{_UPPER})s?\.?[ \t]*(?:#|\\#|No\.?|~)?[ \t]*[(\[]?\d+(?:\.\d+)*(?!\d){_TAIL}"
    rf"|{_NOUN}\b(?:{_LOWER})s?"
    r"(?:(?<=eq)\.|(?<=eqn)\.|(?<=fig)\.)?[ ~]?[(\[]?\d{1,3}(?:\.\d+)*[)\]]?"
    r"(?=[.,:;)\]*]|[ \t]*(?:\n|\Z|and\b|or\b|gives?\b|we\b|is\b|to\b|with\b|in\b|from\b|for\b"
    rf"|as\b|implies\b|holds\b|above\b|below\b|into\b|by\b|on\b|yields\b|becomes\b|then\b)){_TAIL}"
    rf"|\b(?:{_LOWER})s?\.?[ ~]?\(\d{{1,3}}\){_TAIL}"
)
LIST = re.compile(r"^[ \t>*#+•-]*(?:\*\*|__)?[(\[]?(\d{1,3})[.)\]](?=\s|\*|\Z)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}[ \t]+\(?(\d{1,3}(?:\.\d+)*)[.): ]", re.MULTILINE)
REFERENCE = re.compile(
    r"\b(?:[Bb]y|[Ff]rom|[Ii]n|[Uu]sing|[Ii]nto|[Uu]se|[Aa]nd|of|with|to)[ ~]\((\d{1,2})\)"
    r"(?=[ .,;:\n]|\Z)(?![ ]?[-+*/=^\\(])"
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_NEAR = re.compile(r"\b([A-Za-z]{2,14})\.?[ \t~]{0,3}(?:\\?#|No\.?)?[ \t]{0,3}[(\[]?(?=\d)")
_KNOWN = frozenset([*_NAMES.replace("eqn?", "eq|eqn").split("|"), "hypothesi"])


def slots(text: str) -> frozenset[int]:
    """Where the numbers in structural slots start, in folded text."""
    found = {
        digits.start()
        for start, end in labels(text)
        for digits in _DIGITS.finditer(text, start, end)
    }
    for pattern in (LIST, HEADING, REFERENCE):
        found.update(match.start(1) for match in pattern.finditer(text))
    return frozenset(found)


def labels(text: str) -> Iterator[tuple[int, int]]:
    """Names with their numbers: ``Step 1``, ``Cases 1 and 2``, ``Equation (4)``."""
    last = 0
    for near in _NEAR.finditer(text):
        if near.start() < last or near.group(1).lower().removesuffix("s") not in _KNOWN:
            continue
        match = LABEL.match(text, near.start())
        if match is not None:
            last = match.end()
            yield match.span()
