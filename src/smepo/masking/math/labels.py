"""Structural numerals: list numbers, step labels, references, tags. They stay."""

from __future__ import annotations

import re

_NOUN = (
    r"steps?|cases?|parts?|phases?|stages?|lemmas?|theorems?|corollary|corollaries|propositions?|"
    r"claims?|definitions?|equations?|eqs?\.?|eqns?\.?|formulas?|inequality|inequalities|"
    r"figures?|fig\.?|tables?|sections?|chapters?|methods?|approach|solutions?|options?|"
    r"examples?|exercises?|problems?|questions?|hints?|notes?|remarks?|conditions?|"
    r"propert(?:y|ies)|axioms?|rules?|subcases?|regions?|scenarios?|tasks?|paragraphs?|"
    r"observations?|facts?|statements?|constraints?|iterations?|columns?|rows?|lines?|rounds?|"
    r"days?|weeks?|levels?|groups?|types?|sets?|games?|players?"
)
_NUMBER = r"\(?\d{1,3}(?:\.\d{1,2})*\)?"
_LIST = r"\d{1,3}(?:\.\d{1,2})*[.)](?=[ \t*])|\(\d{1,3}\)(?=[ \t])"
# A label noun and its numbers. Lower case counts only before a mark ("in case 2, ..."), so that the
# 120 of "in this case 120 ways" is a value.
_LABELS = re.compile(
    rf"""
      (?m:^[ \t>*\#\-]*(?P<list>{_LIST}))
    | (?<![A-Za-z])(?P<noun>(?i:{_NOUN}))[ \t~]*\#?
      (?P<numbers>{_NUMBER}(?:[ \t]*(?:,|,?[ \t]*and|,?[ \t]*or|&|[-–]|to)[ \t]*{_NUMBER}){{0,8}})
      (?P<after>[ \t]*(?:[:.,;)\]*]|\n|\Z|-[ \t]|—|–|is\b|we\b|and\b|gives\b|in\b|to\b|from\b))?
    | \\(?:tag|ref|eqref|label|cite|hspace|vspace|setcounter)\*?\{{[^{{}}\n]{{0,80}}\}}
    | \\begin\{{(?:array|tabular)\}}\{{[^{{}}\n]{{0,40}}\}}
    | (?<=[a-z][ ])\((?P<ref>\d{{1,2}})\)(?=[ \t]*(?:[,.:]|(?:and|into|from|gives|we|to|by)\b))
    """,
    re.VERBOSE,
)
_STRICT = frozenset(
    "step steps equation equations eq eqs eqn eqns lemma theorem corollary figure table section "
    "fig subcase".split()
)
_POINTER = re.compile(r"(?i)\b(?:this|that|each|every|which|the|both|all|of)\s\Z")
_DIGITS = re.compile(r"\d+(?:\.\d+)*")


def structural(text: str) -> set[int]:
    """Offsets at which a structural numeral starts. O(n)."""
    found: set[int] = set()
    for match in _LABELS.finditer(text):
        noun = match.group("noun")
        if noun is not None and not _is_label(noun, match):
            continue
        span = match.span("numbers") if noun is not None else match.span()
        found.update(m.start() for m in _DIGITS.finditer(text, *span))
    return found


def _is_label(noun: str, match: re.Match[str]) -> bool:
    word = noun.rstrip(".").lower()
    if word in _STRICT:
        return True
    before = match.start("noun")
    if noun[0].islower() and _POINTER.search(match.string, max(0, before - 8), before):
        return False
    if word.startswith("option"):
        return match.group("after") is not None and noun[0].isupper()
    listed = not match.group("numbers").strip("()").isdecimal()
    return noun[0].isupper() or listed or match.group("after") is not None
