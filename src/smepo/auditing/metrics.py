"""What a mask did to the structure of a trace: counts that can be summed, and their shares.

Definitions, made without the masker's own detectors:

- *operators*: arithmetic, relations and arrows of the trace. One inside a blank counts as lost
  unless the blank hides one atomic answer: a single number (with its sign, fraction bar or power
  of ten) or a span of kind expression, answer, choice or the like.
- *labels*: names and numbers of steps, lists and references, as ``slots`` finds them.
- *givens*: numbers of the trace whose value the question states in any form (words, half, twice,
  percent), except in structural slots, on the last side of a relation, after a verb that announces
  a result, and in conclusions.
- *words*: words of two letters or more that carry no value: no number words, no LaTeX commands, and
  none inside a conclusion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache

from smepo.auditing.scan import RELATIONS, fold
from smepo.auditing.slots import HEADING, LABEL, LIST, REFERENCE, slots
from smepo.auditing.words import NUMBER_WORD
from smepo.numerals import parse
from smepo.types import Blank, Kind, MaskedTrace

_RELATION = "|".join(sorted(RELATIONS, key=len, reverse=True))
OPERATOR = re.compile(
    rf"\\(?:times|cdot|div|pm|mp|cup|cap|setminus|pmod|bmod|{_RELATION})(?![A-Za-z])"
    r"|(?<![<>])[<>](?![<>/A-Za-z])|[=≤≥≈≠×÷·±∓→⇒^+]"
    r"|(?<![A-Za-z]{2})(?<!^)(?<!-)-(?!-|[A-Za-z]{2}|>)|(?<![*\n])\*(?![*\w]*\*)(?!\*)"
    r"|(?<![A-Za-z<:/])/(?![A-Za-z]{2}|/)",
    re.MULTILINE,
)
NUMBER = re.compile(
    r"(?<![\w.\\])(?<!_\{)(\d{1,3}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
    r"(?:/\d+)?|\.\d+)(?![A-Za-z]{2,}\d)|[½¼¾⅓⅔]"
)
_AFTER_COMMAND = re.compile(r"(?<=[A-Za-z])(\d+(?:\.\d+)?)")
BOUNDARY = re.compile(
    rf"(?P<relation>[=≈<>≤≥→⇒]+|\\(?:{_RELATION})(?![A-Za-z]))"
    r"|(?P<verb>\b(?:is|are|was|were|gives?|makes?|equals?|yields?|gets?|becomes?|leaves?|has|have"
    r"|be|costs?|earns?|totals?|sums? to|to|of only)\b)"
    r"|(?P<stop>\$|\n|[,;:]\s|\.(?=\s|\Z)|\\\\|\\text|(?<![\\A-Za-z])[A-Za-z]{3,}|<<|>>)"
)
CONCLUSION = re.compile(
    r"\\(?:boxed|fbox)\s*\{|####[^\n]*|(?i:\banswer\b[^\n.]{0,20}?(?:is|:)[^\n]*)|[^\n]*\S\s*\Z"
)
WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-zÀ-ÖØ-öø-ÿ]{2,}(?:['’][a-z]+)?")
TOKEN = re.compile(r"\w+|[^\w\s]")
_TIMES = {
    "half": Fraction(1, 2),
    "twice": Fraction(2),
    "double": Fraction(2),
    "triple": Fraction(3),
}
_TIMES |= {
    "dozen": Fraction(12),
    "pair": Fraction(2),
    "quarter": Fraction(1, 4),
    "thrice": Fraction(3),
}
_TIMES |= {
    "couple": Fraction(2),
    "third": Fraction(1, 3),
    "once": Fraction(1),
    "percent": Fraction(100),
}
_MULTIPLE = re.compile(r"\b(?:" + "|".join(_TIMES) + r")(?:s|d)?\b", re.IGNORECASE)
_VALUED = frozenset(
    (Kind.EXPRESSION, Kind.ANSWER, Kind.CHOICE, Kind.CODE, Kind.PASSAGE, Kind.ENTITY)
)

_SEEN, _LOST, _ATOMIC = 0, 1, 2  # how a character is: visible, hidden, hidden in one atomic answer


def structure(masked: MaskedTrace) -> dict[str, float]:
    """Counts and shares of what the mask kept and hid; shares are in [0, 1], 1 where nothing is."""
    trace = fold(masked.trace)
    hidden = _hidden(trace, masked.blanks)
    ends = _conclusions(trace)
    found: dict[str, float] = {}
    for name, spans in (
        ("operators", _operators(trace, hidden)),
        ("labels", _labels(trace)),
        ("givens", _givens(trace, masked.question, ends)),
        ("words", _words(trace, ends)),
    ):
        total = kept = 0
        for start, end in spans:
            total += 1
            kept += not any(hidden[start:end])
        found |= {
            name: total,
            f"{name}_kept": kept,
            f"{name}_share": kept / total if total else 1.0,
        }
    tokens = [match.span() for match in TOKEN.finditer(trace)]
    dark = sum(1 for start, end in tokens if any(hidden[start:end]))
    characters = sum(blank.end - blank.start for blank in masked.blanks)
    found |= {
        "characters": len(trace),
        "characters_hidden": characters,
        "characters_share": characters / len(trace) if trace else 0.0,
        "tokens": len(tokens),
        "tokens_hidden": dark,
        "tokens_share": dark / len(tokens) if tokens else 0.0,
        "balance_kept": float(all(_balanced(blank.text) for blank in masked.blanks)),
        "blanks": len(masked.blanks),
        "blanks_audit": sum(blank.audit for blank in masked.blanks),
    }
    kinds = Counter(blank.kind.value for blank in masked.blanks)
    return found | {f"blanks_{kind}": count for kind, count in sorted(kinds.items())}


def _hidden(trace: str, blanks: Sequence[Blank]) -> bytearray:
    hidden = bytearray(len(trace))
    for blank in blanks:
        code = _ATOMIC if _atomic(trace, blank) else _LOST
        hidden[blank.start : blank.end] = bytes((code,)) * (blank.end - blank.start)
    return hidden


def _atomic(trace: str, blank: Blank) -> bool:
    text = blank.text.strip()
    if not any(c.isalnum() for c in text):
        return blank.kind not in (Kind.NUMBER, Kind.EXPRESSION)
    if blank.kind in _VALUED:
        return True
    if text[0] in "+-−" and _operand_before(trace, blank.start):
        return False
    return not OPERATOR.search(text.lstrip("+-−")) or parse(text) is not None


def _operand_before(trace: str, at: int) -> bool:
    before = trace[max(0, at - 4) : at].rstrip()
    return bool(before) and (before[-1].isdigit() or before[-1] in ")}]")


def _operators(trace: str, hidden: bytearray) -> Iterator[tuple[int, int]]:
    for match in OPERATOR.finditer(trace):
        if hidden[match.start()] != _ATOMIC:
            yield match.span()


def _labels(trace: str) -> Iterator[tuple[int, int]]:
    for match in LABEL.finditer(trace):
        yield match.span()
    for pattern in (LIST, HEADING, REFERENCE):
        for match in pattern.finditer(trace):
            yield match.span(1)


def _conclusions(trace: str) -> list[tuple[int, int]]:
    """Spans that announce the answer, in order."""
    spans: list[tuple[int, int]] = []
    for match in CONCLUSION.finditer(trace):
        start, end = match.span()
        if match.group()[-1] == "{":
            end = _closing(trace, end)
        spans.append((start, end))
    return spans


def _closing(trace: str, at: int) -> int:
    depth = 1
    for match in re.compile(r"\\.|[{}]").finditer(trace, at, min(len(trace), at + 2000)):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if not depth:
            return match.end()
    return at


def _inside(spans: Sequence[tuple[int, int]], length: int) -> bytearray:
    marked = bytearray(length)
    for start, end in spans:
        marked[start:end] = b"\1" * (end - start)
    return marked


def _givens(
    trace: str, question: str, ends: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    stated = values(question)
    if not stated:
        return
    numbered = slots(trace)
    results = _inside([*_results(trace), *ends], len(trace))
    for match in NUMBER.finditer(trace):
        if match.start() in numbered or results[match.start()]:
            continue
        value = parse(match.group())
        if value is not None and value in stated:
            yield match.span()


def _results(trace: str) -> Iterator[tuple[int, int]]:
    """The last side of each relation, and what a verb announces."""
    before: re.Match[str] | None = None
    for match in BOUNDARY.finditer(trace):
        if before is not None and before.lastgroup != "stop" and match.lastgroup != "relation":
            yield before.end(), match.start()
        before = match
    if before is not None and before.lastgroup != "stop":
        yield before.end(), len(trace)


@lru_cache(maxsize=256)
def values(question: str) -> frozenset[Fraction]:
    """Every value that a question states, in any form."""
    text = fold(question)
    found: set[Fraction] = set()
    for match in NUMBER.finditer(text):
        value = parse(match.group())
        if value is not None:
            found |= {value, value / 100} if "%" in text[match.end() : match.end() + 2] else {value}
    found.update(Fraction(digits) for digits in _AFTER_COMMAND.findall(text))
    for match in NUMBER_WORD.finditer(text):
        value = parse(match.group())
        if value is not None:
            found.add(value)
    for match in _MULTIPLE.finditer(text):
        word = match.group().lower()
        found |= {_TIMES[w] for w in _TIMES if word.startswith(w)}
    return frozenset(found)


def _words(trace: str, ends: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    valued = _inside([m.span() for m in NUMBER_WORD.finditer(trace)], len(trace))
    closed = _inside([span for span in ends if trace[span[0]] in "\\#"], len(trace))
    for match in WORD.finditer(trace):
        if not valued[match.start()] and not closed[match.start()]:
            yield match.span()


_PAIR = re.compile(r"\\left(?![A-Za-z])|\\right(?![A-Za-z])|\\begin|\\end|\\[\\{}$]|[{}$]")
_WEIGHTS: Mapping[str, tuple[int, int]] = {
    "{": (0, 1),
    "}": (0, -1),
    "\\left": (1, 1),
    "\\right": (1, -1),
    "\\begin": (2, 1),
    "\\end": (2, -1),
}


def _balanced(text: str) -> bool:
    """True if hiding ``text`` leaves braces, ``\\left``/``\\right``, environments and $ in pairs."""
    depth = [0, 0, 0]
    dollars = 0
    for match in _PAIR.finditer(text):
        token = match.group()
        if token in _WEIGHTS:
            which, step = _WEIGHTS[token]
            depth[which] += step
            if depth[which] < 0:
                return False
        dollars += token == "$"
    return not any(depth) and dollars % 2 == 0
