"""The omission attack: does the pattern of blanks point at the target (law 4)?

An attacker sees the question and the masked trace and guesses the target among the givens (values
that the question states), the small integers (0 to 20), the choices (A to E) and what the trace
shows. Every simple guess of ``predictors`` is measured, and the best of them, chosen on nine tenths
of the rows and measured on the last, ten times.

A trace tells something of its answer whatever is hidden: a last division makes it small. What
hiding tells is measured by the mask for another target (``gained``): accuracy with masks made for
the true targets less that, for the same true targets, with masks made for random ones. The pairs
are rows, and the text is the same on both sides. That mask is the one without the blanks that the
audit added, which is the same for every target; ``scripts/measure_omission.py`` also makes masks
for drawn targets. ``told`` asks the same of one row.

Beside it stands what a guess is worth in all: its accuracy with the true targets less that with
random ones of the same kind in the same context (``exchange``), and of the same kind alone
(``unmatched``). All exchanges are averaged, which is what infinitely many permutations come to.
Rows whose target is of no kind, or has nothing to be exchanged for, are counted and left out.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from smepo.auditing.exchange import Chances, Target, context, of_context, of_kind, pools_of
from smepo.auditing.givens import values
from smepo.auditing.predictors import LETTERS, PREDICTORS, SMALL, Seen, pieces, seen
from smepo.numerals import parse
from smepo.types import Blank, MaskedTrace

RESAMPLES = 2000
FOLDS = 10
LARGEST = 20_000  # rows that are kept for the test; of more, those with the smallest hash


Guesses = tuple[tuple[str, ...], ...]
Gain = tuple[float, float]  # the share of right guesses with the true, with random targets
Table = Sequence[Sequence[Gain]]  # of one predictor: on the mask, and on the one that is blind
NO_KIND = Target("", "")


class Trial(NamedTuple):
    """One row under attack. ``guesses``: one tuple a predictor, of guesses that it likes alike;
    ``blind``: those of a mask that does not know the target, None where the blanks are not known.
    """

    order: int  # a hash of the row's id
    target: Target
    guesses: Guesses = ()
    blind: Guesses | None = None


@dataclass(frozen=True, slots=True)
class Advantage:
    """How often a guess is right with the true and with random targets; ``low`` is the 95 % lower
    bound of the difference. ``gained``: accuracy less that on the mask for another target, with
    its bound; None where that mask is not known."""

    name: str
    accuracy: float
    chance: float
    low: float
    gained: float | None = None
    gained_low: float | None = None

    @property
    def difference(self) -> float:
        """Accuracy less chance."""
        return self.accuracy - self.chance


@dataclass(frozen=True, slots=True)
class Omission:
    """``rows`` under attack by kind, ``left_out`` the others, ``alone`` those of the others that
    have a target of a kind, in a context that no other row has.

    ``best`` is the guess with the largest difference on the other folds of the rows, ``unmatched``
    the same where random targets may come from any context, ``pointing`` that with the largest
    gain.
    """

    rows: Mapping[str, int]
    left_out: int
    alone: int
    best: Advantage | None
    unmatched: Advantage | None
    pointing: Advantage | None
    predictors: tuple[Advantage, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        value = asdict(self)
        for made, held in zip(value["predictors"], self.predictors, strict=True):
            made["difference"] = held.difference
        for name in ("best", "unmatched", "pointing"):
            if (held_best := getattr(self, name)) is not None:
                value[name]["difference"] = held_best.difference
        return value


def trial(row_id: str, question: str, masked: str, target: Any, blind: str | None = None) -> Trial:
    """What the attacker makes of one row; ``blind``: the mask that does not know the target."""
    order = _hash(row_id)
    answer = _answer(target)
    view = None if answer is None else seen(question, masked)
    if view is None or answer is None:
        return Trial(order, NO_KIND)
    kind, others = _kind(answer, view)
    if not kind:
        return Trial(order, NO_KIND)
    guesses = _guesses(view)
    unknowing = guesses if blind == masked else None
    if blind is not None and unknowing is None:
        unknowing = _guesses(seen(question, blind))
    stated = frozenset(map(str, values(question))) if kind == "small" else frozenset()
    shown = context(view.trace if blind is None else pieces(blind))
    found = Target(kind, answer, others, stated, shown)
    return Trial(order, found, guesses, unknowing)


def told(masked: MaskedTrace) -> str | None:
    """The first guess that the blanks of the audit make right, or right more often; None if none.

    The same attack on one row. Such a row is better unguided: without the blank it leaks (law 3),
    with it the blank points (law 4).
    """
    answer = _answer(masked.target)
    if answer is None:
        return None
    blind = without_audit(masked.text, masked.blanks)
    with_it = _guesses(seen(masked.question, masked.text))
    without = _guesses(seen(masked.question, blind))
    for name, after, before in zip(PREDICTORS, with_it, without, strict=True):
        if _share(answer, after) > _share(answer, before):
            return name
    return None


def _share(value: str, guesses: Sequence[str]) -> float:
    """How often one of several guesses, liked alike, is ``value``."""
    return 1.0 / len(guesses) if value in guesses else 0.0


def _guesses(view: Seen) -> Guesses:
    return tuple(tuple(guess(view)) for guess in PREDICTORS.values())


def _answer(target: Any) -> str | None:
    """The target as the attacker would write it; None for what is neither value nor choice."""
    if not isinstance(target, str):
        return None
    letter = target.strip("() .")
    if letter in LETTERS:
        return letter
    value = parse(target)
    return None if value is None else str(value)


def _kind(answer: str, view: Seen) -> tuple[str, tuple[str, ...]]:
    if answer in LETTERS:
        return ("choice", tuple(view.letters)) if answer in view.letters else ("", ())
    if answer in view.givens:
        return ("given", tuple(view.givens)) if len(view.givens) > 1 else ("", ())
    return ("small", ()) if answer in SMALL else ("", ())


def without_audit(text: str, blanks: Sequence[Blank]) -> str:
    """A masked trace as it was before the audit added blanks: the same for any target."""
    pieces: list[str] = []
    at = shift = 0
    for blank in blanks:
        start = blank.start + shift
        shift += len(blank.placeholder) - (blank.end - blank.start)
        if blank.audit:
            pieces += [text[at:start], blank.text]
            at = start + len(blank.placeholder)
    return "".join([*pieces, text[at:]])


def _hash(row_id: str) -> int:
    data = row_id.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def measure(trials: Iterable[Trial], *, left_out: int = 0, seed: int = 0) -> Omission:
    """Judge the guesses over all rows. Does not depend on the order of ``trials``.

    ``left_out``: rows that are in no trial.
    """
    kept = sorted(trials, key=lambda one: (one.order, one.target.value))
    of_a_kind = [one for one in kept if one.target.kind][:LARGEST]
    pools = pools_of([one.target for one in of_a_kind])
    chances = [of_context(one.target, pools) for one in of_a_kind]
    under = [one for one, chance in zip(of_a_kind, chances, strict=True) if chance]
    left_out += len(kept) - len(under)
    alone = len(of_a_kind) - len(under)
    if not under:
        return Omission({}, left_out, alone, None, None, None, ())
    matched = [chance for chance in chances if chance]
    tables = _tables(under, matched)
    whole = _tables(under, [of_kind(one.target, pools) for one in under])
    found = [_advantage(n, t, seed) for n, t in zip(PREDICTORS, tables, strict=True)]
    known = len(tables[0]) > 1
    return Omission(
        rows=dict(Counter(one.target.kind for one in under)),
        left_out=left_out,
        alone=alone,
        best=_advantage("best", _by_folds(tables, _difference), seed),
        unmatched=_advantage("unmatched", _by_folds(whole, _difference), seed),
        pointing=_advantage("pointing", _by_folds(tables, _gained), seed) if known else None,
        predictors=tuple(found),
    )


def _tables(under: Sequence[Trial], chances: Sequence[Chances]) -> list[Table]:
    """One table a predictor."""
    made = [_gains(under, chances, [one.guesses for one in under])]
    blind = [one.blind for one in under if one.blind is not None]
    if len(blind) == len(under):
        made.append(_gains(under, chances, blind))
    return [list(columns) for columns in zip(*made, strict=True)]


def _gains(
    under: Sequence[Trial], chances: Sequence[Chances], made: Sequence[Guesses]
) -> list[list[Gain]]:
    """One list a predictor, of one gain a row. Of guesses liked alike one is taken at random."""
    gains: list[list[Gain]] = [[] for _ in PREDICTORS]
    for one, chance, row in zip(under, chances, made, strict=True):
        for gain, guesses in zip(gains, row, strict=True):
            hit = _share(one.target.value, guesses)
            share = 1.0 / len(guesses) if guesses else 0.0
            gain.append((hit, share * math.fsum(chance.get(guess, 0.0) for guess in guesses)))
    return gains


def _difference(table: Table) -> list[float]:
    return [hit - chance for hit, chance in table[0]]


def _gained(table: Table) -> list[float]:
    """What is right more often than on the blind mask, row by row."""
    return [mask[0] - blind[0] for mask, blind in zip(table[0], table[1], strict=True)]


def _by_folds(tables: Sequence[Table], by: Callable[[Table], list[float]]) -> Table:
    """Each fold of the rows under the guess that is best on the others."""
    scores = [by(table) for table in tables]
    sums = [math.fsum(score) for score in scores]
    found: list[list[Gain]] = [[] for _ in tables[0]]
    for fold in range(FOLDS):
        rest = [
            total - math.fsum(score[fold::FOLDS]) for total, score in zip(sums, scores, strict=True)
        ]
        best = tables[rest.index(max(rest))]
        for held, column in zip(found, best, strict=True):
            held += column[fold::FOLDS]
    return found


def _advantage(name: str, table: Table, seed: int) -> Advantage:
    n = len(table[0])
    accuracy = math.fsum(hit for hit, _ in table[0]) / n
    chance = math.fsum(chance for _, chance in table[0]) / n
    low = lower_bound(_difference(table), seed)
    if len(table) == 1:
        return Advantage(name, accuracy, chance, low)
    gained = _gained(table)
    return Advantage(name, accuracy, chance, low, math.fsum(gained) / n, lower_bound(gained, seed))


def lower_bound(differences: Sequence[float], seed: int) -> float:
    """The 95 % lower bound of the mean, one-sided: paired bootstrap over rows (Efron 1979)."""
    n = len(differences)
    if not any(differences):
        return 0.0
    pick = random.Random(seed).choices
    means = sorted(math.fsum(pick(differences, k=n)) / n for _ in range(RESAMPLES))
    return means[int(0.05 * RESAMPLES)]
