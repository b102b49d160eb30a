"""Which candidates can be right: a cheap superset, for judging thousands against one target.

Whoever answers a number in final form writes its digits. So a candidate that holds none of the
digit strings in ``needles`` is wrong, whatever else it says, and need not be read. Where that is
not certain, the sieve lets everything through; ``tests/test_verifier_sieve.py`` proves it on
drawn dresses of drawn numbers.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from smepo.verifiers.answers import read
from smepo.verifiers.final import is_numeral

# What writes a number without its digits: 0.\overline{9} is 1, 1\frac12\cdot10^3 is 1500; colours
# and boxes have digits of their own, which the reader drops.
_HIDES = ("overline", "color", "box")


@lru_cache(maxsize=1 << 12)
def needles(target: str) -> tuple[str, ...]:
    """Digit strings of which every final form of a numeric target holds one; () for any other.

    A terminating value is written as its decimal digits, up to zeros at the ends (``0.5``,
    ``50\\%``, ``5\\times10^{-1}``), or as a fraction in lowest terms, with its denominator.
    """
    gold = read(target)
    if gold.kind != "number" or gold.value is None or not is_numeral(gold.node):
        return ()
    if not gold.value:
        return ("0",)
    found: dict[str, None] = {}
    for value in (gold.value, gold.value / 100, gold.value * 100):  # percent
        if value.denominator > 1:
            found[str(value.denominator)] = None
    digits = _decimals(abs(gold.value))
    if digits:
        found[digits] = None
    return tuple(found)


def _decimals(value: Fraction) -> str:
    """The significant digits of a terminating decimal; "" where it does not terminate."""
    places, rest = 0, value.denominator
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    return "" if rest > 1 else str(int(value * 10**places)).strip("0")


def may_be_right(candidate: str, found: tuple[str, ...]) -> bool:
    """False only if no final form of the target whose needles are ``found`` reads like this."""
    if not found:
        return True
    digits = ""
    for c in candidate:
        if "0" <= c <= "9":
            digits += c
        elif c > "\x7f" and c.isnumeric():
            return True
    for needle in found:
        if needle in digits:
            return True
    for word in _HIDES:
        if word in candidate:
            return True
    return "frac" in candidate and "^" in candidate
