"""Guidance is cut to fit a budget of tokens; the question never is (law 7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from smepo.prompting.cuts import line_ends, outside, sentence_ends, structures

_CHARACTERS = 64  # a token of the budget


def fit(guidance: str, size: Callable[[str], int], budget: int) -> str | None:
    """The longest prefix of ``guidance`` that fits, or None if no line and no sentence does.

    ``size`` gives the tokens of the whole prompt with a prefix in it. Tried in this order: ends of
    lines outside open structures, ends of sentences outside open structures, ends of lines, ends of
    sentences. A blank is never cut, because no line and no sentence ends inside one.

    The search doubles and then halves, and what has more than 64 characters a token is taken not to
    fit: so ``size`` sees texts of O(budget), however long the guidance is.
    """

    def fits(end: int) -> bool:
        return end <= _CHARACTERS * budget and size(guidance[:end]) <= budget

    if fits(len(guidance)):
        return guidance
    lines, sentences = line_ends(guidance), sentence_ends(guidance)
    whole = structures(guidance)
    for points in (outside(lines, whole), outside(sentences, whole), lines, sentences):
        fitting = _last_that_fits(points, fits)
        if fitting is not None:
            return guidance[:fitting]
    return None


def _last_that_fits(points: Sequence[int], fits: Callable[[int], bool]) -> int | None:
    """The last of the ascending ``points`` that fits, if fitting only ever gets harder."""
    low, step = -1, 1
    while low + step < len(points) and fits(points[low + step]):
        low, step = low + step, step * 2
    high = min(low + step, len(points))  # does not fit, or is the end
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(points[middle]) else (low, middle)
    return points[low] if low >= 0 else None
