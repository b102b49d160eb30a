"""Structural numerals: list numbers, step labels, references, tags. They stay."""

from __future__ import annotations

import re
from collections import Counter

from smepo import numerals
from smepo.masking.math.kinds import (
    COLON,
    COMMA,
    DOLLAR,
    EQ,
    MINUS,
    NAME,
    NEWLINE,
    NUM,
    ORDER,
    OTHER,
    PAREN,
    PAREN_END,
    STAR2,
    STOP,
    TIMES,
)
from smepo.masking.math.lexicon import BE, CARDINAL, LABEL, TAG
from smepo.masking.math.tokens import Tokens

_NUMBER = r"\(?\d{1,3}(?:\.\d{1,2})*['′]{0,2}\)?"
_LIST = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,2})*[.):](?=[ \t*])|\d{1,2}\.\d{1,2}(?=[ \t]+[A-Z])|\(\d{1,3}\)(?=[ \t]))"
)
_LISTED = re.compile(
    r"\n[ \t>#*-]*+\(?(?:(\d{1,3}(?:\.\d{1,2})*)[.):](?=[ \t*])|(\d{1,2}\.\d{1,2})(?=[ \t]+[A-Z]))"
)
_LONE = 30  # a list number above it has a neighbour
# A label noun and its numbers. Lower case counts only before a mark ("in case 2, ..."), so that the
# 120 of "in this case 120 ways" is a value.
_LABEL = re.compile(
    rf"""
    (?P<noun>[A-Za-z]+\.?)[ \t~]*\#?
    (?P<numbers>{_NUMBER}(?:[ \t]*(?:,|,?[ \t]*and|,?[ \t]*or|&|[-–]|to)[ \t]*{_NUMBER}){{0,8}})
    (?P<after>[ \t]*(?:[:.,;)\]*]|\n|\Z|-[ \t]|—|–
        |(?:is|we|and|gives|in|to|from|above|below)\b))?
    """,
    re.VERBOSE,
)
_TAG = re.compile(
    r"\\(?:tag|ref|eqref|label|cite|hspace|vspace|setcounter)\*?\{[^{}\n]{0,80}\}"
    r"|\\begin\{(?:array|tabular)\}\{[^{}\n]{0,40}\}|\\item\[[^\[\]\n]{0,40}\]"
)
_REFERENCE = re.compile(
    r"(?<=[a-z][ ])\(\d{1,2}['′]{0,2}\)"
    r"(?=[ \t]*(?:[,.:]|(?:and|into|from|gives|shows?|yields?|imply|implies|we|to|by|above)\b))"
)
# An equation's own number, set off at the end of its line, "x + y = 3 ... (1)", or behind it.
_NUMBERED = re.compile(
    r"\((?<=[.…\s].)\d{1,2}\)(?=[ \t]*(?:\$\$?[ \t]*)?(?:\n|\Z))"
    r"|\((?:(?<=\$[ \t].)|(?<=\\[\])][ \t].))\d{1,2}\)(?=[.,;:]?\s)"
)
_BRACKETED = re.compile(r"\(\d{1,2}\)")
_APART = re.compile(r"(?:\A|[\s+\-−])\Z")  # no argument of a function, no factor
_SET_OFF = re.compile(r"(?:\\q?quad|\.\.\.|…|\\l?dots|[ \t]{2})[ \t]*\Z")
_STRICT = frozenset(
    "step steps equation equations eq eqs eqn eqns lemma theorem corollary figure table section "
    "fig subcase".split()
)
_SHORTENED = frozenset("eq eqs eqn eqns fig".split())  # these may end in a dot
_POINTER = re.compile(
    r"(?i)\b(?:this|that|each|every|which|the|both|all|of|first|second|next|last"
    rf"|\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(numerals.ORDINALS)})\s\Z"
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")  # as the lexer cuts them


def structural(tokens: Tokens) -> set[int]:
    """Offsets at which a structural numeral starts. O(n).

    Every rule is tried where a numeral stands, or a command such as ``\\tag``, and nowhere else.
    """
    found: set[int] = set()
    text, kinds, words = tokens.text, tokens.kinds, tokens.words
    listed = {match[1] or match[2] for match in _LISTED.finditer("\n" + text)}
    tags = _tags(text)
    done = 0  # the end of the last label
    for i in range(tokens.size):
        if kinds[i] == NUM:
            if tokens.starts[i] < done:
                continue
            match = _at_number(tokens, i, listed, tags)
        elif words[i].bits & CARDINAL and _is_worded(tokens, i):
            found.add(tokens.starts[i])
            continue
        elif words[i].bits & TAG:
            match = _TAG.match(text, tokens.starts[i])
        elif kinds[i] == NAME and words[i].bits & LABEL:  # Case1
            match = _LABEL.match(text, tokens.starts[i])
        else:
            continue
        if match is None:
            continue
        done = match.end()
        span = match.span()
        if match.re is _LABEL:
            if not _is_label(match):
                continue
            span = match.span("numbers")
        found.update([digits.start() for digits in _DIGITS.finditer(text, span[0], span[1])])
    return found


def _tags(text: str) -> set[str]:
    """The numbers of equations: "(1)" at the end of a line, where it is spoken of again or the
    number beside it is."""
    if "(1)" not in text:
        return set()
    counts = Counter(_BRACKETED.findall(text))
    ends = {int(tag[0][1:-1]) for tag in _NUMBERED.finditer(text)}
    told = {number for number in ends if counts[f"({number})"] > 1}
    beside = {number for number in ends if {number - 1, number + 1} & told}
    return {f"({number})" for number in told | beside}


def _is_worded(tokens: Tokens, i: int) -> bool:
    """True for the "one" of "Step one: ..."."""
    if i == 0 or i + 1 == tokens.size or tokens.kinds[i + 1] not in (COLON, STOP, COMMA):
        return False
    label = tokens.words[i - 1]
    return label.bits & LABEL != 0 and (label.lower in _STRICT or label.text[0].isupper())


def _at_number(
    tokens: Tokens, i: int, list_numbers: set[str], tags: set[str]
) -> re.Match[str] | None:
    """The list mark, the label or the reference of which numeral ``i`` is the first."""
    text, kinds = tokens.text, tokens.kinds
    j = i - 1
    first = tokens.starts[i]
    if j >= 0 and kinds[j] == PAREN:
        first = tokens.starts[j]
        j -= 1
    if _opens_line(tokens, j):
        listed = _LIST.match(text, first)
        if listed is not None:
            return listed if _is_listed(tokens, j, listed, list_numbers) else None
    while j >= 0 and kinds[j] == OTHER and text[tokens.starts[j]] in "#~":
        j -= 1
    dotted = j >= 1 and kinds[j] == STOP
    if dotted:
        j -= 1
    if j >= 0 and tokens.words[j].bits & LABEL:
        start = tokens.starts[j] + (text[tokens.starts[j]] == "\\")
        if not dotted or tokens.words[j].lower in _SHORTENED:
            label = _LABEL.match(text, start)
            if label is not None:
                return label
    after = i + 1
    while after < tokens.size and text[tokens.starts[after]] in "'′":
        after += 1
    if first < tokens.starts[i] and after < tokens.size and kinds[after] == PAREN_END:
        numbered = _NUMBERED.match(text, first)
        if numbered is not None and (
            numbered[0] in tags or _SET_OFF.search(text, max(0, first - 16), first)
        ):
            return numbered
        if tags and (reference := _BRACKETED.match(text, first)) and reference[0] in tags:
            return reference if _APART.search(text, max(0, first - 2), first) else None
        return _REFERENCE.match(text, first)
    return None


def _is_listed(tokens: Tokens, j: int, match: re.Match[str], list_numbers: set[str]) -> bool:
    """False for a value that has a line for itself or begins one: "The answer is", "42. ".

    Something follows a list number. Without a neighbour in a list it is small, and nothing stands
    announced above it.
    """
    text, at = tokens.text, match.end()
    while at < len(text) and text[at] in " \t\n*$":
        at += 1
    if at == len(text):
        return False
    head, dot, last = match.group().strip("().:").rpartition(".")
    number = int(last)
    near = [f"{head}{dot}{number - 1}", f"{head}{dot}{number + 1}", head]
    if head.isdecimal() and number == 1:
        near.append(f"{int(head) - 1}.1")
    if any(neighbour in list_numbers for neighbour in near):
        return True
    while j >= 0 and (tokens.kinds[j] in (NEWLINE, STAR2, DOLLAR)):
        j -= 1
    announced = j >= 0 and (tokens.kinds[j] in (EQ, COLON) or tokens.words[j].bits & BE != 0)
    alone = match.group()[-1] in ".)"
    return alone and number <= _LONE and not dot and not announced


def _opens_line(tokens: Tokens, j: int) -> bool:
    """True if only bullets stand in the line up to token ``j``."""
    while j >= 0 and tokens.kinds[j] in (MINUS, TIMES, STAR2, ORDER, OTHER):
        if tokens.text[tokens.starts[j]] not in "-*>#":
            return False
        j -= 1
    return j < 0 or tokens.kinds[j] == NEWLINE


def _is_label(match: re.Match[str]) -> bool:
    noun = match.group("noun")
    word = noun.rstrip(".").lower()
    if word in _STRICT:
        return True
    before = match.start("noun")
    if noun[0].islower() and _POINTER.search(match.string, max(0, before - 14), before):
        return False
    if word.startswith("option"):
        return match.group("after") is not None and noun[0].isupper()
    listed = not match.group("numbers").strip("()").isdecimal()
    return noun[0].isupper() or listed or match.group("after") is not None
