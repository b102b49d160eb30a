"""Random targets of the same kind: what the omission attack compares the true one with.

Two ways. *Of the same kind*: a target that is a given is exchanged for the other givens of its
question; a small integer for those of other rows that its question does not state; a choice for the
choices of other rows.

*Of the same kind in the same context*: a trace may tell by what it says that its answer is small.
That its last step divides, and what by, it tells under any mask, as operators stay (law 5). Under
the hypothesis that hiding does not point, the target is independent of the blanks *given* such a
context: it may be exchanged between rows of one context, and no others. This is the conditional
permutation test with discrete strata (Rosenbaum 1984, "Conditional permutation tests and the
propensity score in observational studies"; Berrett, Wang, Barber and Samworth 2020, "The
conditional permutation test for independence while controlling for confounders"). The context is
the last operation that is shown, with what stands on either side of it, and how many digits the
target has. A given is exchanged inside its own question, where the context says which is likelier
by size: it is drawn by the place in the order of size that the targets of other rows of its context
have.

Each row is left out of its own pool, so that the mean difference is 0 under the hypothesis,
however few rows share a context. A row whose context no other row has is counted and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from smepo.auditing.predictors import Piece

Chances = Mapping[str, float]  # of random targets

_SIGNS = {
    "+": "+",
    "-": "-",
    **dict.fromkeys(("*", "×", "·", "⋅", "\\time", "\\cdot"), "*"),
    **dict.fromkeys(("/", "÷", "\\div", "\\frac", "\\dfrac", "\\tfrac", "\\cfrac"), "/"),
    **dict.fromkeys(("^", "\\sqrt"), "^"),
}  # commands as they are after their final s is cut off, as of any word
_SKIPPED = frozenset("${}()[]")


class Target(NamedTuple):
    """A target under attack.

    ``kind``: given, small or choice; empty where it is none of them. ``others``: the givens or
    choices of its question; ``stated``: what a small integer may not be; ``context``: what the
    trace shows.
    """

    kind: str
    value: str
    others: tuple[str, ...] = ()
    stated: frozenset[str] = frozenset()
    context: str = ""


def context(trace: Sequence[Piece]) -> str:
    """The last operation that a masked trace shows: a value, a blank or a name on either side.

    A sign counts between such: no hyphen, no bullet, no date.
    """
    for at in range(len(trace) - 1, -1, -1):
        piece = trace[at]
        sign = _SIGNS.get(piece.text, "") if piece.kind in "mw" else ""
        if not sign:
            continue
        left, right = _side(trace, at, -1), _side(trace, at, 1)
        if piece.kind == "w" and piece.text != "\\cdot" and piece.text != "\\time":
            left = ""  # a command with arguments
        elif not left:
            continue
        if right:
            return f"{left}{sign}{right}"
    return ""


def _side(trace: Sequence[Piece], at: int, step: int) -> str:
    """The kind of the next piece, brackets and dollars aside; empty where it is no operand."""
    at += step
    while 0 <= at < len(trace) and trace[at].text in _SKIPPED:
        at += step
    if not 0 <= at < len(trace):
        return ""
    kind, text = trace[at].kind, trace[at].text
    if kind in "nb":
        return kind
    letter = kind == "c" or (kind == "w" and (len(text) <= 1 or text.startswith("\\")))
    return "x" if letter else ""


@dataclass(frozen=True, slots=True)
class Pools:
    """How often targets stand among the rows, by kind, and by kind and context. Givens stand
    there by their place in the order of size."""

    kinds: Mapping[str, Counter[str]]
    contexts: Mapping[tuple[str, ...], Counter[str]]


def pools_of(under: Sequence[Target]) -> Pools:
    """Count the targets of all rows under attack."""
    kinds: dict[str, Counter[str]] = {}
    contexts: dict[tuple[str, ...], Counter[str]] = {}
    for one in under:
        kinds.setdefault(one.kind, Counter())[one.value] += 1
        contexts.setdefault(_context(one), Counter())[_place(one)] += 1
    return Pools(kinds, contexts)


def _context(one: Target) -> tuple[str, ...]:
    digits = str(len(one.value)) if one.kind == "small" else ""
    return one.kind, digits, one.context


def of_kind(one: Target, pools: Pools) -> Chances:
    """The random targets of the same kind for one row, with their probabilities."""
    if one.kind == "given":
        others = [value for value in one.others if value != one.value]
        return dict.fromkeys(others, 1.0 / len(others))
    return _shares(_fit(one, pools.kinds[one.kind]))


def of_context(one: Target, pools: Pools) -> Chances:
    """The same in the same context; empty where no other row has it."""
    pool = Counter(pools.contexts[_context(one)])
    pool[_place(one)] -= 1
    if one.kind != "given":
        return _shares(_fit(one, pool))
    places = _sizes(one.others)
    weights = {
        value: pool[place] / places.count(place)
        for value, place in zip(one.others, places, strict=True)
    }
    return _shares(weights)


def _fit(one: Target, pool: Mapping[str, float]) -> dict[str, float]:
    if one.kind == "choice":
        return {value: count for value, count in pool.items() if value in one.others}
    return {value: count for value, count in pool.items() if value not in one.stated}


def _shares(weights: Mapping[str, float]) -> Chances:
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()} if total else {}


def _place(one: Target) -> str:
    if one.kind != "given":
        return one.value
    return _sizes(one.others)[one.others.index(one.value)]


def _sizes(givens: Sequence[str]) -> list[str]:
    """The place of each given in the order of size: the least, the largest, between them."""
    values = [Fraction(given) for given in givens]
    least, largest = min(values), max(values)
    return [
        "least" if value == least else "largest" if value == largest else "between"
        for value in values
    ]
