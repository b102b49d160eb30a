"""What a mask did to the structure of a trace: counts that can be summed, and their shares.

Definitions, made without the masker's own detectors:

- *operators*: arithmetic, relations and arrows of the trace. One inside a blank counts as lost
  unless the blank hides one atomic answer: a single number (with its sign, fraction bar or power
  of ten) or a span of kind expression, answer, choice or the like.
- *labels*: names and numbers of steps, lists and references, as ``slots`` finds them.
- *givens*: operands that the question states; see ``givens``.
- *words*: words of two letters or more that carry no value: no number words, no LaTeX commands, no
  names in formulas and code of figures, and none inside a conclusion.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from smepo.auditing.givens import conclusions, givens, marked
from smepo.auditing.slots import HEADING, LIST, REFERENCE, labels
from smepo.auditing.tokens import RELATIONS, fold
from smepo.auditing.words import number_words
from smepo.numerals import parse
from smepo.types import Blank, Kind, MaskedTrace

_RELATION = "|".join(sorted(RELATIONS, key=len, reverse=True))
OPERATOR = re.compile(
    rf"\\(?:times|cdot|div|pm|mp|cup|cap|setminus|pmod|bmod|{_RELATION})(?![A-Za-z])"
    r"|(?<![<>])[<>](?![<>/A-Za-z])|[=≤≥≈≠×÷·±∓→⇒^+]"
    r"|(?<![A-Za-z]{2})(?<!^)(?<!-)-(?!-|[A-Za-z]{2}|>)|(?<![*\n])\*(?!\w{1,40}\*|\*)"
    r"|(?<![A-Za-z<:/])/(?![A-Za-z]{2}|/)",
    re.MULTILINE,
)
WORD = re.compile(r"(?<![A-Za-z\\])[A-Za-zÀ-ÖØ-öø-ÿ]{2,}(?:['’][a-z]+)?")
FORMULA = re.compile(r"\$(?=[^$\n]{0,300}[\\=^_+<>])[^$\n]{1,300}\$")
FIGURE = re.compile(r"\[asy\][^\[]*(?:\[(?!/asy\])[^\[]*)*(?:\[/asy\]|\Z)")
TOKEN = re.compile(r"\w+|[^\w\s]")
_VERDICTS = frozenset(("yes", "no", "true", "false"))
_VALUED = frozenset(
    (Kind.EXPRESSION, Kind.ANSWER, Kind.CHOICE, Kind.CODE, Kind.PASSAGE, Kind.ENTITY)
)

_SEEN, _LOST, _ATOMIC = 0, 1, 2  # how a character is: visible, hidden, hidden in one atomic answer


def structure(masked: MaskedTrace) -> dict[str, float]:
    """Counts and shares of what the mask kept and hid; shares are in [0, 1], 1 where nothing is."""
    trace = fold(masked.trace)
    hidden = _hidden(trace, masked.blanks)
    found: dict[str, float] = {}
    for name, spans in _kinds(masked, trace, hidden):
        total = kept = 0
        for start, end in spans:
            total += 1
            kept += hidden.count(_SEEN, start, end) == end - start
        found |= {
            name: total,
            f"{name}_kept": kept,
            f"{name}_share": kept / total if total else 1.0,
        }
    tokens = sum(1 for _ in TOKEN.finditer(trace))
    dark = sum(sum(1 for _ in TOKEN.finditer(blank.text)) for blank in masked.blanks)
    characters = sum(blank.end - blank.start for blank in masked.blanks)
    found |= {
        "characters": len(trace),
        "characters_hidden": characters,
        "characters_share": characters / len(trace) if trace else 0.0,
        "tokens": tokens,
        "tokens_hidden": dark,
        "tokens_share": dark / tokens if tokens else 0.0,
        "balance_kept": float(all(_balanced(blank.text) for blank in masked.blanks)),
        "blanks": len(masked.blanks),
        "blanks_audit": sum(blank.audit for blank in masked.blanks),
    }
    kinds = Counter(blank.kind.value for blank in masked.blanks)
    return found | {f"blanks_{kind}": count for kind, count in sorted(kinds.items())}


def _kinds(
    masked: MaskedTrace, trace: str, hidden: bytearray
) -> Iterator[tuple[str, Iterator[tuple[int, int]]]]:
    ends = conclusions(trace)
    yield "operators", _operators(trace, hidden)
    yield "labels", _labels(trace)
    yield "givens", givens(trace, masked.question, ends)
    yield "words", _words(trace, ends)


def lost(masked: MaskedTrace, name: str) -> Iterator[tuple[int, int]]:
    """Where the operators, labels, givens or words are that the mask did not keep."""
    trace = fold(masked.trace)
    hidden = _hidden(trace, masked.blanks)
    for kind, spans in _kinds(masked, trace, hidden):
        if kind == name:
            yield from (span for span in spans if any(hidden[slice(*span)]))


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
    return parse(text) is not None or not any(_binary(text, m) for m in OPERATOR.finditer(text))


def _binary(text: str, match: re.Match[str]) -> bool:
    """False for a sign, and for the mark of degrees."""
    if match.group() == "^":
        return not re.match(r"\{?\s*\\circ", text[match.end() :])
    before = text[: match.start()].rstrip()
    return match.group() not in _SIGNS or bool(before and before[-1] not in "{([,")


_SIGNS = frozenset(("+", "-", "\\pm", "\\mp", "±", "∓"))


def _operand_before(trace: str, at: int) -> bool:
    before = trace[max(0, at - 4) : at].rstrip()
    return bool(before) and (before[-1].isdigit() or before[-1] in ")}]")


def _operators(trace: str, hidden: bytearray) -> Iterator[tuple[int, int]]:
    for match in OPERATOR.finditer(trace):
        if hidden[match.start()] != _ATOMIC:
            yield match.span()


def _labels(trace: str) -> Iterator[tuple[int, int]]:
    yield from labels(trace)
    for pattern in (LIST, HEADING, REFERENCE):
        for match in pattern.finditer(trace):
            yield match.span(1)


def _words(trace: str, ends: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    valued = marked([m.span() for m in number_words(trace)], len(trace))
    closed = marked([span for span in ends if trace[span[0]] in "\\#"], len(trace))
    for match in chain(FORMULA.finditer(trace), FIGURE.finditer(trace)):
        start, end = match.span()
        if "\\text" not in match.group():
            closed[start:end] = b"\1" * (end - start)
    for match in WORD.finditer(trace):
        if not valued[match.start()] and not closed[match.start()] and _is_word(match.group()):
            yield match.span()


def _is_word(text: str) -> bool:
    """False for names of points and products of variables: ``CD``, ``dS``, ``BFX``."""
    return (text[1:].islower() or len(text) > 3) and text.lower() not in _VERDICTS


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
    """True if hiding ``text`` leaves braces, ``\\left``, environments and dollars in pairs."""
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
