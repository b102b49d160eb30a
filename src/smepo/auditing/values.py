"""Values of candidates: which of them is unevaluated arithmetic for the target.

A text is cut into *leaves*: what stands between relations, commas, words and boxes. ``computes``
compares the one value of a candidate with that of the target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from smepo.auditing.arithmetic import Mode, Reader, Token, UnreadableError, Value
from smepo.auditing.tokens import BREAKS, LONGEST, RELATIONS, fold
from smepo.numerals import parse, parse_roman

_TOKEN = re.compile(
    r"(\d{1,3}(?:(?:,|\{,\}|,\\!|\\,)\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"  # 1 number
    r"|(\\(?:text|textbf|textrm|mbox|mathrm|textit)\s*\{[^{}]*\}"  # 2 units and other dress
    r"|\^\s*\{?\s*\\circ\s*\}?|°|\\?%|\\?\$)"
    r"|(\\(?:left|right|displaystyle|[bB]igg?[lr]?|[,;:! ])(?![A-Za-z])|[ \t\n])"  # 3 silent
    r"|\\([A-Za-z]+)"  # 4 command
    r"|([A-Za-zÀ-ÿ]{2,}[.:]?)"  # 5 word, which may be a product of letters
    r"|([A-Za-zα-ωπ])"  # 6 letter
    r"|(\\?[{}])"  # 7 brace
    r"|(<<|>>|[=<>≤≥≈≠∈→⇒≡,;:&?#~\"“”‘’`.]+|\\\\|\*\*)"  # 8 separator
    r"|(.)",
    re.DOTALL,
)
_SEPARATORS = (
    RELATIONS | BREAKS | {"boxed", "fbox", "cup", "cap", "pmod", "begin", "end", "setminus", "mid"}
)
_RELATION = re.compile(
    r"<<|>>|[=<>≤≥≈≠∈→⇒≡]+|\\(?:"
    + "|".join(sorted(RELATIONS, key=len, reverse=True))
    + r")(?![A-Za-z])"
)
_CLOSED = re.compile(  # closed arithmetic, by its characters
    r"(?:[\d\s.,+\-−*/^!(){}\[\]|×·÷%$πEe]|\\[,;:! ]"
    r"|\\(?:times|cdot|div|[dt]?frac|[dt]?binom|sqrt|pi|left|right|displaystyle)(?![A-Za-z]))+\Z"
)
_TYPOS = frozenset(("frac", "dfrac", "tfrac", "sqrt", "pi"))  # a backslash was forgotten
_LOOSE = frozenset("()[]{}")
_MODES = (Mode(), Mode(constants=False), Mode(calls=False), Mode(constants=False, calls=False))
_INTEGER = re.compile(r"[-+]?\d{1,15}\Z")


@dataclass(frozen=True, slots=True)
class Leaves:
    """The values of a text's leaves in every reading, and of its bare numbers.

    ``last`` are those of the leaves that no relation follows: what the text says it is equal to.
    ``complete`` is false if some leaf has no certain value.
    """

    values: tuple[Value, ...]
    last: tuple[Value, ...]
    complete: bool


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        at = match.lastindex or 0
        piece = match.group(at)
        if at == 1:
            found.append(("number", re.sub(r"[^\d.]", "", piece)))
        elif at == 4:
            found.append(
                ("relation" if piece in RELATIONS else "separator", piece)
                if piece in _SEPARATORS
                else ("command", piece)
            )
        elif at == 5:
            found.append(("command" if piece in _TYPOS else "word", piece))
        elif at == 6:
            found.append(("letter", piece))
        elif at == 7:
            found.append(("mark", piece) if len(piece) == 1 else ("separator", piece))
        elif at == 8:
            found.append(("relation" if piece in "=<>≤≥≈≠∈→⇒≡" else "separator", piece))
        elif at == 9:
            found.append(("mark", piece))
    return found


def _split(tokens: list[Token]) -> list[tuple[list[Token], bool]]:
    """Leaves, each with whether a relation follows it."""
    leaves: list[tuple[list[Token], bool]] = [([], False)]
    for token in tokens:
        if token[0] in ("separator", "relation", "word"):
            leaves[-1] = (leaves[-1][0], token[0] == "relation")
            leaves.append(([], False))
        else:
            leaves[-1][0].append(token)
    return [(_balanced(leaf), followed) for leaf, followed in leaves]


def _balanced(leaf: list[Token]) -> list[Token]:
    """A leaf without the brackets that were cut in two, as those of a list."""
    opened: list[int] = []
    loose: set[int] = set()
    for at, (kind, text) in enumerate(leaf):
        if kind != "mark" or text not in _LOOSE:
            continue
        if text in "([{":
            opened.append(at)
        elif opened:
            opened.pop()
        else:
            loose.add(at)
    loose.update(opened)
    return [token for at, token in enumerate(leaf) if at not in loose] if loose else leaf


@lru_cache(maxsize=1 << 15)
def leaves(text: str) -> Leaves:
    """The values that a text names."""
    if _INTEGER.match(text):
        known = (_plain(float(text)),)
        return Leaves(known, known, True)
    text = fold(text)
    exact = _exact(text)
    if exact is not None:
        known = (_plain(float(exact)),)
        return Leaves(known, known, True)
    if len(text) > LONGEST:
        return Leaves((), (), False)
    tokens = _tokens(text)
    values = [_plain(float(number)) for kind, number in tokens if kind == "number"]
    last: list[Value] = []
    complete = True
    for leaf, followed in _split(tokens):
        if not any(kind in ("number", "command", "letter") for kind, _ in leaf):
            continue
        read = _read(tuple(leaf))
        complete = complete and read is not None
        values += read or ()
        if not followed:
            last += read or ()
    return Leaves(tuple(values), tuple(last), complete)


def _plain(number: float) -> Value:
    return Value(complex(number), arithmetic=False, free=False, opaque=False, ambiguous=False)


def _exact(text: str) -> Fraction | None:
    value = parse(text)
    if value is None and 1 < len(text) < 16 and text.isupper():
        roman = parse_roman(text)
        value = None if roman is None else Fraction(roman)
    return value


@lru_cache(maxsize=1 << 15)
def _read(leaf: tuple[Token, ...]) -> tuple[Value, ...] | None:
    try:
        first = Reader(leaf, _MODES[0]).read()
        if not first.ambiguous:
            return (first,)
        return (first, *(Reader(leaf, mode).read() for mode in _MODES[1:]))
    except UnreadableError:
        return None


def computes(candidate: str, target: str) -> bool:
    """True if ``candidate`` is closed arithmetic, not carried out, whose value is the target's."""
    if not _CLOSED.match(candidate):
        return False
    goal, found = leaves(target), leaves(candidate)
    if len(found.last) != 1 or len(goal.last) != 1 or not (goal.complete and found.complete):
        return False
    if _RELATION.search(candidate):
        return False
    value, aim = found.last[0], goal.last[0]
    if value.free or aim.free or not value.arithmetic:
        return False
    return abs(value.number - aim.number) <= 1e-9 * max(1.0, abs(aim.number))
