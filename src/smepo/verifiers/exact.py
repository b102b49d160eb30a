"""Are two answers equal: decided exactly, without sympy, wherever that is possible."""

from __future__ import annotations

import re
from fractions import Fraction

from smepo.verifiers import values
from smepo.verifiers.algebra import Node, UnreadableError
from smepo.verifiers.answers import INEQUALITY, Answer
from smepo.verifiers.relations import may_follow
from smepo.verifiers.samples import sample

_PLURAL = re.compile(r",|\\pm|\\\{|\\cup|\\cap|\\setminus|\\begin|\\mathbb|\b(?:or|and)\b")


def equal(target: Answer, answer: Answer) -> bool | None:
    """Whether two answers are equal; None where a computer-algebra system has to say."""
    if target.source == answer.source:
        return True
    if "relation" in (target.kind, answer.kind):
        return _equal_relation(target, answer)
    if target.name and answer.name and target.name != answer.name:
        return False
    if target.unit and answer.unit and target.unit != answer.unit:
        return False
    if "choice" in (target.kind, answer.kind):
        return _equal_choice(target, answer)
    if "base" in (target.kind, answer.kind):
        return _equal_base(target, answer)
    if "items" in (target.kind, answer.kind):
        return _equal_items(target, answer)
    if target.node is None or answer.node is None:
        if "words" in (target.kind, answer.kind):
            return target.words == answer.words
        return False if "number" in (target.kind, answer.kind) else None
    if target.kind == answer.kind == "words":
        return target.words == answer.words
    if target.kind == answer.kind == "number":
        return bool(_readings(target, answer) & _readings(answer, target))
    return _equal_nodes(target.node, answer.node)


def _equal_relation(target: Answer, answer: Answer) -> bool | None:
    if target.kind == answer.kind:
        return None
    if answer.rest is not None:
        same = equal(target, answer.rest)
        if same is False and target.kind == "expression" and target.name and target.node:
            return None if may_follow(answer.source, target.name, target.node) else False
        return same
    one, other = (target, answer) if target.kind == "relation" else (answer, target)
    if one is answer and one.source.endswith("=0") and not target.name:
        return False
    if INEQUALITY.search(one.source) and other.kind not in ("opaque", "items"):
        return False
    return False if other.kind in ("number", "words", "choice", "base") else None


def _readings(a: Answer, other: Answer) -> set[Fraction]:
    """``52%`` against a bare number may mean 52 or 0.52; against another percentage only 52."""
    assert a.value is not None
    return {a.value, a.value / 100} if a.unit == "%" and other.unit != "%" else {a.value}


def _equal_choice(target: Answer, answer: Answer) -> bool | None:
    if target.kind == answer.kind:
        return target.letter.upper() == answer.letter.upper()
    if answer.rest is not None:
        return equal(target, answer.rest)
    if target.rest is not None:
        return equal(target.rest, answer)
    one, other = (target, answer) if target.kind == "choice" else (answer, target)
    if other.kind == "words" and one.letter:
        return other.words == one.letter.lower()
    return False


def _equal_base(target: Answer, answer: Answer) -> bool | None:
    if target.kind == answer.kind:
        same = target.words.lstrip("0") == answer.words.lstrip("0")
        return same and target.brackets == answer.brackets
    one, other = (target, answer) if target.kind == "base" else (answer, target)
    return other.source == one.words  # the base may go unsaid


def _equal_items(target: Answer, answer: Answer) -> bool | None:
    if target.kind != answer.kind:
        group, single = (target, answer) if target.kind == "items" else (answer, target)
        if single.kind == "opaque":
            return None if group.source == single.source or _PLURAL.search(single.source) else False
        if group.brackets not in ("", "{}"):
            return False
        return _all([equal(single, item) for item in group.items]) if group.items else False
    a, b = target.brackets, answer.brackets
    sets = ("", "{}")
    if (a in sets and b in sets) or a == b == "U":
        return _same_set(target.items, answer.items)
    if a != b and (len(target.items) < 3 or {a, b} - {"()", "[]"}):
        return False
    if len(target.items) != len(answer.items):
        return False
    return _all([equal(t, x) for t, x in zip(target.items, answer.items, strict=True)])


def _all(decisions: list[bool | None]) -> bool | None:
    if False in decisions:
        return False
    return None if None in decisions else True


def _same_set(a: tuple[Answer, ...], b: tuple[Answer, ...]) -> bool | None:
    if not a or not b:
        return not a and not b
    if len(a) * len(b) > 2500:
        return None
    found: list[bool | None] = []
    for some, others in ((a, b), (b, a)):
        for one in some:
            decisions = [equal(one, other) for other in others]
            found.append(True if True in decisions else None if None in decisions else False)
    return _all(found)


def _equal_nodes(a: Node, b: Node) -> bool | None:
    if a == b:
        return True
    try:
        return values.same(a, b)
    except (UnreadableError, RecursionError):
        pass
    try:
        steps = _steps(a) or _steps(b)  # they are level over wide stretches
        for point in range(6) if steps else (0, 1):
            x, y = sample(a, point), sample(b, point)
            if abs(x - y) > 1e-9 * max(abs(x), abs(y)):
                return False
    except (UnreadableError, RecursionError):
        return None
    return False if _rounded(a) != _rounded(b) else None


def _steps(node: Node) -> bool:
    if node[0] == "func" and node[1] in ("floor", "ceil"):
        return True
    return any(_steps(part) for part in node[1:] if isinstance(part, tuple))


def _rounded(node: Node) -> bool:
    """Whether a tree holds a long decimal: equal to an exact expression only by rounding."""
    if node[0] == "num":
        return bool(node[1].denominator >= 1000 and 10**12 % node[1].denominator == 0)
    return any(_rounded(part) for part in node[1:] if isinstance(part, tuple))
