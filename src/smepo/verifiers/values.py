"""Exact values of expression trees. No sympy.

Exact values are quotients of polynomials in symbols (among them pi, e, and i with i^2 = -1) and
square roots of square-free integers, which are linearly independent over the rationals, so that
two values are equal if and only if their cross products are the same polynomial.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache

from smepo.verifiers.algebra import Node, UnreadableError

Key = tuple[int, tuple[tuple[str, int], ...]]
Poly = dict[Key, Fraction]

MAX_TERMS = 400
MAX_BITS = 20_000


def exact(node: Node) -> tuple[Poly, Poly]:
    """Numerator and denominator; raises ``UnreadableError`` where there is no such exact value."""
    return _exact(node)


def _exact(node: Node) -> tuple[Poly, Poly]:
    kind = node[0]
    if kind == "num":
        return {_ONE: node[1]} if node[1] else {}, _UNIT
    if kind == "sym":
        return {(1, ((node[1], 1),)): _FRACTION_1}, _UNIT
    return _compound(node)  # hashing a leaf costs more than reading it


@lru_cache(maxsize=1 << 12)
def _compound(node: Node) -> tuple[Poly, Poly]:
    kind = node[0]
    if kind == "neg":
        top, bottom = _exact(node[1])
        return {k: -v for k, v in top.items()}, bottom
    if kind == "add":
        total: tuple[Poly, Poly] = ({}, _UNIT)
        for part in node[1:]:
            total = _plus(total, _exact(part))
        return total
    if kind == "mul":
        total = (_UNIT, _UNIT)
        for part in node[1:]:
            total = _times(total, _exact(part))
        return total
    if kind == "div":
        return _times(_exact(node[1]), _inverse(_exact(node[2])))
    if kind == "pow":
        return _power(_exact(node[1]), rational(node[2]))
    if kind == "root":
        return _power(_exact(node[2]), 1 / rational(node[1], nonzero=True))
    if kind == "fact":
        value = rational(node[1])
        if value.denominator != 1 or not 0 <= value <= 200:
            raise UnreadableError("factorial")
        return {_ONE: Fraction(math.factorial(int(value)))}, _UNIT
    if kind == "binom":
        n, k = rational(node[1]), rational(node[2])
        if n.denominator != 1 or k.denominator != 1 or not 0 <= k <= n <= 1000:
            raise UnreadableError("binomial")
        return {_ONE: Fraction(math.comb(int(n), int(k)))}, _UNIT
    raise UnreadableError(kind)


_ONE: Key = (1, ())
_FRACTION_1 = Fraction(1)
_UNIT: Poly = {_ONE: _FRACTION_1}


def rational(node: Node, *, nonzero: bool = False) -> Fraction:
    """The value of a tree that is a rational number; raises ``UnreadableError`` for any other."""
    top, bottom = _exact(node)
    if set(top) - {_ONE} or set(bottom) != {_ONE}:
        raise UnreadableError("not a rational number")
    value = top.get(_ONE, Fraction(0)) / bottom[_ONE]
    if nonzero and not value:
        raise UnreadableError("zero")
    return value


def same(a: Node, b: Node) -> bool:
    """Whether two trees have one exact value; raises ``UnreadableError`` if one has none."""
    (p, q), (r, s) = _exact(a), _exact(b)
    return p == r if q == s else _multiply(p, s) == _multiply(r, q)


def _plus(a: tuple[Poly, Poly], b: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
    if a[1] == b[1]:
        return _add(a[0], b[0]), a[1]
    return _add(_multiply(a[0], b[1]), _multiply(b[0], a[1])), _multiply(a[1], b[1])


def _times(a: tuple[Poly, Poly], b: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
    return _multiply(a[0], b[0]), _multiply(a[1], b[1])


def _inverse(a: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
    if not a[0]:
        raise UnreadableError("division by zero")
    return a[1], a[0]


def _add(a: Poly, b: Poly) -> Poly:
    total = dict(a)
    for key, value in b.items():
        value += total.get(key, 0)
        if value:
            total[key] = value
        else:
            total.pop(key, None)
    return total


def _multiply(a: Poly, b: Poly) -> Poly:
    if a is _UNIT or b is _UNIT:
        return b if a is _UNIT else a
    if len(a) * len(b) > MAX_TERMS * 4:
        raise UnreadableError("too many terms")
    total: Poly = {}
    for (ra, sa), va in a.items():
        for (rb, sb), vb in b.items():
            common = math.gcd(ra, rb)
            symbols, sign = _symbols(sa, sb)
            key = (ra // common * (rb // common), symbols)
            value = va * vb
            if common * sign != 1:
                value *= common * sign
            _check(value)
            value += total.get(key, 0)
            if value:
                total[key] = value
            else:
                total.pop(key, None)
    return total


def _symbols(
    a: tuple[tuple[str, int], ...], b: tuple[tuple[str, int], ...]
) -> tuple[tuple[tuple[str, int], ...], int]:
    if not a and not b:
        return (), 1
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + power
    turns = powers.pop("i", 0) % 4
    if turns % 2:
        powers["i"] = 1
    return tuple(sorted((n, p) for n, p in powers.items() if p)), -1 if turns > 1 else 1


def _check(value: Fraction) -> None:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise UnreadableError("number too large")


def _power(base: tuple[Poly, Poly], exponent: Fraction) -> tuple[Poly, Poly]:
    if exponent.denominator == 1:
        return _whole_power(base, int(exponent))
    top, bottom = base
    if set(top) - {_ONE} or set(bottom) != {_ONE}:
        raise UnreadableError("root of an expression")
    value = top.get(_ONE, Fraction(0)) / bottom[_ONE]
    rooted = _root(value, exponent.denominator)
    return _whole_power(rooted, exponent.numerator)


def _whole_power(base: tuple[Poly, Poly], exponent: int) -> tuple[Poly, Poly]:
    if exponent < 0:
        base, exponent = _inverse(base), -exponent
    top, bottom = base
    if set(top) <= {_ONE} and set(bottom) == {_ONE}:
        value = top.get(_ONE, Fraction(0)) / bottom[_ONE]
        size = max(value.numerator.bit_length(), value.denominator.bit_length())
        if exponent * size > MAX_BITS:
            raise UnreadableError("number too large")
        return ({_ONE: value**exponent} if value or not exponent else {}), _UNIT
    if exponent > 64:
        raise UnreadableError("degree too high")
    result: tuple[Poly, Poly] = (_UNIT, _UNIT)
    for _ in range(exponent):
        result = _times(result, base)
    return result


def _root(value: Fraction, n: int) -> tuple[Poly, Poly]:
    if not value:
        return {}, _UNIT
    if n == 2:
        outside, inside = square_free(abs(value.numerator) * value.denominator)
        symbols = () if value > 0 else (("i", 1),)
        return {(inside, symbols): Fraction(outside, value.denominator)}, _UNIT
    top, bottom = _whole_root(abs(value.numerator), n), _whole_root(value.denominator, n)
    if top is None or bottom is None or (value < 0 and n % 2 == 0):
        raise UnreadableError("root")
    return {_ONE: Fraction(top if value > 0 else -top, bottom)}, _UNIT


def _whole_root(value: int, n: int) -> int | None:
    if n > 64 or value.bit_length() > 900:
        raise UnreadableError("root")
    guess = round(value ** (1 / n))
    return next((g for g in (guess - 1, guess, guess + 1) if g >= 0 and g**n == value), None)


@lru_cache(maxsize=1 << 12)
def square_free(value: int) -> tuple[int, int]:
    """``(a, b)``: value is a*a*b, b square-free; raises ``UnreadableError`` over 10^12."""
    root = math.isqrt(value)
    if root * root == value:
        return root, 1
    if value > 10**12:
        raise UnreadableError("radicand too large")
    outside, inside, factor = 1, 1, 2
    while factor**3 <= value:  # what is left then is 1, a prime, two primes, or a prime squared
        while value % (factor * factor) == 0:
            value //= factor * factor
            outside *= factor
        if value % factor == 0:
            value //= factor
            inside *= factor
        factor += 1 if factor == 2 else 2
    root = math.isqrt(value)
    return (outside * root, inside) if root * root == value else (outside, inside * value)
