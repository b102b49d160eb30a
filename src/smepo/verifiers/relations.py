"""Relations asked at sample points: enough to tell two of them, or one and an interval, apart."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from smepo.verifiers import algebra
from smepo.verifiers.algebra import Node, UnreadableError
from smepo.verifiers.answers import Answer
from smepo.verifiers.samples import CONSTANTS, sample

_SIGN = re.compile(r"\\leq|\\geq|\\neq|[<>=]")
_UNSURE = re.compile(r"!=|\\infty")  # unequal, or a factorial; no number
_FACTORS = tuple(Fraction(n, 8) for n in (8, -8, 1, -1, 3, -3, 64, -64))
_NO_INTERVAL = frozenset(("{}", "M", ":", "U"))
_INSIDE = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))


def disagree(one: str, other: str) -> bool:
    """Whether two relations of one sign each are not true of the same numbers.

    Equal relations have equal differences of their sides, or equal solutions; either way they hold
    at the same places.
    """
    first, second = _sides(one), _sides(other)
    if first is None or second is None:
        return False
    for factor in _FACTORS:
        scaled = _scaled(first, factor), _scaled(second, factor)
        for point in (0, 1):
            here = _holds(*scaled[0], point), _holds(*scaled[1], point)
            if None not in here and here[0] != here[1]:
                return True
    return False


@lru_cache(maxsize=1 << 12)
def settled(text: str) -> bool:
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
    held = {_holds(*_scaled(sides, factor), point) for point in (0, 1) for factor in _FACTORS}
    return not {True, False} <= held


@lru_cache(maxsize=1 << 12)
def _sides(text: str) -> tuple[str, Node, Node] | None:
    """The sign and the sides of a relation that has one of each; None for what is not read."""
    sign = _SIGN.search(text)
    if sign is None or _SIGN.search(text, sign.end()) or _UNSURE.search(text):
        return None
    try:
        left, right = algebra.parse(text[: sign.start()]), algebra.parse(text[sign.end() :])
    except (UnreadableError, RecursionError):
        return None
    return sign.group(), left, right


def _holds(sign: str, left: Node, right: Node, point: int) -> bool | None:
    """Whether a relation holds at a sample point; None if unsure."""
    try:
        a, b = sample(left, point), sample(right, point)
    except (UnreadableError, RecursionError):
        return None
    size = max(1.0, abs(a), abs(b))
    if abs(a.imag) > 1e-12 * size or abs(b.imag) > 1e-12 * size:
        return None
    near = abs(a.real - b.real) <= 1e-9 * size
    if sign in ("=", "\\neq"):
        return near == (sign == "=")
    return None if near else (a.real < b.real) == (sign in ("<", "\\leq"))


def _scaled(sides: tuple[str, Node, Node], factor: Fraction) -> tuple[str, Node, Node]:
    """A relation with ``factor`` times each symbol."""
    sign, left, right = sides
    for name in _variables(left) | _variables(right):
        more: Node = ("mul", ("num", factor), ("sym", name))
        left, right = _put(left, more, name), _put(right, more, name)
    return sign, left, right


def may_follow(equation: str, name: str, node: Node) -> bool:
    """Whether an equation in ``name`` and other symbols may say that ``name`` is ``node``.

    Then it holds where ``node`` stands for the name.
    """
    sides = _sides(equation)
    if sides is None or sides[0] != "=":
        return False
    left, right = (_put(side, node, name) for side in sides[1:])
    if (left, right) == sides[1:]:
        return False
    return False not in [_holds("=", left, right, point) for point in (0, 1)]


def misses(relation: str, interval: Answer) -> bool:
    """Whether an inequality in one variable fails inside an interval, or holds outside of it."""
    sides, between = _sides(relation), ends(interval)
    if sides is None or between is None or sides[0] == "=" or between[0] >= between[1]:
        return False
    sign, left, right = sides
    names = _variables(left) | _variables(right)
    if len(names) != 1:
        return False
    (name,) = names
    low, high = between
    width = high - low
    asked = [(low + width * part, True) for part in _INSIDE]
    asked += [(end, False) for end in (low - 1, high + 1, low - 8 * width, high + 8 * width)]
    for number, inside in asked:
        value: Node = ("num", number)
        holds = _holds(sign, _put(left, value, name), _put(right, value, name), 0)
        if holds is not None and holds != inside:
            return True
    return False


def ends(interval: Answer) -> tuple[Fraction, Fraction] | None:
    """The ends of what may be an interval of numbers, as they stand; None for all else."""
    if interval.kind != "items" or len(interval.items) != 2 or interval.brackets in _NO_INTERVAL:
        return None
    found: list[Fraction] = []
    for item in interval.items:
        if item.node is None or item.unit or _variables(item.node):
            return None
        try:
            value = sample(item.node, 0)
        except (UnreadableError, RecursionError):
            return None
        if value.imag:
            return None
        found.append(Fraction(value.real))
    return found[0], found[1]


def _variables(node: Node) -> frozenset[str]:
    if node[0] == "sym":
        return frozenset() if node[1] in CONSTANTS else frozenset((node[1],))
    return frozenset().union(*(_variables(p) for p in node[1:] if isinstance(p, tuple)))


def _put(node: Node, value: Node, name: str) -> Node:
    """A tree with ``value`` for a symbol."""
    if node[0] == "sym":
        return value if node[1] == name else node
    return (node[0], *(_put(p, value, name) if isinstance(p, tuple) else p for p in node[1:]))
