"""Operands that the question states: what a mask should leave alone.

Defined without the masker's detectors. A number of the trace is a *given* if the question states
its value in any form (digits, words, half, twice, dozen, percent; with the same sign), and it is an
operand by syntax. These are no operands:

- numbers in structural slots, and in ``sqrt``, exponents of ten, matrices, and figures;
- the last side of an equality, and every side that is a single value;
- what a verb announces ("is", "gives", "makes"), up to the next word;
- conclusions: boxes, ``####``, the answer line, the last value of the last line.

Numbers that are one value together count once, and only if every part is stated or the whole is:
``36/45``, ``\\frac{36}{45}``, ``(2, 4)``, ``\\{1, 2\\}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

from smepo.auditing.tokens import RELATIONS, fold
from smepo.auditing.words import number_words
from smepo.numerals import parse

_DIGITS = r"(?:\d{1,3}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_MEMBER = rf"[-−]?\s*{_DIGITS}(?:/\d+)?"
_REST = (
    r"(?:\d{0,2}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?!\d)|\d*)(?:\.\d+)?"  # of _DIGITS, but its first
)
# A search is fast where a pattern starts with a set of characters: VALUE, BOUNDARY and CONCLUSION
# do, and each way to go on looks back at the character that it needs.
VALUE: Final = re.compile(
    r"[\\(\[\d½¼¾⅓⅔](?:"
    rf"(?P<list>(?:(?<=\\)\{{|(?<=[(\[]))\s*{_MEMBER}(?:\s*,\s*{_MEMBER}){{1,40}}\s*(?:\\\}}|\)|\]))"
    r"|(?P<skip>(?<=\\)(?:(?:begin|end)\{[a-z]*matrix\}|sqrt\[[^\[\]]{0,9}\]|sqrt\s*\{[^{}]{0,80}\}"
    r"|[dtc]?frac\s*\{[^{}]{0,40}\\sqrt\s*\{[^{}]*\}[^{}]{0,40}\}\s*\{[^{}]{0,40}\})"
    r"|(?<=1)0\s*\^\s*\{?-?\d+\}?|(?<=\[)asy\][^\[]*(?:\[(?!/asy)[^\[]*)*(?:\[/asy\]|\Z))"
    r"|(?P<fraction>(?<=\\)[dtc]?frac\s*(?:\{\s*\d+\s*\}\s*\{\s*\d+\s*\}|\d\d(?!\d))"
    r"|(?<=\d)(?<![\^\w.\\].)\d*/\d+(?![\d/.]))"
    rf"|(?P<number>(?<=\d)(?<![\w.].)(?<!_\{{.){_REST}(?!\d|[A-Za-z]+\d|\s*\\sqrt)|(?<=[½¼¾⅓⅔])))",
    re.DOTALL,
)
NUMBER: Final = re.compile(rf"(?<![.\d_])(?<!_\{{){_DIGITS}(?:/\d+)?|\.\d+|[½¼¾⅓⅔]")

_RELATION = "|".join(sorted(RELATIONS, key=len, reverse=True))
_FILLERS: Final = frozenset(
    "a an the of exactly only about just at least most approximately us me also then now total"
    " equal roughly thus all another up to be that therefore value sum area number from around"
    " equally".split()
)
_VERBS: Final = frozenset(
    "is are was were give gives giving make makes making equal equals yield yields get gets become"
    " becomes leave leaves leaving has have had be cost costs earn earns total totals mean means"
    " remain remains obtain obtains to by need needs spend spends pay pays".split()
)
_SHORT_WORDS: Final = frozenset("of in it we so or as an at by if on no he us me my".split())
_NAMES: Final = ("sin", "cos", "tan", "log")
BOUNDARY: Final = re.compile(
    r"[A-Za-z\\(=>≈$*<≤≥→⇒:\n,;.](?:"
    r"(?P<word>(?<=[A-Za-z])[A-Za-z]*)"
    r"|(?P<group>(?<=\\)(?:\{[^{}\n]{0,200}\\\}|[,;:! ])|(?<=\()[-\d., ]+\))"
    r"|(?P<equal>(?<==)(?!>)|(?<=>)>|(?<=≈)|(?<=\\)(?:approx|equiv|cong|simeq)(?![A-Za-z]))"
    r"|(?P<filler>(?<=\$)|(?<=\*)\*)"
    rf"|(?P<stop>(?<==)>|(?<=[<>≤≥→⇒:\n])|(?<=[,;])(?!\d)|(?<=\.)(?=\s|\Z)"
    rf"|(?<=\\)(?:(?:{_RELATION}|text|boxed|quad)(?![A-Za-z])|[\\()\[\]])))"
)
CONCLUSION: Final = re.compile(
    r"[\\#Aa](?:(?<=\\)(?:boxed|fbox)\s*\{|(?<=#)###[^\n]*"
    r"|(?<=[Aa])(?<!\w.)nswer\b[^\n.]{0,20}?(?:is|:)[^\n]*)",
    re.DOTALL,
)
_MATRIX: Final = re.compile(r"\\begin\{([a-z]*matrix)\}.{0,400}?\\end\{\1\}", re.DOTALL)
_SINGLE: Final = re.compile(
    rf"[\s$*\\,;:!{{(]*[-−+]?\s*\$?{_DIGITS}(?:/\d+)?[\s$*)}}%.]*(?:\\%)?\s*\Z"
)
_COMMAND: Final = re.compile(r"\\[A-Za-z]{2,}\Z")
_BRACE: Final = re.compile(r"[\\{}](?:(?<=\\).)?", re.DOTALL)
_TIMES = {
    "half": Fraction(1, 2),
    "twice": Fraction(2),
    "double": Fraction(2),
    "triple": Fraction(3),
    "dozen": Fraction(12),
    "pair": Fraction(2),
    "quarter": Fraction(1, 4),
    "thrice": Fraction(3),
    "couple": Fraction(2),
    "third": Fraction(1, 3),
    "once": Fraction(1),
}
_MULTIPLE: Final = re.compile(r"\b(" + "|".join(_TIMES) + r")[sd]?\b", re.IGNORECASE)
_IN_NAME: Final = re.compile(r"(?<!\\)(?<![A-Za-z])[A-Za-z]{1,12}\Z")


def givens(
    trace: str, question: str, ends: list[tuple[int, int]], slots: frozenset[int]
) -> list[tuple[int, int]]:
    """Where the givens stand in a folded trace; ``ends``: its conclusions, ``slots``: its slots."""
    found: list[tuple[int, int]] = []
    stated = values(question)
    if not stated:
        return found
    matrices = [match.span() for match in _MATRIX.finditer(trace)] if "matrix" in trace else []
    away = marked([*_results(trace), *matrices, *ends], len(trace))
    for match in VALUE.finditer(trace):
        start, end = match.span()
        kind = match.lastgroup
        if kind == "skip" or start in slots or away[start] or away[end - 1]:
            continue
        if kind == "list":
            if _states_all(stated, trace, start, end):
                found.append((start, end))
        elif _states(stated, match.group(), trace, start):
            found.append((start, end))
    return found


def _states_all(stated: frozenset[Fraction], trace: str, start: int, end: int) -> bool:
    for member in NUMBER.finditer(trace, start, end):
        if not _states(stated, member.group(), trace, member.start()):
            return False
    return True


def _states(stated: frozenset[Fraction], text: str, trace: str, at: int) -> bool:
    value = parse(text)
    if value is None:
        return False
    if _negated(trace, at):
        return -value in stated
    parts = re.findall(r"\d+", text) if "/" in text or "frac" in text else []
    if len(parts) == 2 and all(Fraction(part) in stated for part in parts):
        return True
    # 35/7 is a division, no other form of a given 5.
    return value in stated and (len(parts) != 2 or value.denominator > 1)


def _negated(trace: str, at: int) -> bool:
    """True if the number at ``at`` carries a sign of its own, no minus and no mark of a list."""
    before = trace[max(0, at - 12) : at].rstrip(" \t")
    if not before.endswith("-"):
        return before.endswith(("\\pm", "\\mp", "+-", "±"))
    ahead = before[:-1].rstrip(" \t")
    if not ahead or ahead[-1] == "\n":
        return trace[at - 1] == "-"
    if ahead[-1].isalpha() and trace[at - 1] == "-" and ahead == before[:-1]:
        return False  # size-3
    return not (ahead[-1].isalnum() or ahead[-1] in ")]}!%°|'") or bool(_COMMAND.search(ahead))


def _results(trace: str) -> list[tuple[int, int]]:
    """Sides of equalities that are results, and what verbs announce."""
    found: list[tuple[int, int]] = []
    opened = -1  # where the side began, after an equal sign or a verb
    verb = False
    for match in BOUNDARY.finditer(trace):
        kind = match.lastgroup
        if kind == "word":
            kind = _word_kind(trace, match.start(), match.end())
        if kind == "group" or (kind == "filler" and opened >= 0):
            continue
        if opened >= 0:
            start = match.start()
            if kind != "equal" or verb or _SINGLE.match(trace, opened, start):
                found.append((opened, start))
        opened = match.end() if kind in ("equal", "verb") else -1
        verb = kind == "verb"
    if opened >= 0:
        found.append((opened, len(trace)))
    return found


def _word_kind(trace: str, start: int, end: int) -> str:
    """Whether a word announces ("verb"), stands before what is announced ("filler") or ends it
    ("stop"); "group" for a name, which does nothing."""
    word = trace[start:end]
    before = trace[start - 1] if start > 0 else " "
    whole = not _in_word(trace[end : end + 1])
    if whole and word in _VERBS and not _in_word(before):
        return "verb"
    if before == "\\":
        return "group"
    if whole and word in _FILLERS:
        return "filler"
    if end - start < 3:  # qx and dy are products
        return "stop" if whole and word.lower() in _SHORT_WORDS else "group"
    named = word[:3] in _NAMES and not "a" <= word[3:4] <= "z"
    return "group" if named else "stop"


def _in_word(sign: str) -> bool:
    return sign == "_" or sign.isalnum()


def conclusions(trace: str) -> list[tuple[int, int]]:
    """Spans that announce the answer."""
    found = [match.span() for match in CONCLUSION.finditer(trace)]
    boxes = {end: start for start, end in found if trace[end - 1] == "{"}
    spans = [(start, end) for start, end in found if end not in boxes]
    opened: list[int] = []
    for brace in _BRACE.finditer(trace) if boxes else ():
        if brace.group() == "{":
            opened.append(brace.end())
        elif brace.group() == "}" and opened:
            start = boxes.get(opened.pop())
            if start is not None:
                spans.append((start, brace.end()))
    bare = trace.rstrip()
    numbers = list(NUMBER.finditer(bare, bare.rfind("\n") + 1))
    return [*spans, (numbers[-1].start(), len(bare))] if numbers else spans


def marked(spans: Sequence[tuple[int, int]], length: int) -> bytearray:
    """One byte a character: 1 inside a span."""
    found = bytearray(length)
    for start, end in spans:
        found[start:end] = b"\1" * (end - start)
    return found


@lru_cache(maxsize=256)
def values(question: str) -> frozenset[Fraction]:
    """Every value that a question states, in any form."""
    text = fold(question)
    found: set[Fraction] = set()
    for match in NUMBER.finditer(text):
        value = parse(match.group())
        if value is None or _IN_NAME.search(text, max(0, match.start() - 13), match.start()):
            continue
        percent = "%" in text[match.end() : match.end() + 2] or text.startswith(
            " percent", match.end()
        )
        found |= {value, value / 100} if percent else {value}
        found.update(Fraction(part) for part in match.group().split("/") if part.isdigit())
        if re.search(r"-\s?\Z", text[max(0, match.start() - 2) : match.start()]):
            found.add(-value)
    for match in number_words(text):
        value = parse(match.group())
        if value is not None:
            found.add(value)
    found.update(_TIMES[match.group(1).lower()] for match in _MULTIPLE.finditer(text))
    return frozenset(found)
