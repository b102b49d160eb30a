"""Values of expression trees at sample points: enough to tell two expressions apart, never to call
them equal.
"""

from __future__ import annotations

import cmath
import math
import zlib

from smepo.verifiers.algebra import Node, UnreadableError

CONSTANTS = {"pi": math.pi, "e": math.e, "i": 1j}


def sample(node: Node, point: int) -> complex:
    """The value with every symbol at a fixed positive number; raises ``UnreadableError``."""
    try:
        value = _sample(node, point)
    except (ArithmeticError, ValueError) as error:
        raise UnreadableError(str(error)) from None
    if not cmath.isfinite(value):
        raise UnreadableError("not finite")
    return value


def _sample(node: Node, point: int) -> complex:
    kind = node[0]
    if kind == "num":
        return complex(float(node[1]))
    if kind == "sym":
        name = node[1]
        if name in CONSTANTS:
            return complex(CONSTANTS[name])
        return complex(1.5 + 3 * point + zlib.crc32(f"{name}{point}".encode()) / 2**32)
    values = [_sample(part, point) for part in node[1:] if isinstance(part, tuple)]
    if kind == "neg":
        return -values[0]
    if kind == "add":
        return sum(values)
    if kind == "mul":
        return math.prod(values)
    if kind == "div":
        return values[0] / values[1]
    if kind == "pow":
        return complex(values[0] ** values[1])
    if kind == "root":
        if values[1].imag == 0 and values[1].real < 0 and values[0] == 3:
            return -((-values[1]) ** (1 / 3))
        return complex(values[1] ** (1 / values[0]))
    if kind == "fact":
        return complex(math.gamma(_real(values[0]) + 1))
    if kind == "binom":
        n, k = _real(values[0]), _real(values[1])
        return complex(math.gamma(n + 1) / math.gamma(k + 1) / math.gamma(n - k + 1))
    return _function(node[1], values[0])


def _real(value: complex) -> float:
    if abs(value.imag) > 1e-12:
        raise UnreadableError("complex argument")
    return value.real


def _function(name: str, value: complex) -> complex:
    if name == "abs":
        return complex(abs(value))
    if name in ("floor", "ceil"):
        return complex(getattr(math, name)(_real(value)))
    if name in ("cot", "sec", "csc"):
        return 1 / complex(getattr(cmath, {"cot": "tan", "sec": "cos", "csc": "sin"}[name])(value))
    name = {"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan"}.get(name, name)
    return complex(getattr(cmath, name)(value))
