"""The omission attack: does the pattern of blanks point at the target (law 4)?

An attacker sees the question and the masked trace and guesses the target among the givens (values
that the question states), the small integers (0 to 20), the choices (A to E) and what the trace
shows. Every simple guess of ``predictors`` is measured, and the best of them, chosen on one half of
the rows and measured on the other, both ways.

That a target is one of the givens, or a 2 more often than a 17, lies in the data. So each row is
compared with itself: its accuracy with the true target minus that with random targets of the same
kind for that row. A target that is a given is exchanged for the other givens of its question; a
small integer for those of other rows that its question does not state; a choice for the choices of
other rows. All exchanges are averaged, which is what infinitely many permutations come to. Rows
whose target is of no such kind, or has nothing to be exchanged for, are counted and left out.

What a trace says may still tell its answer from a random one: a last division makes small answers
likely. So the attack is also made on a mask that cannot know the target, the same without the
blanks that the audit added: only what it gains over that one comes from hiding.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, NamedTuple

from smepo.auditing.givens import values
from smepo.auditing.predictors import LETTERS, PREDICTORS, SMALL, Seen, seen
from smepo.numerals import parse
from smepo.types import Blank

RESAMPLES = 2000
LARGEST = 20_000  # rows that are kept for the test; of more, those with the smallest hash


Guesses = tuple[tuple[str, ...], ...]
Gain = tuple[float, float]  # the share of right guesses with the true, with random targets


class Trial(NamedTuple):
    """One row under attack. ``guesses``: one tuple a predictor, of guesses that it likes alike;
    ``blind``: those of a mask that does not know the target, None where the blanks are not known.

    ``others``: what a given may be exchanged for; ``stated``: what a small integer may not.
    """

    order: int  # a hash of the row's id
    kind: str  # given, small or choice; empty where the target is none of them
    target: str
    guesses: Guesses = ()
    blind: Guesses | None = None
    others: tuple[str, ...] = ()
    stated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Advantage:
    """How often a guess is right with the true and with random targets; ``low`` is the 95 % lower
    bound of the difference. ``gained``: of the difference, what a mask that does not know the
    target does not give, with its bound; None where that mask is not known."""

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
    """``rows`` under attack by kind, ``left_out`` the others.

    ``best`` is the guess with the largest difference on the other half of the rows, ``pointing``
    that with the largest gain.
    """

    rows: Mapping[str, int]
    left_out: int
    best: Advantage | None
    pointing: Advantage | None
    predictors: tuple[Advantage, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        value = asdict(self)
        for made, held in zip(value["predictors"], self.predictors, strict=True):
            made["difference"] = held.difference
        for name in ("best", "pointing"):
            if (held_best := getattr(self, name)) is not None:
                value[name]["difference"] = held_best.difference
        return value


def trial(row_id: str, question: str, masked: str, target: Any, blind: str | None = None) -> Trial:
    """What the attacker makes of one row; ``blind``: the mask that does not know the target."""
    order = _hash(row_id)
    answer = _answer(target)
    view = None if answer is None else seen(question, masked)
    if view is None or answer is None:
        return Trial(order, "", "")
    kind, others = _kind(answer, view)
    if not kind:
        return Trial(order, "", "")
    guesses = _guesses(view)
    unknowing = guesses if blind == masked else None
    if blind is not None and unknowing is None:
        unknowing = _guesses(seen(question, blind))
    stated = frozenset(map(str, values(question))) if kind == "small" else frozenset()
    return Trial(order, kind, answer, guesses, unknowing, others, stated)


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
        others = tuple(given for given in view.givens if given != answer)
        return ("given", others) if others else ("", ())
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
    kept = sorted(trials, key=lambda one: (one.order, one.target))
    under = [one for one in kept if one.kind][:LARGEST]
    left_out += len(kept) - len(under)
    if not under:
        return Omission({}, left_out, None, None, ())
    pools = pools_of(under)
    chances = [exchanges(one, pools) for one in under]
    made = [_gains(under, chances, [one.guesses for one in under])]
    blind = [one.blind for one in under if one.blind is not None]
    if len(blind) == len(under):
        made.append(_gains(under, chances, blind))
    tables = [list(columns) for columns in zip(*made, strict=True)]
    found = [_advantage(n, t, seed) for n, t in zip(PREDICTORS, tables, strict=True)]
    return Omission(
        rows=dict(Counter(one.kind for one in under)),
        left_out=left_out,
        best=_advantage("best", _by_halves(tables, _difference), seed),
        pointing=_advantage("pointing", _by_halves(tables, _gained), seed) if blind else None,
        predictors=tuple(found),
    )


def pools_of(under: Sequence[Trial]) -> dict[str, Counter[str]]:
    """How often each target stands among the rows of each kind."""
    pools: dict[str, Counter[str]] = {}
    for one in under:
        pools.setdefault(one.kind, Counter())[one.target] += 1
    return pools


def exchanges(one: Trial, pools: Mapping[str, Counter[str]]) -> dict[str, float]:
    """The random targets of a row, with their probabilities."""
    if one.kind == "given":
        return dict.fromkeys(one.others, 1.0 / len(one.others))
    pool = pools[one.kind]
    if one.kind == "choice":
        fit = {value: count for value, count in pool.items() if value in one.others}
    else:
        fit = {value: count for value, count in pool.items() if value not in one.stated}
    total = sum(fit.values())
    return {value: count / total for value, count in fit.items()}


def _gains(
    under: Sequence[Trial], chances: Sequence[Mapping[str, float]], made: Sequence[Guesses]
) -> list[list[Gain]]:
    """One list a predictor, of one gain a row. Of guesses liked alike one is taken at random."""
    gains: list[list[Gain]] = [[] for _ in PREDICTORS]
    for one, chance, row in zip(under, chances, made, strict=True):
        for gain, guesses in zip(gains, row, strict=True):
            share = 1.0 / len(guesses) if guesses else 0.0
            hit = share if one.target in guesses else 0.0
            gain.append((hit, share * math.fsum(chance.get(guess, 0.0) for guess in guesses)))
    return gains


Table = Sequence[Sequence[Gain]]  # of one predictor: on the mask, and on the one that is blind


def _difference(table: Table) -> list[float]:
    return [hit - chance for hit, chance in table[0]]


def _gained(table: Table) -> list[float]:
    """The difference less that on the blind mask, row by row."""
    pairs = zip(table[0], table[1], strict=True)
    return [mask[0] - mask[1] - blind[0] + blind[1] for mask, blind in pairs]


def _by_halves(tables: Sequence[Table], by: Callable[[Table], list[float]]) -> Table:
    """Each half of the rows under the guess that is best on the other half."""
    scores = [by(table) for table in tables]
    found: list[list[Gain]] = [[] for _ in tables[0]]
    for side in (0, 1):
        sums = [math.fsum(score[1 - side :: 2]) for score in scores]
        best = tables[sums.index(max(sums))]
        for held, column in zip(found, best, strict=True):
            held += column[side::2]
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
