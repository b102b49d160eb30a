"""Answers as expression trees, and their exact values. No sympy.

A tree is a nested tuple: ``("num", Fraction)``, ``("sym", name)``, ``("add", ...)``,
``("mul", ...)``, ``("div", a, b)``, ``("pow", a, b)``, ``("neg", a)``, ``("root", n, a)``,
``("fact", a)``, ``("binom", a, b)``, ``("func", name, a)``. The reader knows the LaTeX that
answers are written in; anything else is ``UnreadableError``.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

Node = tuple[Any, ...]

MAX_DEPTH = 60
MAX_TOKENS = 600

_TOKEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+|\\[A-Za-z]+|\S)")
_FUNCTIONS = {
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "ln",
    "log",
    "exp",
    "arcsin",
    "arccos",
    "arctan",
}
_STOP = {"+", "-", ")", "}", "]", ",", "*", "/", "", "|", "\\rfloor", "\\rceil"}


class UnreadableError(ValueError):
    """A text that is no expression of the supported kind, or a value out of bounds."""


def parse(text: str) -> Node:
    """Read a normalised expression (see ``latex.normalise``); raises ``UnreadableError``."""
    reader = _Reader(text)
    node = reader.sum(0)
    if reader.peek():
        raise UnreadableError(f"unexpected {reader.peek()!r}")
    return node


class _Reader:
    """Recursive descent over tokens; ``at`` is the next one."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = _TOKEN.findall(text)
        self.at = 0
        if len(self.tokens) > MAX_TOKENS:
            raise UnreadableError("too long")

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise UnreadableError(f"expected {token!r}")

    def sum(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        terms = []
        sign = 1
        if self.peek() in ("+", "-"):
            sign = -1 if self.next() == "-" else 1
        while True:
            term = self.product(depth)
            terms.append(("neg", term) if sign < 0 else term)
            if self.peek() not in ("+", "-"):
                break
            sign = -1 if self.next() == "-" else 1
        return terms[0] if len(terms) == 1 else ("add", *terms)

    def product(self, depth: int) -> Node:
        factors = [self.factor(depth)]
        slashed = False
        while True:
            token = self.peek()
            if token == "*":
                self.next()
                factors.append(self.signed(depth))
            elif token == "/":
                if slashed:
                    raise UnreadableError("ambiguous division")
                self.next()
                bottom = self.signed(depth)
                top = factors[0] if len(factors) == 1 else ("mul", *factors)
                factors, slashed = [("div", top, bottom)], True
            elif token in _STOP:
                break
            else:
                if slashed or token[0].isdecimal():
                    raise UnreadableError("ambiguous product")
                factors.append(self.factor(depth))
        return _product(factors)

    def signed(self, depth: int) -> Node:
        if self.peek() == "-":
            self.next()
            return ("neg", self.factor(depth))
        return self.factor(depth)

    def factor(self, depth: int) -> Node:
        node = self.base(depth + 1)
        while True:
            token = self.peek()
            if token == "^":
                if node[0] == "pow" and self.tokens[self.at - 1] not in (")", "]"):
                    raise UnreadableError("double superscript")
                self.next()
                node = ("pow", node, self.argument(depth + 1))
            elif token == "!":
                self.next()
                if self.peek() == "!":
                    raise UnreadableError("double factorial")
                node = ("fact", node)
            else:
                return node

    def argument(self, depth: int) -> Node:
        """What follows ``^`` or a command: a group, or one token (a sign may precede it)."""
        if self.peek() == "-":
            self.next()
            return ("neg", self.base(depth))
        return self.base(depth)

    def base(self, depth: int) -> Node:
        token = self.next()
        if not token:
            raise UnreadableError("unexpected end")
        if token in ("(", "{", "["):
            inside = self.sum(depth)
            self.expect({"(": ")", "{": "}", "[": "]"}[token])
            return inside
        if token[0].isdecimal() or token[0] == ".":
            return self.number(token, depth)
        if token == "|":
            inside = self.sum(depth)
            self.expect("|")
            return ("func", "abs", inside)
        if token[0] == "\\":
            return self.command(token[1:], depth)
        if token.isalpha():
            return self.symbol(token)
        raise UnreadableError(f"unexpected {token!r}")

    def number(self, token: str, depth: int) -> Node:
        value = Fraction(token.rstrip(".") or "0")
        if "." in token or self.peek() != "\\frac":
            return ("num", value)
        mark = self.at  # an integer before a proper fraction of integers is a mixed number
        part = self.factor(depth)
        if part[0] == "div" and all(p[0] == "num" and p[1].denominator == 1 for p in part[1:]):
            top, bottom = part[1][1], part[2][1]
            if 0 < top < bottom and math.gcd(int(top), int(bottom)) == 1:
                return ("num", value + top / bottom)
        self.at = mark
        return ("num", value)

    def symbol(self, name: str) -> Node:
        if self.peek() == "_":
            self.next()
            if self.peek() == "{":
                self.next()
                parts = []
                while (token := self.next()) not in ("}", ""):
                    parts.append(token)
                name += "_" + "".join(parts)
            else:
                name += "_" + self.next()
        return ("sym", name)

    def command(self, name: str, depth: int) -> Node:
        if name == "frac":
            top = self.short_argument(depth)
            return ("div", top, self.short_argument(depth))
        if name == "binom":
            top = self.short_argument(depth)
            return ("binom", top, self.short_argument(depth))
        if name == "sqrt":
            index: Node = ("num", Fraction(2))
            if self.peek() == "[":
                self.next()
                index = self.sum(depth)
                self.expect("]")
            return ("root", index, self.argument(depth))
        if name in ("lfloor", "lceil"):
            inside = self.sum(depth)
            self.expect("\\r" + name[1:])
            return ("func", name[1:], inside)
        if name in _FUNCTIONS:
            return self.function(name, depth)
        if name in _GREEK:
            return self.symbol(name)
        raise UnreadableError(f"unknown command {name}")

    def function(self, name: str, depth: int) -> Node:
        """``\\sin x``, ``\\sin^2 x``, ``\\log_2 8``; the base of a bare ``\\log`` is not known."""
        below = power = None
        while self.peek() in ("^", "_"):
            if self.next() == "^":
                power = self.argument(depth)
                if power[0] == "neg":
                    raise UnreadableError("inverse or reciprocal")
            else:
                below = self.argument(depth)
        if (name == "log") != (below is not None):
            raise UnreadableError("base of a logarithm")
        node: Node = ("func", "ln" if below else name, self.factor(depth))
        if below is not None:
            node = ("div", node, ("func", "ln", below))
        return node if power is None else ("pow", node, power)

    def short_argument(self, depth: int) -> Node:
        """An argument of ``\\frac``: a group or one character, so that ``\\frac12`` is 1/2."""
        token = self.peek()
        if token.isdecimal() and len(token) > 1:
            self.tokens[self.at : self.at + 1] = [token[0], token[1:]]
        elif not token.isdecimal() and (token[:1].isdecimal() or token in ("(", "[")):
            raise UnreadableError("argument of a fraction")
        token = self.peek()
        if token.isdecimal():
            self.next()
            return ("num", Fraction(token))
        return self.argument(depth)


_GREEK = set(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "pi rho sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi "
    "Psi Omega infty".split()
)


def _product(factors: list[Node]) -> Node:
    if len(factors) == 1:
        return factors[0]
    if len(factors) == 2 and (value := _scientific(*factors)) is not None:
        return ("num", value)
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor[1:] if factor[0] == "mul" else (factor,))
    return ("mul", *flat)


def _scientific(left: Node, right: Node) -> Fraction | None:
    """``m * 10^k`` with 1 <= m < 10 is one numeral, not arithmetic."""
    if left[0] != "num" or right[0] != "pow" or right[1] != ("num", Fraction(10)):
        return None
    sign, power = (-1, right[2][1]) if right[2][0] == "neg" else (1, right[2])
    if power[0] != "num" or power[1].denominator != 1 or not 1 <= left[1] < 10 or power[1] > 300:
        return None
    return Fraction(left[1] * Fraction(10) ** int(sign * power[1]))
