"""Answers that no algebra can make equal to a target, by their symbols alone.

An answer that cannot be read exactly goes to computer algebra, at some ten milliseconds each. Most
of what an audit cuts out of prose and formulas is nowhere near an answer: it names variables that
the target does not have, is cut off in the middle, or is an inequality where the target is a point.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from smepo.verifiers import algebra
from smepo.verifiers.algebra import Node, UnreadableError
from smepo.verifiers.answers import Answer, read
from smepo.verifiers.exact import equal
from smepo.verifiers.latex import split
from smepo.verifiers.samples import CONSTANTS, sample

# Commands that are no symbols of their own: arithmetic, functions, brackets, constants.
_ARITHMETIC = frozenset(
    "frac sqrt binom text pi infty cup cap setminus emptyset pm mp leq geq neq in cdot times "
    "degree circ overline lfloor rfloor lceil rceil pmod bmod mod sin cos tan cot sec csc ln "
    "log lg exp arcsin arccos arctan sinh cosh tanh gcd lcm max min begin end to ldots cdots "
    "dots land lor prime quad lvert rvert langle rangle vdots ddots det deg".split()
)
_BINDS = re.compile(r"\\(?:sum|prod|i*o?int|lim)(?![A-Za-z])|\\\{.*(?:[:|]|\\mid)", re.DOTALL)
_SETS = re.compile(r"\\mathbb(?![A-Za-z])")
_INEQUALITY = re.compile(r"\\leq|\\geq|\\neq|[<>]")
_SIGN = re.compile(r"\\leq|\\geq|\\neq|[<>=]")
_FACTORS = tuple(Fraction(n, 8) for n in (8, -8, 1, -1, 3, -3, 64, -64))
_LAST_SIDE = re.compile(r".*(?:=|\\in(?![A-Za-z]))", re.DOTALL)
_TOKEN = re.compile(
    r"\\(?:begin|end)\{[^{}]*\}|\\text\{\s*([A-Za-z])\s*\}|\\text\{[^{}]*\}"
    r"|\\([A-Za-z]+)|([^\W\d_])"
)
_BRACKET = re.compile(
    r"\\(?:begin|lfloor|lceil)(?![A-Za-z])|\\(?:end|rfloor|rceil)(?![A-Za-z])|[()\[\]{}]"
)
_CUT_OFF = re.compile(
    r"\\(?:frac|sqrt|binom|sin|cos|tan|cot|ln|log|not|mid|mathbb|mathcal|mathfrak|vec|hat|bar|sum"
    r"|prod|lim|begin|left|right)\Z"
)


def foreign(answer: Answer, target: Answer) -> bool:
    """Whether an answer that has no exact value cannot equal a target that is no plain number."""
    if target.kind == answer.kind == "relation" and _settled(target.source):
        return False
    if target.kind in ("opaque", "relation") and _misses_one(target, answer):
        return True
    if target.kind == answer.kind == "relation" and _disagree(target.source, answer.source):
        return True
    if target.kind == "opaque" or answer.node is not None:
        return False
    if answer.kind in ("opaque", "relation") and cut_off(answer.source):
        return True
    side = answer.source
    inequality = _INEQUALITY.search(side) is not None
    sets = _SETS.search(side) is not None
    if target.kind == "relation":
        if sets or _is_point(answer):
            return True
    elif _is_point(target):
        if inequality:
            return True
    elif inequality or sets:
        return False  # an interval may be said with a variable
    if answer.kind == "relation" and target.kind != "relation" and not target.name:
        side = _LAST_SIDE.sub("", side)  # the side that counts
        if equal(target, read(side)) is False:
            return True
    return _BINDS.search(side) is None and not _symbols(side) <= _symbols(target.source)


def _misses_one(target: Answer, answer: Answer) -> bool:
    """Whether the target lists several things, and a single answer is not one of them."""
    parts = split(target.source, ",")
    if len(parts) < 2 or answer.kind == "items" or len(split(answer.source, ",;")) > 1:
        return False
    return any(equal(read(part), answer) is False for part in parts)


def _disagree(one: str, other: str) -> bool:
    """Whether two relations of one sign each are not true of the same numbers.

    Equal relations have equal differences of their sides, or equal solutions; either way they hold
    at the same places.
    """
    sides = _sides(one), _sides(other)
    if sides[0] is None or sides[1] is None:
        return False
    for point in (0, 1):
        for factor in _FACTORS:
            here = _holds(*sides[0], point, factor), _holds(*sides[1], point, factor)
            if None not in here and here[0] != here[1]:
                return True
    return False


@lru_cache(maxsize=1 << 12)
def _settled(text: str) -> bool:
    """Whether a relation may hold everywhere or nowhere: any other such relation then equals it."""
    sides = _sides(text)
    if sides is None:
        return False
    sign, left, right = sides
    if sign in ("=", "\\neq"):
        try:
            gaps = [sample(left, point) - sample(right, point) for point in (0, 1)]
        except (UnreadableError, RecursionError):
            return True
        return abs(gaps[0] - gaps[1]) <= 1e-9 * max(1.0, abs(gaps[0]))
    held = {_holds(*sides, point, factor) for point in (0, 1) for factor in _FACTORS}
    return not {True, False} <= held


@lru_cache(maxsize=1 << 12)
def _sides(text: str) -> tuple[str, Node, Node] | None:
    """The sign and the sides of a relation that has one of each; None for what is not read."""
    sign = _SIGN.search(text)
    if sign is None or _SIGN.search(text, sign.end()):
        return None
    try:
        left, right = algebra.parse(text[: sign.start()]), algebra.parse(text[sign.end() :])
    except (UnreadableError, RecursionError):
        return None
    return sign.group(), left, right


def _holds(sign: str, left: Node, right: Node, point: int, factor: Fraction) -> bool | None:
    """Whether a relation holds where each symbol is ``factor`` times its sample; None if unsure."""
    try:
        a, b = sample(_scaled(left, factor), point), sample(_scaled(right, factor), point)
    except (UnreadableError, RecursionError):
        return None
    size = max(1.0, abs(a), abs(b))
    if abs(a.imag) > 1e-12 * size or abs(b.imag) > 1e-12 * size:
        return None
    near = abs(a.real - b.real) <= 1e-9 * size
    if sign in ("=", "\\neq"):
        return near == (sign == "=")
    return None if near else (a.real < b.real) == (sign in ("<", "\\leq"))


def _scaled(node: Node, factor: Fraction) -> Node:
    if node[0] == "sym":
        return node if node[1] in CONSTANTS else ("mul", ("num", factor), node)
    return (node[0], *(_scaled(p, factor) if isinstance(p, tuple) else p for p in node[1:]))


def _is_point(answer: Answer) -> bool:
    """A value, a tuple, a finite set, a matrix: nothing that an inequality describes."""
    if answer.kind != "items":
        return answer.kind in ("expression", "number", "choice", "words")
    if answer.brackets in ("{}", "M", ":") or len(answer.items) > 2:
        return True
    return answer.brackets == "()" and not _rises(answer)


def _rises(pair: Answer) -> bool:
    """Whether the first of two ends is, or may be, below the second."""
    ends: list[float] = []
    for item in pair.items:
        if item.node is None or "\\infty" in item.source:
            return True
        try:
            ends.append(sample(item.node, 0).real)
        except UnreadableError:
            return True
    return len(ends) != 2 or ends[0] < ends[1]


@lru_cache(maxsize=1 << 12)
def _symbols(text: str) -> frozenset[str]:
    """The variables of a text: letters and unknown commands; not e, i and words in ``\\text``."""
    found: set[str] = set()
    for word, command, letter in _TOKEN.findall(text):
        name = word or letter
        if name and name not in "ei":
            found.add(name)
        elif command and command not in _ARITHMETIC:
            found.add("\\" + command)
    return frozenset(found)


def cut_off(text: str) -> bool:
    """Whether brackets or environments do not close, or a command lacks its argument."""
    depth = named = 0
    for token in _BRACKET.findall(text):
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        else:
            named += 1 if token[1] in "bl" else -1
        if depth < 0 or named < 0:
            return True
    return depth != 0 or named != 0 or _CUT_OFF.search(text) is not None
