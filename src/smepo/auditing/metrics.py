"""What a mask did to the structure of a trace: counts that can be summed, and their shares.

Definitions, made without the masker's own detectors:

- *operators*: arithmetic, relations and arrows of the trace. One inside a blank counts as lost
  unless the blank hides one atomic answer: a single number (with its sign, fraction bar or power
  of ten) or a span of kind expression, answer, choice or the like.
- *labels*: names and numbers of steps, lists and references, as ``slots`` finds them.
- *givens*: operands that the question states; see ``givens``.
- *words*: words of two letters or more that carry no value: no number words, no LaTeX commands, no
  names in formulas and code of figures, and none inside a conclusion. In a search trajectory those
  of the thoughts and calls, without names and what ``[PASSAGE]`` stands for; in a code trace those
  outside its fences.
- *json*: objects of the trace that parse, and parse in the masked text.
- *balance*: braces, ``\\left``, environments and dollars that are hidden in pairs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from smepo.auditing.givens import conclusions, givens, marked
from smepo.auditing.slots import labels, numbers, starts
from smepo.auditing.tokens import RELATIONS, fold
from smepo.auditing.words import number_words
from smepo.numerals import parse
from smepo.types import Blank, Kind, MaskedTrace

_RELATION = "|".join(sorted(RELATIONS, key=len, reverse=True))
OPERATOR: Final = re.compile(
    r"[\\<>=≤≥≈≠×÷·±∓→⇒^+\-*/](?:"  # a set first, which is searched for fast
    rf"(?<=\\)(?:times|cdot|div|pm|mp|cup|cap|setminus|pmod|bmod|{_RELATION})(?![A-Za-z])"
    r"|(?<=[<>])(?<![<>].)(?![<>/A-Za-z])|(?<=[=≤≥≈≠×÷·±∓→⇒^+])"
    r"|(?<=-)(?<![A-Za-z]{2}.)(?<!^.)(?<!-.)(?!-|[A-Za-z]{2}|>)|(?<=\*)(?<![*\n].)(?!\w{1,40}\*|\*)"
    r"|(?<=/)(?<![A-Za-z<:/].)(?![A-Za-z]{2}|/))",
    re.MULTILINE,
)
WORD: Final = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ](?<![A-Za-z\\].)[A-Za-zÀ-ÖØ-öø-ÿ]+(?:['’][a-z]+)?")
FORMULA: Final = re.compile(r"\$(?=[^$\n]{0,300}[\\=^_+<>])[^$\n]{1,300}\$")
FIGURE: Final = re.compile(r"\[asy\][^\[]*(?:\[(?!/asy\])[^\[]*)*(?:\[/asy\]|\Z)")
_FENCED: Final = re.compile(r"^[ \t>]*(`{3,}|~{3,})[^\n]*\n(?:.*?^[ \t>]*\1|.*)", re.M | re.S)
_CALLED: Final = re.compile(r"\bfinish\[[^\n]*|<answer>.{0,400}?</answer>", re.IGNORECASE)
_OBJECT: Final = re.compile(r"\{\s*\"")
_VERDICTS: Final = frozenset(("yes", "no", "true", "false"))
_VALUED: Final = frozenset(
    (Kind.EXPRESSION, Kind.ANSWER, Kind.CHOICE, Kind.CODE, Kind.PASSAGE, Kind.ENTITY)
)

# How a character is: visible, hidden, hidden in one atomic answer, hidden with a whole passage.
_SEEN: Final = 0
_LOST: Final = 1
_ATOMIC: Final = 2
_PASSAGE: Final = 3

Spans = list[tuple[int, int]]


def structure(masked: MaskedTrace) -> dict[str, float]:
    """Counts and shares of what the mask kept and hid; shares are in [0, 1], 1 where nothing is."""
    trace = fold(masked.trace)
    hidden = _hidden(trace, masked.blanks)
    found: dict[str, float] = {}
    for name, spans in _kinds(masked, trace, hidden).items():
        kept = 0
        for start, end in spans:
            kept += hidden.count(_SEEN, start, end) == end - start
        _add(found, name, len(spans), kept)
    if "{" in trace:
        total, kept = _objects(masked)
        _add(found, "json", total, kept)
    found["balance_kept"] = float(all(map(_balanced_blank, masked.blanks)))
    _amount(trace, masked.blanks, found)
    return found


def _add(found: dict[str, float], name: str, total: int, kept: int) -> None:
    found[name] = total
    found[f"{name}_kept"] = kept
    found[f"{name}_share"] = kept / total if total else 1.0


def _amount(trace: str, blanks: tuple[Blank, ...], found: dict[str, float]) -> None:
    """How much is hidden, in characters and in tokens (words and marks), and by kind."""
    tokens = _tokens(trace)
    kinds: dict[str, tuple[int, int, int]] = {}
    audit = 0
    for blank in blanks:
        size = 1 if blank.text.isdecimal() else _tokens(blank.text)
        name = str(blank.kind.value)
        count, characters, dark = kinds.get(name, (0, 0, 0))
        kinds[name] = (count + 1, characters + blank.end - blank.start, dark + size)
        audit += blank.audit
    found["characters"], found["tokens"] = len(trace), tokens
    found["blanks"], found["blanks_audit"] = len(blanks), audit
    hidden = sum([one[1] for one in kinds.values()])
    dark = sum([one[2] for one in kinds.values()])
    found["characters_hidden"], found["tokens_hidden"] = hidden, dark
    found["characters_share"] = hidden / len(trace) if trace else 0.0
    found["tokens_share"] = dark / tokens if tokens else 0.0
    for name, (count, characters, dark) in sorted(kinds.items()):
        found[f"blanks_{name}"] = count
        found[f"characters_{name}"], found[f"tokens_{name}"] = characters, dark
        found[f"characters_{name}_share"] = characters / len(trace)
        found[f"tokens_{name}_share"] = dark / max(1, tokens)


def _tokens(text: str) -> int:
    """How many words and marks there are: runs of letters, digits and ``_``, and other signs."""
    count, inside = 0, False
    for sign in text:
        if sign == "_" or sign.isalnum():
            count += not inside
            inside = True
        else:
            count += not sign.isspace()
            inside = False
    return count


def _kinds(masked: MaskedTrace, trace: str, hidden: bytearray) -> dict[str, Spans]:
    ends = conclusions(trace)
    named, numbered = labels(trace), numbers(trace)
    slots = starts(trace, named, numbered)
    announced = marked(ends, len(trace))  # a label inside the answer is a part of the answer
    found = {
        "operators": _operators(trace, hidden),
        "labels": [span for span in named + numbered if not announced[span[0]]],
        "givens": givens(trace, masked.question, ends, slots),
        "words": _words(trace, ends, masked.domain),
    }
    if _PASSAGE in hidden:  # what the environment said is no part of the plan
        for name, spans in found.items():
            found[name] = [span for span in spans if hidden[span[0]] != _PASSAGE]
    return found


def lost(masked: MaskedTrace, name: str) -> Iterator[tuple[int, int]]:
    """Where the operators, labels, givens or words are that the mask did not keep."""
    trace = fold(masked.trace)
    hidden = _hidden(trace, masked.blanks)
    for span in _kinds(masked, trace, hidden)[name]:
        if any(hidden[slice(*span)]):
            yield span


def _hidden(trace: str, blanks: tuple[Blank, ...]) -> bytearray:
    hidden = bytearray(len(trace))
    for blank in blanks:
        start, end = blank.start, blank.end
        code = _ATOMIC if _atomic(trace, blank) else _LOST
        if blank.kind is Kind.PASSAGE:
            code = _PASSAGE
        if end - start == 1:
            hidden[start] = code
        else:
            hidden[start:end] = bytes((code,)) * (end - start)
    return hidden


def _atomic(trace: str, blank: Blank) -> bool:
    text = blank.text.strip()
    if text.isdecimal():
        return True
    if not any(c.isalnum() for c in text):
        return blank.kind not in (Kind.NUMBER, Kind.EXPRESSION)
    if blank.kind in _VALUED:
        return True
    if text[0] in "+-−" and _operand_before(trace, blank.start):
        return False
    if parse(_EITHER.sub("", text)) is not None:
        return True
    return not any(_binary(text, match) for match in OPERATOR.finditer(text))


def _binary(text: str, match: re.Match[str]) -> bool:
    """False for a sign, and for the mark of degrees."""
    if match.group() == "^":
        return not re.match(r"\{?\s*\\circ", text[match.end() :])
    before = text[: match.start()].rstrip()
    return match.group() not in _SIGNS or bool(before and before[-1] not in "{([,")


_EITHER: Final = re.compile(r"\A(?:[±∓]|\\(?:pm|mp)(?![A-Za-z]))\s*")  # ±4/5 is one value
_BEGUN: Final = re.compile(r"\\begin\{[a-zA-Z]{1,16}\*?\}\Z")
_SIGNS: Final = frozenset(("+", "-", "\\pm", "\\mp", "±", "∓"))


def _operand_before(trace: str, at: int) -> bool:
    before = trace[max(0, at - 32) : at].rstrip()
    if not before or _BEGUN.search(before):
        return False
    return before[-1].isdigit() or before[-1] in ")}]"


def _operators(trace: str, hidden: bytearray) -> Spans:
    found: Spans = []
    for match in OPERATOR.finditer(trace):
        start = match.start()
        if hidden[start] != _ATOMIC:
            found.append((start, match.end()))
    return found


def _words(trace: str, ends: Spans, domain: str) -> Spans:
    closed = marked([m.span() for m in number_words(trace)], len(trace))
    shut = [span for span in ends if trace[span[0]] in "\\#"]
    if domain == "search":
        shut = [m.span() for m in _CALLED.finditer(trace)]
    elif domain == "code":
        shut = [m.span() for m in _FENCED.finditer(trace)]
    for pattern in (FORMULA, FIGURE):
        for match in pattern.finditer(trace):
            if "\\text" not in match.group():
                shut.append(match.span())
    for start, end in shut:
        closed[start:end] = b"\1" * (end - start)
    found: Spans = []
    for match in WORD.finditer(trace):
        start = match.start()
        text = match.group()
        if not closed[start] and _is_word(text) and (domain != "search" or text.islower()):
            found.append((start, match.end()))
    return found


def _objects(masked: MaskedTrace) -> tuple[int, int]:
    """How many JSON objects the trace holds, and how many of them the masked text still holds.

    What does not parse is given up after four times the length of the trace in all.
    """
    trace, budget = masked.trace, 4 * len(masked.trace)
    total = kept = at = first = 0
    blanks = masked.blanks
    while budget > 0 and (match := _OBJECT.search(trace, at)) is not None:
        start = match.start()
        end, spent = _object_end(trace, start)
        budget -= spent
        if end < 0:
            at = start + 1
            continue
        at = end
        pieces: list[str] = []
        while first < len(blanks) and blanks[first].start < at:
            blank = blanks[first]
            first += 1
            if blank.end > start:
                pieces += [trace[start : blank.start], blank.placeholder]
                start = blank.end
        total += 1
        kept += _parses("".join([*pieces, trace[start:at]]))
    return total, kept


_DECODER: Final = json.JSONDecoder()
_WINDOW: Final = 512


def _object_end(trace: str, start: int) -> tuple[int, int]:
    """The end of the object that begins at ``start``, -1 where none parses; and the work spent.

    Reads windows that grow while the end of one is what is wrong: an error counts the lines of all
    of the text before it, which is quadratic over many errors.
    """
    width, spent = _WINDOW, 0
    while True:
        piece = trace[start : start + width]
        try:
            _, end = _DECODER.raw_decode(piece)
        except json.JSONDecodeError as error:
            unfinished = error.msg.startswith("Unterminated") or error.pos >= len(piece) - 8
            if not unfinished or start + width >= len(trace):
                return -1, spent + (len(piece) if unfinished else error.pos) + 1
        except RecursionError:
            return -1, spent + 4 * len(trace)  # as deep as the text is long
        else:
            return start + end, spent + end
        spent += len(piece)
        width *= 4


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _is_word(text: str) -> bool:
    """False for names of points and products of variables: ``CD``, ``dS``, ``BFX``."""
    return (text[1:].islower() or len(text) > 3) and text.lower() not in _VERDICTS


_PAIR: Final = re.compile(r"\\left(?![A-Za-z])|\\right(?![A-Za-z])|\\begin|\\end|\\[\\{}$]|[{}$]")
_WEIGHTS: Final[dict[str, tuple[int, int]]] = {
    "{": (0, 1),
    "}": (0, -1),
    "\\left": (1, 1),
    "\\right": (1, -1),
    "\\begin": (2, 1),
    "\\end": (2, -1),
}


def _balanced_blank(blank: Blank) -> bool:
    return _balanced(blank.text)


def _balanced(text: str) -> bool:
    """True if hiding ``text`` leaves braces, ``\\left``, environments and dollars in pairs."""
    if text.isalnum():
        return True
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
