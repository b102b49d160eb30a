"""A reader of LaTeX-like arithmetic that gives values to formulas.

Variables get fixed pseudo-random values, so that two formulas which are equal have equal values.
What could be read in two ways (``e``: a constant or a variable; ``f(x)``: a call or a product) is
read in each ``Mode``. What has no certain reading raises ``UnreadableError``.
"""

from __future__ import annotations

import cmath
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

MAX_POWER = 400
MAX_DEPTH = 20
FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp det deg gcd lcm "
    "lfloor lceil rfloor rceil arg dim ker Pr operatorname bmod mod pm mp".split()
)
BINDERS = frozenset("sum prod int iint oint lim max min sup inf bigcup bigcap limsup".split())
FRACTIONS = frozenset(("frac", "dfrac", "tfrac", "cfrac"))
BINOMIALS = frozenset(("binom", "dbinom", "tbinom"))
TIMES = frozenset((("mark", "*"), ("mark", "×"), ("mark", "·"), ("mark", "⋅")))
TIMES_COMMANDS = frozenset(("times", "cdot", "ast"))
OVER = frozenset((("mark", "/"), ("mark", "÷"), ("command", "div")))

Token = tuple[str, str]  # (number | command | letter | mark | end, text)


class UnreadableError(Exception):
    """Not an expression with one certain reading."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to read what is ambiguous."""

    constants: bool = True  # e and i are numbers
    calls: bool = True  # a letter before a bracket is a function


@dataclass(frozen=True, slots=True)
class Value:
    """``arithmetic``: an operation is left undone. ``free``: holds a variable. ``opaque``: holds a
    function of a variable, whose value here is only a name for it."""

    number: complex
    arithmetic: bool
    free: bool
    opaque: bool
    ambiguous: bool


class Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: Sequence[Token], mode: Mode) -> None:
        self.tokens = list(tokens)
        self.mode = mode
        self.at = self.depth = 0
        self.arithmetic = self.free = self.opaque = self.ambiguous = False

    def read(self) -> Value:
        """The value of the whole expression.

        Raises:
            UnreadableError: if it has none, or none that is certain.
        """
        try:
            number = self.sum()
        except (OverflowError, ValueError, ZeroDivisionError, RecursionError) as error:
            raise UnreadableError from error
        if self.peek()[0] != "end" or cmath.isnan(number) or cmath.isinf(number):
            raise UnreadableError
        return Value(number, self.arithmetic, self.free, self.opaque, self.ambiguous)

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, mark: str) -> bool:
        if self.peek() == ("mark", mark):
            self.at += 1
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.accept(mark):
            raise UnreadableError

    def sum(self) -> complex:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError
        negative = self.accept("-")
        if not negative:
            self.accept("+")
        total = self.product()
        total = -total if negative else total
        while True:
            if self.accept("+"):
                total += self.product()
            elif self.accept("-"):
                total -= self.product()
            else:
                self.depth -= 1
                return total
            self.arithmetic = True

    def product(self) -> complex:
        total = self.power()
        while True:
            token = kind, text = self.peek()
            if token in TIMES or (kind == "command" and text in TIMES_COMMANDS):
                self.take()
                self.arithmetic = True
                total *= self.power(signed=True)
            elif token in OVER:
                self.take()
                total /= self.power(signed=True)
                if self.peek()[0] in ("letter", "command") or self.peek() == ("mark", "("):
                    raise UnreadableError  # 1/2x
            elif kind in ("letter", "command") or token in (("mark", "("), ("mark", "{")):
                if kind == "command" and text in FRACTIONS and self._after_number():
                    raise UnreadableError  # a mixed number, or a product
                total *= self.power()
            elif kind == "number":
                raise UnreadableError  # 1 1/2, x2
            else:
                return total

    def _after_number(self) -> bool:
        return self.at > 0 and self.tokens[self.at - 1][0] == "number"

    def power(self, signed: bool = False) -> complex:
        if signed and self.accept("-"):
            return -self.power()
        base = self.atom()
        while self.accept("!"):
            self.arithmetic = True
            if base.imag or abs(base.real) > 150:
                raise UnreadableError
            base = complex(math.gamma(base.real + 1))
            if self.peek() == ("mark", "!"):
                raise UnreadableError
        if self.accept("^"):
            self.arithmetic = True
            exponent = self.argument()
            if abs(exponent) > MAX_POWER:
                raise UnreadableError
            base = base**exponent
        if self.peek() in (("mark", "^"), ("mark", "_"), ("mark", "'"), ("mark", "!")):
            raise UnreadableError
        return base

    def argument(self) -> complex:
        if self.accept("{"):
            value = self.sum()
            self.expect("}")
            return value
        kind, text = self.peek()
        if kind == "number" and len(text) > 1 and text.isdigit():
            self.tokens[self.at] = ("number", text[1:])
            return complex(int(text[0]))
        return self.atom()

    def atom(self) -> complex:
        kind, text = self.take()
        if kind == "number":
            return complex(float(text))
        if kind == "letter":
            return self.letter(text)
        if kind == "command":
            return self.command(text)
        if text in ("(", "{", "["):
            value = self.sum()
            self.expect({"(": ")", "{": "}", "[": "]"}[text])
            return value
        if text == "|":
            value = self.sum()
            self.expect("|")
            self.arithmetic = True
            return complex(abs(value))
        raise UnreadableError

    def letter(self, text: str) -> complex:
        if text == "π":
            return complex(math.pi)
        if text in "eEiI":
            self.ambiguous = True
            if self.mode.constants:
                return complex(math.e) if text in "eE" else 1j
        return self.variable(text)

    def variable(self, name: str) -> complex:
        self.free = True
        if self.accept("_"):
            name += "_" + self._group()
        while self.accept("'"):
            name += "'"
        if self.peek() in (("mark", "("), ("mark", "[")):
            self.ambiguous = True
            if self.mode.calls or self.peek()[1] == "[":
                self.opaque = True
                name += self._group()
        return complex(0.3 + zlib.crc32(name.encode()) / 2**32 * 1.7)

    def _group(self) -> str:
        """The text of the next token or bracketed group, as it stands."""
        text = self.take()[1]
        if text not in ("{", "(", "["):
            return text
        depth = 1
        while depth:
            kind, mark = self.take()
            if kind == "end":
                raise UnreadableError
            depth += (mark in ("{", "(", "[")) - (mark in ("}", ")", "]"))
            text += mark
        return text

    def command(self, name: str) -> complex:
        if name in FRACTIONS:
            top = self.argument()
            return top / self.argument()
        if name == "sqrt":
            return self.root()
        if name in BINOMIALS:
            return self.binomial(self.argument(), self.argument())
        if name == "pi":
            return complex(math.pi)
        if name in BINDERS or name in ("infty", "overline", "mathrm", "mathbf", "begin", "end"):
            raise UnreadableError
        if name in FUNCTIONS:
            return self.function(name)
        return self.variable("\\" + name)

    def root(self) -> complex:
        degree = 2 + 0j
        if self.accept("["):
            degree = self.sum()
            self.expect("]")
        inner = self.argument()
        if degree != 2 and (inner.imag or inner.real < 0):
            raise UnreadableError
        return complex(inner ** (1 / degree))

    def function(self, name: str) -> complex:
        """A function of a variable is some unknown; a closed one is left to the verifier."""
        before, self.free = self.free, False
        start = self.at
        if self.accept("^"):
            self.argument()
        if self.accept("_"):
            self._group()
        if name in ("lfloor", "lceil"):
            self.sum()
            if self.take()[0] != "command":
                raise UnreadableError
        else:
            self.power()
        if not self.free:
            raise UnreadableError
        self.free, self.opaque = before or self.free, True
        text = name + "".join(t for _, t in self.tokens[start : self.at])
        return complex(0.3 + zlib.crc32(text.encode()) / 2**32 * 1.7)

    def binomial(self, top: complex, bottom: complex) -> complex:
        n, k = top.real, bottom.real
        if top.imag or bottom.imag or n != int(n) or k != int(k) or not 0 <= k <= n <= 1000:
            raise UnreadableError
        self.arithmetic = True
        return complex(float(math.comb(int(n), int(k))))
