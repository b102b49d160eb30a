"""Final form: is an answer evaluated, so that it is an answer and not a way to compute one?"""

from __future__ import annotations

import math
import re

from smepo.verifiers import values
from smepo.verifiers.algebra import Node, UnreadableError
from smepo.verifiers.answers import Answer
from smepo.verifiers.samples import CONSTANTS

# what is still to be worked out, where the target has no such thing
_UNDONE = re.compile(
    r"\\(?:sum|prod|i*o?int|lim|cdots|[ld]?dots|pmod|bmod|equiv|implies|Rightarrow|approx|sim|cong|max"
    r"|min|gcd|triangle|angle|in|notin|subset|subseteq|boxtimes|mapsto)(?![A-Za-z])|\.\.\."
)


def final(answer: Answer, target: Answer) -> bool:
    """Whether an answer is evaluated, or written just as the target is.

    Numbers: a numeral, or a fraction in lowest terms. Elsewhere no arithmetic on numerals may be
    left to do: ``2 + 3 + \\pi`` and ``2^{10} x`` are not final, ``2\\sqrt{3}`` and ``x^2 + 1`` are.
    """
    if answer.source == target.source:
        return True
    if answer.kind == "items":
        others = target.items if target.kind == "items" else (target,)
        return all(any(final(i, o) for o in others or (target,)) for i in answer.items)
    if answer.kind == target.kind == "choice":
        return True
    if answer.rest is not None:
        return final(answer.rest, target)
    if answer.node is None and _UNDONE.search(answer.source) and not _UNDONE.search(target.source):
        return False
    if answer.node is None:
        return answer.kind not in ("opaque", "relation") or target.kind not in ("number", "choice")
    if answer.node == target.node:
        return True
    if answer.kind == "number":
        return is_numeral(answer.node)
    if _imaginary_products(answer.node) and not _imaginary_products(target.node):
        return False
    if _closed_functions(answer.node) and not _functions(target.node):
        return False
    if _uncollected(answer.node) and not (target.node and _uncollected(target.node)):
        return False
    return target.kind != "number" and _evaluated(answer.node)


def is_numeral(node: Node | None) -> bool:
    """Whether a tree is one number: a numeral, or a fraction in lowest terms."""
    if node is None:
        return False
    if node[0] == "neg":
        return node[1][0] != "neg" and is_numeral(node[1])
    if node[0] != "div":
        return bool(node[0] == "num")
    top = node[1][1] if node[1][0] == "neg" else node[1]
    bottom = node[2][1] if node[2][0] == "neg" else node[2]
    if top[0] != "num" or bottom[0] != "num":
        return False
    a, b = top[1], bottom[1]
    return bool(a.denominator == b.denominator == 1 and b > 1 and math.gcd(int(a), int(b)) == 1)


def _evaluated(node: Node) -> bool:
    kind, parts = node[0], [p for p in node[1:] if isinstance(p, tuple)]
    if kind in ("num", "sym"):
        return True
    if _closed(node):
        return is_numeral(node)
    if kind in ("add", "mul") and sum(_closed(p) for p in parts) > 1:
        return False
    if kind == "neg" and parts[0][0] == "neg":
        return False
    if kind in ("root", "pow") and all(map(_closed, parts)) and _perfect(node):
        return False
    return all(_evaluated(p) for p in parts)


_I = ("sym", "i")


def _imaginary_products(node: Node | None) -> bool:
    """Whether i still meets i: in ``i^2``, in ``(x - i)(x + i)``. That is arithmetic left to do."""
    if node is None or node[0] in ("num", "sym"):
        return False
    parts = [p for p in node[1:] if isinstance(p, tuple)]
    if node[0] == "pow" and _holds_i(parts[0]) and not _holds_i(parts[1]):
        return True
    if node[0] in ("mul", "div") and sum(map(_holds_i, parts)) > 1:
        return True
    return any(map(_imaginary_products, parts))


def _holds_i(node: Node) -> bool:
    return node == _I or any(_holds_i(p) for p in node[1:] if isinstance(p, tuple))


def _uncollected(node: Node) -> bool:
    """Whether terms or factors that are alike stand side by side: ``2x+3x``, ``\\sqrt2\\sqrt3``."""
    parts = _terms(node) if node[0] == "add" else list(_parts(node))
    if node[0] in ("add", "mul"):
        likes = [_like(part, node[0] == "add") for part in parts]
        likes = [like for like in likes if like is not None]
        if len(set(likes)) < len(likes):
            return True
    return any(map(_uncollected, parts))


def _parts(node: Node) -> tuple[Node, ...]:
    return tuple(part for part in node[1:] if isinstance(part, tuple))


def _terms(node: Node) -> list[Node]:
    if node[0] == "neg":
        return _terms(node[1])
    if node[0] != "add":
        return [node]
    return [term for part in node[1:] for term in _terms(part)]


def _like(node: Node, term: bool) -> object:
    """What two terms, or two factors, that make one have in common; None where nothing is known.

    Numbers are left to ``_evaluated``; factors are alike that are powers of one symbol or roots of
    numerals.
    """
    if not term:
        base = node[1] if node[0] == "pow" else node
        if base[0] == "root" and _closed(base[2]):
            return "root", base[1]
        return base[1] if base[0] == "sym" and base[1] not in CONSTANTS else None
    if _closed(node):
        return None
    try:
        top, bottom = values.exact(node)
    except (UnreadableError, RecursionError):
        return None
    return (*top, *bottom) if len(top) == len(bottom) == 1 else None


def _functions(node: Node | None) -> bool:
    return node is not None and (
        node[0] == "func" or any(_functions(p) for p in node[1:] if isinstance(p, tuple))
    )


def _closed_functions(node: Node) -> bool:
    """Whether a tree holds a function of constants alone: ``\\tan\\frac{\\pi}{7}``, ``|-8|``."""
    if node[0] == "func" and _constant(node[2]):
        return True
    return any(_closed_functions(p) for p in node[1:] if isinstance(p, tuple))


def _constant(node: Node) -> bool:
    if node[0] == "sym":
        return node[1] in CONSTANTS
    return all(_constant(p) for p in node[1:] if isinstance(p, tuple))


def _closed(node: Node) -> bool:
    """Whether a tree is arithmetic on numerals alone."""
    if node[0] in ("sym", "root", "func"):
        return False
    if node[0] == "pow" and node[2][0] == "div":
        return False
    return all(_closed(p) for p in node[1:] if isinstance(p, tuple))


def _perfect(node: Node) -> bool:
    try:
        values.rational(node)
    except UnreadableError:
        return False
    return True
